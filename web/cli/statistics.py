"""`statistics show`, `statistics rebuild`: where cases pass, wait and fail, as tables in the run's language."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import date, timedelta, tzinfo
from decimal import Decimal

import click

from engine import api
from engine.errors import InvalidInput
from engine.queries import kpis, statistics
from engine.queries.figures import Durations
from engine.settings import load
from engine.statistics import keeping
from web.cli.saying import language, words


@click.group("statistics")
def figures() -> None:
    """Figures of what happened: heat map, durations, KPIs."""


@figures.command()
@click.argument("key")
@click.option("--version", type=int, help="Only this version; all together without it.")
@click.option("--since", metavar="YYYY-MM-DD", help="The first day, in the business zone.")
@click.option("--until", metavar="YYYY-MM-DD", help="The last day, in the business zone.")
@click.option("--milestone", metavar="ELEMENT", help="The element whose reaching is the conversion.")
def show(key: str, version: int | None, since: str | None, until: str | None, milestone: str | None) -> int:
    """Elements, tasks, ends and KPIs of the process KEY; the figures are brought up to date first."""
    runtime = api.open_engine(load())
    api.migrate(runtime)
    keeping.keep_up(runtime)
    asked = key, version, _day("--since", since), _day("--until", until)
    with runtime.reading() as session:
        heat = statistics.heat_map(session, *asked)
        tasks = statistics.tasks(session, *asked)
        ends = statistics.outcomes(session, *asked)
        found = kpis.kpis(session, *asked, milestone=milestone)
    click.echo(_heading(heat, runtime.zone))
    click.echo(_elements(heat))
    if tasks:
        click.echo(_tasks(tasks))
    if ends:
        click.echo(_ends(ends))
    click.echo(_kpis(found))
    return 0


@figures.command()
def rebuild() -> int:
    """Throw the figures away and count all of history again; what the clean-up took stays counted."""
    runtime = api.open_engine(load())
    api.migrate(runtime)
    rows = keeping.rebuild(runtime)
    click.echo(words(f"已由 {rows:,} 条历史记录重新统计", f"counted {rows:,} rows of history again"))
    return 0


COMMANDS = (figures,)


def _day(option: str, text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise InvalidInput(
            place=option, reason="a day as YYYY-MM-DD", reason_zh="请填写日期，格式为 YYYY-MM-DD"
        ) from None


# ── tables ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _heading(heat: statistics.HeatMap, zone: tzinfo) -> str:
    asked = heat.range
    name = asked.newest.definition.name or asked.key
    name_en = asked.newest.texts.get(asked.key, name)
    as_of = f"{heat.as_of.astimezone(zone):%Y-%m-%d %H:%M}" if heat.as_of is not None else "—"
    version = words("全部版本", "all versions") if asked.version is None else f"v{asked.version}"
    ended = sum(heat.ended.values())
    return words(
        f"{name}（{asked.key}，{version}）：启动 {heat.started:,}，结束 {ended:,}；数据截至 {as_of}",
        f"{name_en} ({asked.key}, {version}): {heat.started:,} started, {ended:,} ended; as of {as_of}",
    )


def _elements(heat: statistics.HeatMap) -> str:
    head = words(
        "环节 进入 离开 取消 重复 停留 平均已停留 中位 P95 最长 异常",
        "element entered left cancelled again present mean-stay median p95 longest incidents",
    ).split()
    rows = [
        [
            _said(one.name, one.name_en),
            *(f"{count:,}" for count in (one.entered, one.left, one.cancelled, one.again, one.present)),
            _span(one.present_for),
            *_measures(one.durations),
            f"{one.incidents:,}",
        ]
        for one in heat.elements
    ]
    return table(words("环节（历时按自然时间）", "Elements (durations by the wall clock)"), head, rows)


def _tasks(found: Sequence[statistics.TaskFigures]) -> str:
    head = words(
        "任务 完成 按时 迟办 逾期未办 工时中位 P95 最长",
        "task done on-time late overdue median p95 longest",
    ).split()
    rows = [
        [
            _said(one.name, one.name_en),
            *(f"{count:,}" for count in (one.completed, one.on_time, one.late, one.overdue)),
            *_measures(one.worked),
        ]
        for one in found
    ]
    return table(words("任务（工作时间，扣除暂停）", "Tasks (working time, without pauses)"), head, rows)


_STATES = {
    "completed": ("完成", "completed"),
    "terminated": ("终止", "terminated"),
    "cancelled": ("取消", "cancelled"),
    "failed": ("失败", "failed"),
}


def _ends(found: Sequence[statistics.Outcome]) -> str:
    head = words("结果 案件 周期中位 P95 最长", "outcome cases median p95 longest").split()
    rows = []
    for one in found:
        zh, en = _STATES.get(one.state, (one.state, one.state))
        state, place = words(zh, en), _said(one.name, one.name_en)
        label = words(f"{state}：{place}", f"{state}: {place}") if place else state
        rows.append([label, f"{one.cycle.count:,}", *_measures(one.cycle)])
    return table(words("结果（工作时间，扣除暂停）", "Outcomes (working time, without pauses)"), head, rows)


def _kpis(found: Sequence[kpis.Kpi]) -> str:
    rows = []
    for one in found:
        parts = f"{one.part:,} / {one.whole:,}" if one.part is not None else f"{one.whole:,}"
        rows.append([_said(one.name, one.name_en), _value(one.value), parts])
    return table(words("指标", "KPIs"), words("指标 值 依据", "KPI value of").split(), rows)


def _value(value: Decimal | timedelta | None) -> str:
    return f"{value:.1%}" if isinstance(value, Decimal) else _span(value)


def _measures(found: Durations) -> list[str]:
    return [_span(found.median), _span(found.p95), _span(found.longest)]


def _said(zh: str, en: str) -> str:
    return zh if language() == "zh" else en


UNITS = (("d", "天", 86_400), ("h", "小时", 3600), ("min", "分", 60), ("s", "秒", 1))


def _span(span: timedelta | None) -> str:
    """A duration in the two largest units that say something: `2 d 3 h`."""
    if span is None:
        return "—"
    said: list[str] = []
    left = round(span.total_seconds())
    if span < timedelta(seconds=1):
        return f"{round(span / timedelta(milliseconds=1))} {words('毫秒', 'ms')}"
    for en, zh, size in UNITS:
        if left >= size and len(said) < 2:
            said.append(f"{left // size} {words(zh, en)}")
            left %= size
        elif said:
            break
    return " ".join(said)


def table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns as wide as their widest cell, the first to the left; a Chinese character is two columns wide."""
    widths = [max(width(line[n]) for line in (head, *rows)) for n in range(len(head))]
    lines = ["  ".join(_padded(cell, widths[n], n == 0) for n, cell in enumerate(line)) for line in (head, *rows)]
    return "\n".join(["", click.style(title, bold=True), *(f"  {line.rstrip()}" for line in lines)])


def _padded(text: str, wide: int, left: bool) -> str:
    blank = " " * (wide - width(text))
    return text + blank if left else blank + text


def width(text: str) -> int:
    """Columns of a terminal that the text takes."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)
