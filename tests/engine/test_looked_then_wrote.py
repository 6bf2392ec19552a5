"""Who looks and then writes what they found missing: on PostgreSQL another may have written it in between.

SQLite writes one unit of work at a time. Here the first holds what it wrote until the second waits for it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import api, audit, identity, verification
from engine.api import critical
from engine.api.deploying import Stage, put_live
from engine.api.entering import choose_password, enter_from_outside, invite
from engine.clock import system_clock
from engine.errors import DraftStale, InvalidInput, NotFound
from engine.queries import pages
from engine.store import tables as t
from tests.engine import diagrams as d
from tests.engine.together import POSTGRES, at_once, behind, errors
from tests.house import House

pytestmark = POSTGRES

Verb = Callable[[Session], Any]


def one_then_the_other(house: House, first: Verb, second: Verb) -> Any:
    """What the second unit says, that came while the first had written and not yet committed; an error is raised."""
    with house.writing() as session:
        first(session)
        with behind(house, lambda: house.runtime.unit(second)) as other:
            session.keep()  # type: ignore[attr-defined]  # what transaction() does at its end
            return other.result()


def test_deeds_on_one_subject_at_once_are_one_chain(house: House) -> None:
    def deed(who: str) -> Verb:
        return lambda session: audit.append(session, "outbox", who, "mails_sent_again", {})

    one_then_the_other(house, deed("li"), deed("wang"))
    assert errors(at_once(*[lambda n=n: house.runtime.unit(deed(n)) for n in ("chen", "sun", "hu")])) == []
    assert [row["seq"] for row in house.rows(t.audit_entry, t.audit_entry.c.subject == "outbox")] == [1, 2, 3, 4, 5]
    with house.looking() as session:
        assert verification.verify(session).broken == []


def test_a_unit_that_finds_a_key_taken_is_run_again_and_told_by_name(house: House) -> None:
    root = house.actor("root")

    def making(session: Session) -> str:
        return api.create_token(session, root, "bank", ["start"])

    with pytest.raises(InvalidInput, match="not taken"):
        one_then_the_other(house, making, making)
    assert len(house.rows(t.api_token)) == 1


def test_a_link_chooses_a_password_once(house: House) -> None:
    with house.writing() as session:
        secret = invite(session, house.actor("root"), "li")
    with pytest.raises(NotFound):
        one_then_the_other(
            house,
            lambda session: choose_password(session, secret, "first of the two"),
            lambda session: choose_password(session, secret, "second of the two"),
        )
    with house.writing() as session:
        assert identity.sign_in(session, "li", "first of the two")


def test_two_administrators_who_let_each_other_go_leave_one(house: House) -> None:
    with house.writing() as session:
        identity.add_member(session, identity.ADMIN, "sun")
    root, sun = house.actor("root"), house.actor("sun")
    with pytest.raises(InvalidInput, match="last administrator"):
        one_then_the_other(
            house,
            lambda session: api.set_active(session, root, "sun", False),
            lambda session: api.hand_over(session, sun, "root", leaves=True),
        )
    with house.looking() as session:
        assert identity.members(session, identity.ADMIN) == ("root",)


def test_two_who_come_in_with_like_addresses_are_two_people(house: House) -> None:
    def coming(outside_id: str, email: str) -> Verb:
        return lambda session: enter_from_outside(session, outside_id, email, new={"name": email})

    second = one_then_the_other(house, coming("p|1", "gao@one.example"), coming("p|2", "gao@two.example"))
    assert second == "gao1"
    addresses = {row["id"]: row["email"] for row in house.rows(t.person, t.person.c.outside_id.is_not(None))}
    assert addresses == {"gao": "gao@one.example", "gao1": "gao@two.example"}


def test_of_two_who_enter_the_same_name_the_second_is_told(house: House) -> None:
    root = house.actor("root")

    def entering(name: str) -> Verb:
        return lambda session: api.save_person(session, root, "gao", new=True, name=name)

    with pytest.raises(InvalidInput, match="taken"):
        one_then_the_other(house, entering("高一"), entering("高二"))
    assert [row["name"] for row in house.rows(t.person, t.person.c.id == "gao")] == ["高一"]


def test_what_two_browsers_of_one_person_keep_is_kept_both(house: House) -> None:
    li = house.actor("li")

    def keeping(**settings: object) -> Verb:
        return lambda session: identity.save_preferences(session, li, settings=settings)

    one_then_the_other(house, keeping(seen_tour=True), keeping(density="compact"))
    [kept] = [row["settings"] for row in house.rows(t.person, t.person.c.id == "li")]
    assert (kept["seen_tour"], kept["density"]) == (True, "compact")


def test_what_a_setting_was_before_is_what_the_other_wrote(house: House) -> None:
    root = house.actor("root")

    def naming(name: str) -> Verb:
        return lambda session: critical.write_setting(session, root, "house", {"name": name})

    one_then_the_other(house, naming("一"), naming("二"))
    told = house.rows(t.audit_entry, t.audit_entry.c.subject == "house:house")
    assert [row["data"]["before"] for row in told] == [{}, {"name": "一"}]


def test_of_two_owners_who_go_on_from_one_version_the_second_is_told(house: House) -> None:
    owen = house.actor("owen")
    base = house.deploy(p_bpmn=d.one_task()).deployment_id

    def putting(due: str) -> Verb:
        files = {"p.bpmn": d.one_task(due=due).encode()}
        return lambda session: put_live(session, owen, "test", files, "why", Stage(), base)

    with pytest.raises(DraftStale):
        one_then_the_other(house, putting("2BD"), putting("3BD"))
    assert [row["version"] for row in house.rows(t.definition)] == [1, 2]


def test_what_a_long_transaction_writes_is_not_passed_over_by_who_reads_event_by_event(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "SETTLED", timedelta(0))
    house.runtime.clock = system_clock(timedelta(0))
    house.deploy(p_bpmn=d.one_task(assign="queue"))
    with house.writing() as session:
        long = api.start(session, api.SYSTEM, "p")
        session.execute(sa.text("SELECT 1"))  # what waited is sent, as it is before a handler runs
        short = house.start("p")
        with house.looking() as looking:
            found, place = pages.events_after(looking, None, 100)
        assert found == [] and place is None
    with house.looking() as looking:
        found, _ = pages.events_after(looking, place, 100)
    assert {event.instance_id for event in found} == {long, short}


def test_a_version_that_comes_while_its_process_is_laid_to_rest_rests_too(house: House) -> None:
    owen = house.actor("owen")
    house.deploy(p_bpmn=d.one_task())
    one_then_the_other(
        house,
        lambda session: api.suspend_process(session, owen, "p"),
        lambda session: api.deploy(session, owen, "test", {"p.bpmn": d.one_task(due="2BD").encode()}),
    )
    assert {row["version"]: row["suspended"] for row in house.rows(t.definition)} == {1: True, 2: True}
