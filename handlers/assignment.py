"""Who looks after a client: lead assignment, and taking a lead back from somebody who did not act."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from engine.registry import BpmnError, Context, handles
from engine.store import tables as engine_tables
from handlers import inputs
from handlers.records import parties, projects, relationship
from handlers.records.changes import once


@handles("lead.assign", transactional=True)
def lead_assign(
    ctx: Context,
    group: str,
    strategy: str | None = None,
    backup: str | None = None,
    keep: str | None = None,
    exclude: object = None,
    party_id: object = None,
    project_key: str | None = None,
) -> Mapping[str, Any]:
    """Choose the lead's owner: the existing one, else by the group's strategy, else from the backup group.

    Absent people and those of `exclude` are passed over by the directory (keep owner → least busy → round
    robin). In: group, strategy, backup (group), keep (person), exclude (people), party_id, project_key.
    Out: user_id, why {rule, en, zh, group}; both are kept on client and project; answer_hours: working hours within
    which the client's service plan promises an answer, null without a plan.
    Errors: BpmnError NO_CANDIDATE with variable `why`: nobody in either group, so the lead stands in the
    default queue. Idempotent by job key: a second run gives the first choice.
    """
    barred = inputs.texts(exclude)
    wish = inputs.text(strategy)

    def choose() -> Mapping[str, Any]:
        why: Mapping[str, object] = {}
        for place, team in enumerate(dict.fromkeys(inputs.texts([group, backup]))):
            holder = inputs.text(keep) if place == 0 else None
            person, why = ctx.people.choose(team, strategy=wish, keep=holder, exclude=barred)
            if person is not None:
                chosen = dict(why) | {"group": team}
                _own(ctx, person, chosen, party_id, project_key)
                return {"user_id": person, "why": chosen}
        return {"user_id": None, "why": dict(why) | {"group": group}}

    found = once(ctx.session, ctx.job_key, "lead.assign", ctx.now, choose)
    if found["user_id"] is None:
        raise BpmnError("NO_CANDIDATE", f"nobody in {group} can take the lead", {"why": found["why"]})
    return {**found, "answer_hours": _promised(ctx, party_id)}


def _promised(ctx: Context, party_id: object) -> int | None:
    """Within how many working hours the client's service plan (table `service_level`) promises an answer."""
    known = inputs.ident(party_id, "party_id")
    return relationship.response_hours(ctx.session, parties.get(ctx.session, known).id) if known is not None else None


def _own(ctx: Context, person: str, why: Mapping[str, Any], party_id: object, project_key: str | None) -> None:
    stamp = inputs.stamp(ctx, "assignment", why=str(why.get("en") or why.get("rule") or ""))
    known = inputs.ident(party_id, "party_id")
    if known is not None:
        parties.change(ctx.session, parties.get(ctx.session, known).id, {"owner": person}, stamp)
    project = projects.find(ctx.session, project_key) if project_key else None
    if project is not None:
        projects.change(ctx.session, project.id, {"owner": person}, stamp)
    ctx.audit("lead_assigned", {"owner": person, "why": dict(why)})


@handles("lead.recall", transactional=True)
def lead_recall(ctx: Context, owner: str | None = None, excluded_owners: object = None) -> Mapping[str, Any]:
    """The owner did not act in time: exclude them from the next choice.

    In: owner (null when the task stood in the queue), excluded_owners. Out: excluded_owners, each person
    once. Errors: none. Idempotent: adding somebody twice changes nothing.
    """
    barred = list(dict.fromkeys([*inputs.texts(excluded_owners), *inputs.texts(owner)]))
    ctx.audit("lead_recalled", {"owner": owner, "excluded": barred})
    return {"excluded_owners": barred}


def choices(ctx: Context, *teams: str) -> list[dict[str, str]]:
    """The people of some teams as a form lets them be chosen: [{value: sign-in name, label}], by name."""
    person, members = engine_tables.person.c, {one for team in teams for one in ctx.people.members(team)}
    named = ctx.session.execute(sa.select(person.id, person.name).where(person.id.in_(members)))
    return [{"value": row.id, "label": row.name} for row in sorted(named, key=lambda row: row.id)]
