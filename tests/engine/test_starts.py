"""Everything that begins an instance on the server, on both databases: what is drawn is what starts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine import api
from engine.errors import InvalidInput, ModelRefused
from engine.store import tables as t
from engine.watcher import deploy_all, deploy_saved
from tests.conformance.drawing import catch, conditional, message, process, signal, start, tag, timer
from tests.conformance.drawing import diagram as file
from tests.engine.together import SQLITE, at_once
from tests.house import House

BOTH = message("m"), signal("g")


def gathering(*definitions: str, flow: str = "s -> u -> e") -> str:
    """A process whose start event needs all of its triggers."""
    return file(process("p", flow, start("s", *definitions, parallelMultiple=True)))


def sent(house: House, name: str, business_key: str | None = None, **variables: object) -> api.Delivery:
    return house.message(name, business_key, variables=variables)


def signalled(house: House, name: str, **variables: object) -> int:
    with house.writing() as session:
        return api.raise_signal(session, api.SYSTEM, name, variables)


def published(house: House, business_key: str | None = None, **facts: object) -> list[int]:
    with house.writing() as session:
        return api.publish_facts(session, api.SYSTEM, facts, business_key)


def begun(house: House) -> list[Any]:
    """The instances, oldest first."""
    return sorted(house.rows(t.instance), key=lambda row: row["id"])


def test_each_start_event_of_a_process_begins_where_it_stands(house: House) -> None:
    flow = "s0 -> u0 -> e; s1 -> u1 -> e; s2 -> u2 -> e; s3 -> u3 -> e; s4 -> u4 -> e"
    house.deploy(
        p_bpmn=file(
            process(
                "p", flow, start("s0"), start("s1", message("m")), start("s2", signal("g")),
                start("s3", timer("Duration", "PT1H")), start("s4", conditional("risk > 3")),
            )
        )
    )  # fmt: skip
    house.start("p")
    assert sent(house, "m").state == "started"
    assert signalled(house, "g") == 1
    assert len(published(house, risk=4)) == 1
    house.pass_time(hours=1)
    assert sorted(task["element"] for task in house.tasks()) == ["u0", "u1", "u2", "u3", "u4"]
    assert house.rows(t.timer) == []


def test_a_multiple_start_event_begins_with_any_of_its_triggers_each_timer_by_itself(house: House) -> None:
    timers = timer("Duration", "PT2H"), timer("Cycle", "R2/PT30M")
    house.deploy(p_bpmn=file(process("p", "s -> u -> e", start("s", *BOTH, *timers))))
    sent(house, "m")
    signalled(house, "g")
    assert len(begun(house)) == 2
    for expected in (3, 4, 4, 5, 5):
        house.pass_time(minutes=30)
        assert len(begun(house)) == expected
    assert house.rows(t.timer) == []


def test_a_parallel_multiple_start_event_waits_for_all_and_carries_what_they_brought(house: House) -> None:
    house.deploy(p_bpmn=gathering(*BOTH))
    first = sent(house, "m", "CL-1", x=1)
    assert (first.state, first.instance_id, begun(house)) == ("gathered", None, [])
    signalled(house, "g", y=2)
    [instance] = begun(house)
    assert instance["business_key"] == "CL-1"
    assert house.variables(instance["id"]) == {"x": 1, "y": 2}
    assert house.rows(t.start_trigger) == []
    signalled(house, "g", y=3)
    signalled(house, "g", y=4)
    assert len(house.rows(t.start_trigger)) == 1
    assert sent(house, "m").state == "started"
    assert house.variables(begun(house)[1]["id"]) == {"y": 4}


def test_messages_that_are_gathered_stay_with_their_business_key_and_none_is_lost(house: House) -> None:
    house.deploy(p_bpmn=gathering(message("m"), message("n")))
    assert [sent(house, "m", key, of=key).state for key in ("A", "B", "A")] == ["gathered"] * 3
    for key in ("B", "A", "A"):
        assert sent(house, "n", key).state == "started"
    assert [row["business_key"] for row in begun(house)] == ["B", "A", "A"]
    assert [house.variables(row["id"])["of"] for row in begun(house)] == ["B", "A", "A"]
    assert house.rows(t.start_trigger) == []


def test_a_timer_is_one_of_several_triggers(house: House) -> None:
    house.deploy(p_bpmn=gathering(message("m"), timer("Cycle", "R/PT1H")))
    for _ in range(3):
        house.pass_time(hours=1)
    assert begun(house) == [] and len(house.rows(t.start_trigger)) == 1
    sent(house, "m")
    assert len(begun(house)) == 1
    sent(house, "m")
    house.pass_time(hours=1)
    assert len(begun(house)) == 2


def test_two_triggers_that_come_at_once_begin_one_instance(house: House) -> None:
    house.deploy(p_bpmn=gathering(message("m"), message("n")))

    def send(name: str) -> None:
        house.runtime.unit(lambda session: api.send_message(session, api.SYSTEM, name))

    for count in range(1, 4):
        assert at_once(lambda: send("m"), lambda: send("n")) == [None, None]
        assert len(begun(house)) == count and house.rows(t.start_trigger) == []


def test_a_new_version_takes_over_every_start_and_what_has_come_already(house: House) -> None:
    house.deploy(p_bpmn=gathering(*BOTH, message("n")))
    sent(house, "m", x=1)
    sent(house, "n")
    house.deploy(p_bpmn=gathering(*BOTH, flow="s -> u2 -> e"))
    assert [row["name"] for row in house.rows(t.start_trigger)] == ["m"]
    signalled(house, "g")
    assert [task["element"] for task in house.tasks()] == ["u2"]
    assert house.variables(begun(house)[0]["id"]) == {"x": 1}
    assert sent(house, "n").state == "kept"


def test_a_new_version_that_starts_otherwise_leaves_nothing_of_the_old(house: House) -> None:
    every = start("s", *BOTH, timer("Cycle", "R/PT1H"), conditional("x > 1"))
    house.deploy(p_bpmn=file(process("p", "s -> u -> e", every)))
    house.deploy(p_bpmn=file(process("p", "s -> u -> e", start("s"))))
    assert house.rows(t.subscription) == [] and house.rows(t.timer) == []
    assert sent(house, "m").state == "kept" and signalled(house, "g") == 0 and published(house, x=2) == []


# ── without a start event ──────────────────────────────────────────────────────────────────────────────────────


def test_a_receive_task_begins_beside_a_start_event_and_without_one(house: House) -> None:
    receive = tag("receiveTask", "r", messageRef="msg_m", instantiate=True)
    beside = tag("receiveTask", "r2", messageRef="msg_n", instantiate=True)
    house.deploy("a", p_bpmn=file(process("p", "r -> u -> e", receive)))
    house.deploy("b", q_bpmn=file(process("q", "s -> u -> e; r2 -> u2 -> e", beside)))
    assert sent(house, "m", x=1).state == "started"
    assert sent(house, "n").state == "started"
    assert [task["element"] for task in house.tasks()] == ["u", "u2"]


def gateway(**attributes: object) -> str:
    more = tag("eventBasedGateway", "g", instantiate=True, **attributes)
    flow = "g -> c1 -> u1 -> e1; g -> c2 -> u2 -> e2"
    return file(process("p", flow, more, catch("c1", message("m")), catch("c2", message("n"))))


def test_an_event_gateway_begins_with_the_first_of_its_events(house: House) -> None:
    house.deploy(p_bpmn=gateway())
    assert sent(house, "n", "CL-1", x=1).state == "started"
    [instance] = begun(house)
    assert house.variables(instance["id"]) == {"x": 1}
    assert [task["element"] for task in house.tasks()] == ["u2"]
    assert sent(house, "m", "CL-1").state == "started"


def test_a_parallel_event_gateway_begins_once_and_awaits_the_others_of_its_business_key(house: House) -> None:
    house.deploy(p_bpmn=gateway(eventGatewayType="Parallel"))
    first = sent(house, "n", "CL-1")
    other = sent(house, "n", "CL-2")
    assert (first.state, other.state) == ("started", "started")
    second = sent(house, "m", "CL-1")
    assert (second.state, second.instance_id) == ("delivered", first.instance_id)
    assert sorted(task["element"] for task in house.tasks(first.instance_id)) == ["u1", "u2"]
    assert [task["element"] for task in house.tasks(other.instance_id)] == ["u2"]


# ── conditions ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_condition_begins_an_instance_when_it_turns_true_for_a_business_key(house: House) -> None:
    house.deploy(p_bpmn=file(process("p", "s -> u -> e", start("s", conditional("dscr < 1.1")))))
    assert published(house, "P-1", dscr=1.3) == []
    [first] = published(house, "P-1", dscr=1.0)
    assert published(house, "P-1", dscr=0.9) == []
    assert published(house, "P-1", other=1) == []
    assert len(published(house, "P-2", dscr=1.0)) == 1
    assert published(house, "P-1", dscr=1.2) == []
    assert len(published(house, "P-1", dscr=1.05)) == 1
    row = next(row for row in begun(house) if row["id"] == first)
    assert row["business_key"] == "P-1" and float(house.variables(first)["dscr"]) == 1.0


@pytest.mark.parametrize("text", ["${dscr lt 1.1}", "dscr &lt; 1.1 and area = 1"])
def test_a_condition_that_misses_a_fact_does_not_hold(house: House, text: str) -> None:
    definition = f'<conditionalEventDefinition><condition xsi:type="tFormalExpression">{text}</condition>'
    house.deploy(
        p_bpmn=file(process("p", "s -> u -> e", start("s", definition + "</conditionalEventDefinition>"))),
    )
    assert published(house, area=2) == []


def test_the_same_condition_in_a_new_version_knows_what_was_so(house: House) -> None:
    for task in ("u", "u2"):
        house.deploy(p_bpmn=file(process("p", f"s -> {task} -> e", start("s", conditional("x > 1")))))
        published(house, x=2)
    assert [task["element"] for task in house.tasks()] == ["u"]


# ── two of one name ────────────────────────────────────────────────────────────────────────────────────────────


def begun_by(key: str, name: str = "m", task: str = "u") -> str:
    return file(process(key, f"s -> {task} -> e", start("s", message(name))))


@SQLITE
def test_a_message_that_would_begin_two_processes_is_refused_when_the_second_is_deployed(house: House) -> None:
    house.deploy("p", p_bpmn=begun_by("p"))
    house.deploy("p", p_bpmn=begun_by("p", task="u2"))
    with pytest.raises(ModelRefused) as refused:
        house.deploy("q", q_bpmn=begun_by("q"))
    fault = refused.value.faults[0]
    assert (fault.rule, fault.file, fault.element) == ("start-message-shared", "q.bpmn", "s")
    assert "process “p”" in fault.text("en") and "流程“p”" in fault.text("zh")
    with pytest.raises(ModelRefused, match="already starts the process “r”"):
        house.deploy("r", r_bpmn=begun_by("r", "n"), t_bpmn=begun_by("t", "n"))
    assert sent(house, "m").state == "started"


@SQLITE
def test_a_process_that_rests_leaves_its_message_to_another_until_that_one_rests(house: House) -> None:
    house.deploy("p", p_bpmn=begun_by("p"))
    owen = house.actor("owen")
    with house.writing() as session:
        api.suspend_process(session, owen, "p")
    house.deploy("q", q_bpmn=begun_by("q"))
    with pytest.raises(InvalidInput, match="process q meanwhile"), house.writing() as session:
        api.resume_process(session, owen, "p")
    assert sent(house, "m").state == "started"
    with house.writing() as session:
        api.suspend_process(session, owen, "q")
        api.resume_process(session, owen, "p")


@SQLITE
def test_a_message_moves_from_one_package_to_another_in_one_go(house: House, tmp_path: Path) -> None:
    def save(**drawn: str) -> list[bool]:
        for key, name in drawn.items():
            (tmp_path / key).mkdir(exist_ok=True)
            (tmp_path / key / f"{key}.bpmn").write_text(begun_by(key, name), encoding="utf-8")
        return [one.deployed is not None for one in deploy_all(house.runtime, tmp_path, api.SYSTEM)]

    def checked(**drawn: str) -> list[str]:
        with house.looking() as session:
            found = api.check_folders(
                session, {key: {"p.bpmn": begun_by(key, name).encode()} for key, name in drawn.items()}
            )
        return [f"{folder}/{fault.file} {fault.rule}" for folder, faults in found.items() for fault in faults]

    def saved(key: str, name: str) -> list[tuple[str, bool]]:
        (tmp_path / key / f"{key}.bpmn").write_text(begun_by(key, name), encoding="utf-8")
        return [(one.folder, one.deployed is not None) for one in deploy_saved(house.runtime, tmp_path, [key])]

    assert checked(a="n", b="n", c="k") == ["b/p.bpmn start-message-shared"]
    assert save(a="n", b="m") == [True, True]
    assert checked(a="m", b="k") == []
    assert checked(a="m") == ["a/p.bpmn start-message-shared"]
    assert save(a="m", b="k") == [True, True]
    assert sent(house, "m").state == "started"
    assert saved("b", "m") == [("b", False)]
    assert saved("a", "n") == [("a", True), ("b", True)]
