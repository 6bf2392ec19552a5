"""Whom the model asks for: tables, skills, regions, weights, full loads, queues; and fairness when many ask at once."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
import sqlalchemy as sa

from engine import api, identity
from engine.store import tables as t
from tests.engine import diagrams as d
from tests.engine.together import SQLITE, at_once, errors
from tests.examples import cases
from tests.house import PEOPLE, House

DMN = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="defs" name="who" namespace="http://dealflow/tests">
<decision id="who" name="who"><decisionTable id="table" hitPolicy="FIRST">
<input id="in1"><inputExpression id="e1" typeRef="string"><text>sector</text></inputExpression></input>
<output id="o1" name="team" typeRef="string"/><output id="o2" name="person" typeRef="string"/>
<output id="o3" name="strategy" typeRef="string"/>
<rule id="r1"><inputEntry id="i1"><text>"hydro"</text></inputEntry><outputEntry id="p1"><text>null</text></outputEntry>
<outputEntry id="q1"><text>"chen"</text></outputEntry><outputEntry id="s1"><text>null</text></outputEntry></rule>
<rule id="r2"><inputEntry id="i2"><text>"solar"</text></inputEntry><outputEntry id="p2"><text>"data_steward"</text>
</outputEntry><outputEntry id="q2"><text>null</text></outputEntry><outputEntry id="s2"><text>"queue"</text>
</outputEntry></rule></decisionTable></decision></definitions>"""


def change(house: House, *people: str, **values: Any) -> None:
    """Change columns of people."""
    with house.writing() as session:
        session.execute(sa.update(t.person).where(t.person.c.id.in_(people)).values(**values))


def given(house: House, **variables: Any) -> Any:
    """The task of a new case."""
    return house.task("ask", house.start("p", **variables))


@SQLITE
def test_the_weight_of_open_tasks_counts_not_their_number(house: House) -> None:
    house.deploy("light", p_bpmn=d.one_task())
    house.deploy("heavy", q_bpmn=d.one_task(points="=if amount &gt; 100 then 5 else 1").replace('id="p"', 'id="q"'))
    house.start("q", amount=500)
    heavy = house.task("ask")
    assert (heavy["points"], heavy["assignee"]) == (5, "li")
    people = [given(house)["assignee"] for _ in range(10)]
    assert Counter(people) == {"wang": 5, "zhao": 5}
    assert house.tasks()[-1]["why"]["loads"] == {"li": 5, "wang": 5, "zhao": 4}


@SQLITE
def test_a_task_that_names_nobody_is_its_lanes(house: House) -> None:
    lane = '<laneSet id="lanes"><lane id="compliance" name="合规"><flowNodeRef>ask</flowNodeRef></lane></laneSet>'
    nobody = d.one_task().replace('camunda:candidateGroups="rm"', "")
    house.deploy(p_bpmn=nobody.replace("<startEvent", f"{lane}<startEvent"))
    task = given(house)
    assert (task["team"], task["assignee"]) == ("compliance", "chen")


@SQLITE
def test_by_capacity_part_timers_get_their_share_and_nobody_more_than_a_full_load(house: House) -> None:
    with house.writing() as session:
        identity.add_team(session, "rm", "客户经理", "RM", "hu", strategy="capacity", full_load=6)
    change(house, "li", capacity=50)
    change(house, "zhao", capacity=0)
    house.deploy(p_bpmn=d.one_task())
    people = Counter(given(house)["assignee"] for _ in range(9))
    assert people == {"wang": 6, "li": 3}
    late = given(house)
    assert (late["assignee"], late["team"], late["why"]["rule"]) == (None, "rm", "full")
    assert late["why"]["passed_over"] == {"zhao": "capacity", "li": "full", "wang": "full"}
    assert "满负荷" in late["why"]["zh"]


@SQLITE
def test_the_lead_is_told_once_of_a_task_that_nobody_could_be_given(house: House) -> None:
    change(house, "li", "wang", "zhao", capacity=0)
    house.deploy(p_bpmn=d.one_task())
    task = given(house)
    told = house.rows(t.outbox, t.outbox.c.template == "task_unassigned")
    assert sorted((row["channel"], row["recipient"]) for row in told) == [("email", "hu@example.com"), ("in_app", "hu")]
    assert task["why"]["rule"] == "no_candidate"


@SQLITE
def test_when_four_eyes_bar_the_whole_team_its_lead_gets_the_task_and_else_the_default_queue(house: House) -> None:
    house.deploy(p_bpmn=d.one_task(exclude="barred"))
    led = given(house, barred=["li", "wang", "zhao"])
    assert (led["assignee"], led["team"], led["why"]["rule"]) == ("hu", "rm", "lead")
    assert led["why"]["passed_over"] == {"li": "excluded", "wang": "excluded", "zhao": "excluded"}
    with house.writing() as session:
        api.complete(session, house.actor("hu"), led["id"], {})
    nobody = given(house, barred=["li", "wang", "zhao", "hu"])
    assert (nobody["assignee"], nobody["team"], nobody["why"]["rule"]) == (None, "admin", "barred")
    assert "均已参与" in nobody["why"]["zh"]
    some = given(house, barred=["li", "wang"])
    assert some["assignee"] == "zhao"


@SQLITE
def test_a_skill_is_asked_of_everybody_and_a_region_comes_first(house: House) -> None:
    change(house, "wang", "zhao", skills=["solar", "english"])
    change(house, "zhao", region="south")
    house.deploy(p_bpmn=d.one_task(skill="${sector}, english", region="=area"))
    for _ in range(3):
        task = given(house, sector="solar", area="south")
        assert task["assignee"] == "zhao"
        assert task["why"]["passed_over"] == {"li": "skill", "wang": "elsewhere"}
    assert given(house, sector="solar", area="west")["assignee"] == "wang"
    nobody = given(house, sector="hydro", area="south")
    assert (nobody["assignee"], nobody["why"]["rule"]) == (None, "no_skill")
    assert "hydro" in nobody["why"]["en"] and "hydro" in nobody["why"]["zh"]


@SQLITE
def test_a_decision_table_names_a_person_or_a_team_and_is_kept_with_the_reason(house: House) -> None:
    house.deploy(p_bpmn=d.one_task(assign="decision:who"), who_dmn=DMN)
    hydro = given(house, sector="hydro")
    assert (hydro["assignee"], hydro["team"]) == ("chen", "rm")
    assert (hydro["why"]["decision"], hydro["why"]["rows"]) == ("who", [1])
    assert "who" in hydro["why"]["en"] and "决策表" in hydro["why"]["zh"]
    solar = given(house, sector="solar")
    assert (solar["assignee"], solar["team"], solar["why"]["rule"]) == (None, "data_steward", "queue")
    other = given(house, sector="roads")
    assert (other["assignee"], other["why"]["rule"]) == ("li", "least_busy")
    assert other["why"]["trouble"]


@SQLITE
def test_a_table_that_is_not_there_leaves_it_to_the_group_and_says_so(house: House) -> None:
    house.deploy(p_bpmn=d.one_task(assign="decision:nowhere", skill="=1 +"))
    task = given(house)
    assert task["assignee"] in ("li", "wang", "zhao")
    assert len(task["why"]["trouble"]) == 2
    assert {"en", "zh"} == set(task["why"]["trouble"][0])


@SQLITE
def test_four_eyes_hold_against_a_table_that_names_the_same_person(house: House) -> None:
    body = (
        '<startEvent id="start"/>'
        + d.user_task("collect", group="compliance")
        + d.user_task("ask", notSameUserAs="collect", assign="decision:who")
        + '<endEvent id="end"/>'
        + d.flows("start>collect", "collect>ask", "ask>end")
    )
    house.deploy(p_bpmn=d.process(body), who_dmn=DMN)
    house.start("p", sector="hydro")
    house.complete("collect", "chen")
    assert house.task("ask")["assignee"] in ("li", "wang", "zhao")


@SQLITE
def test_the_next_group_takes_what_the_first_cannot_and_unknown_groups_are_passed_over(house: House) -> None:
    model = d.one_task().replace('candidateGroups="rm"', 'candidateGroups="nobodys, rm, compliance"')
    house.deploy(p_bpmn=model)
    assert given(house)["team"] == "rm"
    change(house, "li", "wang", "zhao", active=False)
    task = given(house)
    assert (task["assignee"], task["team"]) == ("chen", "compliance")


@SQLITE
def test_people_named_as_candidates_are_chosen_from_not_the_last_resort(house: House) -> None:
    model = d.one_task().replace('camunda:candidateGroups="rm"', 'camunda:candidateUsers="sun,chen"')
    house.deploy(p_bpmn=model)
    assert Counter(given(house)["assignee"] for _ in range(4)) == {"chen": 2, "sun": 2}
    change(house, "sun", active=False)
    assert given(house)["assignee"] == "chen"


@SQLITE
def test_a_task_without_a_group_that_exists_stands_in_the_default_queue_of_its_process(house: House) -> None:
    extra = d.properties(defaultTeam="data_steward")
    model = d.one_task().replace('candidateGroups="rm"', 'candidateGroups="nobodys"')
    house.deploy(p_bpmn=model.replace('<startEvent id="start"/>', extra + '<startEvent id="start"/>'))
    task = given(house)
    assert (task["assignee"], task["team"], task["why"]["rule"]) == (None, "data_steward", "no_team")
    assert "nobodys" in task["why"]["en"] and "默认队列" in task["why"]["zh"]
    house.complete("ask", "sun")
    assert house.tasks() == []


@pytest.mark.parametrize("count", [cases(200, 1000)])
def test_workers_at_once_give_equal_people_equal_shares(house: House, count: int) -> None:
    """Four workers on connections of their own: five equal people, one task more or less."""
    with house.writing() as session:
        identity.add_team(session, "five", "五人组", "Five", None)
        for person in list(PEOPLE)[:5]:
            identity.add_member(session, "five", person)
    house.deploy(p_bpmn=d.one_task().replace('candidateGroups="rm"', 'candidateGroups="five"'))

    def work() -> None:
        for _ in range(count // 4):
            house.runtime.unit(lambda session: api.start(session, api.SYSTEM, "p", {}))

    assert errors(at_once(*[work] * 4)) == []
    shares = Counter(task["assignee"] for task in house.tasks())
    assert sum(shares.values()) == count
    assert all(abs(share - count / 5) <= 1 for share in shares.values()), shares
