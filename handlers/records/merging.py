"""Joining two entries of one client, and undoing it. Law: a merge destroys nothing; what it moved, filled and dropped
is kept with it (`party_merge.kept`), so that undoing gives both entries back as they were.

What was entered since the merge stays with the survivor and is told (`Undone.left`). Two exceptions, told as well:
what happened to a moved matter (a KYC case decided, an inquiry closed) happened, and goes home with it; and a
registration number that somebody else has by now is not taken from them.

Merges of one survivor are undone last first: a later one may rest on what an earlier one brought.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.errors import InvalidInput, NotFound
from engine.ids import new_id
from handlers.records import groups
from handlers.records.changes import Origin, Stamp, copy_origins, insert, origins, put_origins, update
from handlers.records.parties import WRITABLE, Party, by_reg_no, get
from handlers.records.tables import change_log, contact, interaction, metadata, ownership_edge, party_role
from handlers.records.tables import party as parties
from handlers.records.tables import party_merge as merges

Row = Mapping[str, Any]

_KEPT_WHOLE = (contact, party_role, ownership_edge)
"""Rows of these may be changed or removed while they are the survivor's: the merge keeps them whole. Others are
matters of record (talks, statements, cases): they only change whose they are."""

_NOT_FILLED = frozenset({"kind", "lifecycle_stage", "legal_name", "consent", "last_verified_at", "risk_rating"})
"""What of the other never fills a gap: what every entry has, what a person said of one entry alone, and that somebody
verified it."""


@dataclass(frozen=True, slots=True)
class Merge:
    """One joining: `merged_id` became part of `survivor_id`; in force while `undone_at` is empty."""

    id: int
    survivor_id: int
    merged_id: int
    at: datetime
    by: str
    why: str | None
    undone_at: datetime | None
    undone_by: str | None
    merged_key: str
    merged_name: str


@dataclass(frozen=True, slots=True)
class Left:
    """What undoing did not take back. `new`: entered since, stays with the survivor. `changed`: the later value stays
    with the survivor (a matter of record takes it home). `gone`: is no longer there. `taken`: is another client's."""

    subject: str
    subject_id: int
    field: str | None
    reason: Literal["new", "changed", "gone", "taken"]


@dataclass(frozen=True, slots=True)
class Undone:
    """Both entries after an undoing."""

    survivor: Party
    restored: Party
    left: tuple[Left, ...]


_MERGE = sa.select(
    *(merges.c[field.name] for field in fields(Merge) if field.name in merges.c),
    parties.c.business_key.label("merged_key"),
    parties.c.legal_name.label("merged_name"),
).select_from(merges.join(parties, parties.c.id == merges.c.merged_id))


def links() -> Iterator[tuple[sa.Table, str]]:
    """Every column of the book that names a party and moves with it. Roles are moved apart: they may clash."""
    for table in metadata.sorted_tables:
        if table is merges or table is party_role:
            continue
        for column in table.columns:
            to_party = any(key.column is parties.c.id for key in column.foreign_keys)
            if to_party and column is not parties.c.merged_into:
                yield table, column.name


def merges_of(session: Session, party_id: int) -> tuple[Merge, ...]:
    """The merges in force by which others became part of this party, newest first."""
    rows = session.execute(
        _MERGE.where(merges.c.survivor_id == party_id, merges.c.undone_at.is_(None)).order_by(merges.c.id.desc())
    )
    return tuple(Merge(**row) for row in rows.mappings())


def find(session: Session, merge_id: int) -> Merge:
    """By id. NotFound."""
    row = session.execute(_MERGE.where(merges.c.id == merge_id)).mappings().one_or_none()
    if row is None:
        raise NotFound(what="merge", what_zh="合并记录", id=merge_id)
    return Merge(**row)


def of_merged(session: Session, merged_id: int) -> Merge:
    """The merge in force by which a party became part of another. NotFound."""
    row = session.execute(_MERGE.where(merges.c.merged_id == merged_id, merges.c.undone_at.is_(None))).mappings()
    found = row.one_or_none()
    if found is None:
        raise NotFound(what="merge", what_zh="合并记录", id=merged_id)
    return Merge(**found)


# ── joining ────────────────────────────────────────────────────────────────────────────────────────────────────────


def merge(session: Session, survivor_id: int, merged_id: int, stamp: Stamp) -> Merge:
    """Join two entries: all links move to the survivor, whose empty fields are filled from the other with their
    origins. Of two risk ratings the stricter holds.

    The merged entry stays as a signpost (`merged_into`), so that its business key still finds the survivor. Doing it
    again changes nothing. InvalidInput when both are one, when the other is part of a third already, when both have a
    registration number or LEI and they differ, when they are two people, or a person and a company, or when their
    groups would lead back to themselves. NotFound.
    """
    survivor, merged = _pair(session, survivor_id, merged_id)
    if merged["merged_into"] == survivor["id"]:
        return of_merged(session, merged["id"])
    _mergeable(survivor, merged)
    kept: dict[str, Any] = {"moved": [], "whole": {}, "whole_origins": {}, "dropped": []}
    for table, column in links():
        _move(session, table, column, merged["id"], survivor["id"], kept)
    _move_roles(session, merged["id"], survivor["id"], kept)
    # The number is unique: the signpost gives it up before the survivor takes it.
    update(session, parties, merged["id"], {"reg_no": None, "merged_into": survivor["id"]}, stamp, learned=False)
    given = _given(survivor, merged)
    known = origins(session, "party", survivor["id"])
    kept["origins"] = [asdict(known[field]) for field in given if field in known]
    update(session, parties, survivor["id"], given, stamp, learned=False)
    copy_origins(session, "party", merged["id"], survivor["id"], list(given))
    groups.head_of(session, survivor["id"])  # two groups joined into a ring are refused
    kept |= {
        "reg_no": merged["reg_no"],
        "filled": _plain({field: survivor[field] for field in given}),
        "after": _plain({field: (survivor | given)[field] for field in WRITABLE}),
    }
    merge_id = new_id()  # drawn last: whatever has a greater id came after
    session.execute(
        merges.insert().values(
            id=merge_id,
            survivor_id=survivor["id"],
            merged_id=merged["id"],
            at=stamp.at,
            by=stamp.by,
            why=stamp.why,
            kept=kept,
        )
    )
    return find(session, merge_id)


def _pair(session: Session, survivor_id: int, merged_id: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Both rows, locked in one order so that two people merging the same two do not wait for each other."""
    survivor_id = get(session, survivor_id).id
    get(session, merged_id)
    rows = session.execute(
        sa.select(parties).where(parties.c.id.in_([survivor_id, merged_id])).order_by(parties.c.id).with_for_update()
    ).mappings()
    found = {row["id"]: dict(row) for row in rows}
    return found[survivor_id], found[merged_id]


def _mergeable(survivor: Row, merged: Row) -> None:
    if survivor["id"] == merged["id"]:
        raise InvalidInput(place="merge", reason="both are one entry", reason_zh="两者是同一条记录")
    for one in (survivor, merged):
        if one["merged_into"] is not None:
            key = one["business_key"]
            raise InvalidInput(
                place="merge", reason=f"{key} is part of another client already", reason_zh=f"{key} 已并入其他客户"
            )
    if survivor["reg_no"] and merged["reg_no"] and survivor["reg_no"] != merged["reg_no"]:
        raise InvalidInput(
            place="reg_no", reason="the registration numbers differ", reason_zh="两者统一社会信用代码不同"
        )
    if survivor["lei"] and merged["lei"] and survivor["lei"] != merged["lei"]:
        raise InvalidInput(place="lei", reason="the LEI codes differ", reason_zh="两者全球法人识别编码（LEI）不同")
    _one_person(survivor, merged)


def _one_person(survivor: Row, merged: Row) -> None:
    """A person is neither a company nor somebody of another name or birth."""
    persons = [one["kind"] == "person" for one in (survivor, merged)]
    if persons[0] != persons[1]:
        raise InvalidInput(place="kind", reason="a person is no company", reason_zh="自然人与机构不能合并")
    born = {one["founded"] for one in (survivor, merged)} - {None}
    if persons[0] and (survivor["name_key"] != merged["name_key"] or len(born) > 1):
        told = " / ".join(str(one["legal_name"]) for one in (survivor, merged))
        raise InvalidInput(place="legal_name", reason=f"two people: {told}", reason_zh=f"是两个不同的人：{told}")


def _move(session: Session, table: sa.Table, column: str, giver: int, taker: int, kept: dict[str, Any]) -> None:
    chosen = [table.c[column] == giver]
    if table is parties:  # nobody becomes a member of the group that they lead
        chosen.append(parties.c.id != taker)
    rows = session.execute(sa.select(table).where(*chosen)).mappings().all()
    if not rows:
        return
    kept["moved"].append({"table": table.name, "column": column, "ids": [row["id"] for row in rows]})
    if table in _KEPT_WHOLE:
        kept["whole"][f"{table.name}.{column}"] = [_plain(dict(row)) for row in rows]
    if table in _KEPT_WHOLE:
        for row in rows:
            known = origins(session, table.name, row["id"])
            kept["whole_origins"][str(row["id"])] = [asdict(one) for one in known.values()]
    session.execute(table.update().where(*chosen).values({column: taker}))


def _move_roles(session: Session, giver: int, taker: int, kept: dict[str, Any]) -> None:
    """A role that the survivor plays in the same project already is not played twice: the other's is kept aside."""
    held = session.execute(sa.select(party_role.c.project_id, party_role.c.role).where(party_role.c.party_id == taker))
    clashing = {tuple(row) for row in held}
    rows = session.execute(sa.select(party_role).where(party_role.c.party_id == giver)).mappings().all()
    dropped = [_plain(dict(row)) for row in rows if (row["project_id"], row["role"]) in clashing]
    moving = [_plain(dict(row)) for row in rows if (row["project_id"], row["role"]) not in clashing]
    kept["dropped"] = dropped
    kept["whole"]["party_role.party_id"] = moving
    kept["moved"].append({"table": "party_role", "column": "party_id", "ids": [row["id"] for row in moving]})
    session.execute(party_role.delete().where(party_role.c.id.in_([row["id"] for row in dropped])))
    session.execute(
        party_role.update().where(party_role.c.id.in_([row["id"] for row in moving])).values(party_id=taker)
    )


def _given(survivor: Row, merged: Row) -> dict[str, Any]:
    """What the survivor takes from the other."""
    lacking = [field for field in sorted(WRITABLE - _NOT_FILLED) if survivor[field] is None]
    given = {field: merged[field] for field in lacking if merged[field] is not None}
    if given.get("group_id") == survivor["id"]:
        del given["group_id"]
    if survivor["group_id"] == merged["id"]:
        given["group_id"] = None
    if merged["risk_rating"] is not None and merged["risk_rating"] > (survivor["risk_rating"] or 0):
        given["risk_rating"] = merged["risk_rating"]
    return given


def _plain(row: Row) -> dict[str, Any]:
    """With names that are nothing but text: SQLAlchemy's own kind of name is not kept in documents."""
    return {str(field): value for field, value in row.items()}


# ── undoing ────────────────────────────────────────────────────────────────────────────────────────────────────────


def undo(session: Session, merge_id: int, stamp: Stamp) -> Undone:
    """Give both entries back as they were before the merge; what came since stays with the survivor and is told.

    InvalidInput when it was undone already, or when a later merge must be undone first. NotFound.
    """
    session.execute(sa.select(merges.c.id).where(merges.c.id == merge_id).with_for_update())
    done = find(session, merge_id)
    _undoable(session, done)
    kept: Mapping[str, Any] = session.execute(sa.select(merges.c.kept).where(merges.c.id == merge_id)).scalar_one()
    left = [*_entered_since(session, done), *_later_values(session, done, kept)]
    _take_back_fields(session, done, kept, stamp)
    for move in kept["moved"]:
        left += _bring_home(session, done, move, kept, stamp)
    if kept["dropped"]:
        session.execute(party_role.insert(), [dict(row) for row in kept["dropped"]])
    left += _restore(session, done, kept["reg_no"], stamp)
    session.execute(merges.update().where(merges.c.id == done.id).values(undone_at=stamp.at, undone_by=stamp.by))
    return Undone(get(session, done.survivor_id), get(session, done.merged_id), tuple(left))


def _undoable(session: Session, done: Merge) -> None:
    if done.undone_at is not None:
        raise InvalidInput(place="merge", reason="was undone already", reason_zh="该合并已撤销")
    rests = merges.alias()
    later = session.execute(
        sa.select(parties.c.business_key)
        .join(rests, rests.c.merged_id == parties.c.id)
        .where(
            rests.c.id > done.id,
            rests.c.undone_at.is_(None),
            sa.or_(rests.c.survivor_id == done.survivor_id, rests.c.merged_id == done.survivor_id),
        )
        .order_by(rests.c.id.desc())
        .limit(1)
    ).scalar()
    if later is not None:
        raise InvalidInput(
            place="merge",
            reason=f"the later merge of {later} must be undone first",
            reason_zh=f"须先撤销之后对 {later} 的合并",
        )


def _entered_since(session: Session, done: Merge) -> Iterator[Left]:
    """Rows that are the survivor's and were not there at the merge."""
    for table, column in (*links(), (party_role, "party_id")):
        if table is parties:
            continue
        rows = session.execute(
            sa.select(table.c.id).where(table.c[column] == done.survivor_id, table.c.id > done.id).order_by(table.c.id)
        )
        yield from (Left(table.name, row.id, None, "new") for row in rows)


def _later_values(session: Session, done: Merge, kept: Mapping[str, Any]) -> Iterator[Left]:
    """Fields of the survivor that were written since."""
    present = session.execute(sa.select(parties).where(parties.c.id == done.survivor_id)).mappings().one()
    for field, then in kept["after"].items():
        if present[field] != then:
            yield Left("party", done.survivor_id, field, "changed")


def _take_back_fields(session: Session, done: Merge, kept: Mapping[str, Any], stamp: Stamp) -> None:
    """What the survivor was given goes, unless it was written anew since."""
    present = session.execute(sa.select(parties).where(parties.c.id == done.survivor_id)).mappings().one()
    back = {field: before for field, before in kept["filled"].items() if present[field] == kept["after"][field]}
    update(session, parties, done.survivor_id, back, stamp, learned=False)
    known = [Origin(**row) for row in kept["origins"] if row["field"] in back]
    put_origins(session, "party", done.survivor_id, list(back), known)


def _bring_home(
    session: Session, done: Merge, move: Mapping[str, Any], kept: Mapping[str, Any], stamp: Stamp
) -> Iterator[Left]:
    """Give moved rows back: kept whole, as they were; others with what happened to them."""
    table, column, ids = metadata.tables[move["table"]], move["column"], list(move["ids"])
    whole = kept["whole"].get(f"{table.name}.{column}", ())
    there = set(session.execute(sa.select(table.c.id).where(table.c.id.in_(ids))).scalars())
    if table is not parties:
        for row_id, field in _written_since(session, done, table, ids):
            yield Left(table.name, row_id, field, "changed")
    for row in whole:
        removed = row["id"] not in there
        if removed:
            session.execute(table.insert().values(**row))
        if removed or _leave_copy(session, table, row, column, done, stamp):
            known = [Origin(**one) for one in kept["whole_origins"].get(str(row["id"]), ())]
            put_origins(session, table.name, row["id"], list(row), known)
    if not whole:
        yield from (Left(table.name, row_id, None, "gone") for row_id in ids if row_id not in there)
    session.execute(
        table.update().where(table.c.id.in_(ids), table.c[column] == done.survivor_id).values({column: done.merged_id})
    )


def _written_since(session: Session, done: Merge, table: sa.Table, ids: list[int]) -> list[tuple[int, str]]:
    rows = session.execute(
        sa.select(change_log.c.subject_id, change_log.c.field)
        .where(change_log.c.subject == table.name, change_log.c.subject_id.in_(ids), change_log.c.id > done.id)
        .distinct()
        .order_by(change_log.c.subject_id, change_log.c.field)
    )
    return [(row.subject_id, row.field) for row in rows]


def _leave_copy(session: Session, table: sa.Table, row: Row, column: str, done: Merge, stamp: Stamp) -> bool:
    """A row that was changed since stays with the survivor as a copy; the row itself is what it was, at home.

    Whether it was changed.
    """
    present = session.execute(sa.select(table).where(table.c.id == row["id"])).mappings().one()
    own = [field.name for field in table.columns if field.name != "id" and not field.foreign_keys]
    if all(present[field] == row[field] for field in own):
        return False
    # First the row goes home, then the copy takes its place: a party plays a role in a project once.
    session.execute(table.update().where(table.c.id == row["id"]).values({column: done.merged_id}))
    copy = insert(session, table, {field: value for field, value in present.items() if field != "id"}, stamp)
    copy_origins(session, table.name, row["id"], copy, own)
    update(session, table, row["id"], {field: row[field] for field in own}, stamp, learned=False)
    if table is contact:
        session.execute(
            interaction.update()
            .where(interaction.c.contact_id == row["id"], interaction.c.id > done.id)
            .values(contact_id=copy)
        )
    return True


def _restore(session: Session, done: Merge, number: str | None, stamp: Stamp) -> list[Left]:
    """The merged entry stands again, under its own number where that is still free."""
    holder = by_reg_no(session, number) if number else None
    values: dict[str, Any] = {"merged_into": None}
    if holder is None:
        values["reg_no"] = number
    update(session, parties, done.merged_id, values, stamp, learned=False)
    return [] if holder is None else [Left("party", done.merged_id, "reg_no", "taken")]
