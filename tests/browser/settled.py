"""What a script finds in a page that has come to rest. Law: whoever evaluates in a page does it here, for a page may
still be drawn, or be left for the next one, while it is asked; then it is waited for and asked anew.

At rest is a page that is loaded, whose forms, diagrams, charts and editors stand, in which htmx exchanges nothing and
nothing fades in or out. What is to stand in it, a test says before (`expect`): of a page that is still the old one
nobody can know that another one was meant.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

from playwright.sync_api import Error, Page

Found = TypeVar("Found")
SECONDS = 30
TURNS = 5
"""How often a page may be left under way before that is a fault itself."""
MOUNTED = ("[data-form]", "[data-bpmn-viewer]", "[data-chart]", "[data-studio]")
"""What mounts by itself and then says `data-ready`."""
AT_REST = """async ([places, seconds]) => {
    const until = performance.now() + seconds * 1000;
    const pause = () => new Promise(done => setTimeout(done, 50));
    const left = places.map(place => `${place}:not([data-ready])`).join();
    const busy = '.htmx-request, .htmx-swapping, .htmx-settling, .htmx-added';
    const ends = one => one.playState === 'running' && one.effect?.getComputedTiming().endTime < 60000;
    const moves = () => document.querySelector(left) || document.querySelector(busy)
        || document.getAnimations().some(ends);
    while (document.readyState !== 'complete' || moves()) {
        if (performance.now() > until) return !document.querySelector(left);
        await pause();
    }
    return true;
}"""
LEFT = re.compile(
    "context was destroyed|Cannot find context|frame was detached|dfToMeasure is not defined|axe is not defined"
)
"""What is said when the page was left while it was asked: a script's own marks are gone with it."""
DRAWN = """() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))"""
SIDEWAYS = """() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() =>
    done(document.documentElement.scrollWidth > document.documentElement.clientWidth))))"""


def at_rest(page: Page) -> bool:
    """Wait for the page to come to rest; whether everything stands that mounts by itself."""
    page.wait_for_load_state()
    return bool(page.evaluate(AT_REST, [list(MOUNTED), SECONDS]))


def look(page: Page, find: Callable[[], Found]) -> Found:
    """What a look at the page at rest finds; anew when the page was left meanwhile."""
    for _ in range(TURNS):
        try:
            at_rest(page)
            return find()
        except Error as error:
            if not LEFT.search(error.message):
                raise
    raise AssertionError(f"{page.url} does not stay")


def drawn(page: Page) -> None:
    """Wait until what was done last stands on the screen and listens: two frames, and the tasks that follow them."""
    page.evaluate(DRAWN)


def evaluated(page: Page, script: str, given: Any = None) -> Any:
    """What a script answers in the page at rest."""
    return look(page, lambda: page.evaluate(script, given))


def sideways(page: Page) -> bool:
    """Whether the page at rest is wider than its window, once it has been drawn."""
    return bool(evaluated(page, SIDEWAYS))
