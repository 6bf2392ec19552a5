"""Every page in both languages, on a desk and on a phone, in the light and in the dark: nothing that the browser
complains about, no word left untranslated, nothing that scrolls sideways, and nothing serious for axe. Each language
opens every page once: English is examined on a desk in the light, Chinese on a phone in the dark; before or after that
the window is the other's, for every second page is opened in the one and every other in the other. In whichever window
it is opened, it does not jump while it is drawn.

`ONLY=word,word` looks at the pages whose name has one of the words.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import pytest
from playwright.sync_api import Browser, Page

from engine import queries
from handlers.records import owed
from tests.browser import axe, gallery, settled, shifts
from tests.browser.conftest import Place, serving, speak
from tests.browser.rooms import outside

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PARTS = 3
"""Each look walks the pages in so many parts, which different test processes take."""
PLACES = ("header", "th", "button", "summary", "label", ".df-tab", ".df-side h2", ".df-empty")
OURS = ", ".join(f"{place}:not(.df-studio *, .df-studio-views *)" for place in PLACES)
"""Where every word is ours, or the name of a client. What stands in an editor is the file's own."""


GONE = re.compile(r"/(nothing-here|link|report|feedback|welcome).*status of 4(04|10)")
"""Addresses that are meant to answer that nothing is there."""


@dataclass(frozen=True)
class Look:
    """How somebody looks at the pages: examined at a width, and seen at another one too."""

    language: str
    width: int
    other: int
    theme: str


LOOKS = (Look("en", 1440, 390, "light"), Look("zh", 390, 1440, "dark"))
KNOWN: dict[str, set[str]] = {}
"""Theme -> colours on grounds of which this process knows all there is to know."""
CHINESE = """places => [...document.querySelectorAll(places)].map(place => place.innerText)
    .filter(text => /[\u4e00-\u9fff]/.test(text))"""
"""The texts at these places that hold a Chinese sign."""


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Place, gallery.Gallery]]:
    """A house in which every page has something to show."""
    shown = gallery.furnished_once(tmp_path_factory)
    with serving(shown.house) as url:
        yield Place(url, shown.house), shown


def wanted(pages: dict[str, str]) -> dict[str, str]:
    """The pages that `ONLY` names; all without it."""
    words = [word for word in os.environ.get("ONLY", "").split(",") if word]
    return {name: path for name, path in pages.items() if not words or any(word in name for word in words)}


def look_at(page: Page, url: str, look: Look, names: frozenset[str], known: set[str]) -> list[str]:
    """Open a page in the window as it is, wait until its forms, diagrams and charts stand, and say what is wrong with
    it there and in the other window.
    """
    page.goto(url)
    found = [] if settled.at_rest(page) else ["does not come to stand"]
    if page.locator("html").get_attribute("lang") != {"zh": "zh-CN", "en": "en"}[look.language]:
        found.append("is in another language")
    opened = width_of(page)
    if (jumped := shifts.of(page)) > shifts.MOST:
        found.append(f"jumps by {jumped:.2f} while it is drawn at {opened}")
    for width in (opened, look.width + look.other - opened):
        if width != opened:
            page.set_viewport_size({"width": width, "height": 900})
        if settled.sideways(page):
            found.append(f"scrolls sideways at {width}")
        if width == look.width:
            found += examined(page, look, names, known)
    return [f"{url} {fault}" for fault in found]


def width_of(page: Page) -> int:
    assert page.viewport_size is not None
    return page.viewport_size["width"]


def examined(page: Page, look: Look, names: frozenset[str], known: set[str]) -> list[str]:
    """What is wrong with a page whatever its window: colours; in English also words, and whatever else axe finds."""
    if look.language == "zh":
        return axe.contrast(page, known)
    untranslated = [text for text in settled.evaluated(page, CHINESE, OURS) if foreign(text, names)]
    return [f"untranslated: {text}" for text in untranslated] + axe.serious(page, known)


def foreign(text: str, names: frozenset[str]) -> bool:
    """Whether Chinese stands in an English page that is no name of a client, a project or a person."""
    for name in names:
        text = text.replace(name, "")
    return bool(re.search("[\u4e00-\u9fff]", text.replace("中文", "")))


def names_of(place: Place) -> frozenset[str]:
    """Names of clients and projects, which nobody translates."""
    with place.house.looking() as session:
        facts = [row.facts for row in queries.instances(session, size=200)]
        deals = {row.project_name for row in owed.register(session, owed.Asked(), date.min)}
    return frozenset(value for fact in facts for value in fact.values() if isinstance(value, str) and value) | deals


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("look", LOOKS, ids=lambda look: f"{look.language}-{look.width}-{look.theme}")
def test_every_page_can_be_read_and_reached(
    browser: Browser, furnished: tuple[Place, gallery.Gallery], look: Look, part: int
) -> None:
    known = KNOWN.setdefault(look.theme, set())
    place, shown = furnished
    place.listen_anew()
    context = browser.new_context(
        locale={"en": "en-GB", "zh": "zh-CN"}[look.language],
        color_scheme=look.theme,  # type: ignore[arg-type]
        viewport={"width": look.width, "height": 900},
    )
    context.set_default_timeout(60_000)
    context.add_init_script(shifts.SCRIPT)
    if look.language == "en":
        context.add_init_script(axe.AXE_SCRIPT)
    page = place.watch(context.new_page())
    names = names_of(place)
    kinds = (shown.public(), shown.portal, shown.pages())
    public, invested, own = ([*wanted(pages).values()][part::PARTS] for pages in kinds)
    faults = [at for path in public for at in look_at(page, place.url + path, look, names, known)]
    if invested:
        outside.enter(page, place.url, shown)
        speak(page, look.language)
        faults += [at for path in invested for at in look_at(page, place.url + path, look, names, known)]
    place.sign_in(page, "admin")
    speak(page, look.language)
    faults += [at for path in own for at in look_at(page, place.url + path, look, names, known)]
    context.close()
    faults += [said for said in place.wrong if not GONE.search(said)]
    assert not faults, "\n".join(faults)
