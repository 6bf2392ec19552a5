"""Two entries of one client become one, and two again: nothing is lost either way."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.errors import InvalidInput, NotFound
from handlers.records import changes, interactions, kyc, merging, parties, projects, tables
from handlers.records.changes import Stamp
from handlers.records.interactions import Interaction
from handlers.records.kyc import Edge
from handlers.records.tables import metadata
from tests.handlers.conftest import NOW, Desk
from tests.handlers.test_intake import register

REGISTRY = Stamp(NOW, "sun.hao", "provider:registry", raw_sha256="ab")
STEWARD = Stamp(NOW, "qian.yu", "merge", why="同一企业")

# What belongs to no client: keys given, work done, and what is written about rows rather than in them.
BESIDE = {"business_key_counter", "work_done", "change_log", "provenance", "party_merge"}


def whole_book(session: Session) -> Mapping[str, list[tuple[Any, ...]]]:
    """Every row of every table that clients have."""
    return {
        name: sorted((tuple(row) for row in session.execute(sa.select(table))), key=repr)
        for name, table in metadata.tables.items()
        if name not in BESIDE
    }


def origins_of_both(session: Session, *ids: int) -> list[Mapping[str, changes.Origin]]:
    return [changes.origins(session, "party", one) for one in ids]


def two_entries(desk: Desk) -> tuple[int, int]:
    """One company entered twice, each with a project, people, talks, a case; both with a part in a third project."""
    kept = int(register(desk)["party_id"])
    other = int(
        register(
            desk, "PJ-2026-0002", reg_no=None, client_name="华丰風電", phone="139 0000 1111", region="north",
            email="zhang@huafeng.example.com", contact_name="张工", project_name="启东光伏",
        )["party_id"]
    )  # fmt: skip
    with desk.runtime.transaction() as session:
        parties.change(session, other, {"address": "南通市启东", "risk_rating": 3, "capital": Decimal(5)}, REGISTRY)
        parties.change(session, kept, {"risk_rating": 2}, REGISTRY)
        parties.verify(session, other, REGISTRY, "营业执照")
        shared = projects.create(session, {"name": "共同项目"}, REGISTRY, 2026, "PJ-2026-0003")
        projects.give_role(session, kept, shared.id, "sponsor", REGISTRY, Decimal("0.3"))
        projects.give_role(session, other, shared.id, "sponsor", REGISTRY, Decimal("0.2"))
        projects.give_role(session, other, shared.id, "guarantor", REGISTRY)
        kyc.open_case(session, other, REGISTRY, instance="77")
        kyc.set_ownership(session, other, [Edge("李明", "华丰風電", "60%")], REGISTRY)
        member = parties.create(session, {"legal_name": "华丰子公司", "group_id": other}, REGISTRY, 2026)
        kyc.set_ownership(session, member.id, [Edge("华丰風電", "华丰子公司", "1", owner_party_id=other)], REGISTRY)
    return kept, other


def test_every_column_that_names_a_party_moves_with_it() -> None:
    naming = {
        f"{table.name}.{column.name}"
        for table in metadata.tables.values()
        for column in table.columns
        if any(key.column is tables.party.c.id for key in column.foreign_keys)
    }
    moving = {f"{table.name}.{column}" for table, column in merging.links()}
    assert naming - moving == {
        "party.merged_into", "party_role.party_id", "party_merge.survivor_id", "party_merge.merged_id",
    }  # fmt: skip
    assert {"inquiry.party_id", "client_link.party_id", "score_card.party_id", "party.group_id"} <= moving


def test_merging_leaves_no_link_to_the_merged_entry(desk: Desk) -> None:
    kept, other = two_entries(desk)
    with desk.runtime.transaction() as session:
        merging.merge(session, kept, other, STEWARD)
        for table, column in (*merging.links(), (tables.party_role, "party_id")):
            left = session.execute(sa.select(sa.func.count()).where(table.c[column] == other)).scalar()
            assert (table.name, column, left) == (table.name, column, 0)
        assert parties.get(session, other).id == kept


def test_a_merge_fills_gaps_with_their_origins_and_keeps_the_stricter_rating(desk: Desk) -> None:
    kept, other = two_entries(desk)
    with desk.runtime.transaction() as session:
        merging.merge(session, kept, other, STEWARD)
        survivor = parties.get(session, kept)
        origin = changes.origins(session, "party", kept)["address"]
        told = [one for one in changes.log_of(session, "party", kept) if one.field == "address"]
    assert (survivor.address, survivor.risk_rating, survivor.region) == ("南通市启东", 3, "east")
    assert survivor.last_verified_at is None  # somebody verified the other entry, not this one
    assert (origin.source, origin.verifier, origin.evidence) == ("provider:registry", "sun.hao", "营业执照")
    assert [(one.before, one.after, one.by, one.why) for one in told] == [(None, "南通市启东", "qian.yu", "同一企业")]


def test_undoing_gives_back_the_whole_book_as_it_was(desk: Desk) -> None:
    kept, other = two_entries(desk)
    with desk.runtime.reading() as session:
        before, origins_before = whole_book(session), origins_of_both(session, kept, other)
    with desk.runtime.transaction() as session:
        done = merging.merge(session, kept, other, STEWARD)
    with desk.runtime.reading() as session:
        assert whole_book(session) != before
    with desk.runtime.transaction() as session:
        undone = merging.undo(session, done.id, STEWARD)
    with desk.runtime.reading() as session:
        assert whole_book(session) == before
        assert origins_of_both(session, kept, other) == origins_before
    assert undone.left == ()
    assert (undone.survivor.id, undone.restored.id) == (kept, other)


def test_the_number_goes_to_the_survivor_and_back(desk: Desk) -> None:
    numbered = int(register(desk)["party_id"])
    bare = int(register(desk, "PJ-2026-0002", reg_no=None, client_name="华丰風電")["party_id"])
    with desk.runtime.transaction() as session:
        done = merging.merge(session, bare, numbered, STEWARD)
        assert parties.get(session, bare).reg_no == "91310000607337822J"
        undone = merging.undo(session, done.id, STEWARD)
    assert (undone.survivor.reg_no, undone.restored.reg_no) == (None, "91310000607337822J")


def test_what_came_after_the_merge_stays_with_the_survivor_and_is_told(desk: Desk) -> None:
    kept, other = two_entries(desk)
    later = Stamp(NOW, "li.wei", "interview")
    with desk.runtime.transaction() as session:
        done = merging.merge(session, kept, other, STEWARD)
        parties.change(session, kept, {"address": "新址", "website": "https://hf.example.com"}, later)
        person = parties.add_contact(session, kept, {"name": "刘洋", "mobile": "13700001111"}, later)
        talk = interactions.add(session, Interaction(kept, NOW, "phone", "out", "回访", "li.wei"))
        undone = merging.undo(session, done.id, STEWARD)
        survivor = parties.get(session, kept)
        people = {one.name for one in parties.contacts_of(session, kept)}
    told = {(one.subject, one.subject_id, one.field, one.reason) for one in undone.left}
    assert told == {
        ("party", kept, "address", "changed"), ("party", kept, "website", "changed"),
        ("contact", person.id, None, "new"), ("interaction", talk, None, "new"),
    }  # fmt: skip
    assert (survivor.address, survivor.website, survivor.capital) == ("新址", "https://hf.example.com", None)
    assert people == {"王敏", "刘洋"}
    assert undone.restored.address == "南通市启东"


def test_a_person_changed_since_is_as_before_at_home_and_as_now_with_the_survivor(desk: Desk) -> None:
    kept, other = two_entries(desk)
    with desk.runtime.transaction() as session:
        [zhang] = parties.contacts_of(session, other)
        origin = changes.origins(session, "contact", zhang.id)["name"]
        done = merging.merge(session, kept, other, STEWARD)
        parties.add_contact(
            session, kept, {"name": "张工", "email": zhang.email, "title": "总工"}, Stamp(NOW, "li.wei", "interview")
        )
        undone = merging.undo(session, done.id, STEWARD)
        [home] = parties.contacts_of(session, other)
        there = [one for one in parties.contacts_of(session, kept) if one.name == "张工"]
        assert changes.origins(session, "contact", zhang.id)["name"] == origin
    assert home == zhang
    assert [(one.title, one.email) for one in there] == [("总工", zhang.email)]
    assert ("contact", zhang.id, "title", "changed") in {
        (one.subject, one.subject_id, one.field, one.reason) for one in undone.left
    }


def test_ownership_replaced_since_is_restored_and_the_later_one_stays(desk: Desk) -> None:
    kept, other = two_entries(desk)
    with desk.runtime.transaction() as session:
        done = merging.merge(session, kept, other, STEWARD)
        kyc.set_ownership(session, kept, [Edge("陈晨", "华丰", "100%")], STEWARD)
        merging.undo(session, done.id, STEWARD)
        assert [one.owner_name for one in kyc.ownership(session, kept)] == ["陈晨"]
        assert [one.owner_name for one in kyc.ownership(session, other)] == ["李明"]


def test_a_case_decided_since_goes_home_decided(desk: Desk) -> None:
    kept, other = two_entries(desk)
    with desk.runtime.transaction() as session:
        [case] = kyc.cases_of(session, other)
        done = merging.merge(session, kept, other, STEWARD)
        kyc.decide(session, case.id, "approved", STEWARD, rating=2)
        undone = merging.undo(session, done.id, STEWARD)
        [home] = kyc.cases_of(session, other)
    assert home.state == "approved"
    assert ("kyc_case", "state") in {(one.subject, one.field) for one in undone.left}


def test_merges_are_undone_last_first(desk: Desk) -> None:
    kept, other = two_entries(desk)
    with desk.runtime.transaction() as session:
        third = parties.create(session, {"legal_name": "华丰三"}, REGISTRY, 2026).id
        fourth = parties.create(session, {"legal_name": "华丰四"}, REGISTRY, 2026).id
        before = whole_book(session)
        first = merging.merge(session, kept, other, STEWARD)
        second = merging.merge(session, kept, third, STEWARD)
        chained = merging.merge(session, fourth, kept, STEWARD)
        assert parties.get(session, other).id == fourth
        for early in (first, second):
            with pytest.raises(InvalidInput, match="must be undone first"):
                merging.undo(session, early.id, STEWARD)
        for one in (chained, second, first):
            merging.undo(session, one.id, STEWARD)
        assert whole_book(session) == before
        assert merging.merges_of(session, kept) == ()


def test_what_cannot_be_merged_or_undone_is_refused(desk: Desk) -> None:
    kept, other = two_entries(desk)
    with desk.runtime.transaction() as session:
        third = parties.create(session, {"legal_name": "华丰三"}, REGISTRY, 2026).id
        done = merging.merge(session, kept, other, STEWARD)
        assert merging.merge(session, kept, other, STEWARD) == done
        with pytest.raises(InvalidInput, match="part of another client"):
            merging.merge(session, third, other, STEWARD)
        for pair in ((kept, kept), (other, kept)):
            with pytest.raises(InvalidInput, match="both are one"):
                merging.merge(session, *pair, STEWARD)
        with pytest.raises(NotFound):
            merging.merge(session, kept, 12345, STEWARD)
        merging.undo(session, done.id, STEWARD)
        with pytest.raises(InvalidInput, match="undone already"):
            merging.undo(session, done.id, STEWARD)
        with pytest.raises(NotFound):
            merging.of_merged(session, other)
        assert merging.merge(session, kept, other, STEWARD).id != done.id


@pytest.mark.parametrize(
    ("one", "other", "word"),
    [
        ({"kind": "person", "legal_name": "王敏"}, {"kind": "person", "legal_name": "王明"}, "two people"),
        (
            {"kind": "person", "legal_name": "王敏", "founded": date(1980, 1, 2)},
            {"kind": "person", "legal_name": "王敏", "founded": date(1991, 1, 2)},
            "two people",
        ),
        ({"kind": "person", "legal_name": "王敏"}, {"kind": "company", "legal_name": "王敏"}, "no company"),
        (
            {"legal_name": "甲", "lei": "5493001KJTIIGC8Y1R12"},
            {"legal_name": "甲", "lei": "529900T8BM49AURSDO55"},
            "LEI",
        ),
    ],
)
def test_two_people_never_become_one(
    quick_desk: Desk, one: dict[str, object], other: dict[str, object], word: str
) -> None:
    with quick_desk.runtime.transaction() as session:
        ids = [parties.create(session, values, REGISTRY, 2026).id for values in (one, other)]
        with pytest.raises(InvalidInput, match=word):
            merging.merge(session, ids[0], ids[1], STEWARD)


def test_a_number_taken_meanwhile_is_left_where_it_is(desk: Desk) -> None:
    numbered = int(register(desk)["party_id"])
    bare = int(register(desk, "PJ-2026-0002", reg_no=None, client_name="华丰風電")["party_id"])
    with desk.runtime.transaction() as session:
        done = merging.merge(session, bare, numbered, STEWARD)
        parties.change(session, bare, {"reg_no": None}, REGISTRY)
        third = parties.create(session, {"legal_name": "华丰三", "reg_no": "91310000607337822J"}, REGISTRY, 2026)
        undone = merging.undo(session, done.id, STEWARD)
    assert undone.restored.reg_no is None
    assert ("reg_no", "taken") in {(one.field, one.reason) for one in undone.left}
    assert third.reg_no == "91310000607337822J"


def test_the_process_merges_and_undoes_and_both_are_audited(desk: Desk) -> None:
    kept, other = two_entries(desk)
    pair = {"survivor": kept, "merged": other, "by": "qian.yu", "why": "同一企业"}
    merged = desk.run("party.merge", pair, job_key="j1")
    again = desk.run("party.merge", pair, job_key="j1")
    undone = desk.run("party.unmerge", {"merged": other, "by": "qian.yu"}, job_key="j2")
    assert merged == again
    assert (undone["party_id"], undone["restored_id"], undone["left"]) == (str(kept), str(other), [])
    assert desk.run("party.unmerge", {"merge_id": merged["merge_id"]}, job_key="j2") == undone
    [joined, parted] = [one for one in desk.audited if one[0] in ("clients_merged", "merge_undone")]
    assert joined[1]["merge"] == parted[1]["merge"] == merged["merge_id"]
    assert parted[1]["by"] == "qian.yu"
    with pytest.raises(InvalidInput, match="merge_id"):
        desk.run("party.unmerge", {})
