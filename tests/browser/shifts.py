"""How far a page jumps while it is drawn: the sum of its layout shifts (https://web.dev/articles/cls), which is never
less than the CLS of the same page. Nothing else here: whoever opens pages adds `SCRIPT` to the context before."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.browser import settled

MOST = 0.1
"""Up to here a page counts as quiet."""
SCRIPT = """(() => {
    let all = 0;
    const add = (shifts) => shifts.forEach((one) => one.hadRecentInput || (all += one.value));
    const seen = new PerformanceObserver((list) => add(list.getEntries()));
    seen.observe({ type: 'layout-shift', buffered: true });
    window.dfShifted = () => (add(seen.takeRecords()), all);
})()"""


def of(page: Page) -> float:
    """The shifts of the page so far; of a window whose size was changed they mean nothing."""
    return float(settled.evaluated(page, "() => dfShifted()"))
