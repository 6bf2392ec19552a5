"""Who a client is, once verified, changes only when a second person approves."""

from typing import Any

import pytest

from engine.errors import FourEyes, InvalidInput, NotFound
from handlers import records
from handlers.records import changes, kyc, parties, requests
from handlers.records.changes import Stamp
from handlers.records.kyc import Edge
from tests.handlers.conftest import NOW, Desk
from tests.handlers.people import profile
from tests.handlers.test_intake import register

MAKER = Stamp(NOW, "li.wei", "client_profile", why="更名")
CHECKER = Stamp(NOW, "sun.hao", "verification")


@pytest.fixture
def verified(desk: Desk) -> int:
    """A client whose entry a second person has verified."""
    client = int(str(register(desk)["party_id"]))
    with desk.runtime.transaction() as session:
        parties.verify(session, client, CHECKER, "营业执照")
    return client


def test_a_verified_name_stands_until_a_second_person_approves(desk: Desk, verified: int) -> None:
    with desk.runtime.transaction() as session:
        [asked] = requests.propose(session, verified, {"legal_name": "华丰能源", "website": "https://x.cn"}, MAKER)
        before = parties.get(session, verified)
        done = requests.approve(session, asked.id, CHECKER, "变更通知书")
        after = parties.get(session, verified)
        origin = changes.origins(session, "party", verified)["legal_name"]
        [told] = [one for one in changes.log_of(session, "party", verified) if one.after == "华丰能源"]
    assert (before.legal_name, before.website) == ("华丰风电(上海)有限公司", "https://x.cn")
    assert (asked.before, asked.after, asked.state) == ("华丰风电(上海)有限公司", "华丰能源", "open")
    assert (done.state, done.decided_by, after.legal_name) == ("approved", "sun.hao", "华丰能源")
    assert (origin.by, origin.verifier, origin.evidence) == ("li.wei", "sun.hao", "变更通知书")
    assert (told.by, told.why) == ("li.wei", "更名")


def test_nobody_approves_or_rejects_their_own_change(desk: Desk, verified: int) -> None:
    with desk.runtime.transaction() as session:
        [asked] = requests.propose(session, verified, {"legal_rep": "钱进", "legal_name": "别名"}, MAKER)
        for decide in (requests.approve, requests.reject):
            with pytest.raises(FourEyes):
                decide(session, asked.id, MAKER)
        assert parties.get(session, verified).legal_name == "华丰风电(上海)有限公司"


def test_what_nobody_verified_and_what_is_empty_is_written_at_once(desk: Desk) -> None:
    client = int(str(register(desk)["party_id"]))
    with desk.runtime.transaction() as session:
        assert requests.propose(session, client, {"legal_name": "华丰能源", "legal_rep": "钱进"}, MAKER) == ()
        party = parties.get(session, client)
    assert (party.legal_name, party.legal_rep) == ("华丰能源", "钱进")


def test_of_a_client_every_critical_value_is_settled(desk: Desk) -> None:
    client = int(str(register(desk)["party_id"]))
    with desk.runtime.transaction() as session:
        parties.change(session, client, {"lifecycle_stage": "client"}, MAKER)
        [asked] = requests.propose(session, client, {"reg_no": "91320600MA1XK3P05X"}, MAKER)
        assert parties.get(session, client).reg_no == "91310000607337822J"
        requests.reject(session, asked.id, CHECKER, "号码不符")
        assert requests.open_of(session, client) == ()
        with pytest.raises(InvalidInput, match="was rejected"):
            requests.approve(session, asked.id, CHECKER)
        with pytest.raises(NotFound):
            requests.approve(session, 12345, CHECKER)


def test_a_later_wish_replaces_the_earlier_and_the_old_value_withdraws_it(desk: Desk, verified: int) -> None:
    with desk.runtime.transaction() as session:
        [first] = requests.propose(session, verified, {"legal_name": "甲"}, MAKER)
        [second] = requests.propose(session, verified, {"legal_name": "乙"}, MAKER)
        assert requests.find(session, first.id).state == "superseded"
        assert requests.propose(session, verified, {"legal_name": "华丰风电(上海)有限公司"}, MAKER) == ()
        assert requests.find(session, second.id).state == "superseded"


def test_a_number_that_is_anothers_by_now_is_not_approved(desk: Desk, verified: int) -> None:
    with desk.runtime.transaction() as session:
        [asked] = requests.propose(session, verified, {"reg_no": "91320600MA1XK3P05X"}, MAKER)
        parties.create(session, {"legal_name": "澄远", "reg_no": "91320600MA1XK3P05X"}, MAKER, 2026)
        with pytest.raises(InvalidInput, match="merge the two"):
            requests.approve(session, asked.id, CHECKER)


def saved(desk: Desk, client: int, **changed: Any) -> dict[str, Any]:
    return dict(desk.run("book.save_profile", profile(**changed) | {"party_id": client, "project_key": "PJ-2026-0001"}))


def test_a_profile_does_not_overwrite_what_was_verified_and_the_verification_approves(
    desk: Desk, verified: int
) -> None:
    assert saved(desk, verified, client_name="华丰能源")["waiting_changes"] == ["legal_name"]
    with desk.runtime.reading() as session:
        card = records.client_card(session, verified)
    assert card.party.legal_name == "华丰风电(上海)有限公司"
    assert [(one.field, one.after) for one in card.waiting] == [("legal_name", "华丰能源")]
    desk.run("book.verify_profile", {"party_id": verified, "by": "sun.hao", "sections": ["people"]})
    with desk.runtime.reading() as session:
        assert parties.get(session, verified).legal_name == "华丰风电(上海)有限公司"
    desk.run("book.verify_profile", {"party_id": verified, "by": "sun.hao", "sections": ["basic"]})
    with desk.runtime.reading() as session:
        card = records.client_card(session, verified)
    assert (card.party.legal_name, card.waiting) == ("华丰能源", ())


def test_a_waiting_change_is_decided_by_the_process_and_audited(desk: Desk, verified: int) -> None:
    saved(desk, verified, client_name="华丰能源")
    with desk.runtime.reading() as session:
        [asked] = requests.open_of(session, verified)
    decided = {"request_id": str(asked.id), "decision": "reject", "by": "sun.hao", "comment": "无变更通知书"}
    assert desk.run("book.decide_change", decided) == {"state": "rejected"}
    assert [one[1]["field"] for one in desk.audited if one[0] == "change_decided"] == ["legal_name"]
    with pytest.raises(InvalidInput, match="decision"):
        desk.run("book.decide_change", decided | {"decision": "perhaps"})


def test_each_section_is_verified_with_what_was_shown_for_it(desk: Desk) -> None:
    client = int(str(register(desk)["party_id"]))
    saved(desk, client)
    shown = [
        {"section": "people", "evidence": "身份证", "comment": "原件"},
        {"section": "ownership", "evidence": "公司章程"},
    ]
    given = {"party_id": client, "by": "sun.hao", "sections": ["people", "ownership"], "evidence": shown}
    assert desk.run("book.verify_profile", given)["verified"] > 10
    with desk.runtime.reading() as session:
        [someone, *_] = parties.contacts_of(session, client)
        person = changes.origins(session, "contact", someone.id)["name"]
        basic = changes.origins(session, "party", client)["legal_name"]
        edges = [
            changes.origins(session, "ownership_edge", row.id)["share"]
            for row in session.execute(records.metadata.tables["ownership_edge"].select())
        ]
    assert (person.verifier, person.evidence) == ("sun.hao", "身份证; 原件")
    assert [(one.verifier, one.evidence) for one in edges] == [("sun.hao", "公司章程")] * 2
    assert basic.verifier is None


def test_an_owner_who_left_stays_in_the_log_and_one_who_stayed_keeps_the_verification(desk: Desk) -> None:
    client = int(str(register(desk)["party_id"]))
    table = records.metadata.tables["ownership_edge"]
    with desk.runtime.transaction() as session:
        kyc.set_ownership(session, client, [Edge("李明", "华丰", "60%"), Edge("陈晨", "华丰", "40%")], MAKER)
        ids = {row.owner_name: row.id for row in session.execute(table.select())}
        kyc.verify_ownership(session, client, CHECKER)
        kyc.set_ownership(session, client, [Edge("李明", "华丰", "60%"), Edge("王五", "华丰", "40%")], MAKER)
        assert {one.owner_name for one in kyc.ownership(session, client)} == {"李明", "王五"}
        left = {
            one.field: (one.before, one.after) for one in changes.log_of(session, "ownership_edge", ids["陈晨"])[:9]
        }
        assert left["share"] == ("40%", None)
        assert changes.origins(session, "ownership_edge", ids["陈晨"]) == {}
        assert changes.origins(session, "ownership_edge", ids["李明"])["share"].verifier == "sun.hao"
