"""Taking instances out of an installation, one tree of calls at a time, as lines that another one reads."""

from __future__ import annotations

import hashlib
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import audit, instances
from engine.api import carrying
from engine.api.processes import _require_owner, suspend
from engine.errors import NotFound
from engine.identity import Actor
from engine.queries.selection import Cases
from engine.store import tables as t


def roots(session: Session, actor: Actor, wanted: Cases) -> list[int]:
    """The trees of calls that hold what is meant, by the ids of their roots."""
    _require_owner(actor)
    meant = wanted.rows().subquery()
    query = sa.select(t.instance.c.root_id).join(meant, meant.c.instance_id == t.instance.c.id).distinct()
    return sorted(session.scalars(query))


def export_tree(session: Session, actor: Actor, root_id: int, *, suspended: bool = False) -> list[dict[str, Any]]:
    """The lines of one tree: the definitions that it runs, then its rows as they are now.

    The root is locked, so that all of it is of one moment. suspended: what runs is suspended here behind the look, so
    that it does not go on in two places; what is written still runs.
    """
    _require_owner(actor)
    instances.load(session, root_id)
    members = sa.select(t.instance.c.id, t.instance.c.definition_id).where(t.instance.c.root_id == root_id)
    found = session.execute(members.order_by(t.instance.c.id)).all()
    if not found:
        raise NotFound(what="instance", id=root_id)
    definitions = sorted({row.definition_id for row in found})
    lines = [{"line": "definition", **_definition(session, id)} for id in definitions]
    ids = [row.id for row in found]
    lines.append({"line": "tree", "root": str(root_id), "instances": [str(id) for id in ids]})
    lines += [{"line": "row", **row} for row in carrying.rows(session, ids)]
    if suspended and session.scalar(sa.select(t.instance.c.state).where(t.instance.c.id == root_id)) == "active":
        suspend(session, actor, root_id)
    audit.append(session, f"instance:{root_id}", actor.id, "exported", {"suspended": suspended})
    return lines


def _definition(session: Session, definition_id: int) -> dict[str, Any]:
    d = t.definition.c
    row = session.execute(sa.select(d.key, d.version, d.deployment_id).where(d.id == definition_id)).one()
    package = package_digest(session, row.deployment_id)
    return {"id": str(definition_id), "key": row.key, "version": row.version, "package": package}


def package_digest(session: Session, deployment_id: int) -> str:
    """What a package is, whatever it is called and numbered: SHA-256 over the names and contents of its files."""
    r = t.resource.c
    files = session.execute(sa.select(r.name, r.sha256).where(r.deployment_id == deployment_id))
    content = "".join(f"{sha256}  {name}\n" for name, sha256 in sorted((row.name, row.sha256) for row in files))
    return hashlib.sha256(content.encode()).hexdigest()
