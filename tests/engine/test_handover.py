"""Somebody leaves: all their tasks change hands, or are listed with what stands against it."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
import sqlalchemy as sa

from engine import api, identity
from engine.errors import Forbidden, InvalidInput, NotFound
from engine.store import tables as t
from tests.engine import diagrams as d
from tests.house import MONDAY, House


def checked_by_another() -> str:
    """`collect`, then `verify` by somebody else of the same team."""
    return d.process(
        '<startEvent id="start"/>'
        + d.user_task("collect")
        + d.user_task("verify", notSameUserAs="collect", assign="queue")
        + '<endEvent id="end"/>'
        + d.flows("start>collect", "collect>verify", "verify>end")
    )


def give(house: House, who: str, count: int) -> None:
    """So many tasks of a person."""
    house.deploy("one", p_bpmn=d.one_task(keep="owner"))
    for _ in range(count):
        house.start("p", owner=who)


def test_a_leavers_tasks_are_shared_out_as_when_they_opened_and_audited(house: House) -> None:
    give(house, "li", 6)
    root = house.actor("root")
    with house.writing() as session:
        seen = api.preview_hand_over(session, root, "li", reason="leaves the house", leaves=True)
    assert {task["assignee"] for task in house.tasks()} == {"li"}
    assert house.rows(t.audit_entry, t.audit_entry.c.action == "handed_over") == []
    with house.writing() as session:
        done = api.hand_over(session, root, "li", reason="leaves the house", leaves=True)
    assert done == seen
    assert Counter(task["assignee"] for task in house.tasks()) == {"wang": 3, "zhao": 3}
    why = house.tasks()[0]["why"]
    assert (why["from"], why["rule"]) == ("li", "least_busy")
    assert "leaves the house" in why["en"] and "移交" in why["zh"]
    assert len(house.rows(t.audit_entry, t.audit_entry.c.action == "handed_over")) == 7
    with pytest.raises(NotFound):
        house.actor("li")


def test_all_to_one_person_refuses_four_eyes_by_listing_them(house: House) -> None:
    house.deploy(p_bpmn=checked_by_another())
    held, free = house.start("p", business_key="CL-1"), house.start("p", business_key="CL-2")
    for instance, collector in ((held, "wang"), (free, "zhao")):
        task = house.task("collect", instance)
        with house.writing() as session:
            api.reassign(session, house.actor("hu"), task["id"], collector)
        house.complete("collect", collector, instance)
        with house.writing() as session:
            api.claim(session, house.actor("li"), house.task("verify", instance)["id"])
    with house.writing() as session:
        done = api.hand_over(session, house.actor("hu"), "li", to="wang")
    assert [(one.business_key, one.to) for one in done.moved] == [("CL-2", "wang")]
    [refused] = done.refused
    assert refused.business_key == "CL-1"
    assert refused.reason_en.startswith("Wang Fang already did “collect”")
    assert refused.reason_zh.startswith("王芳 已办理")
    assert house.task("verify", held)["assignee"] == "li"


def test_tasks_that_nobody_else_of_the_team_can_take_go_to_its_lead(house: House) -> None:
    give(house, "li", 1)
    with house.writing() as session:
        session.execute(sa.update(t.person).where(t.person.c.id.in_(["wang", "zhao"])).values(active=False))
        api.hand_over(session, house.actor("root"), "li")
    [task] = house.tasks()
    assert (task["assignee"], task["team"], task["why"]["rule"]) == ("hu", "rm", "lead")


def test_only_some_tasks_and_only_by_who_may(house: House) -> None:
    give(house, "li", 3)
    first = house.tasks()[0]["id"]
    with house.writing() as session:
        done = api.hand_over(session, house.actor("zhao"), "li", to="zhao")
    assert (done.moved, len(done.refused)) == ((), 3)
    with pytest.raises(Forbidden), house.writing() as session:
        api.hand_over(session, house.actor("hu"), "li", leaves=True)
    with house.writing() as session:
        done = api.hand_over(session, house.actor("hu"), "li", to="wang", tasks=[first])
    assert [one.task for one in done.moved] == [first]
    assert Counter(task["assignee"] for task in house.tasks()) == {"li": 2, "wang": 1}


def test_teams_that_need_another_lead_are_named(house: House) -> None:
    with house.writing() as session:
        done = api.hand_over(session, house.actor("root"), "hu", leaves=True)
    assert done.leads == ("rm",)


def test_absences_are_set_by_oneself_ones_lead_or_an_administrator(house: House) -> None:
    span = MONDAY - timedelta(hours=1), MONDAY + timedelta(days=3)
    with house.writing() as session:
        first = api.set_absence(session, house.actor("li"), "li", *span, "wang")
        api.set_absence(session, house.actor("hu"), "zhao", *span)
        assert set(identity.absent(session, ["li", "wang", "zhao"], MONDAY)) == {"li", "zhao"}
        api.end_absence(session, house.actor("root"), first)
        assert set(identity.absent(session, ["li", "wang", "zhao"], MONDAY)) == {"zhao"}
    for actor, person, substitute, error in (
        ("li", "wang", None, Forbidden),
        ("hu", "chen", None, Forbidden),
        ("li", "li", "li", InvalidInput),
        ("li", "li", "nobody", InvalidInput),
    ):
        with pytest.raises(error), house.writing() as session:
            api.set_absence(session, house.actor(actor), person, *span, substitute)
    with pytest.raises(InvalidInput), house.writing() as session:
        api.set_absence(session, house.actor("li"), "li", span[1], span[0])
