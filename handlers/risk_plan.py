"""The joint risk plan: measures of the bank and of the client, each with an owner and a date.

Law: every measure has somebody of ours who looks after it; what the client has to do runs as a case of its own, which
reminds both. Sources: processes S5 `early_warning` and `risk_item` of the process catalogue.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.registry import Context, handles
from handlers import inputs
from handlers.finance.exact import refused
from handlers.records import monitoring as book
from handlers.records import parties
from handlers.records.changes import once


@handles("risk.assign", transactional=True)
def risk_assign(
    ctx: Context, actions: object, alert_key: object = None, party_id: object = None, owner: object = None
) -> Mapping[str, Any]:
    """Enter the measures of a plan.

    In: actions [{action, side bank|client, owner, due}], alert_key, party_id, owner (of measures that name none).
    Out: items: the bank's own [{risk_key, action, owner, due}], for a task each; client_items: keys of the client's,
    each of which has started the process `risk_item` by message. Errors: InvalidInput for a measure without text, day
    or owner, and for the client's without a client. Idempotent by job key.
    """
    rows = inputs.rows(actions)

    def assign() -> Mapping[str, Any]:
        alert = book.get_alert(ctx.session, str(alert_key)) if inputs.text(alert_key) else None
        client = inputs.ident(party_id, "party_id")
        subject = ctx.business_key or (alert.subject_key if alert else "")
        stamp = inputs.stamp(ctx, "risk_plan")
        own, theirs = [], []
        for at, row in enumerate(rows, start=1):
            values = {
                **_measure(row, at, inputs.text(owner)),
                "subject_key": subject,
                "party_id": client,
                "alert_id": alert.id if alert else None,
            }
            if values["side"] == "client" and client is None:
                raise refused(f"actions[{at}].side", "no client is known", "缺少客户，不能由客户负责")
            item = book.add_risk(ctx.session, values, stamp, inputs.year(ctx))
            shown = {"risk_key": item.business_key, "action": item.action, "owner": item.owner, "due": item.due}
            if item.side == "client":
                theirs.append(item.business_key)
                _begin(ctx, item, shown)
            else:
                own.append(shown)
        return {"items": own, "client_items": theirs}

    return once(ctx.session, ctx.job_key, "risk.assign", ctx.now, assign)


def _measure(row: Mapping[str, Any], at: int, owner: str | None) -> dict[str, Any]:
    told = {
        "action": inputs.text(row.get("action")),
        "owner": inputs.text(row.get("owner")) or owner,
        "due": inputs.day(row.get("due"), f"actions[{at}].due"),
    }
    for name, value in told.items():
        if value is None:
            raise refused(f"actions[{at}].{name}", "is missing", "缺失")
    return told | {"side": "client" if row.get("side") == "client" else "bank"}


def _begin(ctx: Context, item: book.Risk, shown: Mapping[str, Any]) -> None:
    party = parties.get(ctx.session, item.party_id or 0)
    contact = next((one for one in parties.contacts_of(ctx.session, party.id) if one.email), None)
    told = {
        **shown,
        "subject_key": item.subject_key,
        "party_id": str(party.id),
        "client_name": party.legal_name,
        "contact_name": contact.name if contact else None,
        "email": contact.email if contact else party.email,
        "language": contact.language if contact else "zh",
    }
    ctx.schedule.add(
        "risk_item_assigned",
        due=ctx.now,
        business_key=item.business_key,
        dedupe_key=f"risk_item_assigned:{item.business_key}",
        variables=inputs.given(told),
    )


@handles("risk.update", transactional=True)
def risk_update(
    ctx: Context,
    risk_key: object,
    state: object,
    progress: object = None,
    evidence: object = None,
    due: object = None,
) -> Mapping[str, Any]:
    """Keep how a measure goes. In: risk_key, state open|done|missed, progress, evidence, due (a new day, if any).

    Out: risk_state. Errors: NotFound; InvalidInput for another state. Idempotent.
    """
    said = inputs.text(state)
    if said not in ("open", "done", "missed"):
        raise refused("state", f"unknown: {said}", f"未知状态 {said}")
    told = {"progress": inputs.text(progress), "evidence": inputs.text(evidence), "due": inputs.day(due, "due")}
    values = inputs.given(told)
    stamp = inputs.stamp(ctx, "risk_plan")
    found = book.change_risk(ctx.session, inputs.text(risk_key) or "", {**values, "state": said}, stamp)
    return {"risk_state": found.state}
