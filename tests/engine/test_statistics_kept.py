"""The figures kept up row by row are those made anew from the whole history, whatever happened, in whatever order."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from engine import api, cleanup, seals, transfer
from engine.queries.selection import Cases
from engine.statistics import keeping
from engine.store import figures as f
from engine.store import tables as t
from tests import examples
from tests.engine import diagrams as d
from tests.engine.statistics import figures
from tests.house import House

VOTES = (
    '<userTask id="vote" name="vote" camunda:candidateGroups="rm"><multiInstanceLoopCharacteristics>'
    "<loopCardinality>3</loopCardinality></multiInstanceLoopCharacteristics></userTask>"
)


def eventful(extra: str = "") -> str:
    """A task that may be done again, a review with votes and a reminder in a sub-process, a branch beside it."""
    return d.process(
        '<startEvent id="start"/>'
        + d.user_task("ask", due="2BD")
        + '<exclusiveGateway id="enough" default="f_enough_split"/>'
        + '<parallelGateway id="split"/><parallelGateway id="join"/>'
        + d.user_task("note", "data_steward")
        + '<subProcess id="review"><startEvent id="s2"/>'
        + VOTES
        + '<endEvent id="e2"/>'
        + d.flows("s2>vote", "vote>e2")
        + '</subProcess><boundaryEvent id="late" attachedToRef="review" cancelActivity="false">'
        + "<timerEventDefinition><timeDuration>PT5H</timeDuration></timerEventDefinition></boundaryEvent>"
        + d.user_task("chase")
        + f'<endEvent id="chased"/><endEvent id="end"/>{extra}'
        + d.flows(
            "start>ask",
            "ask>enough",
            "enough>split",
            "split>note",
            "split>review",
            "note>join",
            "review>join",
            "join>end",
            "late>chase",
            "chase>chased",
        )
        + '<sequenceFlow id="f_again" sourceRef="enough" targetRef="ask">'
        + "<conditionExpression>again = true</conditionExpression></sequenceFlow>",
        attributes='camunda:historyTimeToLive="P3D"',
    )


def something_happens(house: House, chance: random.Random, cases: list[int]) -> None:
    """One thing that people, time or operators do."""
    tasks = house.tasks()
    match chance.choice(
        ("start", "start", "complete", "complete", "complete", "time", "pause", "cancel", "migrate", "look")
    ):
        case "start":
            cases.append(house.start("p"))
        case "complete" if tasks:
            task = chance.choice(tasks)
            who = house.actor(task["assignee"] or {"data_steward": "sun"}.get(task["team"], "li"))
            with house.writing() as session:
                api.complete(session, who, task["id"], {"again": chance.random() < 0.3})
        case "time":
            house.pass_time(hours=chance.randint(1, 30))
        case "pause" if tasks:
            task = chance.choice(tasks)
            who = house.actor(task["assignee"] or "root")
            with house.writing() as session:
                if task["waiting_since"] is None:
                    api.pause(session, who, task["id"], "papers")
                else:
                    api.go_on(session, who, task["id"])
        case "cancel" if chance.random() < 0.3:
            open_cases = house.rows(t.instance, t.instance.c.ended_at.is_(None))
            if open_cases:
                with house.writing() as session:
                    api.cancel(session, house.actor("root"), chance.choice(open_cases)["id"], "no more")
        case "migrate":
            newest = max(house.rows(t.definition), key=lambda row: int(row["version"]))["id"]
            old = house.rows(t.instance, t.instance.c.ended_at.is_(None), t.instance.c.definition_id != newest)
            if old:
                with house.writing() as session:
                    api.migrate_instance(session, house.actor("root"), chance.choice(old)["id"], 2)
        case "look":
            keeping.keep_up(house.runtime)


@pytest.mark.parametrize("seed", range(examples.cases(1, 8)))
def test_whatever_happens_kept_up_and_rebuilt_figures_are_equal(
    house: House, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "FOUND", 3)
    monkeypatch.setattr(keeping, "ROWS", 7)
    chance, cases = random.Random(seed), []
    house.deploy(p_bpmn=eventful())
    for number in range(80):
        if number == 25:
            house.deploy(p_bpmn=eventful(d.user_task("new") + d.flows("new>end")))
        something_happens(house, chance, cases)
    keeping.keep_up(house.runtime)
    kept = figures(house)
    assert sum(rows["cases"] for rows in house.rows(f.case, f.case.c.what == "started")) == len(cases) > 3
    keeping.rebuild(house.runtime)
    assert figures(house) == kept
    let_go(house)
    without_rows_of_their_own(kept)
    after = figures(house)
    without_rows_of_their_own(after)
    assert after == kept, "the clean-up changes no figure"
    keeping.rebuild(house.runtime)
    again = figures(house)
    without_rows_of_their_own(again)
    assert again == kept, "neither does a rebuild after it"


def let_go(house: House) -> None:
    """A week later, everything that has ended goes."""
    house.clock.move(days=7)
    house.runtime.unit(seals.make)
    before = len(house.rows(t.instance))
    while cleanup.sweep(house.runtime, any_hour=True):
        pass
    assert len(house.rows(t.instance)) < before


def without_rows_of_their_own(found: dict[str, list[tuple[object, ...]]]) -> None:
    """Reminders are put down when their case goes, and counted from their rows before."""
    found.pop("reminder", None)


def test_looking_twice_counts_nothing_twice(house: House) -> None:
    house.deploy(p_bpmn=d.one_task())
    house.start("p")
    assert keeping.keep_up(house.runtime) == 1
    before = figures(house)
    assert keeping.keep_up(house.runtime) == 0
    assert figures(house) == before


def test_what_was_folded_while_somebody_else_wrote_is_thrown_away(house: House) -> None:
    house.deploy(p_bpmn=d.one_task())
    house.start("p")
    with house.looking() as session:
        known = keeping.mark(session)
        batch = keeping._read(session, keeping._BEGINNING)
    keeping.keep_up(house.runtime)
    before = figures(house)
    assert not house.runtime.unit(lambda session: keeping._write(session, batch, known, None))
    assert figures(house) == before


def test_a_pass_reads_no_table_from_end_to_end(house: House) -> None:
    if house.runtime.database.dialect.name != "sqlite":
        pytest.skip("PostgreSQL reads small tables whole, and says so")
    house.deploy(p_bpmn=d.one_task(due="1BD"))
    for case in [house.start("p") for _ in range(4)]:
        house.complete("ask", str(house.task("ask", case)["assignee"]), case)
    asked: list[tuple[str, object]] = []

    def note(_c: object, _cursor: object, statement: str, parameters: object, _x: object, many: bool) -> None:
        if statement.startswith("SELECT") and not many:
            asked.append((statement, parameters))

    sa.event.listen(house.runtime.database, "before_cursor_execute", note)
    keeping.keep_up(house.runtime)
    sa.event.remove(house.runtime.database, "before_cursor_execute", note)
    plans = {}
    with house.looking() as session:
        for statement, parameters in asked:
            told = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            plans[statement] = " · ".join(row[3] for row in told)
    small = ("calendar", "definition", "deployment", "resource", "SCAN CONSTANT")
    whole = [f"{plan}: {sql}" for sql, plan in plans.items() if "SCAN" in plan and not any(s in plan for s in small)]
    assert len(plans) > 5 and not whole, "\n".join(whole)


def test_a_row_committed_late_is_found(house: House) -> None:
    house.deploy(p_bpmn=d.one_task())
    began: datetime = house.clock.at
    house.clock.move(minutes=5)
    house.start("p")
    keeping.keep_up(house.runtime)
    house.clock.at = began
    house.start("p")
    house.clock.move(minutes=5)
    assert keeping.keep_up(house.runtime) == 1


def test_a_clock_set_back_hides_nothing(house: House) -> None:
    house.deploy(p_bpmn=d.one_task())
    house.start("p")
    keeping.keep_up(house.runtime)
    house.clock.move(hours=-3)
    house.start("p")
    assert keeping.keep_up(house.runtime) == 1


def test_a_case_that_ends_while_it_is_read_is_folded_to_its_end_later(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.deploy(p_bpmn=d.one_task())
    case = house.start("p")
    from engine.statistics import facts

    as_it_was = house.rows(t.instance, t.instance.c.id == case)[0]
    house.complete("ask", "li", case)
    real = facts.rows

    def earlier(session: object, ids: object) -> dict[int, facts.Row]:
        monkeypatch.setattr(facts, "rows", real)
        own = as_it_was
        return {case: facts.Row(case, "p", own["definition_id"], own["started_at"], None, "active", own["version"])}

    monkeypatch.setattr(facts, "rows", earlier)
    keeping.keep_up(house.runtime)
    ended = house.rows(f.case, f.case.c.what == "completed")
    assert [row["cases"] for row in ended] == [1]


def test_a_long_stop_is_caught_up_in_bounded_passes(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "FOUND", 4)
    house.deploy(p_bpmn=d.one_task())
    for _ in range(10):
        house.start("p")
        house.clock.move(hours=1)
    passes = [keeping.keep_up(house.runtime, most=4) for _ in range(4)]
    assert passes == [4, 4, 2, 0]


def test_a_batch_that_ends_with_the_last_row_of_a_case_ends_the_case(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "ROWS", 2)
    house.deploy(p_bpmn=d.one_task())
    for case in [house.start("p") for _ in range(2)]:
        house.complete("ask", str(house.task("ask", case)["assignee"]), case)
    assert keeping.keep_up(house.runtime) == 4
    assert sum(row["cases"] for row in house.rows(f.case, f.case.c.what == "completed")) == 2


def test_history_whose_case_is_gone_stops_nothing(house: House) -> None:
    house.deploy(p_bpmn=d.one_task())
    gone, kept = house.start("p"), house.start("p")
    with house.writing() as session:
        for table in (t.reminder, t.user_task, t.instance):
            where = (
                sa.true()
                if table is t.reminder
                else (table.c.id if table is t.instance else table.c.instance_id) == gone
            )
            session.execute(sa.delete(table).where(where))
    assert keeping.keep_up(house.runtime) == 2
    assert keeping.keep_up(house.runtime) == 0
    assert house.state(kept) == "active"


def test_the_duty_is_one_of_a_worker(house: House) -> None:
    from engine import worker

    house.deploy(p_bpmn=d.one_task())
    house.start("p")
    assert worker.run_statistics(house.runtime) == 1
    house.clock.move(minutes=1)
    assert worker.run_statistics(house.runtime) == 0
    with house.looking() as session:
        assert keeping.mark(session).until == house.clock.at + timedelta(0)


def test_cases_that_come_from_elsewhere_are_counted_however_old_they_are(house: House, tmp_path: Path) -> None:
    house.deploy(p_bpmn=d.one_task())
    house.start("p")
    keeping.keep_up(house.runtime)
    house.clock.move(days=3)
    file = tmp_path / "cases.jsonl"
    transfer.export_file(house.runtime, house.actor("root"), file, Cases(key="p"))
    keeping.keep_up(house.runtime)
    transfer.import_file(house.runtime, house.actor("root"), file, if_there="copy")
    assert keeping.keep_up(house.runtime) == 1
    kept = figures(house)
    assert sum(row["cases"] for row in house.rows(f.case)) == 2
    keeping.rebuild(house.runtime)
    assert figures(house) == kept
