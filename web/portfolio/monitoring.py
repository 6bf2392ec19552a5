"""What is watched: covenants with their headroom and next tests, alerts, the watch list, feeds, joint risks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from flask import Blueprint, render_template, request
from flask_babel import gettext as _

from engine.queries import work
from handlers.alerts import outcome
from handlers.coming_tests import coming_tests
from handlers.records import monitoring as book
from handlers.records import portfolio
from web.charts import Chart, Mark, Series
from web.portfolio import words
from web.portfolio.facilities import today
from web.portfolio.files import workbook
from web.rights import guarded
from web.scope import runtime

pages = Blueprint("monitoring", __name__, url_prefix="/monitoring")
LATELY = timedelta(days=30)
"""How long a settled alert is shown with what came of it."""
ORDER = ("DEFAULT", "LOCK_UP", "DATA_MISSING", "WATCH", "UNTESTED", "COMPLIANT")
"""The worst first."""


def status(one: portfolio.Watch) -> str:
    """How a covenant stands: its last result, else that it was not tested yet."""
    return one.test.status if one.test is not None else "UNTESTED"


@pages.get("")
@guarded("monitoring")
def index() -> Any:
    """All that is watched of live deals; `status` shows covenants of one state; `export=xlsx` hands them out."""
    wanted = request.args.get("status", "")
    with runtime().reading() as db:
        everything = sorted(
            portfolio.under_test(db), key=lambda one: (ORDER.index(_known(status(one))), one.facility_key)
        )
        alerts, risks = portfolio.unsettled(db), portfolio.open_risks(db)
        settled = portfolio.settled(db, runtime().now() - LATELY)
        watched, feeds = book.watch_list(db), portfolio.feeds(db)
        breaches = portfolio.open_breaches(db)
        subjects = {one.subject_key for rows in (alerts, risks, watched, feeds, settled) for one in rows}
        named = portfolio.names_of(db, subjects | {one.facility_key for one in breaches})
        coming = coming_tests(db, everything, today())
        tasks = _tasks(db, subjects | {one.business_key for one in breaches})
    found = [one for one in everything if not wanted or status(one) == wanted]
    if request.args.get("export") == "xlsx":
        return _workbook(found, wanted)
    counts = {state: sum(status(one) == state for one in everything) for state in ORDER}
    return render_template(
        "portfolio/monitoring.html",
        found=found,
        everything=everything,
        wanted=wanted,
        counts=counts,
        picture=states(counts) if everything else None,
        headroom=headroom(everything),
        status=status,
        alerts=alerts,
        to_act=[one for one in alerts if one.state == "open" or one.subject_key in tasks],
        kept=[one for one in alerts if one.state != "open" and one.subject_key not in tasks],
        settled=settled,
        outcome=outcome,
        risks=risks,
        watched=watched,
        feeds=[one for one in feeds if one.level or one.stale],
        fed=len(feeds),
        breaches=breaches,
        named=named,
        coming=coming,
        tasks=tasks,
        today=today(),
        words=words,
    )


def _known(state: str) -> str:
    return state if state in ORDER else "UNTESTED"


def _tasks(db: Any, subjects: Iterable[str]) -> Mapping[str, list[work.OpenTask]]:
    """Subject or test -> the open tasks of its case: an alert is looked into and settled in them, a breach cured."""
    found: dict[str, list[work.OpenTask]] = {}
    for one in work.open_tasks(db, list(subjects)):
        if one.process_key in ("early_warning", "covenant_monitoring") and one.business_key:
            found.setdefault(one.business_key, []).append(one)
    return found


def states(counts: Mapping[str, int]) -> Chart:
    """How many covenants stand in each state."""
    present = [state for state in ORDER if counts[state]]
    return Chart(
        "bar",
        _("Covenants by state"),
        [words.coded(state, words.STATUS) for state in present],
        (
            Series(
                _("Covenants"),
                [counts[state] for state in present],
                colours=[words.tone(state) for state in present],
                links=[f"/monitoring?status={state}" for state in present],
            ),
        ),
        form="count",
        horizontal=True,
        height="low",
    )


def headroom(watched: Iterable[portfolio.Watch]) -> Chart | None:
    """The covenants with the least headroom."""
    tested = [(one, one.test.headroom_pct) for one in watched if one.test and one.test.headroom_pct is not None]
    least = sorted(tested, key=lambda one: one[1])[:12]
    if not least:
        return None
    return Chart(
        "bar",
        _("Least headroom to the default level, in per cent"),
        [f"{one.project_name} {words.covenant(one)}" for one, _pct in least],
        (
            Series(
                _("Headroom"),
                [pct for _one, pct in least],
                colours=[words.tone(status(one)) for one, _pct in least],
                links=[f"/facilities/{one.facility_key}" for one, _pct in least],
            ),
        ),
        form="ratio",
        marks=(Mark(0, _("level")),),
        horizontal=True,
    )


def _workbook(found: list[portfolio.Watch], wanted: str) -> Any:
    columns = (
        ("facility_key", _("Facility"), "text"), ("project_name", _("Project"), "text"),
        ("client_name", _("Client"), "text"), ("name", _("Covenant"), "text"),
        ("direction", _("Direction"), "code"), ("default_level", _("Default level"), "ratio"),
        ("value", _("Last value"), "ratio"), ("headroom_pct", _("Headroom"), "percent"),
        ("trend", _("Change since the test before (points)"), "ratio"),
        ("status", _("State"), "text"), ("test_date", _("Tested"), "date"),
    )  # fmt: skip
    rows = [
        {key: getattr(one, key, getattr(one.test, key, None)) for key, _called, _form in columns}
        | {"name": words.covenant(one), "status": words.coded(status(one), words.STATUS)}
        for one in found
    ]
    told = words.coded(wanted, words.STATUS) if wanted else ""
    return workbook("covenants", _("Covenants"), columns, rows, told)  # type: ignore[arg-type]
