"""A facility after completion: its instalments, its test dates, and money that comes back.

Law: instalments are computed in finance/ from the balance that was drawn; test dates become rows of the house's
calendar, each sent once; a repayment is booked, lowers what is owed and what is promised, in one transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from engine.errors import InvalidInput
from engine.registry import BpmnError, Context, handles
from handlers import inputs
from handlers.client_facts import person_to_write_to
from handlers.facilities import project_of
from handlers.facility_terms import PERIOD_MONTHS, terms_left
from handlers.finance.exact import INSIDE, count, needed, positive, rounded
from handlers.finance.plan import build, due_dates
from handlers.ledger import booked
from handlers.records import facilities, ledger, limits, parties, projects, repayments
from handlers.records.facilities import Facility
from handlers.records.ledger import Entry
from handlers.records.limits import Movement
from handlers.records.repayments import Repayment

CASH = "cash:repayments"


@handles("facility.plan_repayments", transactional=True)
def facility_plan_repayments(
    ctx: Context,
    completed_on: object,
    cfads: object = None,
    period_months: object = PERIOD_MONTHS,
    project_key: object = None,
) -> Mapping[str, Any]:
    """The instalments of every facility in operation, from the day of completion to its maturity.

    In: completed_on; period_months between instalments where the plan says nothing (3); cfads [{period_end, amount}]
    for sculpted facilities: what falls into a period counts for it. Out: repayment_count, first_due. Errors: BpmnError
    CFADS_MISSING (variables since, until) when a period of a sculpted facility has none, NOT_AMORTISING as for
    plan.build_schedule. Idempotent by plan version.
    """
    start = inputs.day(completed_on, "completed_on")
    if start is None:
        raise InvalidInput(place="completed_on", reason="is missing", reason_zh="缺失")
    step, planned, first = count(period_months, "period_months", 1, 12), 0, None
    stamp = inputs.stamp(ctx, "plan")
    for one in facilities.of_project(ctx.session, project_of(ctx, project_key).id):
        if one.state != "operational" or one.balance <= 0:
            continue
        rows = _instalments(ctx, one, start, one.period_months or step, inputs.rows(cfads))
        planned += repayments.plan(ctx.session, one.id, rows, one.plan_version or 1, stamp)
        first = min(filter(None, (first, rows[0]["due"])))
    return {"repayment_count": planned, "first_due": first}


def _instalments(
    ctx: Context, one: Facility, start: date, step: int, flows: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    terms = terms_left(one, one.balance, start, step)
    cfads = _falling_into(due_dates(terms, ctx.calendar), start, flows) if terms.profile == "sculpted" else None
    made = build(terms, ctx.calendar, cfads)
    if not made.schedule.amortises:
        growing = [row.period for row in made.schedule.rows if row.principal < 0]
        raise BpmnError("NOT_AMORTISING", one.business_key, {"periods": growing, "facility_key": one.business_key})
    return [
        {
            "period": row.period, "due": due, "opening": row.opening, "interest": row.interest,
            "principal": row.principal, "payment": row.payment, "balance": row.balance,
        }
        for row, due in zip(made.schedule.rows, made.dates, strict=True)
    ]  # fmt: skip


def _falling_into(dates: Sequence[date], start: date, flows: Sequence[Mapping[str, Any]]) -> list[Decimal]:
    known = [(inputs.day(row.get("period_end"), "period_end"), needed(row.get("amount"), "cfads")) for row in flows]
    found = []
    for since, until in zip((start, *dates), dates, strict=False):
        within = [amount for day, amount in known if day is not None and since < day <= until]
        if not within:
            raise BpmnError("CFADS_MISSING", f"no CFADS between {since} and {until}", {"since": since, "until": until})
        found.append(sum(within, Decimal(0)))
    return found


@handles("covenant.plan_tests", transactional=True)
def covenant_plan_tests(
    ctx: Context, calendars: object, project_key: object = None, party_id: object = None
) -> Mapping[str, Any]:
    """Put every test date into the house's calendar: a row each, which starts a covenant test when its period ends.

    In: calendars [{facility_key, test_dates [{key, period, end, due, metrics}]}] as covenant.generate_calendar gives
    them; party_id. Out: test_count: rows that are new. Sends later: covenant_test_due under the test's own key with
    facility_key, project_key, party_id, test_date, period, period_start, period_end, certificate_due, metrics.
    Idempotent by the test's key.
    """
    project, planned = project_of(ctx, project_key), 0
    for row in inputs.rows(calendars):
        facility = facilities.get(ctx.session, inputs.text(row.get("facility_key")) or "")
        begun = facility.signed_on
        for one in sorted(inputs.rows(row.get("test_dates")), key=lambda each: str(each.get("end"))):
            end, due = inputs.day(one.get("end"), "end"), inputs.day(one.get("due"), "due")
            key = inputs.text(one.get("key"))
            if end is None or key is None:
                raise InvalidInput(place="test_dates", reason="end and key are needed", reason_zh="缺少期末或编号")
            variables = {
                "facility_key": facility.business_key, "project_key": project.business_key,
                "party_id": inputs.text(party_id) or str(facility.party_id), "test_date": end,
                "period": inputs.text(one.get("period")), "period_start": begun, "period_end": end,
                "certificate_due": due, "metrics": inputs.texts(one.get("metrics")),
            }  # fmt: skip
            planned += ctx.schedule.add(
                "covenant_test_due", due=end, business_key=key, dedupe_key=f"covenant:{key}", variables=variables
            )
            begun = end + timedelta(days=1)
    return {"test_count": planned}


@handles("loan.book_repayment", transactional=True)
def loan_book_repayment(
    ctx: Context,
    facility_key: object,
    amount: object,
    key: object = None,
    paid_on: object = None,
    prepayment: object = False,
) -> Mapping[str, Any]:
    """Money came in for a facility. It pays what is due or begun, oldest first and interest first, then the next
    instalment (not when it is a prepayment); what is left repays principal early, and the rest of the plan shrinks in
    proportion. Ledger, balance and limit follow. When nothing is owed any more, the message loan_repaid goes out under
    the project's key.

    In: facility_key, amount, key (null: this job's), paid_on (today), prepayment yes/no. Out: ref, facility_key,
    currency, principal, interest, balance, repaid (nothing is owed), and whom to thank: party_id, client_name,
    contact_name, email, language, project_key, project_name. Errors: BpmnError LEDGER_REJECTED (variables
    ledger_reason, ledger_reason_en) for an unknown facility, no amount, or more than is owed. Idempotent by key.
    """
    facility = facilities.find(ctx.session, inputs.text(facility_key) or "0", lock=True)
    if facility is None:
        raise _rejected(f"no facility {facility_key}", f"没有融资工具 {facility_key}")
    try:
        money = rounded(positive(needed(amount, "amount"), "amount"))
    except InvalidInput as error:
        raise _rejected(error.text("en"), error.text("zh")) from error
    day = inputs.day(paid_on, "paid_on") or inputs.today(ctx)
    named = inputs.text(key) or ctx.job_key
    if named and (known := ledger.by_key(ctx.session, named)):
        return _told(ctx, known.ref, facility, Decimal(0), Decimal(0))
    parts, left = _allotted(repayments.of_facility(ctx.session, facility.id), money, day, inputs.yes(prepayment))
    interest = sum((one.interest for one in parts), Decimal(0))
    principal = money - interest
    if principal > facility.balance:
        raise _rejected(f"above the balance of {facility.balance}", f"超过未偿本金 {facility.balance}")
    lines = [Entry(CASH, "debit", money, facility.currency)]
    of = ((f"loan:{facility.business_key}", principal), (f"interest:{facility.business_key}", interest))
    lines += [Entry(account, "credit", part, facility.currency) for account, part in of if part]
    done = booked(ctx, named, lines, f"还款 {facility.business_key}", facility.business_key, day)
    stamp = inputs.stamp(ctx, "bank")
    for part in parts:
        repayments.pay(ctx.session, part.row, part.amount, day, stamp)
    after = facilities.repay(ctx.session, facility.id, principal, stamp) if principal else facility
    if facility.limit_id is not None and principal:
        limits.repay(ctx.session, facility.limit_id, principal, Movement(named, stamp, ctx.instance or None))
    if after.balance == 0:
        _repaid(ctx, after)
    elif left:
        _shrink(ctx, after)
    return _told(ctx, done.ref, after, principal, interest)


def _rejected(english: str, chinese: str) -> BpmnError:
    return BpmnError("LEDGER_REJECTED", english, {"ledger_reason": chinese, "ledger_reason_en": english})


def _told(ctx: Context, ref: str, facility: Facility, principal: Decimal, interest: Decimal) -> dict[str, Any]:
    party = parties.get(ctx.session, facility.party_id)
    person = person_to_write_to(ctx.session, party)
    return {
        "party_id": str(party.id),
        "client_name": party.legal_name,
        "contact_name": person.name if person else None,
        "email": person.email if person else party.email,
        "language": person.language if person else "zh",
        "project_key": facility.project_key,
        "project_name": projects.get(ctx.session, facility.project_id).name,
        "ref": ref,
        "facility_key": facility.business_key,
        "currency": facility.currency,
        "principal": principal,
        "interest": interest,
        "balance": facility.balance,
        "repaid": facility.balance == 0,
    }


@dataclass(frozen=True, slots=True)
class Part:
    """What of a payment goes to one instalment, and how much of that is interest."""

    row: Repayment
    amount: Decimal
    interest: Decimal


def _allotted(rows: Sequence[Repayment], money: Decimal, day: date, prepayment: bool) -> tuple[list[Part], Decimal]:
    """The parts of a payment, and what is left of it for principal."""
    unpaid = [one for one in rows if one.paid < one.payment]
    due = [one for one in unpaid if one.due <= day or one.paid]
    owed = due if prepayment else unpaid[: len(due) + 1]
    parts, left = [], money
    for one in owed:
        amount = min(one.payment - one.paid, left)
        if amount > 0:
            parts.append(Part(one, amount, min(max(one.interest - one.paid, Decimal(0)), amount)))
            left -= amount
    return parts, left


def _shrink(ctx: Context, facility: Facility) -> None:
    """The instalments that are left, each in the proportion in which the balance fell; the last takes the rest."""
    rows = [one for one in repayments.of_facility(ctx.session, facility.id) if one.state == "planned"]
    if not rows:
        return
    share, balance, fresh = INSIDE.divide(facility.balance, rows[0].opening), facility.balance, []
    for one in rows:
        last = one is rows[-1]
        principal = balance if last else min(rounded(one.principal * share), balance)
        interest = rounded(one.interest * share)
        fresh.append(
            {
                "period": one.period, "due": one.due, "opening": balance, "interest": interest,
                "principal": principal, "payment": principal + interest, "balance": balance - principal,
            }
        )  # fmt: skip
        balance -= principal
    version = repayments.next_version(ctx.session, facility.id)
    repayments.plan(ctx.session, facility.id, fresh, version, inputs.stamp(ctx, "prepayment"))


def _repaid(ctx: Context, facility: Facility) -> None:
    facilities.enter(ctx.session, facility.id, "closed", inputs.stamp(ctx, "bank"))
    repayments.end(ctx.session, facility.id)
    siblings = facilities.of_project(ctx.session, facility.project_id)
    if any(one.balance > 0 for one in siblings):
        return
    ctx.schedule.add(
        "loan_repaid",
        due=ctx.now,
        business_key=facility.project_key,
        dedupe_key=f"repaid:{facility.project_key}",
        variables={
            "project_key": facility.project_key, "party_id": str(facility.party_id),
            "facility_keys": [one.business_key for one in siblings], "repaid_on": inputs.today(ctx),
        },
    )  # fmt: skip
