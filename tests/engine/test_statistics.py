"""What the figures say, thing by thing; `test_statistics_kept` shows that they are kept."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa

from engine import api, cleanup, seals
from engine.errors import NotFound
from engine.queries import figures as rows
from engine.queries import kpis
from engine.queries import statistics as asked
from engine.statistics import keeping
from engine.statistics.spread import ACCURACY, bucket, middle, quantile
from engine.store import figures as f
from engine.store import tables as t
from tests.engine import diagrams as d
from tests.engine.statistics import element
from tests.house import House

HOUR = 3600_000


def kept_up(house: House) -> House:
    """The same house, its figures up to date."""
    keeping.keep_up(house.runtime)
    return house


# ── elements and flows ─────────────────────────────────────────────────────────────────────────────────────────


def test_an_element_tells_who_came_and_went_and_how_long_it_took(house: House) -> None:
    house.deploy(p_bpmn=d.one_task())
    first, _ = house.start("p"), house.start("p")
    assert element(kept_up(house), "ask") == {"entered": 2, "present": 2, "reached": 2}
    house.clock.move(hours=3)
    house.complete("ask", "li", first)
    expected = {"entered": 2, "left": 1, "present": 1, "reached": 2, "total_ms": 3 * HOUR}
    assert element(kept_up(house), "ask") == expected
    flows = {(row["flow"], row["taken"]) for row in house.rows(f.flow)}
    assert flows == {("f_start_ask", 2), ("f_ask_end", 1)}


def test_days_are_those_of_the_business_zone(house: House) -> None:
    house.deploy(p_bpmn=d.one_task())
    house.clock.move(hours=14, minutes=59)
    house.start("p")
    house.clock.move(minutes=2)
    house.start("p")
    kept_up(house)
    days = sorted(row["day"] for row in house.rows(f.element, f.element.c.element == "ask"))
    assert days == [date(2026, 3, 2), date(2026, 3, 3)], "23:59 and 00:01 in Shanghai, one day in UTC"


def test_iterations_are_counted_beside_their_body(house: House) -> None:
    loop = "<multiInstanceLoopCharacteristics><loopCardinality>3</loopCardinality></multiInstanceLoopCharacteristics>"
    task = f'<userTask id="vote" name="vote" camunda:candidateGroups="rm">{loop}</userTask>'
    house.deploy(p_bpmn=d.process(f'<startEvent id="s"/>{task}<endEvent id="e"/>' + d.flows("s>vote", "vote>e")))
    case = house.start("p")
    house.clock.move(hours=2)
    for row in house.tasks(case):
        with house.writing() as session:
            api.complete(session, house.actor(row["assignee"]), row["id"], {})
    expected = {"entered": 1, "iterations": 3, "left": 1, "reached": 1, "total_ms": 2 * HOUR}
    assert element(kept_up(house), "vote") == expected
    assert sum(row["completed"] for row in house.rows(f.task)) == 3


def again() -> str:
    """A task that is done until it is enough."""
    return d.process(
        '<startEvent id="start"/>'
        + d.user_task("ask")
        + '<exclusiveGateway id="enough" default="f_enough_end"/><endEvent id="end"/>'
        + d.flows("start>ask", "ask>enough", "enough>end")
        + '<sequenceFlow id="f_again" sourceRef="enough" targetRef="ask">'
        + "<conditionExpression>again = true</conditionExpression></sequenceFlow>"
    )


def test_a_task_entered_again_is_rework_and_the_case_came_once(house: House) -> None:
    house.deploy(p_bpmn=again())
    case = house.start("p")
    for more in (True, True, False):
        house.complete("ask", str(house.task("ask", case)["assignee"]), case, again=more)
    found = element(kept_up(house), "ask")
    assert (found["entered"], found["again"], found["reached"]) == (3, 2, 1)
    with house.looking() as session:
        figure = {one.id: one for one in kpis.kpis(session, "p")}["rework"]
    assert (figure.part, figure.whole, figure.value) == (2, 3, Decimal("0.6667"))


def test_what_a_cancelled_case_leaves_is_cancelled_and_nobody_is_there(house: House) -> None:
    house.deploy(p_bpmn=d.one_task())
    case = house.start("p")
    with house.writing() as session:
        api.cancel(session, house.actor("root"), case, "no more")
    assert element(kept_up(house), "ask") == {"entered": 1, "cancelled": 1, "reached": 1}
    assert [row["cases"] for row in house.rows(f.case, f.case.c.what == "cancelled")] == [1]


def test_a_migrated_case_stands_in_its_new_version(house: House) -> None:
    house.deploy(p_bpmn=d.one_task())
    case = house.start("p")
    renamed = d.one_task().replace('"ask"', '"question"').replace("start_ask", "start_q").replace("ask_end", "q_end")
    house.deploy(p_bpmn=renamed)
    house.clock.move(hours=1)
    with house.writing() as session:
        api.migrate_instance(session, house.actor("root"), case, 2, {"ask": "question"})
    house.clock.move(hours=1)
    house.complete("question", "li", case)
    kept_up(house)
    assert element(house, "ask") == {"entered": 1, "reached": 1}
    assert element(house, "question") == {"left": 1, "total_ms": 2 * HOUR}
    with house.looking() as session:
        versions = [asked.heat_map(session, "p", version).started for version in (1, 2)]
    assert versions == [1, 0], "it began as version 1, also for a rebuild"


# ── cases, tasks, pauses ───────────────────────────────────────────────────────────────────────────────────────


def test_cycle_time_and_first_response_are_working_time(house: House) -> None:
    house.deploy(p_bpmn=d.one_task())
    case = house.start("p")
    house.clock.move(days=1, hours=2)
    house.complete("ask", "li", case)
    kept_up(house)
    with house.looking() as session:
        range = rows.within(session, "p")
        cycle, response = asked.cycle_time(session, range), asked.first_response(session, range)
        (outcome,) = asked.outcomes(session, "p")
    assert cycle.total == response.total == timedelta(hours=9 + 2), "a working day has nine hours"
    assert cycle.median == cycle.p95 == cycle.longest == timedelta(hours=11)
    assert (outcome.state, outcome.element) == ("completed", "end")


def test_pauses_are_taken_from_the_working_time_of_task_and_case(house: House) -> None:
    house.deploy(p_bpmn=d.one_task(due="5BD"))
    case = house.start("p")
    task = house.task("ask", case)
    house.clock.move(hours=1)
    with house.writing() as session:
        api.pause(session, house.actor(task["assignee"]), task["id"], "papers")
    house.clock.move(days=1)
    with house.writing() as session:
        api.go_on(session, house.actor(task["assignee"]), task["id"])
    house.clock.move(hours=2)
    house.complete("ask", task["assignee"], case)
    kept_up(house)
    with house.looking() as session:
        (of_tasks,) = asked.tasks(session, "p", by=("person",))
        cycle = asked.cycle_time(session, rows.within(session, "p"))
    assert of_tasks.worked.total == of_tasks.held == cycle.total == timedelta(hours=3)


def test_a_task_finished_while_paused_rests_until_its_end(house: House) -> None:
    house.deploy(p_bpmn=d.one_task())
    case = house.start("p")
    task = house.task("ask", case)
    house.clock.move(hours=1)
    with house.writing() as session:
        api.pause(session, house.actor(task["assignee"]), task["id"], "papers")
    house.clock.move(hours=4)
    house.complete("ask", task["assignee"], case)
    kept_up(house)
    with house.looking() as session:
        assert asked.cycle_time(session, rows.within(session, "p")).total == timedelta(hours=1)


def three_tasks(house: House) -> None:
    """Done in time, done late, open and overdue; a fourth is not due yet."""
    house.deploy(p_bpmn=d.one_task(due="1BD"))
    cases = [house.start("p") for _ in range(3)]
    house.complete("ask", house.task("ask", cases[0])["assignee"], cases[0])
    house.pass_time(days=2)
    house.complete("ask", house.task("ask", cases[1])["assignee"], cases[1])
    house.start("p")
    kept_up(house)


def test_the_on_time_share_counts_what_is_open_and_overdue_as_late(house: House) -> None:
    three_tasks(house)
    with house.looking() as session:
        figure = {one.id: one for one in kpis.kpis(session, "p")}["on_time"]
        (found,) = asked.tasks(session, "p")
        before = {one.id: one for one in kpis.kpis(session, "p", until=date(2026, 3, 2))}["on_time"]
    assert (figure.part, figure.whole, figure.value) == (1, 3, Decimal("0.3333"))
    assert (found.completed, found.on_time, found.late, found.overdue) == (2, 1, 1, 1)
    assert (before.part, before.whole, before.value) == (0, 0, None), "nothing was due by then"


def test_many_processes_are_counted_with_the_statements_of_one(house: House) -> None:
    house.deploy(q_bpmn=d.one_task().replace('<process id="p"', '<process id="q"'))
    house.start("q")
    three_tasks(house)
    said: list[str] = []
    sa.event.listen(house.runtime.database, "before_cursor_execute", lambda *args: said.append(args[2]))
    with house.looking() as session:
        each = {key: kpis.kpis(session, key) for key in ("p", "q")}
        said.clear()
        assert kpis.kpis_of(session, ["p"]) == {"p": each["p"]}
        alone = len(said)
        assert kpis.kpis_of(session, ["p", "q", "nothing"]) == each
    assert len(said) == 2 * alone, "two cost as much as one"
    assert each["p"] != each["q"]


def test_tasks_are_told_by_person_and_team(house: House) -> None:
    three_tasks(house)
    with house.looking() as session:
        people = {one.person: one.completed for one in asked.tasks(session, "p", by=("person",))}
        (team,) = asked.tasks(session, "p", by=("team", "element"))
    assert sum(people.values()) == 2 and set(people) <= {"li", "wang", "zhao"}
    assert (team.team, team.element, team.completed) == ("rm", "ask", 2)


def test_a_reminder_is_accurate_within_five_minutes_of_its_plan(house: House) -> None:
    house.deploy(p_bpmn=d.one_task(due="2BD"))
    house.start("p")
    plan = sorted(row["due_at"] for row in house.rows(t.reminder))
    house.clock.at = plan[0] + timedelta(minutes=4)
    house.work()
    house.clock.at = plan[1] + timedelta(minutes=6)
    house.work()
    with house.looking() as session:
        figure = {one.id: one for one in kpis.kpis(session, "p")}["reminders"]
    assert (figure.part, figure.whole) == (1, 2)


# ── asking ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_heat_map_tells_who_waits_for_how_long_and_what_failed(house: House) -> None:
    house.deploy(p_bpmn=d.one_service("nobody.knows"))
    house.start("p")
    house.clock.move(hours=5)
    with house.writing() as session:
        case = house.rows(t.instance)[0]["id"]
        from engine import incidents

        incidents.raise_incident(session, "job", "work", "X", ("broken", "坏了"), instance_id=case, wait=1)
    kept_up(house)
    with house.looking() as session:
        found = asked.heat_map(session, "p")
        earlier = asked.heat_map(session, "p", until=date(2026, 3, 1))
    work = {one.element: one for one in found.elements}["work"]
    assert (work.entered, work.present, work.present_for) == (1, 1, timedelta(hours=5))
    assert (work.incidents, work.open_incidents, work.type) == (1, 1, "serviceTask")
    assert (found.started, dict(found.ended), found.as_of) == (1, {}, house.clock.at)
    assert found.flows == {"f_start_work": 1}
    assert earlier.started == 0 and {one.element: one.present for one in earlier.elements} == {"work": 1}


def test_what_began_and_ended_is_told_day_by_day(house: House) -> None:
    house.deploy(p_bpmn=d.one_task())
    cases = [house.start("p") for _ in range(2)]
    house.clock.move(days=2)
    house.start("p")
    house.complete("ask", house.task("ask", cases[0])["assignee"], cases[0])
    kept_up(house)
    with house.looking() as session:
        found = [(one.day, one.started, one.ended) for one in asked.daily(session, "p")]
    assert found == [(date(2026, 3, 2), 2, 0), (date(2026, 3, 4), 1, 1)]


def test_a_funnel_counts_cases_by_when_they_began(house: House) -> None:
    house.deploy(p_bpmn=d.one_task())
    cases = [house.start("p") for _ in range(3)]
    house.clock.move(days=31)
    house.start("p")
    house.complete("ask", house.task("ask", cases[0])["assignee"], cases[0])
    kept_up(house)
    with house.looking() as session:
        stages = asked.funnel(session, "p", until=date(2026, 3, 31))
        months = asked.cohorts(session, "p", "end")
        figure = {one.id: one for one in kpis.kpis(session, "p", milestone="end")}["conversion"]
        with pytest.raises(NotFound):
            asked.cohorts(session, "p", "nowhere")
    assert [(one.element, one.cases, one.share) for one in stages] == [
        ("ask", 3, Decimal("1.0000")),
        ("end", 1, Decimal("0.3333")),
    ]
    assert [(one.month, one.cases, one.reached) for one in months] == [
        (date(2026, 3, 1), 3, 1),
        (date(2026, 4, 1), 1, 0),
    ]
    assert (figure.part, figure.whole, figure.value) == (1, 4, Decimal("0.2500"))


def test_a_funnel_shows_the_way_of_cases_and_not_what_a_reminder_beside_them_leads_to(house: House) -> None:
    remind = '<timerEventDefinition><timeDuration>P1D</timeDuration></timerEventDefinition></boundaryEvent>'
    body = (
        d.properties(milestone="end", milestoneName="立项")
        + '<startEvent id="start"/>' + d.user_task("ask")
        + f'<boundaryEvent id="soon" attachedToRef="ask" cancelActivity="false">{remind}<endEvent id="reminded"/>'
        + f'<boundaryEvent id="over" attachedToRef="ask">{remind.replace("P1D", "P9D")}<endEvent id="lapsed"/>'
        + '<endEvent id="end"/>' + d.flows("start>ask", "ask>end", "soon>reminded", "over>lapsed")
    )  # fmt: skip
    house.deploy(p_bpmn=d.process(body))
    house.start("p")
    house.clock.move(days=10)
    house.work()
    with kept_up(house).looking() as session:
        assert [one.element for one in asked.funnel(session, "p")] == ["ask", "lapsed"]
        assert rows.milestone(rows.within(session, "p")) == ("end", "立项", "立项")


def test_a_process_that_is_not_there_is_said_to_be_missing(house: House) -> None:
    with house.looking() as session, pytest.raises(NotFound):
        asked.heat_map(session, "nothing")


def test_the_first_response_is_the_task_that_the_process_names(house: House) -> None:
    both = (
        d.properties(firstResponse="second")
        + '<startEvent id="start"/>'
        + d.user_task("first")
        + d.user_task("second")
        + '<endEvent id="end"/>'
        + d.flows("start>first", "first>second", "second>end")
    )
    house.deploy(p_bpmn=d.process(both))
    case = house.start("p")
    for hours, name in ((1, "first"), (2, "second")):
        house.clock.move(hours=hours)
        house.complete(name, house.task(name, case)["assignee"], case)
    kept_up(house)
    with house.looking() as session:
        assert asked.first_response(session, rows.within(session, "p")).total == timedelta(hours=3)


def test_figures_of_cleaned_cases_stay_with_their_incidents_and_reminders(house: House) -> None:
    house.deploy(p_bpmn=d.process(
        '<startEvent id="start"/>' + d.user_task("ask", due="1BD") + '<endEvent id="end"/>'
        + d.flows("start>ask", "ask>end"), attributes='camunda:historyTimeToLive="P1D"',
    ))  # fmt: skip
    case = house.start("p")
    with house.writing() as session:
        from engine import incidents

        incidents.raise_incident(session, "job", "ask", "X", ("broken", "坏了"), instance_id=case)
    house.pass_time(days=2)
    house.complete("ask", house.task("ask", case)["assignee"], case)
    with house.looking() as session:
        before = kpis.kpis(session, "p")
    before = tuple(one for one in before if one.id == "reminders")
    house.clock.move(days=3)
    house.runtime.unit(seals.make)
    assert cleanup.sweep(house.runtime, any_hour=True) == 1, "before any pass has seen the case"
    for _ in range(2):
        with house.looking() as session:
            found = asked.heat_map(session, "p")
            after = tuple(one for one in kpis.kpis(session, "p") if one.id == "reminders")
        assert (found.started, dict(found.ended)) == (1, {"completed": 1})
        assert {one.element: (one.left, one.incidents) for one in found.elements}["ask"] == (1, 1)
        assert after == before and after[0].whole > 0
        keeping.rebuild(house.runtime)


# ── spreads ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("ms", [1, 2, 3, 59, 1000, 86_400_000, 10**12, 31_557_600_000 * 300])
def test_what_is_read_from_a_bucket_is_at_most_two_and_a_half_per_cent_off(ms: int) -> None:
    assert abs(middle(bucket(ms)) - ms) <= max(1, ms * ACCURACY * 1.001)


def test_quantiles_are_those_of_the_nearest_rank() -> None:
    assert (bucket(0), bucket(-5), middle(0), quantile({}, 0.5)) == (0, 0, 0, None)
    spread = {bucket(1000): 9, bucket(9000): 1}
    assert (quantile(spread, 0.9), quantile(spread, 0.91)) == (middle(bucket(1000)), middle(bucket(9000)))


def test_the_statements_of_a_heat_map_use_the_key(house: House) -> None:
    if house.runtime.database.dialect.name != "sqlite":
        pytest.skip("plans of an empty table on PostgreSQL say nothing")
    with house.looking() as session:
        query = "SELECT sum(entered) FROM statistic_element WHERE definition_id = 1 AND day > '2026-01-01'"
        plan = " ".join(str(row) for row in session.execute(sa.text("EXPLAIN QUERY PLAN " + query)))
    assert "SEARCH statistic_element" in plan
