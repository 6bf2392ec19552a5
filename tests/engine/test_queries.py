"""Read models: pages, counts, history and the ways between a caller and what it called."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from engine import api, queries
from engine.errors import NotFound
from engine.queries import finding
from tests.conformance.drawing import content, diagram, extensions, process, tag
from tests.engine import diagrams as d
from tests.engine.together import SQLITE
from tests.house import House

pytestmark = SQLITE

CALLER = d.process(
    '<startEvent id="start"/><callActivity id="call" calledElement="p"><extensionElements>'
    '<camunda:in variables="all"/><camunda:out variables="all"/></extensionElements></callActivity>'
    + d.user_task("after")
    + '<endEvent id="end"/>'
    + d.flows("start>call", "call>after", "after>end"),
    key="caller",
)


def facts_process() -> str:
    """A process whose lists show `client`."""
    return d.one_task().replace("<startEvent", d.properties(facts="client, amount") + "<startEvent", 1)


def test_a_caller_and_its_called_process_lead_to_each_other(house: House) -> None:
    house.deploy("called", p_bpmn=d.one_task())
    house.deploy("caller", caller_bpmn=CALLER)
    root = house.start("caller", amount=1, business_key="CL-1")
    with house.looking() as session:
        above = queries.instance(session, root)
        [child] = above.children
        below = queries.instance(session, child.id)
        assert [(wait.kind, wait.child_id) for wait in above.row.waits] == [("call", child.id)]
        assert (below.parent_id, below.row.business_key, below.variables) == (root, "CL-1", {"amount": 1})
        assert {row.element for row in queries.history(session, child.id)} >= {"start", "ask"}
    house.complete("ask", house.task("ask")["assignee"], answer=2)
    with house.looking() as session:
        above = queries.instance(session, root)
        assert [(row.id, row.state) for row in above.children] == [(child.id, "completed")]
        assert above.variables == {"amount": 1, "answer": 2}
        kinds = [(row.kind, row.element) for row in queries.history(session, child.id)]
        assert ("left", "ask") in kinds


def test_history_tells_who_did_what_in_order_and_its_end_when_it_is_long(house: House) -> None:
    house.deploy(p_bpmn=d.one_task())
    instance = house.start("p", by="chen")
    house.complete("ask", house.task("ask")["assignee"], instance, note="x")
    with house.looking() as session:
        rows = queries.history(session, instance)
        assert rows[0].trigger == "Started"
        assert rows[0].actor == "chen"
        assert [row.element for row in rows if row.kind == "entered"] == ["start", "ask", "end"]
        assert queries.history(session, instance, limit=2) == rows[-2:]
        with pytest.raises(NotFound):
            queries.history(session, 1)


def test_changed_facts_reach_the_lists_and_the_search(house: House) -> None:
    house.deploy(p_bpmn=facts_process())
    instance = house.start("p", client="Anhui Solar", amount=5, business_key="CL-9")
    who = house.task("ask")["assignee"]
    with house.writing() as session:
        api.set_variables(session, house.actor("owen"), instance, {"client": "安徽光伏"})
    with house.looking() as session:
        actor = house.actor(who)
        [row] = queries.inbox(session, actor, "mine", search="光伏 cl-9").tasks
        assert dict(row.facts) == {"client": "安徽光伏", "amount": 5}
        assert queries.inbox(session, actor, "mine", search="Anhui").tasks == ()
        assert queries.inbox(session, actor, "mine", search="100%").tasks == ()
        assert [row.facts for row in queries.instances(session, key="p")] == [{"client": "安徽光伏", "amount": 5}]


def test_a_repeated_task_says_in_lists_whom_it_is_about_and_keeps_it_when_the_case_changes(house: House) -> None:
    greet = (
        '<userTask id="greet" name="greet" camunda:candidateGroups="rm"><extensionElements><camunda:inputOutput>'
        '<camunda:inputParameter name="client">= one.name</camunda:inputParameter></camunda:inputOutput>'
        "</extensionElements>"
        '<multiInstanceLoopCharacteristics camunda:collection="${all}" camunda:elementVariable="one"/></userTask>'
    )
    body = '<startEvent id="start"/>' + greet + '<endEvent id="end"/>' + d.flows("start>greet", "greet>end")
    house.deploy(p_bpmn=d.process(d.properties(facts="client, found") + body))
    case = house.start("p", all=[{"name": "安徽光伏"}, {"name": "河北储能"}], found=2)
    with house.writing() as session:
        api.set_variables(session, house.actor("owen"), case, {"found": 3})
    kept = {(row["facts"]["client"], row["facts"]["found"]) for row in house.tasks(case)}
    assert kept == {("安徽光伏", 3), ("河北储能", 3)}
    assert ["安徽光伏" in row["search"] for row in house.tasks(case)].count(True) == 1


def test_pages_hold_what_the_count_promises_and_late_tasks_come_first(house: House) -> None:
    house.deploy("late", p_bpmn=d.one_task(due="2BD", assign="queue"))
    house.deploy("free", q_bpmn=d.one_task(assign="queue").replace('process id="p"', 'process id="q"'))
    for key in ("q", "p", "q", "p", "q"):
        house.start(key)
        house.clock.move(minutes=1)
    house.clock.move(days=5)
    with house.looking() as session:
        li = house.actor("li")
        pages = [queries.inbox(session, li, "teams", page=page, size=2) for page in (1, 2, 3, 4)]
        assert [len(page.tasks) for page in pages] == [2, 2, 1, 0]
        assert {page.total for page in pages} == {5}
        assert [row.overdue for row in pages[0].tasks] == [True, True]
        assert len({row.id for page in pages for row in page.tasks}) == 5
        counts = pages[0].counts
        assert (counts.mine, counts.teams, counts.overdue) == (0, 5, 2)
        assert queries.counts(session, li) == counts
        assert queries.inbox(session, li, "teams", process="q").total == 3


def test_a_finished_task_shows_what_was_entered_to_whom_it_concerns(house: House) -> None:
    house.deploy(p_bpmn=d.one_task())
    house.start("p")
    task = house.task("ask")
    house.complete("ask", task["assignee"], note="agreed")
    with house.looking() as session:
        detail = queries.task(session, house.actor(task["assignee"]), task["id"])
        assert detail.entered == {"note": "agreed"}
        assert detail.can == {"see"}
        done = queries.inbox(session, house.actor(task["assignee"]), "done")
        assert [row.completed_by for row in done.tasks] == [task["assignee"]]
        with pytest.raises(NotFound):
            queries.task(session, house.actor("li"), 1)


def test_kept_messages_and_incidents_are_listed_with_their_place(house: House) -> None:
    house.message("paid", "CL-1", variables={"amount": 3})
    with house.looking() as session:
        [kept] = queries.kept_messages(session)
        assert (kept.name, kept.business_key, kept.variables) == ("paid", "CL-1", {"amount": 3})
        assert queries.incidents(session) == []
    house.pass_time(days=40)
    with house.looking() as session:
        assert queries.kept_messages(session) == []
        [incident] = queries.incidents(session)
        assert (incident.kind, incident.code) == ("message", "MESSAGE_EXPIRED")


def test_a_page_of_the_inbox_costs_the_same_number_of_statements_however_long(house: House) -> None:
    house.deploy(p_bpmn=d.one_task(assign="queue"))
    said: list[str] = []
    event.listen(house.runtime.database, "before_cursor_execute", lambda *args: said.append(args[2]))

    def statements() -> int:
        with house.looking() as session:
            actor = house.actor("li")
            queries.inbox(session, actor, "teams")
            said.clear()
            queries.inbox(session, actor, "teams")
            return len(said)

    house.start("p")
    one = statements()
    for _ in range(10):
        house.start("p")
    assert statements() == one


def test_the_inbox_and_the_sweeps_go_by_index(house: House) -> None:
    def plan(query: str) -> str:
        with house.looking() as session:
            return " | ".join(row[-1] for row in session.execute(sa.text(f"EXPLAIN QUERY PLAN {query}")))

    assert "ix_user_task_assignee_state_due_at" in plan(
        "SELECT * FROM user_task WHERE assignee = 'li' AND state = 'open' ORDER BY due_at"
    )
    assert "ix_job_state_due_at" in plan("SELECT * FROM job WHERE state = 'ready' AND due_at <= '2026'")
    assert "ix_outbox_state_due_at" in plan("SELECT * FROM outbox WHERE state = 'waiting' AND due_at <= '2026'")
    assert "ix_reminder_state_due_at" in plan("SELECT * FROM reminder WHERE state = 'planned' AND due_at <= '2026'")
    assert "ix_subscription_kind_name_business_key" in plan(
        "SELECT * FROM subscription WHERE kind = 'message' AND name = 'm' AND business_key = 'k'"
    )


def test_a_form_inside_a_sub_process_shows_what_the_sub_process_was_given(house: House) -> None:
    double = '<camunda:inputParameter name="double">= 2 * amount</camunda:inputParameter>'
    given = f"<camunda:inputOutput>{double}</camunda:inputOutput>"
    inside = tag("subProcess", "b", extensions(given), content("s1 -> u -> e1", ()))
    house.deploy(p_bpmn=diagram(process("p", "s -> b -> e", inside)))
    house.start("p", amount=21)
    task = house.task("u")
    with house.looking() as session:
        seen = queries.task(session, api.SYSTEM, task["id"]).form_data
    assert (seen["amount"], seen["double"]) == (21, 42)


def test_an_element_without_a_name_is_told_by_its_kind_and_what_stands_next_to_it(house: House) -> None:
    model = d.process(
        '<startEvent id="start"/><userTask id="check" name="核对"/><parallelGateway id="split"/>'
        '<userTask id="a" name="甲"/><userTask id="b" name="乙"/><parallelGateway id="join"/>'
        '<userTask id="file" name="归档"/><endEvent id="end"/>'
        + d.flows("start>check", "check>split", "split>a", "split>b", "a>join", "b>join", "join>file", "file>end")
    )
    house.deploy("folder", p_bpmn=model)
    with house.looking() as session:
        told = {one.id: (one.name, one.name_en) for one in finding.places(session, "p")}
    assert told["split"] == ("并行（“核对”之后）", "In parallel after “核对”")
    assert told["join"] == ("汇合（“归档”之前）", "Joins before “归档”")
    assert told["start"] == ("开始", "Start") and told["check"] == ("核对", "核对")
