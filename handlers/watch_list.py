"""The watch list by topic. Law: a person reviews every subject each month; none leaves it on words alone.

A facility leaves after two clean test dates in a row (process S5 `early_warning` of the process catalogue). A project
has no tests of its own: it leaves when every facility of its that is tested has them. Where none was tested yet (a
project under construction) there is nothing to count: it was reviewed at least once before, nothing of it and of its
facilities is beyond a line any more, none is past due or in default.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.errors import NotFound
from engine.registry import Context, handles
from handlers import inputs
from handlers.alerts import settle, shown
from handlers.contacting import completed_by
from handlers.records import covenants, facilities, projects
from handlers.records import monitoring as book

CLEAN_TESTS = 2
"""So many test dates in a row, all compliant, before a subject may leave the watch list."""


@handles("watch.add", transactional=True)
def watch_add(
    ctx: Context,
    alert_key: object,
    reason: object = None,
) -> Mapping[str, Any]:
    """Put an alert's subject on the watch list. In: alert_key, reason. Out: watch_id. Idempotent by subject."""
    found = book.get_alert(ctx.session, inputs.text(alert_key) or "")
    row = {
        "subject_key": found.subject_key,
        "facility_key": found.facility_key,
        "project_key": found.project_key,
        "party_id": found.party_id,
        "alert_id": found.id,
        "reason": inputs.prose(reason) or found.text,
    }
    return {"watch_id": str(book.watch(ctx.session, row, inputs.stamp(ctx, "triage")).id)}


@handles("watch.due", transactional=True)
def watch_due(ctx: Context) -> Mapping[str, Any]:
    """The month's reviews: everybody on the watch list.

    Out: items [{watch_id, subject_key, subject_name, client_name, owner, reason, since, clean_tests, tested,
    may_exit, days_past_due, impaired, restructured}] for the review and for the decision table of the five classes.
    Only reads.
    """
    return {"items": [_item(ctx, one) for one in book.watch_list(ctx.session)]}


def _item(ctx: Context, one: book.Watched) -> dict[str, Any]:
    about = {"facility_key": one.facility_key, "project_key": one.project_key, "party_id": one.party_id}
    return {
        "watch_id": str(one.id),
        "subject_key": one.subject_key,
        "reason": one.reason,
        "since": one.since.astimezone(ctx.zone).date(),
        **_standing(ctx, one),
        **shown(ctx, about),
    }


def _standing(ctx: Context, one: book.Watched) -> dict[str, Any]:
    """clean_tests in a row (of the facility with the fewest), tested: whether there were any, may_exit, and how the
    worst of its facilities is paid."""
    lent = [one.facility_key] if one.facility_key else _lent(ctx, one.project_key)
    paid = [book.arrears(ctx.session, key, inputs.today(ctx)) for key in lent or [""]]
    worst = {name: max(each[name] for each in paid) for name in paid[0]}
    tested = [key for key in lent if covenants.tests_of(ctx.session, key, limit=1)]
    clean = min((covenants.clean_dates(ctx.session, key) for key in tested), default=0)
    calm = one.reviewed_at is not None and not worst["days_past_due"] and not worst["impaired"]
    may = clean >= CLEAN_TESTS if tested or one.facility_key else calm and not _beyond(ctx, [one.subject_key, *lent])
    return {"clean_tests": clean, "tested": bool(tested or one.facility_key), "may_exit": may, **worst}


def _lent(ctx: Context, project_key: str | None) -> list[str]:
    """The live facilities of a project."""
    project = projects.find(ctx.session, project_key) if project_key else None
    of = facilities.of_project(ctx.session, project.id) if project else ()
    return [one.business_key for one in of if one.state in facilities.LIVE]


def _beyond(ctx: Context, subjects: list[str]) -> bool:
    """Whether a figure of theirs is beyond a line, or too old to say so."""
    remembered = book.states_of(ctx.session, subjects)
    return any(one.level or one.stale_since for known in remembered.values() for one in known.values())


@handles("watch.review", transactional=True)
def watch_review(
    ctx: Context, watch_id: object, decision: object, comment: object = None, five_class: object = None
) -> Mapping[str, Any]:
    """Keep the monthly review.

    In: watch_id, decision keep|exit, comment, five_class 1–5. Out: exited: whether the subject has left the list; with
    it go all its alerts that were looked into; alerts whose measures ended meanwhile are settled. One that may not
    leave stays, whatever was asked. Errors: NotFound, InvalidInput. Idempotent.
    """
    number = inputs.ident(watch_id, "watch_id")
    if number is None:
        raise NotFound(what="watch list entry", what_zh="关注名单条目", id=watch_id)
    one = book.get_watched(ctx.session, number)
    leaves = inputs.text(decision) == "exit" and _standing(ctx, one)["may_exit"]
    stamp = inputs.stamp(ctx, "watch_review", completed_by(ctx, "ut_review"))
    values: dict[str, Any] = {"comment": inputs.prose(comment)}
    values |= inputs.given({"five_class": inputs.whole(five_class, "five_class")})
    if leaves:
        values["exited_at"] = ctx.now
    book.review_watched(ctx.session, one.id, values, stamp)
    for alert in book.alerts_of(ctx.session, one.subject_key):
        if leaves and alert.state in ("watch", "action"):
            noted = book.note_alert(ctx.session, alert, {"event": "settled", "outcome": "exit"}, stamp)
            book.change_alert(ctx.session, noted.id, {"state": "closed", "closed_at": ctx.now}, stamp)
        elif book.risks_for(ctx.session, alert):
            settle(ctx, alert)
    return {"exited": leaves}
