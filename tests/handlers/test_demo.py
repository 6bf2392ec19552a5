"""The demonstration is whole: everybody can sign in, every team has people, and doing it twice changes nothing."""

import pytest
import sqlalchemy as sa

from engine import identity
from engine.execution import Runtime
from engine.store import tables as t
from handlers import demo, records, reg_no
from handlers.records.tables import party
from tests.handlers.conftest import NOW


def test_people_teams_and_clients_are_there_once(book: Runtime) -> None:
    with book.transaction() as session:
        first = demo.seed(session, NOW)
    with book.transaction() as session:
        again = demo.seed(session, NOW)
    assert first == {"people": len(demo.PEOPLE), "clients": len(demo.CLIENTS)}
    assert again == {"people": 0, "clients": 0}
    with book.reading() as session:
        assert session.execute(sa.select(sa.func.count()).select_from(t.person)).scalar() == len(demo.PEOPLE)
        assert session.execute(sa.select(sa.func.count()).select_from(party)).scalar() == len(demo.CLIENTS)


def test_every_team_has_members_and_a_lead_who_exists() -> None:
    people = {person.id for person in demo.PEOPLE}
    manned = {team for person in demo.PEOPLE for team in person.teams}
    assert manned == {team.id for team in demo.TEAMS}
    assert all(team.lead in people for team in demo.TEAMS)
    relationship = [person.id for person in demo.PEOPLE if "rm" in person.teams]
    assert len(relationship) == 3


def test_two_people_can_keep_four_eyes_in_checking_teams() -> None:
    for team in ("compliance", "compliance_head", "data_steward", "loan_ops"):
        assert sum(team in person.teams for person in demo.PEOPLE) >= 2


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_everybody_can_sign_in_and_clients_have_sound_numbers(book: Runtime) -> None:
    with book.transaction() as session:
        demo.seed(session, NOW)
    with book.transaction() as session:
        assert identity.sign_in(session, "li", demo.PASSWORD)["name"] == "李雷"
        assert identity.actor(session, "admin").is_admin
    assert all(reg_no.check(client["reg_no"]).ok for client in demo.CLIENTS)
    with book.reading() as session:
        card = records.client_card(session, "CL-2026-0001")
    assert (card.party.owner, len(card.projects), len(card.contacts), len(card.interactions)) == ("li", 1, 1, 1)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_changed_password_survives_another_seeding(book: Runtime) -> None:
    with book.transaction() as session:
        demo.seed(session, NOW)
        identity.set_password(session, "li", "own secret")
    with book.transaction() as session:
        demo.seed(session, NOW)
        assert identity.sign_in(session, "li", "own secret")["id"] == "li"
