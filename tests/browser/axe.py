"""What axe-core finds serious or critical in a page. Law: only rules that can find such a thing are run, only what they
found is carried out of the page, a colour on a ground that passed once is not measured again, and a page is examined
at rest (`settled`).

The contrast of a text depends on its colour, its size and the grounds behind it. Three texts of each such combination
are measured, on every page anew until one of them passed: `known` remembers those, for one theme. It also remembers
those of which axe can nowhere say anything: a single sign, and a picture as the ground.
"""

from __future__ import annotations

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

from tests.browser import settled

COMBINATIONS = """known => {
    const passed = new Set(known), grounds = new Map(), found = new Map();
    const ground = element => {
        if (!element) return '';
        if (!grounds.has(element)) {
            const {backgroundColor, backgroundImage, opacity, filter} = getComputedStyle(element);
            const own = [backgroundColor === 'rgba(0, 0, 0, 0)' ? '' : backgroundColor,
                backgroundImage === 'none' ? '' : backgroundImage, opacity === '1' ? '' : opacity,
                filter === 'none' ? '' : filter,
                element.matches(':disabled, [aria-disabled=true]') ? 'off' : ''].join('');
            grounds.set(element, ground(element.parentElement) + (own && `<${own}`));
        }
        return grounds.get(element);
    };
    const speaks = element => element.matches('input, select, textarea')
        || [...element.childNodes].some(node => node.nodeType === Node.TEXT_NODE && node.data.trim());
    for (const element of document.body.querySelectorAll('*')) {
        if (!speaks(element) || !element.checkVisibility({visibilityProperty: true})) continue;
        const {width, height} = element.getBoundingClientRect();
        if (width < 2 || height < 2) continue;
        const {color, fill, fontSize, fontWeight, textShadow} = getComputedStyle(element);
        const off = element.control?.disabled ? 'off' : '';
        const sign = [...element.textContent.trim()].length === 1 ? 'one sign' : '';
        const key = [sign, color, element.ownerSVGElement ? fill : '', fontSize, fontWeight, textShadow, off,
            ground(element)].join('|');
        if (!passed.has(key)) found.set(key, [...(found.get(key) ?? []), element]);
    }
    const three = all => [...new Set([all[0], all[all.length >> 1], all.at(-1)])];
    window.dfToMeasure = new Map([...found].flatMap(([key, all]) => three(all).map(one => [one, key])));
    return window.dfToMeasure.size;
}"""
CONTRAST = """() => axe.run({include: [...dfToMeasure.keys()]}, {
        runOnly: {type: 'rule', values: ['color-contrast']}, resultTypes: ['violations', 'passes', 'incomplete'],
        selectors: false, elementRef: true, preload: false,
    }).then(found => {
        const keys = (results, settles) => results.flatMap(one => one.nodes).map(
            node => [dfToMeasure.get(node.element), node.any[0]?.data?.messageKey]).filter(
            ([key, why]) => key && settles(key, why)).map(([key]) => key);
        const never = (key, why) => why === 'bgImage' || why === 'bgGradient'
            || (why === 'shortTextContent' && key.startsWith('one sign'));
        return [
            found.violations.flatMap(one => one.nodes.map(node => `${one.id}: ${node.html.slice(0, 160)}`)),
            [...keys(found.passes, () => true), ...keys(found.incomplete, never)],
        ];
    })"""
OTHERS = """() => {
    const grave = new Set(['serious', 'critical']), not = new Set(['experimental', 'deprecated']);
    const rules = axe._audit.rules.filter(one => one.enabled && one.id !== 'color-contrast' && grave.has(one.impact)
        && !one.tags.some(tag => not.has(tag))).map(one => one.id);
    return axe.run(document, {
        runOnly: {type: 'rule', values: rules}, resultTypes: ['violations'], preload: false,
    }).then(found => found.violations.filter(one => grave.has(one.impact)).flatMap(
        one => one.nodes.slice(0, 3).map(node => `${one.id}: ${node.html.slice(0, 160)}`)));
}"""


def serious(page: Page, known: set[str] | None = None) -> list[str]:
    """Rule and beginning of the element of everything serious or critical in the page, three of each rule."""
    return settled.look(page, lambda: [*_contrast(page, known), *_others(page)])


def contrast(page: Page, known: set[str] | None = None) -> list[str]:
    """The same of texts that stand out too little from their ground; what need not be measured again joins `known`."""
    return settled.look(page, lambda: _contrast(page, known))


def _contrast(page: Page, known: set[str] | None) -> list[str]:
    known = set() if known is None else known
    if not page.evaluate(COMBINATIONS, sorted(known)):
        return []
    bring(page)
    faults, passed = page.evaluate(CONTRAST)
    known |= set(passed)
    return list(faults)


def _others(page: Page) -> list[str]:
    bring(page)
    return list(page.evaluate(OTHERS))


def bring(page: Page) -> None:
    """Load axe into the page, unless its context brought it along."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
