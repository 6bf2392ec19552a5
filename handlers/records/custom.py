"""Custom fields on any record (requirement A06): defined by the house, typed, logged, found by.

Law: a field's type never changes and its key is never given again; a retired field keeps what stands in it. Values go
through the same log of changes as every other field, under `custom.<key>`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.errors import InvalidInput
from engine.ids import new_id
from engine.store import take_turn, upsert
from handlers import inputs
from handlers.records.changes import Stamp, note
from handlers.records.tables import custom_field as definitions
from handlers.records.tables import custom_value as kept
from handlers.records.tables import metadata

TYPES = ("text", "number", "date", "yes", "choice")
Value = str | Decimal | date | bool
Operator = Literal["=", "<", "<=", ">", ">=", "contains", "is"]
_KEY = re.compile(r"[a-z][a-z0-9_]{0,59}")
_COLUMN = {"number": kept.c.number, "date": kept.c.day}


@dataclass(frozen=True, slots=True)
class Field:
    """One field of one kind of record. `choices`: [{value, label, label_en}], of the type `choice` alone."""

    id: int
    record: str
    key: str
    type: str
    label: str
    label_en: str
    choices: Sequence[Mapping[str, str]]
    required: bool
    position: int
    active: bool


_FIELD = [definitions.c[field.name] for field in fields(Field)]


def define(
    session: Session,
    record: str,
    key: str,
    type: str,
    label: str,
    label_en: str,
    stamp: Stamp,
    *,
    choices: Sequence[Mapping[str, str]] = (),
    required: bool = False,
) -> Field:
    """A new field, or other words for one that stands. InvalidInput: no such record, type or key; another type than
    before; a choice without choices."""
    table = metadata.tables.get(record)
    if table is None or "id" not in table.c or type not in TYPES or not _KEY.fullmatch(key):
        raise _wrong(key, f"no such record, type or key: {record}, {type}", f"记录、类型或键无效：{record}、{type}")
    if (type == "choice") != bool(choices):
        raise _wrong(key, "choices belong to a choice", "选项仅适用于选择类字段，且不可缺少")
    take_turn(session, f"fields:{record}")
    standing = next((one for one in fields_of(session, record, retired=True) if one.key == key), None)
    if standing is not None and standing.type != type:
        raise _wrong(key, f"is of type {standing.type}", f"已存在，类型为 {standing.type}")
    values = {"label": label, "label_en": label_en, "choices": [dict(one) for one in choices], "required": required}
    if standing is None:
        position = len(fields_of(session, record, retired=True)) + 1
        identity = {"id": new_id(), "record": record, "key": key, "type": type, "position": position}
        made = {"created_at": stamp.at, "created_by": stamp.by}
        session.execute(definitions.insert().values(**identity, **values, **made, active=True))
    else:
        session.execute(definitions.update().where(definitions.c.id == standing.id).values(**values, active=True))
    return next(one for one in fields_of(session, record) if one.key == key)


def retire(session: Session, record: str, key: str) -> bool:
    """Ask for it no more; what stands in it stays. Returns whether it was in use."""
    done = session.execute(
        definitions.update()
        .where(definitions.c.record == record, definitions.c.key == key, definitions.c.active)
        .values(active=False)
    )
    return bool(getattr(done, "rowcount", 0))


def fields_of(session: Session, record: str, *, retired: bool = False) -> tuple[Field, ...]:
    """The fields of a kind of record, in their order."""
    query = sa.select(*_FIELD).where(definitions.c.record == record).order_by(definitions.c.position)
    if not retired:
        query = query.where(definitions.c.active)
    return tuple(Field(**row) for row in session.execute(query).mappings())


def every(session: Session) -> tuple[Field, ...]:
    """All fields, retired ones too, by record."""
    query = sa.select(*_FIELD).order_by(definitions.c.record, definitions.c.position)
    return tuple(Field(**row) for row in session.execute(query).mappings())


def put(session: Session, record: str, subject_id: int, values: Mapping[str, Any], stamp: Stamp) -> Mapping[str, Any]:
    """Write values by key; None empties. What differs is logged. Returns what stands then. InvalidInput names the
    field: unknown, unreadable, none of its choices, or required and emptied."""
    known = {one.key: one for one in fields_of(session, record)}
    before = values_of(session, record, subject_id)
    changed: dict[str, tuple[Any, Any]] = {}
    for key, given in values.items():
        if key not in known:
            raise _wrong(key, "there is no such field", "没有该字段")
        value = read(known[key], given)
        if value is None and known[key].required:
            raise _wrong(key, "is required", "为必填项")
        if value != before.get(key):
            _write(session, known[key], subject_id, value)
            changed[f"custom.{key}"] = (before.get(key), value)
    note(session, record, subject_id, changed, stamp)
    return values_of(session, record, subject_id)


def read(field: Field, given: object) -> Value | None:
    """A value as its field keeps it. InvalidInput."""
    match field.type:
        case "number":
            return inputs.number(given, f"custom.{field.key}")
        case "date":
            return inputs.day(given, f"custom.{field.key}")
        case "yes":
            return None if given in (None, "") else inputs.yes(given)
        case "choice":
            chosen = inputs.text(given)
            if chosen is not None and chosen not in {one["value"] for one in field.choices}:
                raise _wrong(field.key, f"none of its choices: {chosen}", f"不在选项之内：{chosen}")
            return chosen
    return inputs.text(given)


def _write(session: Session, field: Field, subject_id: int, value: Value | None) -> None:
    text = ("yes" if value else "no") if isinstance(value, bool) else value if isinstance(value, str) else None
    columns = {
        "text": text,
        "number": value if isinstance(value, Decimal) else None,
        "day": value if isinstance(value, date) else None,
    }
    row = upsert(session, kept).values(field_id=field.id, subject_id=subject_id, **columns)
    session.execute(row.on_conflict_do_update(index_elements=[kept.c.field_id, kept.c.subject_id], set_=columns))


def values_of(session: Session, record: str, subject_id: int) -> dict[str, Any]:
    """Key -> value of one record; fields in which nothing stands are left out. Fit for a decision's input."""
    return values_by_subject(session, record, [subject_id]).get(subject_id, {})


def values_by_subject(session: Session, record: str, ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """Id -> key -> value, as `values_of`, of many records in one statement."""
    rows = session.execute(
        sa.select(kept.c.subject_id, definitions.c.key, definitions.c.type, kept.c.text, kept.c.number, kept.c.day)
        .join(kept, kept.c.field_id == definitions.c.id)
        .where(definitions.c.record == record, kept.c.subject_id.in_(list(ids)), definitions.c.active)
        .order_by(definitions.c.position)
    )
    found: dict[int, dict[str, Any]] = {}
    for row in rows:
        value: Any = {"number": row.number, "date": row.day}.get(row.type, row.text)
        if value is not None:
            found.setdefault(row.subject_id, {})[row.key] = value == "yes" if row.type == "yes" else value
    return found


def matching(session: Session, record: str, key: str, operator: Operator, value: object) -> sa.Select[tuple[int]]:
    """Ids of the records whose field compares so: a filter, for `table.c.id.in_(…)`. `contains` reads texts; `is` with
    yes or no. InvalidInput for an unknown field, or a comparison that the type has not."""
    field = next((one for one in fields_of(session, record, retired=True) if one.key == key), None)
    if field is None:
        raise _wrong(key, "there is no such field", "没有该字段")
    query = sa.select(kept.c.subject_id).where(kept.c.field_id == field.id)
    wanted = read(field, value)
    if operator == "contains" and field.type == "text":
        return query.where(kept.c.text.contains(str(wanted), autoescape=True))
    if operator in ("=", "is"):
        text = ("yes" if wanted else "no") if isinstance(wanted, bool) else wanted
        return query.where(_COLUMN.get(field.type, kept.c.text) == text)
    if field.type not in _COLUMN:
        raise _wrong(key, f"cannot be compared by {operator}", f"不支持比较 {operator}")
    column: Any = _COLUMN[field.type] if field.type == "date" else _number(session)
    compared = {"<": column < wanted, "<=": column <= wanted, ">": column > wanted, ">=": column >= wanted}
    if operator not in compared:
        raise _wrong(key, f"cannot be compared by {operator}", f"不支持比较 {operator}")
    return query.where(compared[operator])


def _number(session: Session) -> Any:
    """The number as the database compares it: SQLite keeps the text, which sorts as letters do."""
    if session.get_bind().dialect.name != "sqlite":
        return kept.c.number
    return sa.cast(kept.c.number, sa.Numeric(26, 6, asdecimal=False))


def _wrong(key: str, reason: str, reason_zh: str) -> InvalidInput:
    return InvalidInput(place=f"custom.{key}", reason=reason, reason_zh=reason_zh)
