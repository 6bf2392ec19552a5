"""Every public case of the DMN Technology Compatibility Kit, against a checked-in list of known failures."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.decisions.tck import CaseOutcome, run_folder
from tests.paths import shared

KNOWN = Path(__file__).with_name("tck_known_failures.json")


@pytest.fixture(scope="module")
def outcomes() -> tuple[CaseOutcome, ...]:
    place = shared()
    if place is None or not (place / "dmn-tck").is_dir():
        pytest.skip("../shared/dmn-tck is absent: the DMN conformance cases did not run")
    return run_folder(place / "dmn-tck")


def test_every_case_passes_that_is_not_known_to_fail(outcomes: tuple[CaseOutcome, ...]) -> None:
    known = json.loads(KNOWN.read_text("utf-8"))
    failed = {outcome.key: outcome.why for outcome in outcomes if not outcome.passed}
    assert {key: why for key, why in failed.items() if key not in known} == {}
    assert sorted(known.keys() - failed.keys()) == [], "these pass now: take them off the list"


def test_the_kit_was_read_whole(outcomes: tuple[CaseOutcome, ...]) -> None:
    assert len(outcomes) > 1000


def test_a_wrong_expectation_fails(tmp_path: Path) -> None:
    (tmp_path / "m.dmn").write_text(
        '<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" name="m" namespace="m">'
        '<decision name="d" id="d"><variable name="d"/><literalExpression><text>1 + 1</text></literalExpression>'
        "</decision></definitions>",
        "utf-8",
    )
    case = (
        '<testCases xmlns="http://www.omg.org/spec/DMN/20160719/testcase" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><modelName>m.dmn</modelName>'
        '<testCase id="1"><resultNode name="d"><expected>{value}</expected></resultNode></testCase></testCases>'
    )
    tests = tmp_path / "m-test-01.xml"
    passed = []
    for text in ("2", "2.000000001", "2.1", "1"):
        tests.write_text(case.format(value=f'<value xsi:type="xsd:decimal">{text}</value>'), "utf-8")
        passed.append(run_folder(tmp_path)[0].passed)
    tests.write_text(case.format(value='<value xsi:type="xsd:string">2</value>'), "utf-8")
    passed.append(run_folder(tmp_path)[0].passed)
    assert passed == [True, True, False, False, False]
