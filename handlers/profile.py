"""The client's profile as collected: into the book, field by field, with where it is from.

Sources: form `client_profile`, filled by the client behind a one-time link or by the relationship manager.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.errors import InvalidInput
from engine.registry import Context, handles
from handlers import industries, inputs, reg_no
from handlers.contacting import completed_by
from handlers.intake import project_fields
from handlers.records import inquiries, kyc, parties, projects, requests, statements
from handlers.records.changes import Stamp, once
from handlers.records.kyc import Edge
from handlers.records.parties import Party
from handlers.records.projects import ROLES, Project


@handles("book.save_profile", transactional=True)
def book_save_profile(
    ctx: Context, party_id: object, project_key: str | None = None, **profile: Any
) -> Mapping[str, Any]:
    """Write the profile: the company, its people, who owns it, the roles, the project.

    In: the fields of form `client_profile`, party_id, project_key. Out: stage "profile", waiting_changes (fields
    whose change waits for a second person: what was verified before is not overwritten, see records.requests).
    Errors: InvalidInput for values that cannot be read; NotFound for an unknown client. A registration number that
    fails its check, or is another client's, is not taken over (dq.validate reports it). Idempotent by job key.
    """

    def save() -> Mapping[str, Any]:
        client = inputs.ident(party_id, "party_id")
        party = parties.get(ctx.session, client if client is not None else 0)
        stamp = inputs.stamp(ctx, "client_profile", completed_by(ctx, "ut_profile", "ut_correct"))
        waiting = requests.propose(ctx.session, party.id, _company(ctx, party, profile), stamp)
        for person in inputs.rows(profile.get("people")):
            _person(ctx, party, person, stamp)
        edges = [_edge(row) for row in inputs.rows(profile.get("ownership"))]
        if edges:
            kyc.set_ownership(ctx.session, party.id, edges, stamp)
        project = projects.find(ctx.session, project_key) if project_key else None
        if project is not None:
            projects.change(ctx.session, project.id, _project(profile), stamp)
            for row in inputs.rows(profile.get("roles")):
                _role(ctx, project, row, stamp)
        return {"stage": "profile", "waiting_changes": [one.field for one in waiting]}

    return once(ctx.session, ctx.job_key, "book.save_profile", ctx.now, save)


def _company(ctx: Context, party: Party, profile: Mapping[str, Any]) -> dict[str, Any]:
    consent = dict(party.consent or {})
    if "credit_authorised" in profile:
        consent["credit_check"] = inputs.yes(profile["credit_authorised"])
        consent["credit_check_at"] = inputs.day(profile.get("credit_authorised_at"), "credit_authorised_at")
    capital = inputs.number(profile.get("registered_capital"), "registered_capital")
    return inputs.given(
        {
            "legal_name": inputs.text(profile.get("client_name")),
            "reg_no": _number(ctx, party, inputs.text(profile.get("reg_no"))),
            "legal_rep": inputs.text(profile.get("legal_rep")),
            "address": inputs.text(profile.get("address")),
            "founded": inputs.day(profile.get("founded"), "founded"),
            "capital": capital,
            "capital_currency": "CNY" if capital is not None and party.country == "CN" else None,
            "industry": _industry(party, inputs.text(profile.get("industry"))),
            "ownership_type": inputs.text(profile.get("ownership_type")),
            "website": inputs.text(profile.get("website")),
            "consent": consent,
        }
    )


def _industry(party: Party, said: str | None) -> str | None:
    """The code of what was said; the book's finer one (D4415) stays where the form says its division (D44)."""
    code = industries.code(said) if said is not None else None
    return party.industry if code and (party.industry or "").startswith(code) else code


def _number(ctx: Context, party: Party, typed: str | None) -> str | None:
    if typed is None:
        return None
    verdict = reg_no.check(typed)
    if not verdict.ok and (party.country == "CN" or len(verdict.code) > reg_no.LENGTH):
        return None
    holder = parties.by_reg_no(ctx.session, verdict.code)
    return verdict.code if holder is None or holder.id == party.id else None


def _person(ctx: Context, party: Party, row: Mapping[str, Any], stamp: Stamp) -> None:
    name = inputs.text(row.get("name"))
    if name is None:
        return
    values = {
        "name": name,
        "title": inputs.text(row.get("title")),
        "mobile": inputs.text(row.get("mobile")),
        "email": inputs.text(row.get("email")),
        "birthday": inputs.day(row.get("birthday"), "people.birthday"),
        "birthday_calendar": inputs.text(row.get("birthday_calendar")),
        "public_official": inputs.yes(row["pep"]) if row.get("pep") is not None else None,
        "consent": inputs.yes(row["consent"]) if row.get("consent") is not None else None,
    }
    parties.add_contact(ctx.session, party.id, inputs.given(values), stamp)


def _edge(row: Mapping[str, Any]) -> Edge:
    return Edge(
        owner_name=inputs.text(row.get("owner")) or "",
        owned_name=inputs.text(row.get("owned")) or "",
        share=f"{inputs.number(row.get('pct'), 'ownership.pct')}%",
        control=inputs.text(row.get("control")) or "shares",
    )


def _project(profile: Mapping[str, Any]) -> dict[str, Any]:
    own = {
        "name": inputs.text(profile.get("project_name")),
        "location": inputs.text(profile.get("location")),
        "capex": inputs.number(profile.get("capex"), "capex"),
        "contingency_pct": inputs.number(profile.get("contingency_pct"), "contingency_pct"),
        "equity_paid": inputs.number(profile.get("equity_paid"), "equity_paid"),
        "offtake_type": inputs.text(profile.get("offtake_type")),
        "offtaker": inputs.text(profile.get("offtaker")),
        "offtake_expiry": inputs.day(profile.get("offtake_expiry"), "offtake_expiry"),
        "cod_planned": inputs.day(profile.get("cod_planned"), "cod_planned"),
        "expected_irr_pct": inputs.number(profile.get("expected_irr_pct"), "expected_irr_pct"),
        "sponsor_record": inputs.text(profile.get("sponsor_record")),
    }
    return inputs.given(project_fields(profile) | own)


def _role(ctx: Context, project: Project, row: Mapping[str, Any], stamp: Stamp) -> None:
    """A party named in a role is one of the book's with that very name, else a new one."""
    name, role = inputs.text(row.get("party_name")), inputs.text(row.get("role"))
    if name is None or role not in ROLES:
        return
    found = parties.by_name(ctx.session, name)
    if found is None:
        values = {"legal_name": name, "lifecycle_stage": "related"}
        found = parties.create(ctx.session, values, stamp, inputs.year(ctx))
    pct = inputs.number(row.get("share_pct"), "roles.share_pct")
    share = None if pct is None else pct / 100
    projects.give_role(ctx.session, found.id, project.id, role, stamp, share)


SECTIONS = ("basic", "people", "ownership", "project", "statements")
"""Of a profile, as form `profile_verification` names them."""


@handles("book.verify_profile", transactional=True)
def book_verify_profile(
    ctx: Context,
    party_id: object,
    by: str | None = None,
    sections: object = None,
    evidence: object = None,
) -> Mapping[str, Any]:
    """A second person has checked sections of the profile against evidence. Changes that waited for one are written.

    In: party_id, by (who checked; null: who completed `ut_verify`, in the yearly review `ut_rerate`), sections (basic,
    people, ownership, project, statements; null: all), evidence: one text for all, or [{section, evidence, comment}].
    Out: verified (how many values there were to verify). Errors: NotFound. Idempotent.
    """
    client = inputs.ident(party_id, "party_id")
    party = parties.get(ctx.session, client if client is not None else 0)
    stamp = inputs.stamp(ctx, "verification", inputs.text(by) or completed_by(ctx, "ut_verify", "ut_rerate"))
    wanted = inputs.texts(sections) if sections is not None else list(SECTIONS)
    return {"verified": sum(_verify(ctx, party, one, stamp, _shown_for(one, evidence)) for one in wanted)}


def _shown_for(section: str, evidence: object) -> str | None:
    """What was shown for a section, with the checker's words."""
    if isinstance(evidence, str):
        return inputs.text(evidence)
    said = [
        inputs.text(row.get(name))
        for row in inputs.rows(evidence)
        if row.get("section") in (section, None, "")
        for name in ("evidence", "comment")
    ]
    return "; ".join(one for one in said if one) or None


def _verify(ctx: Context, party: Party, section: str, stamp: Stamp, evidence: str | None) -> int:
    match section:
        case "basic":
            for one in requests.open_of(ctx.session, party.id):
                if one.by != stamp.by:  # what the checker asked for elsewhere waits for somebody else
                    requests.approve(ctx.session, one.id, stamp, evidence)
            return parties.verify(ctx.session, party.id, stamp, evidence)
        case "people":
            return parties.verify_people(ctx.session, party.id, stamp, evidence)
        case "ownership":
            return kyc.verify_ownership(ctx.session, party.id, stamp, evidence)
        case "statements":
            return statements.verify(ctx.session, party.id, stamp, evidence)
    matter = inquiries.find(ctx.session, ctx.business_key) if ctx.business_key else None
    if matter is None or matter.project_id is None:
        return 0
    return projects.verify(ctx.session, matter.project_id, stamp, evidence)


@handles("book.decide_change", transactional=True)
def book_decide_change(
    ctx: Context, request_id: object, decision: str, by: str, comment: str | None = None
) -> Mapping[str, Any]:
    """Approve or reject a change that waits for a second person.

    In: request_id, decision approve|reject, by (who decides), comment. Out: state. Errors: NotFound; FourEyes when the
    maker decides; InvalidInput when it was decided already or for an unknown decision. Idempotent by job key.
    """

    def decide() -> Mapping[str, Any]:
        chosen = inputs.ident(request_id, "request_id") or 0
        stamp = inputs.stamp(ctx, "verification", by)
        if decision not in ("approve", "reject"):
            raise InvalidInput(place="decision", reason=f"unknown: {decision}", reason_zh=f"未知结论 {decision}")
        settle = requests.approve if decision == "approve" else requests.reject
        done = settle(ctx.session, chosen, stamp, inputs.prose(comment))
        ctx.audit("change_decided", {"request": str(done.id), "field": done.field, "state": done.state, "by": by})
        return {"state": done.state}

    return once(ctx.session, ctx.job_key, "book.decide_change", ctx.now, decide)
