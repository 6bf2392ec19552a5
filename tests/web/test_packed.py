"""What the browser loads besides pages, as it travels."""

from __future__ import annotations

import gzip
from collections.abc import Callable

import pytest

from tests.paths import ROOT
from tests.web.conftest import Visitor

WHO = Callable[[str], Visitor]
VENDOR = ROOT / "web" / "static" / "vendor"


@pytest.mark.parametrize(
    ("takes", "coding"), [("gzip, deflate, br, zstd", "br"), ("gzip", "gzip"), ("", None), ("br;q=0, gzip;q=0", None)]
)
def test_files_travel_as_the_browser_can_unpack_them_and_are_kept(visitor: WHO, takes: str, coding: str | None) -> None:
    answer = visitor("li").client.get("/static/vendor/app.css?v=1", headers={"Accept-Encoding": takes}, buffered=True)
    whole = (VENDOR / "app.css").read_bytes()
    assert answer.status_code == 200 and answer.headers.get("Content-Encoding") == coding
    assert answer.content_type == "text/css; charset=utf-8"
    assert answer.headers["Vary"] == "Accept-Encoding", "what becomes of a cookie does not make a browser ask again"
    assert "immutable" in answer.headers["Cache-Control"] and "Content-Disposition" not in answer.headers
    if coding == "gzip":
        assert gzip.decompress(answer.data) == whole
    else:
        assert (answer.data == whole) is (coding is None) and len(answer.data) < (len(whole) / 4 if coding else 1e9)


def test_the_icons_of_a_page_are_asked_for_by_their_version(visitor: WHO) -> None:
    text = visitor("li").get("/inbox").get_data(as_text=True)
    assert "/icons.svg?v=" in text and "/icons.svg#" not in text
