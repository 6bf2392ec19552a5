"""The page about BPMN says what the tables say."""

from __future__ import annotations

from engine.process.manual import manual
from tests.paths import ROOT


def test_the_page_is_up_to_date() -> None:
    page = (ROOT / "docs" / "bpmn.md").read_text("utf-8")
    assert page == manual(), "run: python -m engine.process.manual > docs/bpmn.md"
