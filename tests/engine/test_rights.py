"""Who may see, claim, complete, release and hand over what."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from engine import api, identity
from engine.errors import AlreadyHandled, Forbidden, FourEyes
from engine.queries import inbox, task
from engine.store import tables as t
from tests.engine import diagrams as d
from tests.engine.together import SQLITE
from tests.house import MONDAY, House

pytestmark = SQLITE


def may(house: House, who: str, task_id: int) -> set[str]:
    [row] = house.rows(t.user_task, t.user_task.c.id == task_id)
    with house.looking() as session:
        return set(api.may(session, house.actor(who), row))


def sees(house: House, who: str, task_id: int) -> bool:
    with house.looking() as session:
        try:
            task(session, house.actor(who), task_id)
        except Forbidden:
            return False
        return True


@pytest.fixture
def queued(house: House) -> tuple[House, int]:
    """A task that stands in the queue of `rm`."""
    house.deploy(p_bpmn=d.one_task(assign="queue"))
    house.start("p")
    return house, house.task("ask")["id"]


def test_a_queued_task_is_open_to_its_team_its_lead_and_administrators_alone(queued: tuple[House, int]) -> None:
    house, ask = queued
    assert may(house, "li", ask) == {"see", "claim", "complete"}
    assert may(house, "hu", ask) == {"see", "claim", "complete", "reassign"}
    assert may(house, "root", ask) == {"see", "claim", "complete", "reassign"}
    for stranger in ("chen", "sun", "owen"):
        assert may(house, stranger, ask) == set()
        assert not sees(house, stranger, ask)
        for verb in (api.claim, api.release):
            with pytest.raises(Forbidden), house.writing() as session:
                verb(session, house.actor(stranger), ask)


def test_a_claimed_task_is_its_holders_and_colleagues_only_look(queued: tuple[House, int]) -> None:
    house, ask = queued
    with house.writing() as session:
        api.claim(session, house.actor("li"), ask)
    assert may(house, "li", ask) == {"see", "release", "complete"}
    assert may(house, "wang", ask) == {"see"}
    assert may(house, "hu", ask) == {"see", "reassign"}
    with pytest.raises(AlreadyHandled), house.writing() as session:
        api.claim(session, house.actor("wang"), ask)
    for verb in (api.release, api.save_draft):
        with pytest.raises(Forbidden), house.writing() as session:
            verb(session, house.actor("wang"), ask, *([{}] if verb is api.save_draft else []))
    with pytest.raises(Forbidden), house.writing() as session:
        api.reassign(session, house.actor("wang"), ask, "wang")
    with pytest.raises(Forbidden), house.writing() as session:
        api.set_due(session, house.actor("li"), ask, MONDAY + timedelta(days=1), "I am late")


def test_a_lead_hands_over_with_the_draft_and_the_reason_kept(queued: tuple[House, int]) -> None:
    house, ask = queued
    with house.writing() as session:
        api.claim(session, house.actor("li"), ask)
        api.save_draft(session, house.actor("li"), ask, {"text": "half"})
    with house.writing() as session:
        api.reassign(session, house.actor("hu"), ask, "wang", "li is travelling")
    with house.looking() as session:
        assert api.draft(session, house.actor("wang"), ask) == {"text": "half"}
    row = house.task("ask")
    assert (row["assignee"], row["why"]["rule"]) == ("wang", "reassigned")
    assert "li is travelling" in row["why"]["en"]
    house.complete("ask", "wang")
    assert may(house, "wang", ask) == {"see"}
    with pytest.raises(AlreadyHandled), house.writing() as session:
        api.reassign(session, house.actor("hu"), ask, "li")


def test_a_person_who_was_invited_alone_may_claim_and_nobody_else_of_their_team(house: House) -> None:
    body = (
        '<startEvent id="start"/><userTask id="ask" camunda:candidateUsers="chen" camunda:candidateGroups="rm">'
        + d.properties(assign="queue")
        + '</userTask><endEvent id="end"/>'
        + d.flows("start>ask", "ask>end")
    )
    house.deploy(p_bpmn=d.process(body))
    house.start("p")
    ask = house.task("ask")["id"]
    assert may(house, "chen", ask) == {"see", "claim", "complete"}
    assert may(house, "sun", ask) == set()


def test_the_one_for_whom_a_substitute_acts_may_look_and_not_act(house: House) -> None:
    with house.writing() as session:
        identity.add_absence(session, "chen", MONDAY - timedelta(days=1), MONDAY + timedelta(days=7), "wang")
    house.deploy(
        p_bpmn=d.process(
            '<startEvent id="start"/><userTask id="ask" camunda:assignee="chen"/><endEvent id="end"/>'
            + d.flows("start>ask", "ask>end")
        )
    )
    house.start("p")
    ask = house.task("ask")["id"]
    assert may(house, "chen", ask) == {"see"}
    assert may(house, "wang", ask) == {"see", "release", "complete"}


def test_four_eyes_hold_for_claim_hand_over_and_completion(house: House) -> None:
    body = (
        '<startEvent id="start"/>'
        + d.user_task("collect")
        + d.user_task("verify", notSameUserAs="collect", assign="queue")
        + '<endEvent id="end"/>'
        + d.flows("start>collect", "collect>verify", "verify>end")
    )
    house.deploy(p_bpmn=d.process(body))
    house.start("p")
    collector = house.task("collect")["assignee"]
    house.complete("collect", collector)
    verify = house.task("verify")["id"]
    for work in (
        lambda session: api.claim(session, house.actor(collector), verify),
        lambda session: api.complete(session, house.actor(collector), verify, {}),
        lambda session: api.reassign(session, house.actor("hu"), verify, collector),
    ):
        with pytest.raises(FourEyes), house.writing() as session:
            work(session)
    assert house.task("verify")["assignee"] is None


def test_everybody_who_ever_did_the_earlier_task_is_kept_from_the_later_one(house: House) -> None:
    body = (
        '<startEvent id="start"/><exclusiveGateway id="again"/>'
        + d.user_task("collect")
        + '<exclusiveGateway id="enough" default="f_enough_verify"/>'
        + d.user_task("verify", notSameUserAs="collect")
        + '<endEvent id="end"/>'
        + d.flows("start>again", "again>collect", "collect>enough", "enough>verify", "verify>end")
        + '<sequenceFlow id="back" sourceRef="enough" targetRef="again">'
        '<conditionExpression xsi:type="tFormalExpression">= more</conditionExpression></sequenceFlow>'
    )
    house.deploy(p_bpmn=d.process(body))
    house.start("p")
    first = house.task("collect")["assignee"]
    house.complete("collect", first, more=True)
    with house.writing() as session:
        second = next(person for person in ("li", "wang", "zhao") if person != first)
        api.reassign(session, house.actor("hu"), house.task("collect")["id"], second)
    house.complete("collect", second, more=False)
    assert house.task("verify")["assignee"] not in (first, second, None)


def test_four_eyes_reach_from_a_called_process_to_its_caller_and_back(house: House) -> None:
    called = d.process(
        '<startEvent id="start"/>'
        + d.user_task("verify", notSameUserAs="outer:collect")
        + '<endEvent id="end"/>'
        + d.flows("start>verify", "verify>end"),
        key="checking",
    )
    calling = d.process(
        '<startEvent id="start"/>'
        + d.user_task("collect")
        + '<callActivity id="call" calledElement="checking"/>'
        + d.user_task("sign", notSameUserAs="collect、checking:verify")
        + '<endEvent id="end"/>'
        + d.flows("start>collect", "collect>call", "call>sign", "sign>end"),
        key="outer",
    )
    house.deploy("checking", checking_bpmn=called)
    house.deploy("outer", outer_bpmn=calling)
    house.start("outer")
    collector = house.task("collect")["assignee"]
    house.complete("collect", collector)
    verify = house.task("verify")
    assert verify["assignee"] not in (None, collector)
    verifier = verify["assignee"]
    with pytest.raises(FourEyes), house.writing() as session:
        api.reassign(session, house.actor("hu"), verify["id"], collector)
    house.complete("verify", verifier)
    [third] = {"li", "wang", "zhao"} - {collector, verifier}
    assert house.task("sign")["assignee"] == third


def test_an_element_of_the_own_process_is_not_confused_with_anothers_of_the_same_name(house: House) -> None:
    """Every process has a `collect`: only the own one counts when there is one."""
    called = d.process(
        '<startEvent id="start"/>'
        + d.user_task("collect")
        + d.user_task("verify", notSameUserAs="collect")
        + '<endEvent id="end"/>'
        + d.flows("start>collect", "collect>verify", "verify>end"),
        key="checking",
    )
    calling = d.process(
        '<startEvent id="start"/>'
        + d.user_task("collect", group="compliance")
        + '<callActivity id="call" calledElement="checking"/><endEvent id="end"/>'
        + d.flows("start>collect", "collect>call", "call>end"),
        key="outer",
    )
    house.deploy("checking", checking_bpmn=called)
    house.deploy("outer", outer_bpmn=calling)
    house.start("outer")
    house.complete("collect", "chen")
    inner = house.task("collect")["assignee"]
    house.complete("collect", inner)
    verify = house.task("verify")["id"]
    with house.writing() as session:
        api.reassign(session, house.actor("hu"), verify, "chen")
    house.complete("verify", "chen")
    assert house.tasks() == []


def test_only_process_owners_steer_and_only_named_people_start(house: House) -> None:
    house.deploy(
        p_bpmn=d.one_task().replace('isExecutable="true"', 'isExecutable="true" camunda:candidateStarterGroups="rm"')
    )
    with pytest.raises(Forbidden) as refused, house.writing() as session:
        api.start(session, house.actor("chen"), "p")
    assert "rm" in refused.value.text("zh")
    instance = house.start("p", by="li")
    li = house.actor("li")
    for work in (
        lambda session: api.cancel(session, li, instance, "no"),
        lambda session: api.suspend(session, li, instance),
        lambda session: api.set_variables(session, li, instance, {"x": 1}),
        lambda session: api.deploy(session, li, "p", {}),
    ):
        with pytest.raises(Forbidden), house.writing() as session:
            work(session)
    assert house.state(instance) == "active"


def test_somebody_who_left_neither_acts_nor_is_given_work(queued: tuple[House, int]) -> None:
    house, ask = queued
    with house.writing() as session:
        session.execute(sa.update(t.person).where(t.person.c.id == "li").values(active=False))
    with pytest.raises(Exception, match="li"):
        house.actor("li")
    with pytest.raises(Exception, match="li"), house.writing() as session:
        api.reassign(session, house.actor("hu"), ask, "li")


def test_lists_show_what_a_person_may_see_and_nothing_else(queued: tuple[House, int]) -> None:
    house, ask = queued

    def listed(who: str, view: str) -> list[int]:
        with house.looking() as session:
            return [row.id for row in inbox(session, house.actor(who), view).tasks]  # type: ignore[arg-type]

    assert listed("li", "teams") == listed("hu", "all") == listed("root", "all") == [ask]
    assert listed("chen", "all") == listed("chen", "teams") == []
    with house.writing() as session:
        api.claim(session, house.actor("li"), ask)
    assert listed("li", "mine") == [ask]
    assert listed("wang", "teams") == listed("wang", "all") == []
    assert listed("hu", "all") == [ask]


def test_what_is_entered_in_a_private_task_is_read_by_nobody_else(house: House) -> None:
    house.deploy(p_bpmn=d.one_task(assign="queue", private="true"))
    house.start("p")
    ask = house.task("ask")["id"]
    with house.writing() as session:
        api.claim(session, house.actor("li"), ask)
        api.save_draft(session, house.actor("li"), ask, {"vote": "disagree"})

    def read(who: str) -> tuple[object, object]:
        with house.looking() as session:
            seen = task(session, house.actor(who), ask)
            return seen.draft, seen.entered

    assert [read(who)[0] for who in ("li", "hu", "root")] == [{"vote": "disagree"}, None, None]
    with house.looking() as session:
        assert api.draft(session, house.actor("hu"), ask) is None
    with house.writing() as session:
        api.complete(session, house.actor("li"), ask, {"vote": "agree"})
    assert [read(who)[1] for who in ("li", "hu", "root")] == [{"vote": "agree"}, None, None]


def test_a_crm_specialist_hands_over_across_teams_and_sees_all_that_is_late(house: House) -> None:
    with house.writing() as session:
        identity.add_team(session, "crm_specialist", "CRM 专员", "CRM specialists", None)
        identity.add_member(session, "crm_specialist", "chen")
    house.deploy(p_bpmn=d.one_task(assign="queue", due="2BD"))
    house.start("p")
    ask = house.task("ask")["id"]
    assert may(house, "chen", ask) == {"see", "reassign"}
    assert house.inbox("chen", "overdue") == ()
    house.clock.move(days=10)
    assert [row.id for row in house.inbox("chen", "overdue")] == [ask]
    assert house.inbox("sun", "overdue") == ()
    with house.writing() as session:
        api.reassign(session, house.actor("chen"), ask, "wang", "nobody takes it")
    assert house.task("ask")["assignee"] == "wang"
