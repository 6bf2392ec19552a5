"""Cases carried over to another version and tokens moved by hand, with their rows, on both databases."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from engine import api, queries
from engine.errors import Forbidden, InvalidInput, MigrationRefused, NotFound
from engine.registry import handles
from engine.store import tables as t
from tests.conformance.drawing import boundary, call, catch, diagram, message, process, service, signal, sub, tag, timer
from tests.house import House

SPIFF = '<camunda:properties><camunda:property name="kernel" value="spiff"/></camunda:properties>'


def line(flow: str, *elements: str, key: str = "p") -> str:
    return diagram(process(key, flow, *elements))


def asked(id: str, name: str, more: str = "") -> str:
    return f'<userTask id="{id}" name="{name}" camunda:candidateGroups="rm" {more}/>'


def carried(house: House, instance: int, version: int | None = None, **mapping: str) -> tuple[Any, ...]:
    with house.writing() as session:
        return api.migrate_instance(session, house.actor("owen"), instance, version, mapping)


def previewed(house: House, instance: int, version: int | None = None, **mapping: str) -> api.MigrationPreview:
    with house.looking() as session:
        return api.preview_migration(session, house.actor("owen"), instance, version, mapping)


def told(changes: Any) -> list[tuple[str, str]]:
    return [(change.what, change.element) for change in changes]


def everything(house: House) -> list[Any]:
    """All rows that a preview must leave alone."""
    tables = (t.instance, t.user_task, t.timer, t.subscription, t.job, t.history, t.audit_entry)
    return [house.rows(table) for table in tables]


def test_a_task_keeps_its_id_its_person_and_its_due_date_when_its_element_is_mapped(house: House) -> None:
    house.deploy(p_bpmn=line("s -> ask -> e", asked("ask", "Ask", 'camunda:dueDate="PT48H"')))
    instance = house.start("p")
    before = house.task("ask")
    house.deploy(p_bpmn=line("s -> confirm -> u2 -> e", asked("confirm", "Confirm"), asked("u2", "Then")))
    report = previewed(house, instance, ask="confirm")
    assert report.reasons == () and report.version == 2
    assert told(report.changes) == [("moved", "confirm"), ("updated", "confirm")]
    assert told(carried(house, instance, ask="confirm")) == told(report.changes)
    after = house.task("confirm")
    same = ("id", "assignee", "due_at", "team", "created_at", "why")
    assert {name: after[name] for name in same} == {name: before[name] for name in same}
    assert after["name"] == "Confirm" and "confirm" in after["search"]
    [row] = house.rows(t.instance)
    assert after["definition_id"] == row["definition_id"] != before["definition_id"]
    house.complete("confirm", str(after["assignee"]))
    assert house.task("u2", instance)


def test_a_preview_changes_nothing(house: House) -> None:
    house.deploy(p_bpmn=line("s -> u1 -> e; b -> e", asked("u1", "A"), boundary("b", "u1", timer("Duration", "P1D"))))
    instance = house.start("p")
    house.deploy(p_bpmn=line("s -> u1 -> e", asked("u1", "B")))
    before = everything(house)
    assert told(previewed(house, instance).changes) == [("updated", "u1"), ("closed", "b")]
    with house.looking() as session:
        moves = api.preview_token_move(session, house.actor("owen"), instance, "u1", "e")
    assert ("cancelled", "u1") in told(moves) and ("ended", "p") in told(moves)
    assert everything(house) == before


def test_timers_messages_and_signals_are_those_of_the_new_version(house: House) -> None:
    guards = boundary("b", "u1", timer("Duration", "P1D")), boundary("c", "u1", message("m"))
    flow = "s -> u1 -> e; b -> e; c -> e"
    house.deploy(p_bpmn=line(flow, asked("u1", "A"), *guards))
    instance = house.start("p")
    house.clock.move(hours=5)
    guards = boundary("b", "u1", timer("Duration", "P2D")), boundary("c", "u1", signal("g"))
    house.deploy(p_bpmn=line(flow, asked("u1", "A"), *guards))
    assert told(carried(house, instance)) == [("reopened", "b"), ("reopened", "c")]
    [due] = house.rows(t.timer)
    assert due["due_at"] == house.clock() + timedelta(days=2)
    assert [(row["kind"], row["name"]) for row in house.rows(t.subscription)] == [("signal", "g")]
    house.pass_time(days=2)
    assert house.state(instance) == "completed"


def test_work_whose_topic_has_changed_is_a_new_job_and_other_work_keeps_its_own(house: House) -> None:
    flow = "s -> p1 -> w -> e1; p1 -> v -> e2"
    house.deploy(p_bpmn=line(flow, service("w", "first"), service("v", "same")))
    instance = house.start("p")
    before = {row["topic"]: row["id"] for row in house.rows(t.job)}
    house.deploy(p_bpmn=line(flow.replace("v ", "v2 "), service("w", "second"), service("v2", "same")))
    carried(house, instance, v="v2")
    after = {row["topic"]: row for row in house.rows(t.job)}
    assert set(after) == {"second", "same"}
    assert after["same"]["id"] == before["same"] and after["same"]["element"] == "v2"


def test_a_handler_of_the_new_version_answers_within_the_migration(house: House) -> None:
    @handles("second", transactional=True)
    def second(ctx: Any) -> dict[str, object]:
        return {"told": True}

    house.deploy(p_bpmn=line("s -> w -> u1 -> e", service("w", "first")))
    instance = house.start("p")
    house.runtime.registry.add_functions(second)
    house.deploy(p_bpmn=line("s -> w -> u1 -> e", service("w", "second")))
    carried(house, instance)
    assert house.variables(instance) == {"told": True} and house.task("u1", instance)
    assert house.rows(t.job) == []


def test_the_called_process_goes_on_below_a_migrated_caller(house: House) -> None:
    house.deploy("q", q_bpmn=line("s -> u1 -> e", asked("u1", "Below"), key="q"))
    house.deploy(p_bpmn=line("s -> c -> e", call("c", "q")))
    instance = house.start("p")
    house.deploy(p_bpmn=line("s -> c2 -> u2 -> e", call("c2", "q"), asked("u2", "Above")))
    carried(house, instance, c="c2")
    house.complete("u1", str(house.task("u1")["assignee"]))
    assert house.task("u2", instance)


def test_what_does_not_fit_is_refused_by_element_and_nothing_changes(house: House) -> None:
    house.deploy(p_bpmn=line("s -> u1 -> e"))
    instance = house.start("p")
    house.deploy(p_bpmn=line("s -> c -> e", catch("c", message("m"))))
    before = everything(house)
    with pytest.raises(MigrationRefused) as refused:
        carried(house, instance)
    assert [(fault.rule, fault.element) for fault in refused.value.faults] == [("migration-gone", "u1")]
    assert "u1" in str(refused.value) and "u1" in refused.value.text("zh")
    with pytest.raises(MigrationRefused) as refused:
        carried(house, instance, u1="c")
    assert [fault.rule for fault in refused.value.faults] == ["migration-type"]
    assert everything(house) == before


def test_cases_of_the_second_kernel_are_not_carried_over_and_say_why(house: House) -> None:
    def model(task: str) -> str:
        properties = tag("extensionElements", "", SPIFF)
        return line(f"s -> {task} -> e", properties, asked(task, task))

    house.deploy(p_bpmn=model("u1"))
    instance = house.start("p")
    assert house.rows(t.definition)[0]["kernel"] == "spiff"
    house.deploy(p_bpmn=model("u2"))
    assert [fault.rule for fault in previewed(house, instance, u1="u2").reasons] == ["migration-other-kernel"]
    with pytest.raises(MigrationRefused, match="SpiffWorkflow"):
        carried(house, instance, u1="u2")
    house.deploy(p_bpmn=line("s -> u1 -> e", asked("u1", "u1")))
    with pytest.raises(MigrationRefused, match="SpiffWorkflow"):
        carried(house, instance)


def test_a_migration_stands_in_history_and_audit(house: House) -> None:
    house.deploy(p_bpmn=line("s -> u1 -> e"))
    instance = house.start("p")
    house.deploy(p_bpmn=line("s -> u2 -> e"))
    carried(house, instance, u1="u2")
    last = house.rows(t.history, t.history.c.instance_id == instance)[-1]
    assert last["actor"] == "owen"
    assert last["trigger"] == [["CarriedOver", {"version": 2, "mapping": {"u1": "u2"}, "before": 1}]]
    [entry] = house.rows(t.audit_entry, t.audit_entry.c.action == "migrated")
    assert (entry["data"]["from"], entry["data"]["to"]) == (1, 2)
    with house.looking() as session:
        assert queries.history(session, instance)


def test_only_process_owners_steer_and_only_to_a_version_that_is_another(house: House) -> None:
    house.deploy(p_bpmn=line("s -> u1 -> e"))
    instance = house.start("p")
    with pytest.raises(InvalidInput):
        carried(house, instance)
    with pytest.raises(NotFound):
        carried(house, instance, 7)
    with house.writing() as session, pytest.raises(Forbidden):
        api.migrate_instance(session, house.actor("li"), instance)
    with house.writing() as session, pytest.raises(Forbidden):
        api.move_token(session, house.actor("li"), instance, "u1", "e")


def test_a_case_goes_back_to_an_older_version(house: House) -> None:
    house.deploy(p_bpmn=line("s -> u1 -> e"))
    house.deploy(p_bpmn=line("s -> u1 -> u2 -> e"))
    instance = house.start("p")
    carried(house, instance, 1)
    house.complete("u1", str(house.task("u1")["assignee"] or "root"))
    assert house.state(instance) == "completed"


# ── moving a token ─────────────────────────────────────────────────────────────────────────────────────────────


def moved(house: House, instance: int, source: str | None, target: str) -> list[tuple[str, str]]:
    with house.writing() as session:
        return told(api.move_token(session, house.actor("owen"), instance, source, target, "wrong turn"))


def test_a_token_is_moved_with_its_task_and_timers(house: House) -> None:
    timed = boundary("b", "u1", timer("Duration", "P1D"))
    house.deploy(p_bpmn=line("s -> u1 -> u2 -> e; b -> e", asked("u1", "A"), asked("u2", "B"), timed))
    instance = house.start("p")
    report = moved(house, instance, "u1", "u2")
    assert ("cancelled", "u1") in report and ("entered", "u2") in report
    assert [task["element"] for task in house.tasks(instance)] == ["u2"]
    assert [task["element"] for task in house.tasks(instance, "cancelled")] == ["u1"]
    assert house.rows(t.timer) == []
    [entry] = house.rows(t.audit_entry, t.audit_entry.c.action == "token_moved")
    assert (entry["actor"], entry["data"]["why"]) == ("owen", "wrong turn")
    moved(house, instance, "u2", "u1")
    assert len(house.rows(t.timer)) == 1


def test_a_token_enters_a_sub_process_beside_what_stands(house: House) -> None:
    inner = sub("h", "s1 -> u2 -> e1", asked("u2", "B"))
    house.deploy(p_bpmn=line("s -> u1 -> h -> e", asked("u1", "A"), inner))
    instance = house.start("p")
    moved(house, instance, None, "u2")
    assert sorted(task["element"] for task in house.tasks(instance)) == ["u1", "u2"]
    house.complete("u2", str(house.task("u2")["assignee"]))
    house.complete("u1", str(house.task("u1")["assignee"]))
    assert [task["element"] for task in house.tasks(instance)] == ["u2"]


@pytest.mark.parametrize(("source", "target", "error"), [("u2", "u1", InvalidInput), ("u1", "nowhere", NotFound)])
def test_a_move_that_cannot_be_is_refused_and_changes_nothing(
    house: House, source: str, target: str, error: type[Exception]
) -> None:
    house.deploy(p_bpmn=line("s -> u1 -> u2 -> e"))
    instance = house.start("p")
    before = everything(house)
    with pytest.raises(error):
        moved(house, instance, source, target)
    assert everything(house) == before
