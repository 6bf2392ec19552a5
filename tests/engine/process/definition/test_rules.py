"""Each rule refuses its bad model, names the element and the line, and lets the good twin pass."""

from __future__ import annotations

import pytest

from engine.process import support
from engine.process.definition import read_bpmn
from engine.process.rules import RULES
from tests.engine.process.definition.models import faults, line_of, model
from tests.engine.process.definition.rule_cases import ERRORS, WARNING_CASES, Case

ELSEWHERE = {
    "too-large", "xml-malformed", "doctype", "not-bpmn", "no-process", "duplicate-process", "not-executable-skipped",
    "flow-crosses-pool", "unknown-element", "not-yet", "conversation",
}  # fmt: skip
"""Rules that other tests of this folder hold."""


@pytest.fixture
def everything_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rules do not depend on how far the kernel is."""
    for feature in support.RUNS:
        monkeypatch.setitem(support.RUNS, feature, True)


def named(cases: list[Case]) -> list[object]:
    return [pytest.param(case, id=f"{case.rule}-{at}") for at, case in enumerate(cases)]


@pytest.mark.usefixtures("everything_runs")
@pytest.mark.parametrize("case", named(ERRORS))
def test_a_bad_model_is_refused_with_rule_element_and_line(case: Case) -> None:
    xml = model(case.bad, case.roots, case.process)
    found = [fault for fault in faults(xml, **case.known) if fault.rule == case.rule]
    assert (case.element, line_of(xml, case.at)) in [(fault.element, fault.line) for fault in found]
    for fault in found:
        assert fault.en and fault.zh and fault.hint_en and fault.hint_zh
        assert "?" not in fault.text("en").replace("? ", "") or case.rule == "mapping-script"
        assert any("一" <= sign <= "鿿" for sign in fault.text("zh"))


@pytest.mark.usefixtures("everything_runs")
@pytest.mark.parametrize("case", named(ERRORS))
def test_its_good_twin_is_read(case: Case) -> None:
    roots = case.roots if case.good_roots is None else case.good_roots
    xml = model(case.good, roots, case.good_process or case.process)
    assert [fault.text("en") for fault in faults(xml, **case.known)] == []


@pytest.mark.usefixtures("everything_runs")
@pytest.mark.parametrize("case", named(WARNING_CASES))
def test_a_doubtful_model_is_read_with_a_warning(case: Case) -> None:
    xml = model(case.bad, case.roots)
    told = [(one.rule, one.element, one.line) for one in read_bpmn(xml).warnings]
    assert (case.rule, case.element, line_of(xml, case.at)) in told
    assert case.rule not in [one.rule for one in read_bpmn(model(case.good, case.roots)).warnings]


def test_a_conversation_is_told_and_not_refused() -> None:
    roots = '<collaboration id="k"><conversation id="c"/><subConversation id="d"/></collaboration>'
    told = [(one.rule, one.element) for one in read_bpmn(model(ERRORS[0].good, roots)).warnings]
    assert ("conversation", "c") in told and ("conversation", "d") in told


def test_every_rule_of_the_catalogue_has_a_bad_model() -> None:
    assert {case.rule for case in (*ERRORS, *WARNING_CASES)} | ELSEWHERE == set(RULES)


def test_every_rule_speaks_both_languages() -> None:
    for rule in RULES.values():
        assert rule.en and rule.zh and rule.hint_en and rule.hint_zh, rule.id


def test_what_the_kernel_does_not_run_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(support.RUNS, "gateway.inclusive", False)
    body = """<startEvent id="s"/><sequenceFlow id="f" sourceRef="s" targetRef="g"/>
<inclusiveGateway id="g" name="Which"/><sequenceFlow id="f2" sourceRef="g" targetRef="e"/><endEvent id="e"/>"""
    [fault] = faults(model(body))
    assert (fault.rule, fault.element) == ("not-yet", "g")
    assert "inclusive gateway" in fault.en and "包容网关" in fault.zh


def test_all_faults_of_a_file_are_told_at_once() -> None:
    body = """<startEvent id="s"/><sequenceFlow id="f" sourceRef="s" targetRef="nowhere"/>
<serviceTask id="t"/><userTask id="u" camunda:assignee="${a +}"/><bogus/>"""
    assert {fault.rule for fault in faults(model(body), topics=set())} >= {
        "flow-dangling", "work-missing", "expression-invalid", "schema"
    }  # fmt: skip
