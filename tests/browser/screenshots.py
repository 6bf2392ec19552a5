"""Pictures of every page: `python -m tests.browser.screenshots [FOLDER] [WORD…]`, or `make screenshots`.

Chinese and English, desk and phone, light, and the dark of a few; with words only pages whose name has one of them.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser import gallery, settled
from tests.browser.conftest import Place, serving, speak
from tests.browser.rooms import outside
from tests.conftest import CHROMIUM_FLAGS, chromium

LOCALES = {"zh": "zh-CN", "en": "en-GB"}
WIDTHS = {"desk": (1440, 900), "phone": (390, 844)}
INVESTOR = "investor"
"""Comes in by a link, not by a name."""
DARK = ("inbox-all", "task-client_profile", "case", "process", "sign-in", "inquiry", "notices", "processes")


def take(page: Page, url: str, file: Path) -> None:
    """One page, from top to bottom, once it has settled."""
    page.goto(url)
    settled.at_rest(page)
    page.wait_for_timeout(150)
    page.screenshot(path=file, full_page=True)


def groups(shown: gallery.Gallery) -> dict[str, dict[str, str]]:
    """Who looks at what; nobody is signed in for the public pages."""
    refused = {"error-403": f"/tasks/{shown.tasks['kyc_hit']}", "inbox-empty": "/inbox"}
    task = f"/tasks/{shown.tasks['client_profile']}"
    own = {"inbox-own": "/inbox", "notices-own": "/notifications", "task-own": task}
    return {"": shown.public(), INVESTOR: shown.portal, "admin": shown.pages(), "ma": refused, "wang": own}


def walk(browser: Browser, place: Place, shown: gallery.Gallery, folder: Path, words: list[str]) -> int:
    """Every page in every look; how many pictures were taken."""
    taken = 0
    for language in ("zh", "en"):
        for width, (wide, high) in WIDTHS.items():
            for theme in ("light", "dark"):
                context = browser.new_context(
                    viewport={"width": wide, "height": high}, timezone_id="Asia/Shanghai", locale=LOCALES[language]
                )
                context.add_cookies([{"name": "language", "value": language, "url": place.url}])
                context.add_init_script(f"localStorage.setItem('dealflow.theme', '{theme}')")
                page = context.new_page()
                for person, group in groups(shown).items():
                    wanted = {
                        name: path
                        for name, path in group.items()
                        if (theme == "light" or name in DARK) and (not words or any(word in name for word in words))
                    }
                    if not wanted:
                        continue
                    if person == INVESTOR:
                        outside.enter(page, place.url, shown)
                    elif person:
                        page.context.clear_cookies(name="dealflow")
                        place.sign_in(page, person)
                        speak(page, language)
                    for name, path in wanted.items():
                        take(page, place.url + path, folder / f"{name}.{language}.{width}.{theme}.png")
                        taken += 1
                context.close()
    return taken


def main(arguments: list[str]) -> int:
    """Build the house, serve it, take the pictures."""
    found = chromium()
    if found is None:
        print("No Chromium on this machine: set DEALFLOW_CHROMIUM or install it.", file=sys.stderr)
        return 1
    folder = Path(arguments[0] if arguments else "screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as data:
        house = gallery.build(Path(data))
        shown = gallery.furnish(house)
        with serving(house) as url, sync_playwright() as play:
            browser = play.chromium.launch(executable_path=found, args=CHROMIUM_FLAGS)
            taken = walk(browser, Place(url, house), shown, folder, arguments[1:])
            browser.close()
    print(f"{taken} pictures in {folder}/")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
