"""After the last instalment: what secured the loan is released by two people, and the project is closed.

Source: P4 `client_maintenance`, part 6; who prepares the release does not confirm it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time
from typing import Any

import sqlalchemy as sa

from engine.errors import InvalidInput
from engine.registry import Context, handles
from handlers import client_facts, inputs
from handlers.contacting import completed_by
from handlers.maintaining import client
from handlers.records import facilities, projects, security
from handlers.records.changes import insert, once
from handlers.records.tables import security_release as releases


@handles("crm.loan_repaid", transactional=True)
def crm_loan_repaid(
    ctx: Context,
    party_id: object,
    project_key: str | None = None,
    facility_keys: object = None,
    repaid_on: object = None,
) -> Mapping[str, Any]:
    """What has to be released now that a project's loans are repaid.

    In: party_id, project_key (null: the business key), facility_keys, repaid_on. Out: party_id, client_key,
    client_name, project_key, project_name, owner, email, contact_name, language, release_key, repaid_on, security
    [{item, type, registration_no}] that is not released, released_items [{item}] to be filled in. Errors: NotFound;
    InvalidInput while a facility of the project still owes principal. Reads only.
    """
    party = client(ctx, party_id)
    project = projects.get(ctx.session, inputs.text(project_key) or ctx.business_key or "?")
    owing = [one.business_key for one in facilities.of_project(ctx.session, project.id) if one.balance > 0]
    if owing:
        told = ", ".join(owing)
        raise InvalidInput(place="facility_keys", reason=f"still owed under {told}", reason_zh=f"{told} 尚未结清")
    person = client_facts.person_to_write_to(ctx.session, party)
    held = [one for one in security.of_project(ctx.session, project.id) if one.state != "released"]
    return {
        "party_id": str(party.id),
        "client_key": party.business_key,
        "client_name": party.legal_name,
        "project_key": project.business_key,
        "project_name": project.name,
        "owner": party.owner or project.owner,
        "email": person.email if person else party.email,
        "contact_name": person.name if person else None,
        "language": person.language if person else "zh",
        "release_key": project.business_key,
        "repaid_on": inputs.day(repaid_on, "repaid_on") or inputs.today(ctx),
        "released_items": [{"item": one.description} for one in held],
        "security": [
            {"item": one.description, "type": one.type, "registration_no": one.registration_no} for one in held
        ],
    }


@handles("security.release", transactional=True)
def security_release(
    ctx: Context,
    party_id: object,
    release_key: str,
    project_key: str | None = None,
    released_items: object = None,
    release_comment: str | None = None,
    repaid_on: object = None,
) -> Mapping[str, Any]:
    """Keep the release of everything that secured a project, and close the project.

    In: party_id, release_key, project_key, released_items [{item, released_on, evidence}], release_comment, repaid_on.
    Out: released_at, items. Errors: InvalidInput while an item that is on the books is not among those released, or
    one has no date or evidence. Idempotent by release_key: released once.
    """
    rows = inputs.rows(released_items)

    def release() -> Mapping[str, Any]:
        party, project = client(ctx, party_id), projects.get(ctx.session, inputs.text(project_key) or release_key)
        held = [one for one in security.of_project(ctx.session, project.id) if one.state != "released"]
        items = [_item(row, at) for at, row in enumerate(rows, start=1)]
        missing = [one.description for one in held if one.description not in {item["item"] for item in items}]
        if missing:
            told = "；".join(missing)
            raise InvalidInput(place="released_items", reason=f"not released: {told}", reason_zh=f"尚未解除：{told}")
        preparer, second = completed_by(ctx, "ut_release"), completed_by(ctx, "ut_release_confirm")
        stamp = inputs.stamp(ctx, "release", second, inputs.prose(release_comment))
        for one in held:
            security.change(ctx.session, one.id, {"state": "released"}, stamp)
        known = sa.select(releases.c.released_at).where(releases.c.key == release_key)
        before: datetime | None = ctx.session.execute(known).scalar()
        if before is None:
            values = {
                "key": release_key,
                "party_id": party.id,
                "project_id": project.id,
                "items": items,
                "prepared_by": preparer or stamp.by,
                "confirmed_by": stamp.by,
                "comment": inputs.prose(release_comment),
                "repaid_at": _moment(ctx, repaid_on),
                "released_at": ctx.now,
                "instance": ctx.instance,
            }
            insert(ctx.session, releases, values, stamp)
        projects.enter(ctx.session, project.id, "closed", stamp, "repaid, security released")
        ctx.audit("security_released", {"project": project.business_key, "items": len(items)})
        return {"released_at": before or ctx.now, "items": len(items)}

    return once(ctx.session, ctx.job_key, "security.release", ctx.now, release)


def _item(row: Mapping[str, Any], at: int) -> dict[str, str]:
    day = inputs.day(row.get("released_on"), f"released_items[{at}].released_on")
    found = {"item": inputs.prose(row.get("item")), "evidence": inputs.prose(row.get("evidence"))}
    if day is None or None in found.values():
        raise InvalidInput(
            place=f"released_items[{at}]", reason="needs a name, a date and evidence", reason_zh="须有名称、日期和凭证"
        )
    return {"item": str(found["item"]), "released_on": day.isoformat(), "evidence": str(found["evidence"])}


def _moment(ctx: Context, day: object) -> datetime:
    known = inputs.day(day, "repaid_on")
    return ctx.now if known is None else datetime.combine(known, time(12), ctx.zone).astimezone(UTC)
