"""What stands in a report to investors, and of which period it is. Law: reads only; alerts are counted from the alert
table itself, and of closed cases only those whose client agreed to their release are shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta, tzinfo
from typing import Any

from sqlalchemy.orm import Session

from handlers.finance.plan import months_later
from handlers.records import cases
from handlers.records.disclosure import FREQUENCIES
from handlers.records.projects import Project
from handlers.reports.content import Label, Prose, Report, Section, Table, sections_of, shown
from handlers.reports.investor import investor_pack
from handlers.reports.rows import Fields, table_of

CASES = 20
"""So many closed cases at most, the last first."""

_TRACK_RECORD: Fields = (
    ("name", "项目", "Project", "text"),
    ("sector", "行业", "Sector", "code"),
    ("amount", "融资额", "Financing", "money"),
    ("currency", "币种", "Currency", "text"),
    ("outcome", "结果", "Outcome", "code"),
    ("closed_on", "结清日", "Closed on", "date"),
)


def period_with(frequency: str, day: date) -> tuple[date, date]:
    """First and last day of the calendar period that a day lies in."""
    months = FREQUENCIES[frequency]
    first = date(day.year, (day.month - 1) // months * months + 1, 1)
    return first, months_later(first, months) - timedelta(days=1)


def key_of(project_key: str, frequency: str, end: date) -> str:
    """`RP-2026-0001-2026Q2` of the project `PJ-2026-0001`; months 2026M06, half-years 2026H1, years 2026Y."""
    part = {
        "monthly": f"M{end.month:02d}",
        "quarterly": f"Q{(end.month + 2) // 3}",
        "semiannual": f"H{(end.month + 5) // 6}",
        "annual": "Y",
    }[frequency]
    return f"RP-{project_key.removeprefix('PJ-')}-{end.year}{part}"


def sections(
    session: Session,
    project: Project,
    since: date,
    until: date,
    now: datetime,
    zone: tzinfo,
    words: Mapping[str, str | None],
) -> list[dict[str, Any]]:
    """Everything that any investor may get of a project, as plain sections; what of it whom is the table's to say.

    words: `event` and `event_en` (what happened), `zh` and `en` (comment on project and market).
    """
    figures = investor_pack(session, project.business_key, since, until, now, zone)
    own: list[Section] = []
    if words.get("event"):
        own.append(_prose("event", "重大事项", "Material event", words["event"], words.get("event_en")))
    own += figures.sections
    if words.get("zh") or words.get("en"):
        own.append(_prose("commentary", "项目与市场说明", "Project and market", words.get("zh"), words.get("en")))
    own.append(track_record(session))
    whole = Report(figures.kind, figures.title, figures.subject_key, figures.subject, now, tuple(own))
    plain: list[dict[str, Any]] = whole.plain()["sections"]
    return plain


def _prose(id: str, title: str, title_en: str, text: str | None, text_en: str | None) -> Prose:
    chinese, english = text or text_en or "", text_en or text or ""
    return Prose(id, Label(title, title_en), Label(chinese, english))


def track_record(session: Session) -> Table:
    """Closed cases that may be shown outside."""
    shown_outside = cases.library(session, released=True)[:CASES]
    rows = [{name: getattr(one, name) for name, *_ in _TRACK_RECORD} for one in shown_outside]
    return table_of("track_record", ("历史业绩", "Track record"), _TRACK_RECORD, rows)


def lines(plain: Iterable[Mapping[str, Any]], zone: tzinfo) -> list[dict[str, str]]:
    """The sections as lines to read in a task: {section, section_en, text, text_en}."""
    found = []
    for section in sections_of(list(plain)):
        spoken = zip(_lines(section, "zh", zone), _lines(section, "en", zone), strict=True)
        for zh, en in spoken:
            found.append({"section": section.title.zh, "section_en": section.title.en, "text": zh, "text_en": en})
    return found


def _lines(section: Section, language: str, zone: tzinfo) -> list[str]:
    if isinstance(section, Prose):
        return [section.text.text(language)]
    between, colon = ("；", "：") if language == "zh" else ("; ", ": ")
    if isinstance(section, Table):
        return [
            between.join(
                f"{column.label.text(language)} {shown(row.get(column.key), column.form, language, zone)}"
                for column in section.columns
            )
            for row in section.rows
        ]
    return [
        f"{fact.label.text(language)}{colon}{shown(fact.value, fact.form, language, zone)}" for fact in section.rows
    ]
