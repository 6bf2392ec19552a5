"""What a coordination meeting speaks about, read from the book and from the open tasks. Law: nothing is written.

Red alerts that are not closed, tasks past their date by team, the net promoter score of the last 90 days, the pipeline
by phase, actions and improvements that are open.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.store import tables as engine_tables
from handlers.finance import client_value
from handlers.finance.exact import rounded
from handlers.records import meetings, service
from handlers.records.tables import alert, project, survey

NPS_DAYS = 90
PHASES: Mapping[str, tuple[str, str]] = {
    "intake": ("引入", "Intake"),
    "evaluation": ("评估", "Evaluation"),
    "execution": ("执行", "Execution"),
    "maintenance": ("维护", "Maintenance"),
}
"""Phases of projects under way, in their order, with their names in both languages."""
LISTED = 50
"""So many rows of one kind at most: an agenda is read in a meeting."""


def red_alerts(session: Session, now: datetime) -> list[dict[str, Any]]:
    """Red alerts that are not closed, the oldest first: {alert_key, subject_key, text, text_en, state, days}."""
    a = alert.c
    query = sa.select(a.business_key, a.subject_key, a.text, a.text_en, a.state, a.opened_at)
    query = query.where(a.level == "red", a.closed_at.is_(None)).order_by(a.opened_at, a.id).limit(LISTED)
    return [
        {
            "alert_key": row.business_key,
            "subject_key": row.subject_key,
            "text": row.text,
            "text_en": row.text_en,
            "state": row.state,
            "days": (now - row.opened_at).days,
        }
        for row in session.execute(query)
    ]


def overdue_tasks(session: Session, now: datetime) -> list[dict[str, Any]]:
    """Open tasks past their date, by team, most first: {team, team_name, team_name_en, tasks, oldest_due}."""
    task = engine_tables.user_task.c
    late = sa.func.count()
    query = sa.select(task.team, late.label("tasks"), sa.func.min(task.due_at).label("oldest_due"))
    query = query.where(task.state == "open", task.due_at < now, task.waiting_since.is_(None))
    rows = session.execute(query.group_by(task.team).order_by(late.desc(), task.team)).all()
    team = engine_tables.team.c
    called = {row.id: row for row in session.execute(sa.select(team.id, team.name, team.name_en))}
    return [
        {
            "team": row.team,
            "team_name": called[row.team].name if row.team in called else row.team or "—",
            "team_name_en": called[row.team].name_en or row.team if row.team in called else row.team or "—",
            "tasks": row.tasks,
            "oldest_due": row.oldest_due,
        }
        for row in rows
    ]


def promoter_score(session: Session, now: datetime) -> dict[str, Any]:
    """{nps (null when nobody answered), answered, days} of the answers of the last NPS_DAYS days."""
    given = sa.select(survey.c.nps).where(survey.c.nps.is_not(None), survey.c.answered_at >= now - timedelta(NPS_DAYS))
    marks = session.execute(given).scalars().all()
    high, low = sum(mark >= 9 for mark in marks), sum(mark <= 6 for mark in marks)
    score = rounded(client_value.promoter_score(high, len(marks) - high - low, low)) if marks else None
    return {"nps": score, "answered": len(marks), "days": NPS_DAYS}


def pipeline(session: Session) -> list[dict[str, Any]]:
    """Projects under way by phase and currency: {phase, phase_name, phase_name_en, currency, projects, amount}."""
    columns = project.c.phase, project.c.currency
    query = sa.select(*columns, project.c.amount).where(project.c.phase.in_(PHASES))
    sums: dict[tuple[str, str], dict[str, Any]] = {}
    for phase, currency, amount in session.execute(query):
        names = {"phase": phase, "phase_name": PHASES[phase][0], "phase_name_en": PHASES[phase][1]}
        row = sums.setdefault((phase, currency), {**names, "currency": currency, "projects": 0, "amount": 0})
        row["projects"] += 1
        row["amount"] += amount or 0
    order = list(PHASES)
    return [sums[key] for key in sorted(sums, key=lambda key: (order.index(key[0]), key[1]))]


def open_actions(session: Session) -> list[dict[str, Any]]:
    """Actions of earlier meetings that are not done: {action_key, text, owner, due, carried, status}."""
    return [
        {
            "action_key": one.business_key,
            "text": one.text,
            "owner": one.owner,
            "due": one.due,
            "carried": one.carried,
            "status": "open",
        }
        for one in meetings.open_actions(session)
    ]


def improvements(session: Session) -> list[dict[str, Any]]:
    """Improvements under way: {improvement_key, cause, cause_name, cause_name_en, action, owner, check_due, rounds}."""
    return [
        {
            "improvement_key": one.business_key,
            "cause": one.cause,
            "cause_name": service.CAUSES.get(one.cause, (one.cause, one.cause))[0],
            "cause_name_en": service.CAUSES.get(one.cause, (one.cause, one.cause))[1],
            "action": one.action,
            "owner": one.owner,
            "check_due": one.check_due,
            "rounds": one.rounds,
        }
        for one in service.open_improvements(session)
    ]


def build(session: Session, now: datetime) -> Mapping[str, Any]:
    """The whole agenda by part."""
    return {
        "red_alerts": red_alerts(session, now),
        "overdue_tasks": overdue_tasks(session, now),
        "nps": promoter_score(session, now),
        "pipeline": pipeline(session),
        "open_actions": open_actions(session),
        "improvements": improvements(session),
    }
