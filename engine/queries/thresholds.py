"""The house's rules as tables: what decides now, row by row, and what was decided by it lately. Reads only."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.decisions import model as m
from engine.decisions.parse import parse_model
from engine.errors import NotFound
from engine.execution import runtime_of
from engine.store import tables as t

LATELY = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class TableRow:
    """A decision as it counts now. `decided`: how often in the last thirty days."""

    key: str
    name: str
    name_en: str
    version: int
    folder: str
    file: str
    deployed_at: datetime
    deployed_by: str
    decided: int


@dataclass(frozen=True, slots=True)
class Words:
    """What a heading or a remark says, and what the package's English texts say for it; "" where they say nothing."""

    text: str
    text_en: str


@dataclass(frozen=True, slots=True)
class Rows:
    """A decision table: headings of its columns, rows of texts, annotations at their ends. `hit`: its hit policy."""

    hit: str
    inputs: tuple[Words, ...]
    outputs: tuple[Words, ...]
    rules: tuple[tuple[tuple[str, ...], tuple[str, ...], Words], ...]


def decision_tables(session: Session, key: str | None = None) -> list[TableRow]:
    """All decisions in their newest version, by package; or the one with that key."""
    d, r, p = t.decision.c, t.resource.c, t.deployment.c
    newest = sa.select(d.key, sa.func.max(d.version).label("version")).group_by(d.key).subquery()
    columns = (d.key, d.name, d.version, d.deployment_id, r.name.label("file"), p.folder, p.at, p.by)
    query = (
        sa.select(*columns)
        .join(newest, sa.and_(d.key == newest.c.key, d.version == newest.c.version))
        .join(t.resource, r.id == d.resource_id)
        .join(t.deployment, p.id == d.deployment_id)
        .order_by(p.folder, d.key)
    )
    rows = session.execute(query if key is None else query.where(d.key == key)).all()
    english = _english(session, {row.deployment_id for row in rows})
    decided = _decided(session)
    return [
        TableRow(
            row.key, row.name, _text(english.get(row.deployment_id, {}), row.key), row.version, row.folder, row.file,
            row.at, row.by, decided.get(row.key, 0),
        )
        for row in rows
    ]  # fmt: skip


def _english(session: Session, ids: set[int]) -> Mapping[int, Mapping[str, Any]]:
    r = t.resource.c
    rows = session.execute(
        sa.select(r.deployment_id, r.content).where(r.deployment_id.in_(ids), r.name == "i18n/en.json")
    )
    return {row.deployment_id: json.loads(row.content) for row in rows}


def _text(texts: Mapping[str, Any], key: str) -> str:
    found = texts.get(key)
    return found if isinstance(found, str) else ""


def _decided(session: Session) -> Mapping[str, int]:
    g = t.decision_log.c
    since = runtime_of(session).now() - LATELY
    rows = session.execute(sa.select(g.decision, sa.func.count()).where(g.at >= since).group_by(g.decision))
    return {row[0]: int(row[1]) for row in rows}


def rows_of(session: Session, key: str) -> tuple[TableRow, Rows | None, str]:
    """A decision with its rows; without a table: None and the text of its expression. NotFound."""
    found = decision_tables(session, key)
    if not found:
        raise NotFound(what="decision", id=key)
    row = session.execute(
        sa.select(t.resource.c.content, t.resource.c.deployment_id)
        .join(t.decision, t.decision.c.resource_id == t.resource.c.id)
        .where(t.decision.c.key == key, t.decision.c.version == found[0].version)
    ).first()
    model, _ = parse_model(row.content if row is not None else b"", found[0].file)
    texts = _english(session, {row.deployment_id}).get(row.deployment_id, {}) if row is not None else {}
    logic = next((one.logic for one in model.decisions if one.id == key), None)
    if not isinstance(logic, m.DecisionTable):
        return found[0], None, logic.text.text if isinstance(logic, m.Literal) else ""
    rules = tuple(
        (tuple(x.text for x in rule.inputs), tuple(x.text for x in rule.outputs),
         Words(" ".join(rule.annotations), _text(texts, rule.id)))
        for rule in logic.rules
    )  # fmt: skip
    heads = tuple(Words(one.label or one.expression.text, _text(texts, one.id)) for one in logic.inputs)
    ends = tuple(Words(one.label or one.name, _text(texts, one.id)) for one in logic.outputs)
    return found[0], Rows(str(logic.hit_policy), heads, ends, rules), ""
