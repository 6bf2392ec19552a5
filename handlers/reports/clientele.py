"""What the book says of clients, for those who lead: voice, risk, winning, service. Law: reads only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.execution import runtime_of
from engine.queries import instances
from engine.queries.registers import variables_in
from engine.store import tables as engine_tables
from handlers.finance import client_value
from handlers.finance.exact import rounded
from handlers.records import tables as book
from handlers.records.monitoring import UNSETTLED
from handlers.reports.asking import TOTAL, Asked, Row, both, days_of, month_of, share, within
from handlers.reports.content import Section
from handlers.reports.rows import Fields, table_of
from handlers.views.client_list import RELATED

_VOICE: Fields = (
    ("month", "月份", "Month", "text"),
    ("answered", "答卷", "Answers", "whole"),
    ("promoters", "推荐者", "Promoters", "whole"),
    ("passives", "中立者", "Passives", "whole"),
    ("detractors", "贬损者", "Detractors", "whole"),
    ("nps", "NPS", "NPS", "ratio"),
)
_VOICE_TEAM: Fields = (("team", "团队", "Team", "text"), *_VOICE[1:])


MARKS: Mapping[str, range] = {"detractors": range(0, 7), "passives": range(7, 9), "promoters": range(9, 11)}
"""Who says so how likely they recommend the house (Reichheld: 0 to 6, 7 and 8, 9 and 10)."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A client's answer to a survey; `team` of whoever looks after the client, `instance` the case it was asked in."""

    answered_at: datetime
    nps: int
    csat: int | None
    suggestion: str | None
    client_key: str
    client_name: str
    team: str
    instance: str | None


def answers(
    session: Session, asked: Asked, mark: str = "", among: Sequence[sa.ColumnElement[bool]] = ()
) -> list[Answer]:
    """The answers of the days, oldest first, that the score counts: of a team, of one kind of MARKS, and of the clients
    that fulfil `among`."""
    s, p, m = book.survey.c, book.party.c, engine_tables.membership.c
    query = (
        sa.select(s.answered_at, s.nps, s.csat, s.suggestion, p.business_key, p.legal_name, p.owner, s.instance)
        .join(book.party, p.id == s.party_id)
        .where(s.nps.is_not(None), *within(session, asked, s.answered_at), *among)
        .order_by(s.answered_at, s.id)
    )
    member: dict[str, str] = {}
    for person, team in session.execute(sa.select(m.person_id, m.team_id).order_by(m.team_id)):
        member.setdefault(person, team)
    found = (Answer(*row[:6], member.get(row.owner or "", ""), row.instance) for row in session.execute(query))
    counted = MARKS.get(mark, range(11))
    return [one for one in found if asked.team in ("", one.team) and one.nps in counted]


def voice(session: Session, asked: Asked) -> tuple[Section, ...]:
    """Net promoter score by month, and by the team of whoever looks after the client."""
    t = engine_tables
    names = {row.id: both(row.name, row.name_en) for row in session.execute(sa.select(t.team))}
    zone = runtime_of(session).zone
    months: dict[date, list[int]] = {}
    by_team: dict[str, list[int]] = {}
    for one in answers(session, asked):
        months.setdefault(one.answered_at.astimezone(zone).date().replace(day=1), []).append(one.nps)
        by_team.setdefault(one.team, []).append(one.nps)
    monthly = [_behind(_marks("month", f"{month:%Y-%m}", marks), month_of(asked, month), asked.team)
               for month, marks in months.items()]  # fmt: skip
    teams = [_behind(_marks("team", names.get(team, "—"), marks), asked, team)
             for team, marks in sorted(by_team.items())]  # fmt: skip
    return (
        table_of("nps", ("净推荐值", "Net promoter score"), _VOICE, [*monthly, *_whole("month", months, asked)]),
        table_of("nps_teams", ("按团队", "By team"), _VOICE_TEAM, [*teams, *_whole("team", by_team, asked)]),
    )


def _behind(row: Row, asked: Asked, team: str) -> Row:
    """A row with the answers that its figures count; without them where nobody's team looks after the clients."""
    if not team and "team" in row and not row.get("total"):
        return row
    every = days_of(asked, page="answers", **({"team": team} if team else {}))
    parts = {name: {**every, "mark": name} for name in MARKS if row[name]}
    return {**row, "drill": every, "drills": {"answered": every, **parts}}


def _whole(head: str, parts: Mapping[Any, list[int]], asked: Asked) -> list[Row]:
    """The score of all marks together, where there is more than one part."""
    if len(parts) < 2:
        return []
    every = [mark for marks in parts.values() for mark in marks]
    return [_behind({**_marks(head, TOTAL, every), "total": True}, asked, asked.team)]


def _marks(head: str, name: Any, marks: Sequence[int]) -> Row:
    high, low = (sum(mark in MARKS[name] for mark in marks) for name in ("promoters", "detractors"))
    between = len(marks) - high - low
    score = rounded(client_value.promoter_score(high, between, low))
    return {head: name, "answered": len(marks), "promoters": high, "passives": between, "detractors": low, "nps": score}


_RISK: Fields = (
    ("rating", "风险评级", "Risk rating", "text"),
    ("a", "A 类", "Tier A", "whole"),
    ("b", "B 类", "Tier B", "whole"),
    ("c", "C 类", "Tier C", "whole"),
    ("none", "未分类", "No tier", "whole"),
)
_ALERT: Fields = (
    ("level", "级别", "Level", "code"),
    ("opened", "新增", "Opened", "whole"),
    ("triaged", "已核查", "Triaged", "whole"),
    ("confirmed", "属实", "Confirmed", "whole"),
    ("share", "属实率", "True-alert share", "percent"),
    ("unsettled", "未了结", "Unsettled now", "whole"),
)
RATINGS = (("1", "1 低", "1 low"), ("2", "2 中", "2 medium"), ("3", "3 高", "3 high"), ("4", "4 很高", "4 very high"))


def risk(session: Session, asked: Asked) -> tuple[Section, ...]:
    """Clients by risk rating and tier, without those who only take part in a client's project; alerts of the range
    and what became of them."""
    p, a = book.party.c, book.alert.c
    theirs = p.merged_into.is_(None), p.lifecycle_stage != RELATED
    counted = session.execute(
        sa.select(p.risk_rating, p.tier, sa.func.count()).where(*theirs).group_by(p.risk_rating, p.tier)
    )
    place = {(str(rating or ""), str(tier or "").lower()): number for rating, tier, number in counted}
    rows: list[Row] = [
        {"rating": both(zh, en), **{tier or "none": place.get((rating, tier), 0) for tier in ("a", "b", "c", "")}}
        for rating, zh, en in (*RATINGS, ("", "未评级", "not rated"))
        if place
    ]
    alerts: list[Row] = []
    for level in ("red", "amber"):
        mine = [a.level == level, *within(session, asked, a.opened_at)]
        opened, triaged, confirmed = (
            session.scalar(sa.select(sa.func.count()).select_from(book.alert).where(*mine, *more)) or 0
            for more in ([], [a.triaged_at.is_not(None)], [a.triaged_at.is_not(None), a.state != "false"])
        )
        open_now = sa.select(sa.func.count()).where(a.level == level, a.state.in_(UNSETTLED))
        alerts.append(
            {
                "level": level, "opened": opened, "triaged": triaged, "confirmed": confirmed,
                "share": share(confirmed, triaged), "unsettled": session.scalar(open_now) or 0,
            }
        )  # fmt: skip
    return (
        table_of("risk", ("客户风险分布（当前）", "Risk map of clients today"), _RISK, rows),
        table_of("alerts", ("预警", "Alerts"), _ALERT, alerts),
    )


_CHANNEL: Fields = (
    ("channel", "渠道", "Channel", "code"),
    ("inquiries", "咨询", "Inquiries", "whole"),
    ("won", "立项", "Won", "whole"),
    ("share", "转化率", "Conversion", "percent"),
    ("cost", "活动成本（元）", "Cost of events (CNY)", "money"),
    ("each", "单个获客成本（元）", "Cost of one won (CNY)", "money"),
    ("clv", "平均终身价值（元）", "Mean lifetime value (CNY)", "money"),
)
MOST_VALUED = 500
"""How many of the newest maintenance cases are asked for a client's value."""


def winning(session: Session, asked: Asked) -> tuple[Section, ...]:
    """By channel: inquiries, those won, what events cost of which they came, and what the won clients are worth.

    An event's cost goes to the channels of its inquiries, in proportion to their number.
    """
    q, e, p = book.inquiry.c, book.marketing_event.c, book.party.c
    query = (
        sa.select(q.source, q.outcome, q.campaign, p.business_key)
        .outerjoin(book.party, p.id == q.party_id)  # one that was not matched yet is an inquiry all the same
        .where(*within(session, asked, q.received_at))
    )
    rows = session.execute(query).all()
    brought: dict[str, int] = {}
    for campaign in session.scalars(sa.select(q.campaign).where(q.campaign.is_not(None))):
        brought[campaign] = brought.get(campaign, 0) + 1
    costs = {key: cost / brought[key] for key, cost in session.execute(sa.select(e.business_key, e.cost))
             if cost is not None and key in brought}  # fmt: skip
    values = _values(session)
    found: dict[str, list[Any]] = {}
    for row in rows:
        at = found.setdefault(row.source, [0, 0, Decimal(0), []])
        at[0] += 1
        at[2] += costs.get(row.campaign, Decimal(0))
        if row.outcome == "approved":
            at[1] += 1
            at[3] += [values[row.business_key]] if row.business_key in values else []
    table = [
        {
            "channel": name, "inquiries": asked_for, "won": won, "share": share(won, asked_for),
            "cost": rounded(cost), "each": rounded(cost / won) if won else None,
            "clv": rounded(sum(worth, Decimal(0)) / len(worth)) if worth else None,
        }
        for name, (asked_for, won, cost, worth) in found.items()
    ]  # fmt: skip
    title = "获客成本与客户价值", "Cost of winning and lifetime value"
    return (table_of("channels", title, _CHANNEL, sorted(table, key=lambda row: -row["inquiries"])),)


def _values(session: Session) -> dict[str, Decimal]:
    """Client -> the lifetime value that their last review came to."""
    found: dict[str, Decimal] = {}
    reviews = instances(session, key="client_maintenance", size=MOST_VALUED)
    variables = variables_in(session, [row.id for row in reviews])
    for row in reviews:
        known = variables.get(row.id, {})
        client, value = known.get("client_key") or row.business_key, known.get("clv")
        if isinstance(client, str) and isinstance(value, Decimal | int) and not isinstance(value, bool):
            found.setdefault(client, Decimal(value))
    return found


_SERVICE: Fields = (
    ("severity", "严重程度", "Severity", "code"),
    ("complaints", "投诉", "Complaints", "whole"),
    ("acknowledged", "按时受理率", "Acknowledged in time", "percent"),
    ("solved", "按时答复率", "Answered in time", "percent"),
    ("days", "平均答复（天）", "Mean days to answer", "ratio"),
    ("disputed", "异议率", "Disputed", "percent"),
    ("csat", "平均满意度", "Mean satisfaction", "ratio"),
)


def service(session: Session, asked: Asked) -> tuple[Section, ...]:
    """Complaints of the range against their standards, by severity. What is open and past its time counts as late."""
    c = book.complaint.c
    now = runtime_of(session).now()
    found: dict[str, list[Any]] = {}
    query = sa.select(book.complaint).where(c.kind == "complaint", *within(session, asked, c.received_at))
    for row in session.execute(query):
        found.setdefault(row.severity, []).append(row)
    rows: list[Row] = []
    for severity in ("critical", "high", "normal", "low"):
        mine = found.get(severity, [])
        if not mine:
            continue
        spans = [row.answered_at - row.received_at for row in mine if row.answered_at is not None]
        stars = [row.csat for row in mine if row.csat is not None]
        days = sum(spans, timedelta()) / len(spans) / timedelta(days=1) if spans else None
        rows.append(
            {
                "severity": severity, "complaints": len(mine),
                "acknowledged": _in_time(mine, "acknowledge_due", "acknowledged_at", now),
                "solved": _in_time(mine, "solve_due", "answered_at", now),
                "days": rounded(Decimal(str(days))) if days is not None else None,
                "disputed": share(sum(row.disputes > 0 for row in mine), len(mine)),
                "csat": rounded(Decimal(sum(stars)) / len(stars)) if stars else None,
            }
        )  # fmt: skip
    return (table_of("service", ("服务水平", "Service level"), _SERVICE, rows),)


def _in_time(rows: Sequence[Any], due: str, done: str, now: datetime) -> Decimal | None:
    asked = [(getattr(row, due), getattr(row, done)) for row in rows if getattr(row, due) is not None]
    counted = [(limit, at) for limit, at in asked if at is not None or limit < now]
    return share(sum(at is not None and at <= limit for limit, at in counted), len(counted))


GAP: Fields = (
    ("touchpoint", "触点", "Touchpoint", "code"),
    ("answers", "答卷", "Answers", "whole"),
    ("expectation", "期望", "Expectation", "ratio"),
    ("experience", "体验", "Experience", "ratio"),
    ("gap", "差距", "Gap", "ratio"),
)


def gaps(session: Session, asked: Asked) -> list[Row]:
    """What clients expected of each touchpoint and what they met, 1 to 5."""
    a, s = book.survey_answer.c, book.survey.c
    query = (
        sa.select(a.touchpoint, sa.func.count(), sa.func.sum(a.expectation), sa.func.sum(a.experience))
        .join(book.survey, s.id == a.survey_id)
        .where(*within(session, asked, s.answered_at))
        .group_by(a.touchpoint)
    )
    return [
        {
            "touchpoint": name, "answers": count, "expectation": rounded(Decimal(wanted) / count),
            "experience": rounded(Decimal(met) / count), "gap": rounded(Decimal(met - wanted) / count),
        }
        for name, count, wanted, met in session.execute(query.order_by(a.touchpoint))
    ]  # fmt: skip
