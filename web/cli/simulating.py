"""`simulate`: what a process would come to with other people, times or decisions, from a file that says the plan."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from engine import api
from engine.errors import InvalidInput
from engine.queries import whatif
from engine.settings import load
from engine.simulation import Estimate, Result, compared, document, simulate
from web.cli.saying import words
from web.cli.statistics import table

HOUR = 3_600.0


@click.command("simulate")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=False)
@click.option("--from", "key", metavar="KEY", help="Write the plan that the history of a process gives, to edit it.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="With --from the plan, else all figures.")
def simulated(file: Path | None, key: str | None, out: Path | None) -> int:
    """Run the plan in FILE many times over; with “against” in it, both variants and their difference."""
    if (file is None) == (key is None):
        raise click.UsageError(words("请给出 FILE 或 --from 之一", "give either FILE or --from"))
    if key is not None:
        return _plan(key, out)
    assert file is not None
    said = _read(file)
    model, calendars = _model(said, file)
    first = document.read(said, calendars)
    if "against" not in said:
        found = simulate(model, first)
        _tell([found], None)
        _keep(out, {"now": asdict(found)})
        return 0
    other = document.merged(said, said["against"])
    second_model, _calendars = _model(other, file)
    both = compared((model, first), (second_model, document.read(other, calendars)))
    _tell([both.first, both.second], [both.cycle, both.p90, both.cost, both.late])
    _keep(out, {"now": asdict(both.first), "instead": asdict(both.second)})
    return 0


def _plan(key: str, out: Path | None) -> int:
    runtime = api.open_engine(load())
    with runtime.reading() as session:
        drawn = whatif.from_history(session, key)
        plan = document.written(drawn.plan)
    text = json.dumps({"process": key, "version": drawn.version, **plan}, ensure_ascii=False, indent=2)
    if out is None:
        click.echo(text)
    else:
        out.write_text(text + "\n", encoding="utf-8")
        click.echo(words(f"方案已写入 {out}", f"the plan is in {out}"))
    return 0


def _read(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InvalidInput(place=str(file), reason=f"is no JSON: {error}", reason_zh=f"不是 JSON：{error}") from None
    if not isinstance(found, dict) or not found.get("process"):
        raise InvalidInput(place="process", reason="a .bpmn file or the key of a deployed process is asked for",
                           reason_zh="须为 .bpmn 文件或已部署流程的标识")  # fmt: skip
    return found


def _model(said: Mapping[str, Any], file: Path) -> tuple[Any, Any]:
    """The model that a plan names and the calendars known: of a file alone the usual one, without a database."""
    name = str(said["process"])
    if name.endswith(".bpmn"):
        path = file.parent / name
        return document.model_of(path.read_bytes(), str(path), said.get("id")), document.USUAL_CALENDARS
    runtime = api.open_engine(load())
    with runtime.reading() as session:
        return whatif.model_of(session, name, said.get("version")), whatif.calendars_known(session)


def _keep(out: Path | None, found: Mapping[str, Any]) -> None:
    if out is not None:
        out.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _tell(found: list[Result], differences: list[Estimate] | None) -> None:
    names = [words("现状", "now"), words("方案", "instead")][: len(found)]
    head = ["", *names, *([words("差异", "difference")] if differences else [])]
    rows = [
        [words("平均周期（小时）", "mean cycle (h)"), *(_hours(one.cycle) for one in found)],
        [words("周期 90 分位（小时）", "90th percentile (h)"), *(_hours(one.p90) for one in found)],
        [words("每笔成本", "cost a case"), *(_plain(one.cost) for one in found)],
        [words("超期比例", "late share"), *(_share(one.late) for one in found)],
    ]
    if differences:
        said = (_hours(differences[0]), _hours(differences[1]), _plain(differences[2]), _share(differences[3]))
        rows = [[*row, one] for row, one in zip(rows, said, strict=True)]
    click.echo(table(words("案件（95% 置信区间）", "Cases (95 % intervals)"), head, rows))
    for name, one in zip(names, found, strict=True):
        people = [
            [pool.pool, str(pool.people), _share(pool.busy), _hours(pool.waited), _plain(pool.line)]
            for pool in one.pools
        ]
        if people:
            columns = words("团队 人数 忙碌 等待（小时） 平均排队", "team people busy waiting(h) line").split()
            click.echo(table(f"{words('人员', 'People')} · {name}", columns, people))
        slow = sorted(one.elements, key=lambda each: -each.spent.mean * each.visits.mean)[:10]
        lines = [[each.element, _plain(each.visits), _hours(each.waited), _hours(each.spent)] for each in slow]
        columns = words("环节 经过 等待（小时） 历时（小时）", "element visits waiting(h) spent(h)").split()
        click.echo(table(f"{words('环节', 'Elements')} · {name}", columns, lines))
        if one.stuck:
            click.echo(words(f"{one.stuck} 笔无法按图继续", f"{one.stuck} cases could not go on as it is drawn"))


def _hours(one: Estimate) -> str:
    return _plain(Estimate(one.mean / HOUR, None if one.half is None else one.half / HOUR))


def _plain(one: Estimate) -> str:
    return f"{one.mean:,.2f}" + ("" if one.half is None else f" ± {one.half:,.2f}")


def _share(one: Estimate | None) -> str:
    if one is None:
        return "—"
    return f"{one.mean:.1%}" + ("" if one.half is None else f" ± {one.half:.1%}")


COMMANDS = (simulated,)
