"""Alerts and feeds by topic. Law: a crossing is told once; a person decides what it means.

Readings come by feeds; a nightly sweep holds them against the thresholds of the decision table, tells what crossed and
what is stale, and notes what recovered. Sources: process S5 `early_warning` of the process catalogue.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from engine.registry import Context, handles
from handlers import inputs
from handlers.assignment import choices
from handlers.contacting import completed_by
from handlers.early_warning import thresholds_of
from handlers.finance import early_warning
from handlers.finance.early_warning import Memory, Reading, Threshold
from handlers.finance.exact import needed, refused
from handlers.records import covenants, parties, projects
from handlers.records import monitoring as book
from handlers.records.changes import once
from handlers.records.monitoring import Alert, State


@handles("metric.record", transactional=True)
def metric_record(
    ctx: Context,
    readings: object = None,
    subject_key: object = None,
    metric: object = None,
    value: object = None,
    day: object = None,
    source: object = None,
) -> Mapping[str, Any]:
    """Keep readings of a feed.

    In: readings [{metric, value, day, source}] or one of them by its fields; subject_key (null: the business key).
    Out: kept: how many. Errors: InvalidInput for a reading without metric, value or day, or of a day to
    come, which would hide all that is read until then. A later value of the same
    source and day replaces the earlier one, so asking again changes nothing.
    """
    subject = inputs.text(subject_key) or ctx.business_key
    if subject is None:
        raise refused("subject_key", "is missing", "缺少监测对象")
    rows = inputs.rows(readings) or [{"metric": metric, "value": value, "day": day, "source": source}]
    for row in rows:
        name, on = inputs.text(row.get("metric")), inputs.day(row.get("day"), "day")
        if name is None or on is None:
            raise refused("readings", "metric and day are needed", "缺少指标或日期")
        if on > inputs.today(ctx):
            raise refused(f"{name}.day", f"{on} is a day to come", f"{on} 尚未到来")
        told = inputs.text(row.get("source")) or inputs.text(source) or "feed"
        number = needed(row.get("value"), f"{name}.value")
        book.add_reading(ctx.session, subject, name, on, number, told, inputs.stamp(ctx, told))
    return {"kept": len(rows)}


# ── the nightly sweep ──────────────────────────────────────────────────────────────────────────────────────────


@handles("ewi.sweep", transactional=True)
def ewi_sweep(ctx: Context, thresholds: object) -> Mapping[str, Any]:
    """Hold every watched subject's newest readings against the thresholds.

    In: thresholds as for ewi.evaluate, with name and name_en. Each crossing sends the message `alert` to its subject,
    once; what is lowered or closed becomes a note of the alert that stands. Out: alerts [{subject_key, metric, event,
    level, value, day}]; stale: what has newly become too old [{subject_key, subject_name, client_name, metric, name,
    name_en, last_day, max_age_days}].
    Errors: InvalidInput for thresholds that make no sense. Idempotent by job key; a run without new readings says
    nothing.
    """

    def sweep() -> Mapping[str, Any]:
        limits = {one.metric: one for one in thresholds_of(thresholds)}
        words = {str(row.get("metric")): row for row in inputs.rows(thresholds)}
        told: list[dict[str, Any]] = []
        stale: list[dict[str, Any]] = []
        after = ""
        while portion := book.subjects(ctx.session, after):
            after = portion[-1]
            values = book.newest(ctx.session, portion)
            for subject, known in book.states_of(ctx.session, portion).items():
                watched = [limits[name] for name in known if name in limits]
                read = {name: Reading(*values[subject, name]) for name in known if (subject, name) in values}
                told += _crossed(ctx, subject, watched, read, known, words)
                stale += _stale(ctx, subject, watched, read, known, words)
        return {"alerts": told, "stale": stale}

    return once(ctx.session, ctx.job_key, "ewi.sweep", ctx.now, sweep)


def _crossed(
    ctx: Context,
    subject: str,
    limits: Sequence[Threshold],
    readings: Mapping[str, Reading],
    known: Mapping[str, State],
    words: Mapping[str, Mapping[str, Any]],
) -> list[dict[str, Any]]:
    memory = {name: _memory(one) for name, one in known.items()}
    made = early_warning.evaluate(readings, limits, memory, inputs.today(ctx))
    for name, after in made.memory.items():
        if after != memory.get(name):
            last = after.last
            changed = replace(
                known[name],
                level=after.level,
                seen=after.seen,
                last_value=last.value if last else None,
                last_day=last.day if last else None,
                evaluated_at=ctx.now,
                stale_since=None,
            )
            book.remember(ctx.session, changed)
    for one in made.alerts:
        if one.event in ("opened", "raised"):
            _tell(ctx, subject, one, next(limit for limit in limits if limit.metric == one.metric), words[one.metric])
        else:
            _recovered(ctx, subject, one)
    return [
        {"subject_key": subject, "metric": a.metric, "event": a.event, "level": a.level, "value": a.value, "day": a.day}
        for a in made.alerts
    ]


def _memory(state: State) -> Memory:
    read = state.last_value is not None and state.last_day is not None
    last = Reading(state.last_value, state.last_day) if read else None  # type: ignore[arg-type]
    return Memory(state.level, tuple(state.seen), last)


def _tell(ctx: Context, subject: str, one: early_warning.Alert, limit: Threshold, words: Mapping[str, Any]) -> None:
    level, crossed = book.LEVELS[one.level], limit.red if one.level == 2 else limit.amber
    zh, en = inputs.text(words.get("name")) or one.metric, inputs.text(words.get("name_en")) or one.metric
    side, side_en = ("低于", "below") if limit.direction == "min" else ("高于", "above")
    told = {
        "metric": one.metric,
        "level": level,
        "value": one.value,
        "threshold": crossed,
        "trend": one.trend,
        "source": "sweep",
        "text": f"{zh} {_plain(one.value)} {side}{'红' if one.level == 2 else '黄'}线 {_plain(crossed)}（{one.day}）",
        "text_en": f"{en} {_plain(one.value)} {side_en} the {level} line {_plain(crossed)} ({one.day})",
        **_subject(ctx, subject),
    }
    unique = f"alert:{subject}:{one.metric}:{level}:{one.day}"
    ctx.schedule.add("alert", due=ctx.now, business_key=subject, dedupe_key=unique[:255], variables=inputs.given(told))


def _plain(value: Decimal) -> str:
    """A figure with four places at most, and none that say nothing."""
    return f"{value.quantize(Decimal('0.0001')).normalize():f}"


def _recovered(ctx: Context, subject: str, one: early_warning.Alert) -> None:
    standing = book.unsettled(ctx.session, subject, one.metric)
    if standing is None:
        return
    stamp = inputs.stamp(ctx, "sweep")
    note = {"event": one.event, "level": book.LEVELS.get(one.level, "none"), "value": one.value, "day": one.day}
    noted = book.note_alert(ctx.session, standing, note, stamp)
    if one.event == "closed":
        book.change_alert(ctx.session, noted.id, {"recovered_at": ctx.now}, stamp)


def _stale(
    ctx: Context,
    subject: str,
    limits: Sequence[Threshold],
    readings: Mapping[str, Reading],
    known: Mapping[str, State],
    words: Mapping[str, Mapping[str, Any]],
) -> list[dict[str, Any]]:
    """What was fresh at the last run and is too old now; it stays marked until a fresh reading comes."""
    today, found = inputs.today(ctx), []
    for limit in limits:
        state, reading = known[limit.metric], readings.get(limit.metric)
        old = reading is None or (today - reading.day).days > limit.max_age_days
        if not old or state.stale_since is not None:
            continue
        book.remember(ctx.session, replace(state, stale_since=ctx.now, evaluated_at=ctx.now))
        row, told = words[limit.metric], shown(ctx, _subject(ctx, subject))
        found.append(
            {
                "subject_key": subject,
                "subject_name": told["subject_name"],
                "client_name": told["client_name"],
                "metric": limit.metric,
                "name": inputs.text(row.get("name")) or limit.metric,
                "name_en": inputs.text(row.get("name_en")) or limit.metric,
                "last_day": reading.day if reading else None,
                "max_age_days": limit.max_age_days,
            }
        )
    return found


def _subject(ctx: Context, key: str) -> dict[str, Any]:
    """Facility, project and client of a subject, as far as the book knows it."""
    found = covenants.find_facility(ctx.session, key)
    if found is not None:
        return {
            "facility_key": found.business_key,
            "project_key": found.project_key,
            "party_id": str(found.party_id),
        }
    project = projects.find(ctx.session, key)
    if project is None:
        return {}
    return {"project_key": project.business_key}


# ── one alert ──────────────────────────────────────────────────────────────────────────────────────────────────


@handles("alert.open", transactional=True)
def alert_open(
    ctx: Context,
    metric: object,
    level: object,
    text: object = None,
    text_en: object = None,
    value: object = None,
    threshold: object = None,
    trend: object = None,
    source: object = None,
    facility_key: object = None,
    project_key: object = None,
    party_id: object = None,
) -> Mapping[str, Any]:
    """Enter an alert, or note it on the one that this metric of this subject has already.

    In: the variables of message `alert`; the business key is the subject. Out: alert_key, alert_id, merged: whether a
    case runs already; level and trend as they stand, stage: the project's, subject_name, client_name, owner, and
    party_id, project_key, facility_key completed from the book. Errors: InvalidInput without metric or for a level
    that is neither info, amber nor red. Idempotent by job key.
    """
    name, crossed = inputs.text(metric), inputs.text(level) or "amber"
    if name is None:
        raise refused("metric", "is missing", "缺少指标名称")
    if crossed not in ("info", *book.LEVELS.values()):
        raise refused("level", f"info, amber or red, not {crossed}", f"须为 info、amber 或 red：{crossed}")

    def enter() -> Mapping[str, Any]:
        subject = ctx.business_key or inputs.text(facility_key) or inputs.text(project_key) or ""
        told = inputs.text(source) or "process"
        stamp = inputs.stamp(ctx, told)
        known = inputs.given(
            {
                "facility_key": inputs.text(facility_key),
                "project_key": inputs.text(project_key),
                "party_id": inputs.text(party_id),
            }
        )
        about = {**_subject(ctx, subject), **known}
        number = inputs.number(value, "value")
        standing = book.unsettled(ctx.session, subject, name)
        if standing is None:
            row = {
                "subject_key": subject,
                "facility_key": about.get("facility_key"),
                "project_key": about.get("project_key"),
                "party_id": inputs.ident(about.get("party_id"), "party_id"),
                "metric": name,
                "source": told,
                "level": crossed,
                "value": number,
                "threshold": inputs.number(threshold, "threshold"),
                "trend": inputs.text(trend),
                "text": inputs.prose(text) or name,
                "text_en": inputs.prose(text_en) or inputs.prose(text) or name,
                "instance": ctx.instance or None,
            }
            found = book.open_alert(ctx.session, row, stamp, inputs.year(ctx))
        else:
            note = {"event": "again", "level": crossed, "value": number, "text": inputs.prose(text)}
            found = book.note_alert(ctx.session, standing, note, stamp)
        ctx.audit("alert", {"alert": found.business_key, "merged": standing is not None, "level": found.level})
        return {
            "alert_key": found.business_key,
            "alert_id": str(found.id),
            "merged": standing is not None,
            "level": found.level,
            "trend": inputs.text(trend) or "unknown",
            **about,
            **shown(ctx, about),
        }

    return once(ctx.session, ctx.job_key, "alert.open", ctx.now, enter)


def shown(ctx: Context, about: Mapping[str, Any]) -> dict[str, Any]:
    """How a subject is shown, by its keys: stage, subject_name, client_name, owner; null where the book has none."""
    project = projects.find(ctx.session, str(about["project_key"])) if about.get("project_key") else None
    facility = covenants.find_facility(ctx.session, str(about["facility_key"])) if about.get("facility_key") else None
    party = parties.find(ctx.session, int(about["party_id"])) if about.get("party_id") else None
    name = facility.name if facility else project.name if project else None
    return {
        "stage": project.stage if project else None,
        "subject_name": name,
        "client_name": party.legal_name if party else None,
        "owner": (project.owner if project else None) or (party.owner if party else None),
    }


@handles("alert.triage", transactional=True)
def alert_triage(
    ctx: Context,
    alert_key: object,
    verdict: object,
    reason: object = None,
    severity: object = None,
    playbook: object = None,
    exposure: object = None,
) -> Mapping[str, Any]:
    """Keep what a person makes of an alert.

    In: alert_key, verdict false|watch|action|noted (noted: nobody had to look), reason, severity, playbook, exposure.
    Out: alert_state, owner_list: who may be named for a measure. Errors: NotFound; InvalidInput for another verdict, or
    none of a reason where it is called false. Idempotent.
    """
    said, why = inputs.text(verdict), inputs.prose(reason)
    if said not in ("false", "watch", "action", "noted"):
        raise refused("verdict", f"unknown: {said}", f"未知结论 {said}")
    if said == "false" and why is None:
        raise refused("reason", "is missing", "须说明误报理由")
    person = completed_by(ctx, "ut_triage") if said != "noted" else None
    settled = said in ("false", "noted")
    values = inputs.given(
        {
            "state": "closed" if said == "noted" else said,
            "reason": why,
            "severity": inputs.whole(severity, "severity"),
            "playbook": inputs.text(playbook),
            "exposure": inputs.number(exposure, "exposure"),
            "triaged_at": ctx.now if said != "noted" else None,
            "triaged_by": person,
            "closed_at": ctx.now if settled else None,
        }
    )
    found = book.get_alert(ctx.session, inputs.text(alert_key) or "")
    changed = book.change_alert(ctx.session, found.id, values, inputs.stamp(ctx, "triage", person, why))
    return {"alert_state": changed.state, "owner_list": choices(ctx, "monitor", "rm")}


@handles("alert.close", transactional=True)
def alert_close(
    ctx: Context, alert_key: object = None, risk_key: object = None, passed_on: object = False
) -> Mapping[str, Any]:
    """What was decided on an alert is done: it is closed with its outcome.

    In: alert_key, or risk_key: the measure whose alert it is (one without an alert: nothing happens); passed_on yes/no:
    an amendment deals with it from here on. Out: alert_state, alert_outcome (null while a measure is open): done;
    passed_on; missed: a measure was not possible, the alert stays watched until the subject leaves the list. Errors:
    NotFound. Idempotent.
    """
    named = inputs.text(alert_key)
    found = book.get_alert(ctx.session, named) if named else None
    if found is None and (measure := inputs.text(risk_key)):
        of = book.get_risk(ctx.session, measure).alert_id
        found = book.get_alert(ctx.session, of) if of is not None else None
    if found is None:
        return {"alert_state": None, "alert_outcome": None}
    settled = settle(ctx, found, passed_on=inputs.yes(passed_on))
    return {"alert_state": settled.state, "alert_outcome": outcome(settled)}


def settle(ctx: Context, alert: Alert, *, passed_on: bool = False) -> Alert:
    """The alert after its measures: as it was while one of them is open, or when nobody acts on it."""
    measures = [one.state for one in book.risks_for(ctx.session, alert)]
    if alert.state != "action" or "open" in measures:
        return alert
    became = "passed_on" if passed_on else "missed" if "missed" in measures else "done"
    stamp = inputs.stamp(ctx, "risk_plan")
    counted = {"done": measures.count("done"), "missed": measures.count("missed")}
    noted = book.note_alert(ctx.session, alert, {"event": "settled", "outcome": became, **counted}, stamp)
    ctx.audit("alert_settled", {"alert": alert.business_key, "outcome": became, **counted})
    closing = {"state": "watch"} if became == "missed" else {"state": "closed", "closed_at": ctx.now}
    return book.change_alert(ctx.session, noted.id, closing, stamp)


def outcome(alert: Alert) -> str | None:
    """What came of an alert: done, passed_on, missed, exit (its subject left the watch list); None when none is
    told."""
    told = [note["outcome"] for note in alert.notes if note.get("outcome")]
    return str(told[-1]) if told else None
