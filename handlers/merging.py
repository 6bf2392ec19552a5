"""Joining two entries of one client, and undoing it, for processes: a data steward's work (查重、合并、撤销合并)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from engine import audit
from engine.errors import Forbidden, InvalidInput
from engine.identity import Actor
from engine.registry import Context, handles
from handlers import inputs
from handlers.records import merging, parties
from handlers.records.changes import Stamp, once
from handlers.records.merging import Merge, Undone

STEWARDS = "data_steward"
"""The team that merges and parts entries by hand (administrators may too)."""


@handles("party.merge", transactional=True)
def party_merge(
    ctx: Context, survivor: object, merged: object, by: str | None = None, why: str | None = None
) -> Mapping[str, Any]:
    """Join two entries of one client: all links move to the survivor, the other stays as a signpost.

    In: survivor, merged (party ids), by (who decided), why. Out: party_id, client_key of the survivor, merge_id (for
    party.unmerge). Errors: InvalidInput when both have registration numbers and they differ, both are one, or the
    other is part of a third client. Idempotent.
    """
    stays, goes = inputs.ident(survivor, "survivor"), inputs.ident(merged, "merged")
    if stays is None or goes is None:
        raise InvalidInput(place="merge", reason="two clients are needed", reason_zh="需要指定两个客户")
    stamp = inputs.stamp(ctx, "merge", inputs.text(by), inputs.prose(why))

    def join() -> Mapping[str, Any]:
        done = merging.merge(ctx.session, stays, goes, stamp)
        party = parties.get(ctx.session, done.survivor_id)
        audited = {"survivor": party.business_key, "merged": str(goes), "merge": str(done.id), "by": done.by}
        ctx.audit("clients_merged", audited)
        return {"party_id": str(party.id), "client_key": party.business_key, "merge_id": str(done.id)}

    return once(ctx.session, ctx.job_key, "party.merge", ctx.now, join)


@handles("party.unmerge", transactional=True)
def party_unmerge(
    ctx: Context, merge_id: object = None, merged: object = None, by: str | None = None, why: str | None = None
) -> Mapping[str, Any]:
    """Undo a merge: both entries as they were; what came since stays with the survivor and is told.

    In: merge_id, or merged (the id of the party that was joined to another), by (who decided), why. Out: party_id,
    client_key of the survivor; restored_id, restored_key; left [{subject, id, field, reason new|changed|gone|taken}].
    Errors: NotFound; InvalidInput when it was undone already or a later merge must be undone first. Idempotent by job
    key.
    """
    named, goes = inputs.ident(merge_id, "merge_id"), inputs.ident(merged, "merged")
    if named is None and goes is None:
        raise InvalidInput(place="merge_id", reason="is missing", reason_zh="未指定要撤销的合并")
    stamp = inputs.stamp(ctx, "unmerge", inputs.text(by), inputs.prose(why))

    def part() -> Mapping[str, Any]:
        chosen = named if named is not None else merging.of_merged(ctx.session, goes or 0).id
        undone = merging.undo(ctx.session, chosen, stamp)
        left = [
            {"subject": one.subject, "id": str(one.subject_id), "field": one.field, "reason": one.reason}
            for one in undone.left
        ]
        keys = {"survivor": undone.survivor.business_key, "restored": undone.restored.business_key}
        ctx.audit("merge_undone", keys | {"merge": str(chosen), "by": stamp.by, "left": len(left)})
        return {
            "party_id": str(undone.survivor.id),
            "client_key": undone.survivor.business_key,
            "restored_id": str(undone.restored.id),
            "restored_key": undone.restored.business_key,
            "left": left,
        }

    return once(ctx.session, ctx.job_key, "party.unmerge", ctx.now, part)


def may_merge(actor: Actor) -> bool:
    """Whether somebody may merge and part entries by hand."""
    return actor.is_admin or STEWARDS in actor.teams


def merge_by_hand(
    session: Session, actor: Actor, survivor: str, merged: str, now: datetime, why: str | None = None
) -> Merge:
    """Join the entry with one business key to that with another, as a data steward. Forbidden; errors of
    records.merging.merge."""
    _allowed(actor)
    stays, goes = parties.get(session, survivor), parties.get(session, merged)
    done = merging.merge(session, stays.id, goes.id, Stamp(now, actor.id, "merge", why=why))
    audited = {"survivor": stays.business_key, "merged": goes.business_key, "merge": str(done.id), "why": why}
    audit.append(session, f"client:{stays.business_key}", actor.id, "clients_merged", audited)
    return done


def undo_by_hand(session: Session, actor: Actor, merge_id: int, now: datetime, why: str | None = None) -> Undone:
    """Part what a merge joined, as a data steward. Forbidden; errors of records.merging.undo."""
    _allowed(actor)
    undone = merging.undo(session, merge_id, Stamp(now, actor.id, "unmerge", why=why))
    key = undone.survivor.business_key
    data = {"survivor": key, "restored": undone.restored.business_key, "merge": str(merge_id), "left": len(undone.left)}
    audit.append(session, f"client:{key}", actor.id, "merge_undone", data)
    return undone


def _allowed(actor: Actor) -> None:
    if not may_merge(actor):
        raise Forbidden(reason="only data stewards merge clients", reason_zh="仅数据管理员可以合并客户")
