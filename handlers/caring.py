"""Birthdays and anniversaries: found a week ahead, greeted on the day, or not at all.

Law: an occasion is found once and greeted once; no greeting goes to a client in default, with an open complaint, or who
opted out: the decision table says so when the occasion is found, and it is looked at again when the greeting goes out.
Nobody in public office gets a gift. Who stands in the book at two clients has one birthday: an address is greeted once.
Source: process S3 `care_occasions`, decision `care_policy`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from engine.registry import Context, handles
from handlers import client_facts, inputs
from handlers.anniversaries import occurrences
from handlers.contacting import completed_by
from handlers.notices import notify_send
from handlers.records import greetings, interactions, parties, service
from handlers.records.changes import once
from handlers.records.greetings import Occasion
from handlers.records.interactions import Interaction
from handlers.records.parties import Contact, Party
from handlers.records.tables import contact as contacts
from handlers.records.tables import facility as facilities
from handlers.records.tables import party as party_table
from handlers.records.tables import project as projects

HOUR = time(9, 30)
"""When greetings go out, in the business zone."""

TITLES = {"birthday": ("生日", "birthday"), "signing": ("签约 {years} 周年", "{years} years since signing"),
          "cod": ("投产 {years} 周年", "{years} years in operation")}  # fmt: skip

GREETED: Mapping[str, str] = {"state": "suppressed", "reason": "greeted"}
"""What becomes of a birthday of somebody who is greeted already."""


@dataclass(frozen=True, slots=True)
class _Day:
    """A day worth a greeting, before it is entered."""

    key: str
    kind: str
    day: date
    years: int
    party_id: int
    contact_id: int | None
    project_id: int | None
    address: str | None = None
    """Of the person whose birthday it is."""
    tier: str = ""


@handles("care.find_occasions", transactional=True)
def care_find_occasions(ctx: Context, horizon: object = 7, day: object = None) -> Mapping[str, Any]:
    """Occasions of the coming days that nobody has found before.

    In: horizon in days (7), day to look from (null: today). Out: occasions [{id, kind birthday|signing|cod, title,
    title_en, day, years, send_at, prepare_by, approve_by, call_by, client_name, contact_name, owner, tier, in_default,
    open_complaint, opted_out, public_official}], found. Errors: InvalidInput for unreadable inputs. Idempotent: an
    occasion is found once for ever, by whatever run.
    """

    def find() -> Mapping[str, Any]:
        first = inputs.day(day, "day") or inputs.today(ctx)
        last = first + timedelta(days=inputs.whole(horizon, "horizon") or 0)
        stamp = inputs.stamp(ctx, "care")
        found = []
        days = [*_birthdays(ctx, first, last), *_projects(ctx, first, last)]
        twice = _twice(days)
        for one in days:
            values: dict[str, Any] = {"party_id": one.party_id, "project_id": one.project_id}
            values |= {"contact_id": one.contact_id, "kind": one.kind, "day": one.day, "years": one.years}
            entered = greetings.claim(ctx.session, one.key, values, stamp, ctx.instance)
            if entered is not None and one.key in twice:
                greetings.settle(ctx.session, entered.id, GREETED, stamp)
            elif entered is not None:
                found.append(_shown(ctx, entered))
        return {"occasions": found, "found": len(found)}

    return once(ctx.session, ctx.job_key, "care.find_occasions", ctx.now, find)


def _twice(days: Sequence[_Day]) -> set[str]:
    """Keys of the birthdays of somebody who is entered more than once, but that at the best client."""
    by_person: dict[tuple[str, date], list[_Day]] = {}
    for one in days:
        if one.address is not None:
            by_person.setdefault((one.address, one.day), []).append(one)
    ordered = (sorted(same, key=lambda one: one.tier or "Z") for same in by_person.values())
    return {one.key for same in ordered for one in same[1:]}


def _birthdays(ctx: Context, first: date, last: date) -> Iterator[_Day]:
    query = (
        sa.select(
            *(contacts.c[name] for name in ("id", "party_id", "birthday", "birthday_calendar", "email")),
            party_table.c.tier,
        )
        .join(party_table, party_table.c.id == contacts.c.party_id)
        .where(contacts.c.birthday.is_not(None), party_table.c.lifecycle_stage == "client")
        .order_by(contacts.c.id)
    )
    for row in ctx.session.execute(query):
        for day in occurrences(row.birthday, row.birthday_calendar, first, last):
            key = f"birthday:{row.id}:{day.year}"
            years = day.year - row.birthday.year
            yield _Day(key, "birthday", day, years, row.party_id, row.id, None, row.email, row.tier or "")


def _projects(ctx: Context, first: date, last: date) -> Iterator[_Day]:
    """Anniversaries of a project's first signing and of its operation, once for each project."""
    signed = (
        sa.select(
            facilities.c.project_id, facilities.c.party_id, sa.func.min(facilities.c.signed_on).label("signed_on")
        )
        .where(facilities.c.signed_on.is_not(None), facilities.c.state != "lapsed")
        .group_by(facilities.c.project_id, facilities.c.party_id)
        .subquery()
    )
    query = (
        sa.select(signed.c.project_id, signed.c.party_id, signed.c.signed_on, projects.c.cod_actual)
        .join(projects, projects.c.id == signed.c.project_id)
        .where(projects.c.phase.in_(("execution", "maintenance")))
        .order_by(signed.c.project_id)
    )
    for row in ctx.session.execute(query):
        for kind, since in (("signing", row.signed_on), ("cod", row.cod_actual)):
            for day in occurrences(since, "solar", first, last) if since is not None else ():
                key = f"{kind}:{row.project_id}:{day.year}"
                yield _Day(key, kind, day, day.year - since.year, row.party_id, None, row.project_id)


def _shown(ctx: Context, one: Occasion) -> dict[str, Any]:
    party, person = _whom(ctx, one)
    send_at = datetime.combine(one.day, HOUR, ctx.zone)
    title, title_en = (text.format(years=one.years) for text in TITLES[one.kind])
    return {
        "id": str(one.id),
        "kind": one.kind,
        "title": title,
        "title_en": title_en,
        "day": one.day,
        "years": one.years,
        "send_at": send_at,
        "prepare_by": _working_end(ctx, one.day, -2),
        "approve_by": _working_end(ctx, one.day, -1),
        "call_by": datetime.combine(one.day, time(18), ctx.zone),
        "client_name": party.legal_name,
        "contact_name": person.name if person else None,
        "owner": party.owner,
        "tier": party.tier,
    } | _standing(ctx, party, person)


def _standing(ctx: Context, party: Party, person: Contact | None) -> dict[str, bool]:
    """What the care policy asks about a client, as of now."""
    return {
        "in_default": client_facts.in_default(ctx.session, party.id),
        "open_complaint": bool(service.open_complaints(ctx.session, party.id)),
        "opted_out": not client_facts.may_be_contacted(party, person),
        "public_official": person is not None and person.public_official,
    }


def _whom(ctx: Context, one: Occasion) -> tuple[Party, Contact | None]:
    party = parties.get(ctx.session, one.party_id)
    if one.contact_id is None:
        return party, client_facts.person_to_write_to(ctx.session, party)
    people = parties.contacts_of(ctx.session, party.id)
    return party, next((person for person in people if person.id == one.contact_id), None)


def _working_end(ctx: Context, day: date, days: int) -> datetime:
    """The end of work so many working days before a day; at the latest when the greeting goes out."""
    end = datetime.combine(ctx.calendar.add_working_days(day, days), time(18), ctx.zone)
    return min(end, datetime.combine(day, HOUR, ctx.zone))


@handles("care.suppress", transactional=True)
def care_suppress(ctx: Context, occasion: object, reason: str | None = None) -> Mapping[str, Any]:
    """Keep that nobody is greeted, and why. In: occasion (as found), reason default|complaint|opted_out. Out: state.
    Errors: NotFound. Idempotent: what was greeted stays so."""
    one = _occasion(ctx, occasion)
    if one.state == "found":
        values = {"state": "suppressed", "reason": inputs.prose(reason)}
        one = greetings.settle(ctx.session, one.id, values, inputs.stamp(ctx, "care"))
    return {"state": one.state}


def _occasion(ctx: Context, occasion: object) -> Occasion:
    row: Mapping[str, Any] = occasion if isinstance(occasion, Mapping) else {}
    return greetings.get(ctx.session, inputs.ident(row.get("id"), "occasion.id") or 0, lock=True)


@handles("care.send", transactional=True)
def care_send(
    ctx: Context,
    occasion: object,
    channel: str = "email",
    template: str = "care_greeting",
    text: str | None = None,
    gift: str | None = None,
    gift_cost: object = None,
    gift_limit: object = None,
    gift_approved: object = None,
) -> Mapping[str, Any]:
    """Greet, unless something has come in between.

    In: occasion (as found), channel email|call_card, template, text (null: the template's own), gift, gift_cost,
    gift_limit, gift_approved. Out: state sent|suppressed|failed, call: whether somebody is to call. A gift that is not
    approved, above the limit, or for a public official is left out. Errors: NotFound; InvalidInput for an unreadable
    cost. Idempotent: what is settled stays so, and nothing is sent again.
    """
    one = _occasion(ctx, occasion)
    if one.state != "found":
        return {"state": one.state, "call": False}
    party, person = _whom(ctx, one)
    standing = _standing(ctx, party, person)
    stamp = inputs.stamp(ctx, "care", completed_by(ctx, "ut_prepare"))
    barred = next((name for name in ("in_default", "open_complaint", "opted_out") if standing[name]), None)
    if barred is not None:
        reason = {"in_default": "default", "open_complaint": "complaint"}.get(barred, barred)
        greetings.settle(ctx.session, one.id, {"state": "suppressed", "reason": reason}, stamp)
        return {"state": "suppressed", "call": False}
    state = _letter(ctx, one, party, person, template, text)
    if state == "duplicate":
        greetings.settle(ctx.session, one.id, GREETED, stamp)
        return {"state": "suppressed", "call": False}
    call = channel == "call_card"
    kept = _gift(gift, gift_cost, gift_limit, inputs.yes(gift_approved) and not standing["public_official"])
    values = {"channel": channel, "template": template, "text": inputs.prose(text), "sent_at": ctx.now}
    values |= kept | {"approved_by": completed_by(ctx, "ut_approve") if kept["gift"] else None}
    sent = state == "waiting" or call
    values |= {"state": "sent"} if sent else {"state": "failed", "reason": state}
    greetings.settle(ctx.session, one.id, values, stamp)
    return {"state": values["state"], "call": call}


def _gift(gift: str | None, cost: object, limit: object, allowed: bool) -> dict[str, Any]:
    """The gift as it is kept: none when it is not allowed or costs more than the limit."""
    price, most = inputs.number(cost, "gift_cost"), inputs.number(limit, "gift_limit") or Decimal(0)
    name = inputs.prose(gift)
    if not allowed or name is None or price is None or price > most:
        return {"gift": None, "gift_cost": None}
    return {"gift": name, "gift_cost": price}


def _letter(ctx: Context, one: Occasion, party: Party, person: Contact | None, template: str, text: str | None) -> str:
    address = person.email if person is not None else party.email
    if address is None:
        return "no_recipient"
    chinese = person is None or person.language == "zh"
    title = TITLES[one.kind][0 if chinese else 1].format(years=one.years)
    data = {
        "client_name": party.legal_name,
        "contact_name": person.name if person else None,
        "kind": one.kind,
        "occasion": title,
        "text": inputs.prose(text),
    }
    language = person.language if person else "zh"
    once_a_day = f"care:birthday:{one.day}" if one.kind == "birthday" else f"care:{one.key}"
    told = notify_send(ctx, "email", template, address, inputs.given(data), language, once_a_day, party.id)
    return str((told or {})["state"])


@handles("care.record_call", transactional=True)
def care_record_call(
    ctx: Context, occasion: object, call_result: str | None = None, call_text: str | None = None
) -> Mapping[str, Any]:
    """Keep the call on the day. In: occasion (as found), call_result reached|not_reached, call_text. Out: nothing.
    Errors: NotFound. Idempotent by job key."""

    def record() -> Mapping[str, Any]:
        one = _occasion(ctx, occasion)
        talk = Interaction(
            party_id=one.party_id,
            contact_id=one.contact_id,
            at=ctx.now,
            channel="phone",
            direction="out",
            subject=f"关怀致电：{TITLES[one.kind][0].format(years=one.years)}",
            text=inputs.prose(call_text) or "",
            outcome=inputs.text(call_result),
            by=completed_by(ctx, "ut_call") or inputs.stamp(ctx, "care").by,
            instance=ctx.instance,
            element=ctx.element,
        )
        interactions.add(ctx.session, talk)
        return {}

    return once(ctx.session, ctx.job_key, "care.record_call", ctx.now, record)
