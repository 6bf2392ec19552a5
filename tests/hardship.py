"""The browser on a machine that is so many times slower, with a network that takes its time: what a test takes for
granted because it is quick here shows itself. `HARDSHIP=6` lays it on every page of a run.
"""

from __future__ import annotations

import os
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page

MILLISECONDS = 30
"""What each step of hardship adds to an answer's way."""


def lay_on(browser: Browser) -> None:
    """Slow every page that the browser opens from now on, by as much as the environment says."""
    times = float(os.environ.get("HARDSHIP") or 1)
    if times <= 1:
        return
    begin = browser.new_context

    def new_context(**given: Any) -> BrowserContext:
        context = begin(**given)
        open_page = context.new_page

        def new_page() -> Page:
            page = open_page()
            slow(page, times)
            return page

        context.new_page = new_page  # type: ignore[method-assign]
        return context

    browser.new_context = new_context  # type: ignore[method-assign]


def slow(page: Page, times: float) -> None:
    """The page's processor so many times slower; every answer comes later."""
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": times})
    session.send("Network.enable")
    way = {"latency": times * MILLISECONDS, "downloadThroughput": -1, "uploadThroughput": -1}
    session.send("Network.emulateNetworkConditions", {"offline": False, **way})
