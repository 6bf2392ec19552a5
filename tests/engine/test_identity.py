"""Signing in, locks, tokens, and what a person chooses."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from engine import api, identity
from engine.errors import NotFound, SignInRefused
from engine.store import tables as t
from tests.engine.together import SQLITE, at_once, errors
from tests.house import PASSWORD, House


@pytest.fixture
def house_with_password(house: House) -> House:
    with house.writing() as session:
        identity.set_password(session, "li", PASSWORD)
    return house


def try_in(house: House, name: str, password: str) -> SignInRefused | None:
    try:
        with house.writing() as session:
            api.sign_in(session, name, password)
    except SignInRefused as refused:
        return refused
    return None


def test_wrong_passwords_are_counted_although_each_is_refused(house_with_password: House) -> None:
    house = house_with_password
    for count in range(1, 5):
        refused = try_in(house, "li", "wrong")
        assert refused is not None
        assert refused.fields["locked_until"] is None
        assert house.rows(t.person, t.person.c.id == "li")[0]["failed_sign_ins"] == count
    refused = try_in(house, "li", "wrong")
    assert refused is not None
    assert refused.fields["locked_until"] == house.clock() + identity.LOCK_TIME
    assert try_in(house, "li", PASSWORD) is not None
    house.clock.move(minutes=16)
    assert try_in(house, "li", PASSWORD) is None
    assert house.rows(t.person, t.person.c.id == "li")[0]["failed_sign_ins"] == 0


def test_wrong_passwords_at_the_same_moment_are_each_counted(house_with_password: House) -> None:
    house = house_with_password
    results = at_once(*[lambda: try_in(house, "li", "wrong")] * 3)
    assert errors([r for r in results if not isinstance(r, SignInRefused)]) == []
    assert house.rows(t.person, t.person.c.id == "li")[0]["failed_sign_ins"] == 3


@SQLITE
def test_a_refusal_says_the_same_whether_the_name_exists_or_not(house_with_password: House) -> None:
    house = house_with_password
    texts = {refused.text("zh") for name in ("li", "nobody") if (refused := try_in(house, name, "wrong"))}
    assert len(texts) == 1
    assert try_in(house, "chen", "") is not None  # a person without a password never signs in


@SQLITE
def test_a_person_who_left_is_refused_with_the_right_password(house_with_password: House) -> None:
    house = house_with_password
    with house.writing() as session:
        session.execute(sa.update(t.person).where(t.person.c.id == "li").values(active=False))
    assert try_in(house, "li", PASSWORD) is not None


@SQLITE
def test_a_slow_password_check_holds_up_no_writer(house_with_password: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hash is checked before the unit of work takes its lock."""
    house, wrote = house_with_password, []
    whole = identity._fits

    def slow(kept: str | None, password: str) -> bool:
        with house.writing() as other:
            other.execute(sa.update(t.team).values(name_en="changed meanwhile"))
        wrote.append(True)
        return whole(kept, password)

    monkeypatch.setattr(identity, "_fits", slow)
    assert try_in(house, "li", PASSWORD) is None
    assert wrote == [True]


@SQLITE
def test_a_new_password_lifts_the_lock(house_with_password: House) -> None:
    house = house_with_password
    for _ in range(5):
        try_in(house, "li", "wrong")
    with house.writing() as session:
        identity.set_password(session, "li", "another horse")
    assert try_in(house, "li", "another horse") is None


@SQLITE
def test_a_token_opens_what_its_scopes_name_until_it_is_revoked(house: House) -> None:
    with house.writing() as session:
        token = api.make_token(session, "crm", "messages")
    with house.looking() as session:
        holder = api.token_holder(session, token, "messages")
        assert holder is not None
        assert (holder.id, holder.is_admin, holder.teams) == ("api:crm", False, frozenset())
        assert api.token_holder(session, token, "admin") is None
        assert api.token_holder(session, token + "x", "messages") is None
        assert token not in str(session.execute(sa.select(t.api_token)).all())
    with house.writing() as session:
        session.execute(sa.update(t.api_token).values(revoked_at=house.clock()))
    with house.looking() as session:
        assert api.token_holder(session, token, "messages") is None


@SQLITE
def test_preferences_are_merged_and_a_language_that_is_not_there_is_left_out(house: House) -> None:
    li = house.actor("li")
    with house.writing() as session:
        api.save_preferences(session, li, language="en", settings={"density": "compact"})
        api.save_preferences(session, li, language="tlh", settings={"sort": "due"})
    [row] = house.rows(t.person, t.person.c.id == "li")
    assert (row["language"], row["settings"]) == ("en", {"density": "compact", "sort": "due"})
    with pytest.raises(NotFound), house.writing() as session:
        api.save_preferences(session, api.Actor("nobody"), settings={})


@SQLITE
def test_of_two_absences_the_substitute_that_is_named_counts(house: House) -> None:
    now = house.clock()
    with house.writing() as session:
        identity.add_absence(session, "li", now - timedelta(days=1), now + timedelta(days=1), "wang")
        identity.add_absence(session, "li", now - timedelta(days=1), now + timedelta(days=2))
    with house.looking() as session:
        assert identity.absent(session, ["li", "wang"], now) == {"li": "wang"}
        assert identity.absent(session, ["li"], now + timedelta(days=1)) == {"li": None}
        assert identity.absent(session, ["li"], now + timedelta(days=2)) == {}
