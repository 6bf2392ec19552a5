"""`play` as a user sees it: scenarios, reports, exit codes, decisions, folders."""

from __future__ import annotations

import io
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from engine.errors import NotFound, ScenarioWrong
from engine.play import decide, main_play, main_test, play
from engine.play import test_folder as play_folder
from tests.engine.process.native.diagrams import diagram, script
from tests.paths import shared

TASK = diagram("""
    <startEvent id="s"/><userTask id="t" name="审核"/><exclusiveGateway id="x" default="x_e"/><endEvent id="e"/>
    <endEvent id="other"/>
    s -> t
    t -> x
    x -> e
    x -> other if odd
""")
DMN = """<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="n">
<decision id="tier" name="Tier"><variable name="Tier"/><decisionTable hitPolicy="FIRST"><input id="i">
<inputExpression typeRef="number"><text>amount</text></inputExpression></input><output id="o" name="tier"/>
<rule id="r1"><inputEntry><text>&gt;= 100</text></inputEntry><outputEntry><text>"A"</text></outputEntry></rule>
<rule id="r2"><inputEntry><text>-</text></inputEntry><outputEntry><text>"B"</text></outputEntry></rule>
</decisionTable></decision></definitions>"""


def _written(folder: Path, scenario: dict[str, Any]) -> str:
    path = folder / "s.json"
    path.write_text(json.dumps(scenario, ensure_ascii=False), encoding="utf-8")
    return str(path)


def test_the_report_has_the_documented_form() -> None:
    told = play([TASK], {"now": "2026-01-05T09:00:00+08:00", "steps": [{"start": "p", "business_key": "CL-1"}]})
    assert set(told) == {"refused", "trace", "instances", "thrown", "unmet"}
    assert told["trace"][0] == {
        "at": "2026-01-05T09:00:00+08:00", "instance": 1, "scope": "p", "event": "enter", "element": "s",
        "type": "startEvent",
    }  # fmt: skip
    instance = told["instances"][0]
    assert instance["state"] == "active" and instance["parent"] is None
    assert instance["waiting"] == [{"element": "t", "kind": "user", "assignee": None}]


def test_the_bench_model_plays_from_its_file() -> None:
    folder = shared()
    if folder is None:
        pytest.skip("shared/ is absent: the bench models are not there")
    steps = [{"start": "B1", "variables": {"amount": 150}}, {"complete": "approve", "variables": {"approved": True}}]
    told = play([folder / "bench" / "B1.bpmn"], {"steps": steps})
    assert told["instances"][0]["variables"]["net"] == 147


@pytest.mark.parametrize(
    ("steps", "code", "said"),
    [
        ([{"start": "p"}, {"complete": "t"}, {"expect": {"ended": True}}], 0, "as expected"),
        ([{"start": "p"}, {"expect": {"ended": True, "visited": ["e"]}}], 1, "expectation 1: e was not visited"),
        ([{"start": "p"}, {"complete": "nothing"}], 3, "Scenario step 2: nothing does not wait"),
        ([{"start": "p", "variable": {}}], 3, "Scenario step 1: “start” knows no variable"),
        ([{"start": "q"}], 3, "there is no process q"),
        ([{"jump": "p"}], 3, "exactly one of"),
    ],
)
def test_exit_codes_say_how_it_went(tmp_path: Path, steps: list[Any], code: int, said: str) -> None:
    out = io.StringIO()
    assert main_play([TASK, "--scenario", _written(tmp_path, {"steps": steps})], out) == code
    assert said in out.getvalue()


def test_a_refused_model_ends_with_two_and_names_the_element(tmp_path: Path) -> None:
    broken = TASK.replace('default="x_e"', 'default="nowhere"')
    out = io.StringIO()
    assert main_play([broken, "--scenario", _written(tmp_path, {"steps": []}), "--json"], out) == 2
    assert json.loads(out.getvalue())["refused"][0]["element"] == "x"


def test_what_programs_read_is_in_one_language_whatever_people_speak(tmp_path: Path) -> None:
    told = io.StringIO()
    scenario = _written(tmp_path, {"steps": [{"start": "p"}, {"expect": {"ended": True}}]})
    assert main_play([TASK, "--scenario", scenario, "--json"], told, "zh") == 1
    assert json.loads(told.getvalue())["unmet"][0].startswith("expectation 1: ")


def test_a_failed_instance_ends_with_one(tmp_path: Path) -> None:
    steps = [{"start": "p"}, {"fail": "t", "code": "BAD"}]
    assert main_play([TASK, "--scenario", _written(tmp_path, {"steps": steps})], io.StringIO()) == 1


def test_messages_correlate_on_keys_and_two_matches_are_an_error() -> None:
    text = diagram("""
        <startEvent id="s"/><receiveTask id="r" messageRef="m"/>
        s -> r
    """, '<message id="m" name="signed"/>')  # fmt: skip
    starts = [{"start": "p", "variables": {"client": c}, "business_key": c} for c in ("A", "B")]
    told = play([text], {"steps": [*starts, {"message": "signed", "correlation": {"client": "B"}}]})
    assert [one["state"] for one in told["instances"]] == ["active", "completed"]
    with pytest.raises(ScenarioWrong, match=r"step 3.*matches 2"):
        play([text], {"steps": [*starts, {"message": "signed"}]})


def test_a_message_starts_an_instance_and_reaches_those_that_run() -> None:
    text = diagram("""
        <startEvent id="s"><messageEventDefinition messageRef="m"/></startEvent><userTask id="t"/>
        <endEvent id="e"><messageEventDefinition messageRef="n"/></endEvent>
        s -> t
        t -> e
    """, '<message id="m" name="inquiry"/><message id="n" name="start_evaluation"/>')  # fmt: skip
    told = play([text], {"steps": [
        {"message": "inquiry", "variables": {"name": "甲"}}, {"message": "inquiry"}, {"complete": "t"},
    ]})  # fmt: skip
    assert [one["state"] for one in told["instances"]] == ["completed", "active"]
    assert told["thrown"] == [{"kind": "message", "name": "start_evaluation", "handled": False}]


def test_a_decision_is_made_inside_the_step() -> None:
    text = diagram("""
        <startEvent id="s"/><businessRuleTask id="b" camunda:decisionRef="tier" camunda:resultVariable="tier"
        camunda:mapDecisionResult="singleEntry"/>
        s -> b
    """)
    start = {"start": "p", "variables": {"amount": 120}}
    assert play([text, DMN], {"steps": [start]})["instances"][0]["variables"]["tier"] == "A"
    waiting = play([text], {"steps": [start]})["instances"][0]["waiting"]
    assert [(one["element"], one["kind"]) for one in waiting] == [("b", "job")]


def test_decide_gives_value_rules_and_warnings() -> None:
    found = decide([DMN], "Tier", {"amount": Decimal("99.99")})
    assert found["value"] == "B" and [rule["rule"] for rule in found["fired"]] == [2]
    with pytest.raises(NotFound):
        decide([DMN], "nothing", {})


def test_decide_reads_texts_as_the_dates_that_are_declared() -> None:
    table = DMN.replace('typeRef="number"><text>amount', 'typeRef="date"><text>due')
    table = table.replace("&gt;= 100", '&gt;= date("2026-06-01")')
    assert decide([table], "tier", {"due": "2026-07-01"})["value"] == "A"
    assert decide([table], "tier", {"due": "2026-05-31"})["value"] == "B"
    roots = (
        '<itemDefinition name="tDay"><typeRef>date</typeRef></itemDefinition>'
        '<inputData id="in" name="due"><variable name="due" typeRef="tDay"/></inputData><decision id="tier"'
    )
    needs = '<informationRequirement><requiredInput href="#in"/></informationRequirement>'
    declared = table.replace('<decision id="tier"', roots)
    declared = declared.replace('<variable name="Tier"/>', f'<variable name="Tier"/>{needs}')
    assert decide([declared], "tier", {"due": "2026-07-01"})["value"] == "A"
    text = diagram("""
        <startEvent id="s"/><businessRuleTask id="b" camunda:decisionRef="tier" camunda:resultVariable="tier"
        camunda:mapDecisionResult="singleEntry"/>
        s -> b
    """)
    told = play([text, table], {"steps": [{"start": "p", "variables": {"due": "2026-07-01"}}]})
    assert told["instances"][0]["variables"] == {"due": "2026-07-01", "tier": "A"}


def test_timers_start_processes_and_fire_in_order_of_their_moments() -> None:
    daily = diagram("""
        <startEvent id="s"><timerEventDefinition><timeCycle>0 0 8 * * ?</timeCycle></timerEventDefinition></startEvent>
        <task id="t"/>
        s -> t
    """)
    told = play([daily], {"now": "2026-01-05T09:00:00+08:00", "steps": [{"advance": "P3D"}]})
    starts = [one["at"] for one in told["trace"] if one["element"] == "s" and one["event"] == "enter"]
    assert starts == [f"2026-01-0{day}T08:00:00+08:00" for day in (6, 7, 8)]


def test_holidays_of_the_scenario_move_due_dates() -> None:
    text = diagram("""
        <startEvent id="s"/><userTask id="t"><extensionElements><camunda:properties>
        <camunda:property name="due" value="2BD"/></camunda:properties></extensionElements></userTask>
        s -> t
    """)
    expect = {"expect": {"tasks": {"t": {"due": "2025-09-29"}}}}
    head = {"now": "2025-09-26T10:00:00+08:00", "steps": [{"start": "p"}, expect]}
    assert play([text], {**head, "working_weekends": ["2025-09-28"]})["unmet"] == []
    assert play([text], head)["unmet"] != []


def test_a_timer_whose_moment_has_passed_fires_at_once() -> None:
    text = diagram("""
        <startEvent id="s"/><intermediateCatchEvent id="past"><timerEventDefinition>
        <timeDate>2020-01-01T00:00:00Z</timeDate></timerEventDefinition></intermediateCatchEvent>
        <intermediateCatchEvent id="zero"><timerEventDefinition>
        <timeDuration>PT0S</timeDuration></timerEventDefinition></intermediateCatchEvent><endEvent id="e"/>
        s -> past
        past -> zero
        zero -> e
    """)
    told = play([text], {"steps": [{"start": "p"}]})
    assert told["instances"][0]["state"] == "completed"
    assert {one["at"] for one in told["trace"]} == {"2026-01-05T09:00:00+08:00"}


def test_cron_keeps_the_hour_of_a_zone_with_summer_time() -> None:
    daily = diagram("""
        <startEvent id="s"/><userTask id="u"/><boundaryEvent id="b" attachedToRef="u" cancelActivity="false">
        <timerEventDefinition><timeCycle>0 30 2 * * ?</timeCycle></timerEventDefinition></boundaryEvent><task id="t"/>
        s -> u
        b -> t
    """)
    told = play([daily], {"now": "2026-03-28T00:00:00+01:00", "zone": "Europe/Berlin", "steps": [
        {"start": "p"}, {"advance": "P3D"},
    ]})  # fmt: skip
    fired = [one["at"] for one in told["trace"] if one["element"] == "b" and one["event"] == "enter"]
    assert fired == ["2026-03-28T02:30:00+01:00", "2026-03-29T03:30:00+02:00", "2026-03-30T02:30:00+02:00"]


def test_moving_and_cancelling() -> None:
    told = play([TASK], {"steps": [{"start": "p"}, {"move": {"from": "t", "to": "e"}}]})
    assert told["instances"][0]["state"] == "completed"
    assert [(one["event"], one["element"]) for one in told["trace"]][2:] == [
        ("enter", "t"), ("cancel", "t"), ("enter", "e"), ("leave", "e"),
    ]  # fmt: skip
    told = play([TASK], {"steps": [{"start": "p"}, {"cancel": 1}]})
    assert told["instances"][0]["state"] == "cancelled"


def test_a_form_among_the_files_is_checked() -> None:
    form = json.dumps({"id": "f", "type": "default", "components": [
        {"type": "number", "key": "amount", "validate": {"required": True, "min": 1}},
    ]})  # fmt: skip
    text = TASK.replace('<userTask id="t"', '<userTask id="t" camunda:formRef="f" camunda:formRefBinding="latest"')
    with pytest.raises(ScenarioWrong, match="step 2"):
        play([text, form], {"steps": [{"start": "p"}, {"complete": "t", "variables": {"amount": 0}}]})
    told = play([text, form], {"steps": [{"start": "p"}, {"complete": "t", "variables": {"amount": 5}}]})
    assert told["instances"][0]["variables"] == {"amount": 5}


def test_a_sandboxed_script_runs_at_once() -> None:
    text = diagram("""
        <startEvent id="s"/><scriptTask id="t" scriptFormat="python"><script>
total = 0
for item in items:
    total = total + item
        </script></scriptTask>
        s -> t
    """)
    told = play([text], {"steps": [{"start": "p", "variables": {"items": [1, 2, 3]}}]})
    assert told["instances"][0]["variables"]["total"] == 6


def test_processes_that_call_each_other_without_end_are_stopped() -> None:
    text = diagram(f"""
        <startEvent id="s"/>{script("t", "n = 1")}<exclusiveGateway id="x"/>
        s -> x
        x -> t
        t -> x
    """)
    told = play([text], {"steps": [{"start": "p"}]})
    assert told["instances"][0]["incidents"][0]["code"] == "LOOP_LIMIT"


def test_a_folder_is_played_with_coverage(tmp_path: Path) -> None:
    package = tmp_path / "intake"
    (package / "scenarios").mkdir(parents=True)
    (package / "p.bpmn").write_text(TASK, encoding="utf-8")
    steps = [{"start": "p"}, {"complete": "t"}, {"expect": {"ended": True}}]
    (package / "scenarios" / "good.json").write_text(json.dumps({"steps": steps}), encoding="utf-8")
    bad = [{"start": "p"}, {"expect": {"ended": True}}]
    (package / "scenarios" / "bad.json").write_text(json.dumps({"steps": bad}), encoding="utf-8")
    told = play_folder(tmp_path)
    assert (told["passed"], told["failed"]) == (1, 1)
    covered = told["coverage"][0]
    assert covered["nodes"] == {"visited": 4, "total": 5, "missing": ["other"]}
    assert covered["flows"]["missing"] == ["x_other"]
    out = io.StringIO()
    assert main_test([str(tmp_path)], out) == 1
    assert "nodes 4/5, flows 3/4" in out.getvalue() and "FAILED  intake/scenarios/bad.json" in out.getvalue()


def test_packages_that_one_message_would_begin_are_told_of_in_a_folder_and_refused_together(tmp_path: Path) -> None:
    texts = []
    for key in ("a", "b"):
        start = f'<startEvent id="s_{key}"><messageEventDefinition messageRef="m"/></startEvent><endEvent id="e"/>'
        texts.append(diagram(f"{start}\ns_{key} -> e\n", '<message id="m" name="order"/>', key))
        (tmp_path / key / "scenarios").mkdir(parents=True)
        (tmp_path / key / "p.bpmn").write_text(texts[-1], encoding="utf-8")
        scenario = {"steps": [{"message": "order"}, {"expect": {"ended": True}}]}
        (tmp_path / key / "scenarios" / "good.json").write_text(json.dumps(scenario), encoding="utf-8")
    told = play_folder(tmp_path)
    assert (told["passed"], [one["element"] for one in told["warnings"]]) == (2, ["s_b"])
    out = io.StringIO()
    assert main_test([str(tmp_path)], out, "zh") == 0 and "已用于启动流程" in out.getvalue()
    assert [one["rule"] for one in play(texts, {"steps": []})["refused"]] == ["start-message-shared"]
