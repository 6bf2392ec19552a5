"""The page about BPMN says what the tables and the conformance cases say."""

from __future__ import annotations

import pytest

from engine.process.doing import DOES, ELEMENTS
from engine.process.manual import manual
from engine.process.support import RUNS
from tests.conformance.coverage import proven
from tests.paths import ROOT


@pytest.fixture(scope="module")
def cases() -> dict[str, list[str]]:
    return proven()


def test_the_page_is_up_to_date(cases: dict[str, list[str]]) -> None:
    page = (ROOT / "docs" / "bpmn.md").read_text("utf-8")
    assert page == manual(cases), "run: python -m engine.process.manual > docs/bpmn.md"


def test_every_element_that_runs_is_entered_by_some_case(cases: dict[str, list[str]]) -> None:
    assert [feature for feature, runs in RUNS.items() if runs and feature not in cases] == []


def test_every_other_element_of_the_page_stands_in_some_case(cases: dict[str, list[str]]) -> None:
    assert [element for element in ELEMENTS if f"<{element}>" not in cases] == []


def test_the_page_says_of_every_element_what_is_done() -> None:
    assert [feature for feature, runs in RUNS.items() if runs and feature not in DOES] == []
    assert [feature for feature in DOES if feature not in RUNS] == []
    assert all(en and zh for en, zh in (*DOES.values(), *ELEMENTS.values()))
