"""Charts in a real browser, under our security policy."""

import json
from decimal import Decimal

import pytest
from playwright.sync_api import Page

from tests.browser import settled
from tests.paths import ROOT
from tests.web.frontend.site import Site
from web.charts import Chart, Mark, Series

pytestmark = pytest.mark.browser

YEARS = (2026, 2027, 2028, 2029)
CASH = (Decimal("182000000.50"), Decimal(190000000), None, Decimal(201000000))
DSCR = Chart(
    "bar", "偿债备付率", YEARS,
    (
        Series("可用现金流", CASH, links=["/#a"] * 4),
        Series("偿债备付率", [Decimal("1.31"), Decimal("1.28"), None, Decimal("1.40")], kind="line", axis=2),
    ),
    x="年", y="元", y2="倍", marks=(Mark(Decimal(150000000), "目标"),),
)  # fmt: skip
FIELDS = {
    "kind": "heat",
    "x": {"name": "可能性", "values": ["1", "2", "3"]},
    "y": {"name": "影响", "values": ["1", "2", "3"]},
    "series": [{"name": "风险", "form": "count", "values": [[0, 0, 1], [2, 2, 4]], "links": ["/#a", "/#b"]}],
}
PAINTED = """place => { const canvas = place.querySelector('canvas');
    const all = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
    const seen = new Map();
    for (let at = 0; at < all.length; at += 4) if (all[at + 3] > 200) {
        const colour = [all[at], all[at + 1], all[at + 2]].join(); seen.set(colour, (seen.get(colour) ?? 0) + 1); }
    return [...seen].sort((a, b) => b[1] - a[1]).slice(0, 3).map(([colour]) => colour); }"""


def show(page: Page, site: Site, specs: list[object], lang: str = "zh") -> None:
    body = "".join(
        f'<figure class="df-chart"><div data-chart="f{at}" role="img" aria-label="c"></div>'
        f'<script type="application/json" id="f{at}">{json.dumps(spec)}</script></figure>'
        for at, spec in enumerate(specs)
    )
    page.goto(site.html("/p", body, lang=lang, scripts=("chart.js",)))
    for at in range(len(specs)):
        page.wait_for_selector(f'[data-chart="f{at}"][data-ready]')


def test_every_kind_is_drawn_without_breaking_the_policy_and_changes_colour_with_the_theme(
    page: Page, site: Site
) -> None:
    rounds = [{**DSCR.spec(), "kind": kind} for kind in ("line", "area", "pie", "funnel", "treemap")]
    points = {"kind": "scatter", "x": {"form": "count"}, "series": [{"name": "a", "values": [["1", "2", "3", "甲"]]}]}
    flow = {"kind": "sankey", "nodes": ["a", "b"], "flows": [{"source": "a", "target": "b", "value": "3"}]}
    specs = [DSCR.spec(), {**DSCR.spec(), "horizontal": True}, *rounds, FIELDS, points, flow]
    show(page, site, specs)
    assert page.locator('[data-chart][data-ready="true"]').count() == len(specs)
    for at in range(len(specs)):
        page.wait_for_function(f"at => ({PAINTED})(document.querySelector(`[data-chart=f${{at}}]`)).length", arg=at)
    first = page.locator('[data-chart="f0"]')
    light = first.evaluate(PAINTED)
    page.evaluate("document.documentElement.dataset.bsTheme = 'dark'")
    anew = f"light => ({PAINTED})(document.querySelector('[data-chart=f0]')).join() !== light.join()"
    page.wait_for_function(anew, arg=light)
    box = first.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 6, box["y"] + box["height"] / 2)
    settled.drawn(page)
    page.set_viewport_size({"width": 390, "height": 800})
    page.wait_for_function("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert site.violations == []


def test_a_click_on_a_figure_opens_what_it_is_made_of_and_a_broken_one_says_why(page: Page, site: Site) -> None:
    cell = {**FIELDS, "series": [{"name": "风险", "form": "count", "values": [[1, 1, 4]], "links": ["/p#cell"]}]}
    show(page, site, [cell, None])
    assert page.locator('[data-chart="f1"][data-ready="failed"]').inner_text().startswith("图表无法显示：")
    box = page.locator('[data-chart="f0"]').bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] / 2 + 10, box["y"] + box["height"] / 2 - 15)
    page.wait_for_url("**/p#cell")


def test_wherever_a_picture_stands_its_figures_stand_as_a_table_too() -> None:
    templates = ROOT / "web/templates"
    drawn = [one for one in templates.rglob("*.html") if "data-chart=" in one.read_text(encoding="utf-8")]
    assert {one.relative_to(templates).as_posix() for one in drawn} == {"parts/chart.html", "reports/show.html"}
    for one in drawn:
        text = one.read_text(encoding="utf-8")
        behind = text[text.index("data-chart=") :]
        assert "figures(rows" in behind or "<tbody>{% for row in rows %}" in behind, one


def test_the_table_holds_what_the_picture_shows() -> None:
    table = DSCR.table()
    assert list(table.heads) == ["年", "可用现金流", "偿债备付率"]
    assert list(table.rows[0]) == ["2026", "182,000,000.50", "1.31"]
    assert list(table.rows[2]) == ["2028", "—", "—"]
