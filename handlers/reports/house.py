"""The KPI pack: the engine's own figures of every process over a range of days. Reads only; nothing is computed twice.

Each share stands with its parts, each duration with the number of cases it is of, as `engine.queries.kpis` says them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sqlalchemy.orm import Session

from engine.queries import definitions
from engine.queries.kpis import Kpi, kpis_of
from handlers.reports.content import Fact, Facts, Label, Report, Section
from handlers.reports.rows import Fields, table_of

_SHARES: Fields = (
    ("process", "流程", "Process", "text"),
    ("name", "指标", "Figure", "text"),
    ("value", "比例", "Share", "percent"),
    ("part", "分子", "Part", "whole"),
    ("whole", "分母", "Whole", "whole"),
)
_DURATIONS: Fields = (
    ("process", "流程", "Process", "text"),
    ("name", "指标", "Figure", "text"),
    ("value", "小时（工作时间）", "Hours (working time)", "ratio"),
    ("whole", "样本数", "Cases", "whole"),
)


def kpi_pack(
    session: Session, since: date, until: date, as_of: datetime, language: str = "zh", only: str = ""
) -> Report:
    """The KPIs of all deployed processes (or of one) from `since` to `until`, both included; names in the language."""
    shares: list[Mapping[str, Any]] = []
    durations: list[Mapping[str, Any]] = []
    processes = [one for one in definitions(session) if only in ("", one.key)]
    found = kpis_of(session, [one.key for one in processes], since, until)
    for process in processes:
        name = process.name if language.startswith("zh") else process.name_en
        for one in found[process.key]:
            is_duration = one.id.endswith(("_median", "_p90"))
            (durations if is_duration else shares).append(_row(name, one, language))
    sections: tuple[Section, ...] = (
        Facts("range", Label("统计区间", "Range"), (Fact(Label("区间", "Days"), f"{since} – {until}"),)),
        table_of("shares", ("质量与及时性", "Quality and punctuality"), _SHARES, shares),
        table_of("durations", ("时长", "Durations"), _DURATIONS, durations),
    )
    key = f"KPI-{since:%Y%m%d}-{until:%Y%m%d}"
    return Report("kpi_pack", Label("绩效报告", "KPI report"), key, f"{since} – {until}", as_of, sections)


def _row(process: str, one: Kpi, language: str) -> Mapping[str, Any]:
    name = one.name if language.startswith("zh") else one.name_en
    return {
        "process": process, "name": name, "value": _value(one), "part": one.part, "whole": one.whole, "id": one.id,
    }  # fmt: skip


def _value(one: Kpi) -> Decimal | None:
    """A share in per cent; a duration in hours to four places."""
    if isinstance(one.value, timedelta):
        hours = Decimal(one.value // timedelta(milliseconds=1)) / Decimal(3_600_000)
        return hours.quantize(Decimal("0.0001"), ROUND_HALF_UP)
    return None if one.value is None else one.value * 100
