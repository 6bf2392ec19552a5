"""Bringing instances in that another installation wrote down. Law: a tree whole, in one transaction, or not at all.

Their definitions must be here, the same by content. Ids are kept; where one is taken by something else the row gets a
new one. An instance that is here already is refused, left out, or brought in as a copy with ids of its own, as asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import audit, history
from engine.api import carrying
from engine.api.exporting import package_digest
from engine.errors import DefinitionsMissing, Forbidden, InvalidInput
from engine.feel.codec import decode_value
from engine.identity import Actor
from engine.ids import new_id
from engine.process import codec
from engine.shards import hint, shard_of
from engine.statistics import keeping
from engine.store import tables as t
from engine.store import upsert

IfThere = Literal["refuse", "skip", "copy"]


@dataclass(slots=True)
class Imported:
    """What came in. `renamed`: instance ids of the file -> those here, where they differ; `skipped`: were here."""

    instances: int = 0
    tasks: int = 0
    timers: int = 0
    jobs: int = 0
    renamed: dict[int, int] = field(default_factory=dict)
    skipped: list[int] = field(default_factory=list)
    unknown_people: set[str] = field(default_factory=set)
    """Who has tasks and is nobody here."""

    def add(self, other: Imported) -> None:
        """What another tree brought."""
        self.instances += other.instances
        self.tasks += other.tasks
        self.timers += other.timers
        self.jobs += other.jobs
        self.renamed |= other.renamed
        self.skipped += other.skipped
        self.unknown_people |= other.unknown_people


def definitions_here(session: Session, asked: Iterable[Mapping[str, Any]]) -> dict[int, int]:
    """Definition of the file -> the same one here. DefinitionsMissing names those that are not."""
    found, missing = dict[int, int](), list[str]()
    d = t.definition.c
    for one in asked:
        versions = session.execute(
            sa.select(d.id, d.deployment_id).where(d.key == one["key"]).order_by(d.version.desc())
        )
        same = (row.id for row in versions.all() if package_digest(session, row.deployment_id) == one["package"])
        here = next(same, None)
        if here is None:
            missing.append(f"{one['key']} v{one['version']} ({one['package'][:12]})")
        else:
            found[int(one["id"])] = here
    if missing:
        raise DefinitionsMissing(names=", ".join(missing), names_zh="、".join(missing))
    return found


def import_tree(
    session: Session,
    actor: Actor,
    ids: Sequence[int],
    rows: Iterable[Mapping[str, Any]],
    definitions: Mapping[int, int],
    *,
    if_there: IfThere = "refuse",
    source: str = "",
) -> Imported:
    """Bring in one tree: the instances `ids` with the rows of their lines. `source` names the file in the audit.

    For administrators. InvalidInput for a row that cannot be, or when the tree is here already and `if_there` refuses.
    """
    if not actor.is_admin:
        raise Forbidden(reason="instances are brought in by administrators", reason_zh="仅管理员可导入流程实例")
    here = list(session.scalars(sa.select(t.instance.c.id).where(t.instance.c.id.in_(ids))))
    if here and if_there == "skip":
        return Imported(skipped=here)
    if here and if_there == "refuse":
        raise _there(here[0])
    by_table: dict[str, list[dict[str, Any]]] = {name: [] for name in carrying.CARRIED}
    for row in rows:
        by_table[_table(row).name].append(_values(row))
    _require_readable(by_table["instance"])
    done = Imported(instances=len(ids), tasks=len(by_table["user_task"]), timers=len(by_table["timer"]))
    done.jobs = len(by_table["job"])
    names = _Names(session, ids, by_table, bool(here))
    done.renamed = {old: new for old, new in names.instances.items() if old != new}
    done.unknown_people = _unknown(session, by_table["user_task"])
    session.execute(sa.delete(t.cleaned).where(t.cleaned.c.instance_id.in_(names.instances.values())))
    for name, table in carrying.CARRIED.items():
        if table is not t.audit_entry:
            _write(session, table, [names.renamed(table, row, definitions) for row in by_table[name]])
    moments = [row["at"] for row in by_table["history"]]
    keeping.look_back(session, names.instances.values(), min(moments, default=None))
    hint(session, names.shard)
    _audit(session, actor, names, by_table["audit_entry"], source, ids)
    return done


def _there(instance_id: int) -> InvalidInput:
    return InvalidInput(
        place=f"instance {instance_id}",
        reason="it is here already: leave it out (`--if-there skip`), or bring it in as a copy (`--if-there copy`)",
        reason_zh="该实例已存在：可跳过（--if-there skip）或导入为副本（--if-there copy）",
    )


# ── reading ────────────────────────────────────────────────────────────────────────────────────────────────────


def _table(row: Mapping[str, Any]) -> sa.Table:
    table = carrying.CARRIED.get(str(row.get("table")))
    if table is None:
        raise _wrong(str(row.get("table")), "no such table is brought in", "不支持导入该表")
    return table


def _values(row: Mapping[str, Any]) -> dict[str, Any]:
    table, told = _table(row), row["values"]
    unknown = [name for name in told if name not in table.c]
    if unknown:
        raise _wrong(
            f"{table.name}.{unknown[0]}", "no such column: a newer release wrote it", "没有该列：由更新的版本写出"
        )
    try:
        found = {c.name: carrying.stored(c, told.get(c.name)) for c in table.columns if c.nullable or c.name in told}
    except (ValueError, TypeError) as error:
        raise _wrong(table.name, str(error), str(error)) from error
    return found  # a column that is younger than the file gets its default


def _wrong(place: str, en: str, zh: str) -> InvalidInput:
    return InvalidInput(place=place, reason=en, reason_zh=zh)


def _require_readable(rows: Iterable[Mapping[str, Any]]) -> None:
    """States of a later format are refused before anything is written (InternalError names the format)."""
    for row in rows:
        codec.decode(row["body"])


def _unknown(session: Session, tasks: Iterable[Mapping[str, Any]]) -> set[str]:
    named = {str(task["assignee"]) for task in tasks if task["assignee"] and task["state"] == "open"}
    return named.difference(session.scalars(sa.select(t.person.c.id).where(t.person.c.id.in_(named))))


# ── ids ────────────────────────────────────────────────────────────────────────────────────────────────────────


class _Names:
    """Old id -> new id, by table; the same where nothing stands in the way."""

    def __init__(
        self, session: Session, ids: Sequence[int], rows: Mapping[str, list[dict[str, Any]]], copy: bool
    ) -> None:
        self.instances = {id: new_id() if copy else id for id in ids}
        self.shard = shard_of(self.instances[rows["instance"][0]["root_id"]])
        self.own: dict[str, dict[int, int]] = {}
        for name, table in carrying.CARRIED.items():
            if "id" in table.c and table is not t.instance:
                old = [row["id"] for row in rows[name]]
                taken = set(session.scalars(sa.select(table.c.id).where(table.c.id.in_(old))))
                self.own[name] = {id: new_id() if copy or id in taken else id for id in old}

    def renamed(self, table: sa.Table, row: dict[str, Any], definitions: Mapping[int, int]) -> dict[str, Any]:
        """The row as it is written here. What points out of the tree (where it was restarted from) stays."""
        found = dict(row)
        for column in ("instance_id", "parent_id", "root_id", "child_id", "restarted_from"):
            if found.get(column) is not None:
                found[column] = self.instances.get(found[column], found[column])
        for column, owner in (("task_id", "user_task"), ("job_id", "job")):
            if found.get(column) is not None:
                found[column] = self.own[owner].get(found[column], found[column])
        if "id" in found:
            own = self.instances if table is t.instance else self.own[table.name]
            found["id"] = own[found["id"]]
        if found.get("definition_id") is not None:
            found["definition_id"] = definitions[found["definition_id"]]
        if "shard" in table.c:
            found["shard"] = self.shard
        if table is t.job and found["state"] == "leased":  # its worker is elsewhere
            found |= {"state": "ready", "lease_by": None, "lease_until": None}
        return found

    def subject(self, subject: str) -> str:
        """An audit subject as it is called here."""
        kind, _, id = subject.partition(":")
        ids = self.instances if kind == "instance" else self.own["user_task"]
        return f"{kind}:{ids[int(id)]}"


# ── writing ────────────────────────────────────────────────────────────────────────────────────────────────────


def _write(session: Session, table: sa.Table, rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    if table is t.message:  # one that has been here before stays known by its message id
        known = {column.name: carrying.is_document(column) for column in table.columns}
        for row in rows:
            plain = {n: decode_value(v) if known[n] and v is not None else v for n, v in row.items()}
            session.execute(upsert(session, table).values(plain).on_conflict_do_nothing())
        return
    session.execute(carrying.insert(table, rows[0]), rows)


def _audit(
    session: Session,
    actor: Actor,
    names: _Names,
    entries: list[dict[str, Any]],
    source: str,
    ids: Sequence[int],
) -> None:
    """The chains as they were; those of renamed subjects are linked anew, and what they were is written down."""
    last: dict[str, str] = {}
    for entry in entries:
        before = last.get(entry["subject"])
        last[entry["subject"]] = entry["hash"]
        _entry(session, names, entry, first=before is None)
    for id in ids:
        told = {"file": source, "chain": _end(session, names.instances[id]).hex()}
        told |= {"from": str(id)} if names.instances[id] != id else {}
        told |= {"audit": last[f"instance:{id}"]} if f"instance:{id}" in last else {}
        audit.append(session, f"instance:{names.instances[id]}", actor.id, "imported", told)


def _entry(session: Session, names: _Names, entry: dict[str, Any], *, first: bool) -> None:
    subject = names.subject(entry["subject"])
    a = t.audit_entry.c
    here = session.execute(sa.select(a.seq, a.hash).where(a.subject == subject).order_by(a.seq.desc()).limit(1)).first()
    if subject == entry["subject"]:
        same = sa.select(a.hash).where(a.subject == subject, a.seq == entry["seq"])
        known = session.scalar(same)
        if known == entry["hash"]:  # the audit outlives its case: it was here before
            return
        if known is not None or (here.hash if here else audit.ORIGIN) != entry["previous"]:
            raise _wrong(
                subject, "its audit here is another one: bring it in as a copy", "此处的审计链不同，请导入为副本"
            )
        _write(session, t.audit_entry, [{**entry, "id": names.own["audit_entry"][entry["id"]]}])
        return
    seq, previous = (here.seq + 1, here.hash) if here else (1, audit.ORIGIN)
    data = decode_value(entry["data"]) if entry["data"] is not None else {}
    digest = audit.entry_hash(previous, subject, seq, entry["at"], entry["actor"], entry["action"], data)
    linked = {"subject": subject, "seq": seq, "previous": previous, "hash": digest}
    _write(session, t.audit_entry, [{**entry, **linked, "id": names.own["audit_entry"][entry["id"]]}])


def _end(session: Session, instance_id: int) -> bytes:
    """The hash of an instance's last history row."""
    chain = session.scalar(sa.select(t.instance.c.chain).where(t.instance.c.id == instance_id))
    return bytes(chain or history.ORIGIN)
