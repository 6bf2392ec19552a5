"""A real server over a furnished house, for the browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Page, expect

from handlers import demo
from tests.browser import gallery
from tests.house import House
from tests.serving import served
from web import create_app
from web.extensions import limiter


@dataclass
class Place:
    """The address of the server and the house behind it; `wrong` is what browsers complained about."""

    url: str
    house: House
    wrong: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> Page:
        """Note what the page complains about: console errors, policy violations, exceptions."""
        wrong = self.wrong  # what a page says after its test has ended is not the next test's
        page.on("console", lambda said: wrong.append(f"{page.url} {said.text}") if said.type == "error" else None)
        page.on("pageerror", lambda error: wrong.append(f"{page.url} {error}"))
        return page

    def listen_anew(self) -> None:
        """Forget what was complained about so far; pages that are open already are no longer heard."""
        self.wrong = []

    def sign_in(self, page: Page, name: str, path: str = "/inbox") -> None:
        """Send what the sign-in page sends, without drawing it (`tests/stories` do), and go on to a path."""
        asked = page.request.get(f"{self.url}/login")
        token = re.search(r'name="csrf-token" content="([^"]+)"', asked.text())
        assert token is not None, "somebody is signed in already"
        sent = {"csrf_token": token[1], "name": name, "password": demo.PASSWORD}
        assert page.request.post(f"{self.url}/login", form=sent, max_redirects=0).status == 302
        page.goto(f"{self.url}{path}")


def speak(page: Page, language: str) -> None:
    """Have the page in `zh` or `en`, as the one who looks at it chooses."""
    page.wait_for_load_state()
    html, wanted = page.locator("html"), {"zh": "zh-CN", "en": "en"}[language]
    if html.get_attribute("lang") != wanted:
        page.click(".df-language")
        expect(html).to_have_attribute("lang", wanted)


def look_away(page: Page) -> None:
    """The page is seen by nobody: it asks for nothing by itself, and goes on showing what it shows, say a task that has
    just left the list, and what was said of it.
    """
    page.evaluate("Object.defineProperty(document, 'visibilityState', {value: 'hidden'})")


@contextmanager
def serving(house: House) -> Iterator[str]:
    """The house's pages on a port of their own."""
    app = create_app(runtime=house.runtime)
    limiter.reset()
    try:
        with served(app) as url:
            yield url
    finally:
        house.runtime.database.dispose()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """The demonstration people and the real intake process, on one server for the module's tests."""
    house = gallery.built_once(tmp_path_factory)
    with serving(house) as url:
        yield Place(url, house)
