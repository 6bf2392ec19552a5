"""Taking a client in: register or attach an inquiry, write contacts and decisions, close. Law: only the book
is written here; what happens next is the diagram's.

An inquiry's business key was drawn by whoever sent it (`PJ-…` of a project, `CL-…` of an investor) and is the
process instance's. Sources: the process P1 `client_intake` of the project's process catalogue.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.errors import InvalidInput
from engine.registry import Context, handles
from handlers import inputs, names, reg_no
from handlers.records import inquiries, interactions, parties, projects
from handlers.records.changes import Stamp, once
from handlers.records.interactions import Interaction
from handlers.records.parties import Party
from handlers.records.projects import Project

CHANNELS = {
    "website": "web", "email": "email", "phone": "phone", "event": "meeting", "referral": "referral",
    "import": "import", "api": "api", "high_potential": "system", "opportunity": "system", "manual": "manual",
}  # fmt: skip
"""Source of an inquiry -> channel of its entry on the timeline."""


FORM = (
    "client_name", "reg_no", "client_role", "contact_name", "contact_title", "phone", "email", "country", "region",
    "sector", "purpose", "project_name", "project_stage", "amount", "currency", "tenor_months", "equity_pct", "permits",
    "has_financials", "need", "source", "campaign", "consent_contact", "language", "inquiry_date", "expected_close",
)  # fmt: skip
"""What of the process's variables is the inquiry itself: kept as it came."""


@handles("intake.register", transactional=True)
def intake_register(ctx: Context, client_name: str, **inquiry: Any) -> Mapping[str, Any]:
    """Enter the client, the contact, the project, the role and the inquiry.

    In: the fields of form `inquiry`; party_id (a client known already) or dedupe_decision with survivor (the
    data steward's choice: merge_continue = an existing client with a new matter, new = a new client).
    Out: party_id, client_key, project_key (null for an investor without a project), inquiry_id,
    existing_owner, stage "lead", and client_name, reg_no, phone, email as they were normalised.
    Errors: InvalidInput when the client's name is blank. A registration number that another client has
    belongs to that client: the inquiry goes there. Idempotent by job key and by business key.
    """
    values = {"client_name": client_name} | inquiry
    return once(ctx.session, ctx.job_key, "intake.register", ctx.now, lambda: _register(ctx, values))


def _register(ctx: Context, values: Mapping[str, Any]) -> Mapping[str, Any]:
    stamp = inputs.stamp(ctx, inputs.text(values.get("source")) or "manual")
    party, known = _client(ctx, values, stamp)
    _contact(ctx, party, values, stamp)
    project = _project(ctx, party, values, stamp)
    business_key = ctx.business_key or (project.business_key if project else party.business_key)
    matter = inquiries.create(
        ctx.session,
        {
            "business_key": business_key,
            "party_id": party.id,
            "project_id": project.id if project else None,
            "client_role": inputs.text(values.get("client_role")) or "borrower",
            "campaign": inputs.text(values.get("campaign")),
            "content": {name: values[name] for name in FORM if values.get(name) is not None},
        },
        stamp,
    )
    _on_timeline(ctx, party, project, values, stamp)
    ctx.audit("inquiry_registered", {"client": party.business_key, "inquiry": business_key, "known": known})
    return {
        "party_id": str(party.id),
        "client_key": party.business_key,
        "project_key": project.business_key if project else None,
        "inquiry_id": str(matter.id),
        "existing_owner": party.owner if known else None,
        "stage": "lead",
        "client_name": inputs.text(values["client_name"]),
        "reg_no": _typed_number(values),
        "phone": _phone(values),
        "email": _email(values),
    }


def _client(ctx: Context, values: Mapping[str, Any], stamp: Stamp) -> tuple[Party, bool]:
    """The client that the inquiry is of, and whether it was known before."""
    code = inputs.text(values.get("reg_no"))
    chosen = inputs.ident(values.get("party_id"), "party_id")
    if chosen is None and values.get("dedupe_decision") in ("merge", "merge_continue"):
        chosen = inputs.ident(values.get("survivor"), "survivor")
        if chosen is None:
            raise InvalidInput(place="survivor", reason="is missing", reason_zh="未选择保留的客户")
    known = parties.get(ctx.session, chosen) if chosen is not None else None
    if known is None and code is not None:
        known = parties.by_reg_no(ctx.session, code)
    if known is not None:
        return _completed(ctx, known, values, stamp), True
    fresh = inputs.given(
        {
            "kind": "fund" if values.get("client_role") == "investor" else "company",
            "legal_name": inputs.text(values["client_name"]),
            "reg_no": _kept_number(code, inputs.text(values.get("country"))),
            "country": inputs.text(values.get("country")),
            "region": inputs.text(values.get("region")),
            "phone": _phone(values),
            "email": _email(values),
            "consent": {"contact": inputs.yes(values.get("consent_contact"))},
        }
    )
    own_key = ctx.business_key if (ctx.business_key or "").startswith("CL-") else None
    return parties.create(ctx.session, fresh, stamp, inputs.year(ctx), own_key), False


def _kept_number(code: str | None, country: str | None) -> str | None:
    """A registration number as the book keeps it: a sound Chinese one, or a foreign one that fits the column.

    A wrong one stays in the inquiry's content only; the data check asks for it again.
    """
    if code is None:
        return None
    verdict = reg_no.check(code)
    foreign = country not in (None, "CN") and len(verdict.code) <= reg_no.LENGTH
    return verdict.code if verdict.ok or foreign else None


def _completed(ctx: Context, known: Party, values: Mapping[str, Any], stamp: Stamp) -> Party:
    """A known client keeps what the book has; only what it lacks is taken from an inquiry nobody has
    verified.
    """
    code = inputs.text(values.get("reg_no"))
    offered = {
        "reg_no": _kept_number(code, known.country),
        "region": inputs.text(values.get("region")),
        "phone": _phone(values),
        "email": _email(values),
    }
    taken = {name: value for name, value in offered.items() if value and getattr(known, name) is None}
    if "reg_no" in taken and parties.by_reg_no(ctx.session, taken["reg_no"]) is not None:
        del taken["reg_no"]
    return parties.change(ctx.session, known.id, taken, stamp)


def _contact(ctx: Context, party: Party, values: Mapping[str, Any], stamp: Stamp) -> None:
    name = inputs.text(values.get("contact_name"))
    if name is None:
        return
    person = {
        "name": name,
        "title": inputs.text(values.get("contact_title")),
        "mobile": _phone(values),
        "email": _email(values),
        "language": inputs.text(values.get("language")),
        "consent": inputs.yes(values.get("consent_contact")),
    }
    parties.add_contact(ctx.session, party.id, inputs.given(person), stamp)


def _project(ctx: Context, party: Party, values: Mapping[str, Any], stamp: Stamp) -> Project | None:
    """The project under the instance's key; an investor may have none."""
    role = inputs.text(values.get("client_role")) or "borrower"
    name = inputs.text(values.get("project_name"))
    if name is None and role == "investor":
        return None
    key = ctx.business_key if (ctx.business_key or "").startswith("PJ-") else None
    project = projects.find(ctx.session, key) if key else None
    if project is None:
        fields = inputs.given(project_fields(values)) | {"name": name or f"{party.legal_name}融资项目"}
        project = projects.create(ctx.session, fields, stamp, inputs.year(ctx), key)
    projects.give_role(ctx.session, party.id, project.id, role, stamp)
    return project


def project_fields(values: Mapping[str, Any]) -> dict[str, Any]:
    """What forms say of a project, as the book's fields; None where a form says nothing."""
    return {
        "sector": inputs.text(values.get("sector")),
        "country": inputs.text(values.get("country")),
        "region": inputs.text(values.get("region")),
        "stage": inputs.text(values.get("project_stage")),
        "purpose": inputs.text(values.get("purpose")),
        "currency": inputs.text(values.get("currency")),
        "amount": inputs.number(values.get("amount"), "amount"),
        "tenor_months": inputs.whole(values.get("tenor_months"), "tenor_months"),
        "equity_pct": inputs.number(values.get("equity_pct"), "equity_pct"),
        "permits": inputs.text(values.get("permits")),
        "expected_close": inputs.day(values.get("expected_close"), "expected_close"),
    }


def _typed_number(values: Mapping[str, Any]) -> str | None:
    code = inputs.text(values.get("reg_no"))
    return None if code is None else reg_no.compact(code)


def _phone(values: Mapping[str, Any]) -> str | None:
    typed = inputs.text(values.get("phone"))
    return None if typed is None else names.phone_key(typed) or typed


def _email(values: Mapping[str, Any]) -> str | None:
    typed = inputs.text(values.get("email"))
    return None if typed is None else names.email_key(typed) or typed


def _on_timeline(ctx: Context, party: Party, project: Project | None, values: Mapping[str, Any], stamp: Stamp) -> int:
    source = inputs.text(values.get("source")) or "manual"
    subject = inputs.text(values.get("project_name")) or (project.name if project else party.legal_name)
    return interactions.add(
        ctx.session,
        Interaction(
            party_id=party.id,
            project_id=project.id if project else None,
            at=ctx.now,
            channel=CHANNELS.get(source, source),
            direction="in",
            person=inputs.text(values.get("contact_name")),
            subject=f"融资咨询：{subject}"[:255],
            text=inputs.text(values.get("need")) or "",
            by=stamp.by,
            instance=ctx.instance,
            element=ctx.element,
        ),
    )


@handles("intake.attach", transactional=True)
def intake_attach(
    ctx: Context,
    party_id: object = None,
    survivor: object = None,
    source: str | None = None,
    need: str | None = None,
    contact_name: str | None = None,
    project_name: str | None = None,
) -> Mapping[str, Any]:
    """The inquiry is one that is open already: keep what was said on the client's timeline, nothing more.

    In: party_id (exact match) or survivor (the steward's choice), source, need, contact_name, project_name.
    Out: interaction_id, client_key. Errors: InvalidInput when neither client is given. Idempotent by job key.
    """
    chosen = inputs.ident(survivor, "survivor") or inputs.ident(party_id, "party_id")
    if chosen is None:
        raise InvalidInput(place="party_id", reason="no client was chosen", reason_zh="未指定客户")
    values = {"source": source, "need": need, "contact_name": contact_name, "project_name": project_name}

    def attach() -> Mapping[str, Any]:
        party = parties.get(ctx.session, chosen)
        stamp = inputs.stamp(ctx, inputs.text(source) or "manual")
        matter = inquiries.open_matter(ctx.session, party.id, inputs.text(project_name))
        project = (
            projects.get(ctx.session, matter.project_id)
            if matter is not None and matter.project_id is not None
            else None
        )
        entry = _on_timeline(ctx, party, project, values, stamp)
        return {"interaction_id": str(entry), "client_key": party.business_key}

    return once(ctx.session, ctx.job_key, "intake.attach", ctx.now, attach)
