"""A project while it is built: what funds are left for the test, what the engineer reports, issues and their end.

The test itself is progress.test (drawing.py). Law: a report that fails stops draws in the same transaction, one that
passes lets them go on.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from engine.registry import Context, handles
from handlers import inputs
from handlers.contacting import completed_by
from handlers.drawdowns import capital
from handlers.facilities import project_of
from handlers.finance.exact import needed
from handlers.records import construction, facilities, projects

DAYS = {"high": 1, "medium": 3, "low": 10}
"""Severity -> working days for a solution (P3)."""


@handles("progress.funds", transactional=True)
def progress_funds(ctx: Context, equity_paid: object = None, project_key: object = None) -> Mapping[str, Any]:
    """What there is to finish with.

    In: equity_paid as reported (null: as the book has it). Out: undrawn_debt, drawn_total, equity_to_come (null when
    the costs are not known), in_construction: whether there is anything to test. Writes the capital paid; else reads
    only.
    """
    project = project_of(ctx, project_key)
    paid = inputs.number(equity_paid, "equity_paid")
    if paid is not None and paid != project.equity_paid:
        stamp = inputs.stamp(ctx, "engineer", completed_by(ctx, "ut_engineer"))
        project = projects.change(ctx.session, project.id, {"equity_paid": paid}, stamp)
    of = [one for one in facilities.of_project(ctx.session, project.id) if one.state != "lapsed"]
    known = capital(project, sum((one.amount for one in of), Decimal(0)))
    committed, had = known["equity_committed"], known["equity_paid"] or Decimal(0)
    return {
        "undrawn_debt": sum((one.undrawn for one in of), Decimal(0)),
        "drawn_total": sum((one.drawn for one in of), Decimal(0)),
        "equity_to_come": None if committed is None else max(committed - had, Decimal(0)),
        "in_construction": any(one.state == "available" for one in of),
    }


@handles("progress.record", transactional=True)
def progress_record(
    ctx: Context,
    physical_pct: object,
    spent: object,
    cost_to_complete: object,
    undrawn_debt: object,
    equity_to_come: object,
    passed: object,
    gap: object,
    lag_pct: object,
    as_of: object = None,
    equity_paid: object = None,
    delay_days: object = None,
    contingency_used_pct: object = None,
    variations: object = None,
    report_comment: object = None,
    reported_by: object = None,
    project_key: object = None,
) -> Mapping[str, Any]:
    """Keep a progress report with its test; stop draws when it failed, allow them when it passed.

    In: the fields of form `progress_report`, undrawn_debt and equity_to_come of progress.funds, passed, gap and lag_pct
    of progress.test, as_of (today). Out: drawstop: the reason, null when draws may go on; progress_text,
    progress_text_en for an alert. Errors: InvalidInput for missing figures.
    """
    project = project_of(ctx, project_key)
    by = inputs.text(reported_by) or completed_by(ctx, "ut_engineer") or "engineer"
    stamp, good = inputs.stamp(ctx, "engineer", by), inputs.yes(passed)
    missing, lag = needed(gap, "gap"), needed(lag_pct, "lag_pct")
    construction.report(
        ctx.session,
        project.id,
        {
            "as_of": inputs.day(as_of, "as_of") or inputs.today(ctx),
            "physical_pct": needed(physical_pct, "physical_pct"),
            "spent": needed(spent, "spent"),
            "cost_to_complete": needed(cost_to_complete, "cost_to_complete"),
            "undrawn_debt": needed(undrawn_debt, "undrawn_debt"),
            "equity_to_come": needed(equity_to_come, "equity_to_come"),
            "equity_paid": inputs.number(equity_paid, "equity_paid"),
            "delay_days": inputs.whole(delay_days, "delay_days"),
            "contingency_used_pct": inputs.number(contingency_used_pct, "contingency_used_pct"),
            "variations": inputs.text(variations),
            "comment": inputs.prose(report_comment),
            "passed": good,
            "gap": missing,
            "lag_pct": lag,
            "reported_by": by,
        },
        stamp,
    )
    chinese, english = _told(missing, lag)
    facilities.set_drawstop(ctx.session, project.id, None if good else chinese, stamp)
    if not good:
        ctx.audit("drawstop", {"project": project.business_key, "gap": str(missing), "lag_pct": str(lag)})
    return {"drawstop": None if good else chinese, "progress_text": chinese, "progress_text_en": english}


def _told(gap: Decimal, lag: Decimal) -> tuple[str, str]:
    if gap > 0:
        lacking = f"{gap:,.2f}".removesuffix(".00")
        return f"完工资金缺口 {lacking}", f"funds to complete lack {lacking}"
    return f"工程进度落后于投资 {lag} 个百分点", f"progress trails spend by {lag} points"


@handles("issue.open", transactional=True)
def issue_open(
    ctx: Context,
    issue_title: object,
    issue_text: object = None,
    issue_severity: object = None,
    issue_owner: object = None,
    raised_by: object = None,
    project_key: object = None,
) -> Mapping[str, Any]:
    """Enter an issue of a running project, with a deadline by its severity: 1, 3 or 10 working days.

    In: issue_title, issue_text, issue_severity high|medium|low (medium), issue_owner (a person; null: the project's),
    raised_by. Out: issue_key, issue_owner, issue_due (a day), issue_days. Idempotent by job key through the step.
    """
    project = project_of(ctx, project_key)
    severity = inputs.text(issue_severity) or "medium"
    days = DAYS.get(severity, DAYS["medium"])
    owner = inputs.text(issue_owner) or project.owner
    due = ctx.calendar.add_working_days(inputs.today(ctx), days)
    values = {
        "title": (inputs.text(issue_title) or "问题")[:255],
        "text": inputs.prose(issue_text) or "",
        "severity": severity if severity in DAYS else "medium",
        "owner": owner,
        "due": due,
        "raised_by": inputs.text(raised_by) or "client",
    }
    made = construction.raise_issue(ctx.session, project.id, values, inputs.stamp(ctx, "issue"), inputs.year(ctx))
    return {"issue_key": made.business_key, "issue_owner": owner, "issue_due": due, "issue_days": f"{days}BD"}


@handles("issue.close", transactional=True)
def issue_close(
    ctx: Context, issue_key: object, state: object = "solved", solution: object = None
) -> Mapping[str, Any]:
    """What became of an issue.

    In: issue_key, state solved|escalated, solution. Out: issue_state. Errors: NotFound. Idempotent.
    """
    wanted = "escalated" if inputs.text(state) == "escalated" else "solved"
    stamp = inputs.stamp(ctx, "issue", completed_by(ctx, "ut_solve", "ut_steering"))
    values: dict[str, Any] = {"state": wanted, "solution": inputs.text(solution)}
    if wanted == "solved":
        values["closed_at"] = ctx.now
    construction.change_issue(ctx.session, inputs.text(issue_key) or "", values, stamp)
    return {"issue_state": wanted}
