"""Facilities: the list, and one with its terms, limit, draws, instalments, covenants, security, ledger and papers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from flask import Blueprint, render_template, request
from flask_babel import gettext as _

from engine.queries import work
from handlers import charges
from handlers.finance import fees
from handlers.finance.collateral import CollateralCover, Item, collateral_cover
from handlers.finance.exact import HUNDRED, ZERO
from handlers.records import (
    amendments,
    conditions,
    construction,
    covenants,
    documents,
    draws,
    facilities,
    ledger,
    limits,
    parties,
    portfolio,
    projects,
    repayments,
    security,
)
from handlers.records.draws import Draw
from handlers.records.facilities import Facility
from handlers.records.repayments import Repayment
from handlers.records.security import Security
from web.charts import Chart, Series
from web.paging import Pages, asked_page
from web.portfolio import words
from web.portfolio.files import workbook
from web.rights import guarded
from web.scope import runtime

pages = Blueprint("facilities", __name__, url_prefix="/facilities")
DRAWN = ("approved", "paid")
"""States of a draw whose money is out, or on its way."""
PAGE = 50
"""Facilities of one page."""
Late = Mapping[int, tuple[date, Decimal]]
"""Facility -> (its oldest unpaid due date, what is overdue)."""


def today() -> date:
    """The day in the business zone."""
    day: date = runtime().now().astimezone(runtime().zone).date()
    return day


@pages.get("")
@guarded("facilities")
def index() -> Any:
    """Facilities that have not ended (`all=1`: all), those in default or overdue first; `q` finds by project, client or
    key; `export=xlsx` a workbook."""
    text, ended = request.args.get("q", "").strip()[:100], request.args.get("all") == "1"
    with runtime().reading() as db:
        deals = portfolio.deals(db, ended=ended, text=text)
        late = portfolio.overdue(db, (one.id for one in deals), today())
    found = worst_first(deals, late)
    if request.args.get("export") == "xlsx":
        return _workbook(found, late)
    paged = Pages.of(found, asked_page(), PAGE)
    return render_template(
        "portfolio/facilities.html", paged=paged, late=late, text=text, ended=ended, sums=sums(found, late)
    )


def worst_first(found: Iterable[portfolio.Deal], late: Late) -> list[portfolio.Deal]:
    """Those in default, then those overdue, the most money first, then those whose draws are stopped; else as given."""
    return sorted(
        found,
        key=lambda one: (
            one.default_since is None,
            -late[one.id][1] if one.id in late else ZERO,
            one.drawstop is None,
        ),
    )


def sums(found: Iterable[portfolio.Deal], late: Late) -> dict[str, dict[str, Decimal]]:
    """What -> currency -> how much, of a list of facilities; currencies are never added up."""
    totals: dict[str, dict[str, Decimal]] = {name: {} for name in ("amount", "drawn", "balance", "overdue")}
    for one in found:
        owed = late[one.id][1] if one.id in late else ZERO
        for name, figure in (("amount", one.amount), ("drawn", one.drawn), ("balance", one.balance), ("overdue", owed)):
            totals[name][one.currency] = totals[name].get(one.currency, ZERO) + figure
    return totals


def _workbook(found: Sequence[portfolio.Deal], late: Late) -> Any:
    columns = (
        ("business_key", _("Facility"), "text"), ("client_name", _("Client"), "text"),
        ("project_name", _("Project"), "text"), ("name", _("Name"), "text"), ("type", _("Type"), "code"),
        ("state", _("State"), "text"), ("currency", _("Currency"), "text"), ("amount", _("Amount"), "money"),
        ("drawn", _("Drawn"), "money"), ("balance", _("Balance"), "money"), ("maturity", _("Maturity"), "date"),
        ("overdue", _("Overdue"), "money"),
    )  # fmt: skip
    rows = [
        {key: getattr(one, key, None) for key, _called, _form in columns}
        | {"state": words.coded(one.state, words.FACILITY), "overdue": late.get(one.id, (None, None))[1]}
        for one in found
    ]
    return workbook("facilities", _("Facilities"), columns, rows)  # type: ignore[arg-type]


@pages.get("/<key>")
@guarded("facilities")
def show(key: str) -> Any:
    """One facility."""
    with runtime().reading() as db:
        one = facilities.get(db, key)
        project, borrower = projects.get(db, one.project_id), parties.get(db, one.party_id)
        drawn, paid = draws.of_facility(db, one.id), repayments.of_facility(db, one.id)
        held = security.of_project(db, project.id)
        owed = sum((other.balance for other in facilities.of_project(db, project.id)), ZERO)
        matters = (one.business_key, *(draw.business_key for draw in drawn))
        limit = next((hit for name in (one.limit_id, one.business_key, project.business_key)
                      if name and (hit := limits.find(db, name))), None)  # fmt: skip
        known = {
            "one": one,
            "project": project,
            "borrower": borrower,
            "limit": limit,
            "draws": drawn,
            "rows": paid,
            "covenants": facilities.covenants_of(db, one.id),
            "results": portfolio.newest_tests(db, [one.business_key]),
            "breaches": covenants.breaches_of(db, one.business_key),
            "locked": covenants.is_locked(db, one.business_key),
            "security": held,
            "cover": _cover(held, owed),
            "owed": owed,
            "open_conditions": [it for it in conditions.of_project(db, project.id) if not it.met(today())],
            "postings": [it for matter in matters for it in ledger.of_matter(db, matter)],
            "papers": [it for it in documents.of_subjects(db, (key, project.business_key)) if it.removed_at is None],
            "versions": amendments.terms_of(db, one.business_key),
            "changes": amendments.amendments_of(db, one.business_key),
            "progress": construction.reports_of(db, project.id),
            "tasks": work.open_tasks(db, [one.business_key, project.business_key]),
        }
    return render_template(
        "portfolio/facility.html",
        words=words,
        today=today(),
        charges=charged(one, drawn),
        picture=instalments(paid) if paid else None,
        late=[row for row in paid if row.state == "planned" and row.due < today()],
        **known,
    )


def _cover(held: Sequence[Security], owed: Decimal) -> CollateralCover | None:
    """What the security that is not released covers of all that the project owes."""
    items = [
        Item(one.description, one.value, (one.haircut_pct or ZERO) / HUNDRED)
        for one in held
        if one.state != "released" and one.value is not None
    ]
    return collateral_cover(items, owed, Decimal(1)) if items else None


def charged(one: Facility, drawn: Sequence[Draw]) -> dict[str, Decimal]:
    """Fees by their terms: the upfront fee, and the commitment fee from signing until today or the end of draws."""
    paid = [((it.closed_at or it.requested_at).astimezone(runtime().zone).date(), it.amount)
            for it in drawn if it.state == "paid"]  # fmt: skip
    found = {"upfront": fees.upfront(one.amount, (one.upfront_fee_pct or ZERO) / HUNDRED)}
    return found | {"commitment": charges.commitment_fee(one, paid, today())}


def instalments(rows: Sequence[Repayment]) -> Chart:
    """Interest and principal by due date with what was paid, and the balance as planned."""
    return Chart(
        "bar",
        _("Instalments"),
        [one.due for one in rows],
        (
            Series(_("Interest"), [one.interest for one in rows], stack="due", colour="2"),
            Series(_("Principal"), [one.principal for one in rows], stack="due", colour="1"),
            Series(_("Paid"), [one.paid if one.paid else None for one in rows], colour="4"),
            Series(_("Balance"), [one.balance for one in rows], kind="line", axis=2, colour="3"),
        ),
        form2="amount",
    )
