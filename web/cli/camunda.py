"""`import camunda7`: what a folder of Camunda 7 models needs before it runs here. Changes nothing."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import click

from engine import api
from engine.settings import load
from web.cli.saying import language, words

ENDINGS = (".bpmn", ".bpmn20.xml", ".bpmn.xml", ".dmn", ".dmn11.xml", ".form", ".cmmn")
EXIT = {"runs": 0, "handlers": 1, "change": 2}
NOTHING = 3
SIGNS = {"runs": ("✓", "green"), "handlers": ("+", "yellow"), "change": ("✗", "red")}


@click.command("camunda7")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="The whole report as JSON.")
def camunda7(folder: Path, as_json: bool) -> int:
    """What of a folder of Camunda 7 models runs as it is, what needs handlers, what must be changed.

    Reads BPMN, DMN, forms and CMMN below the folder; nothing is deployed.

    Exit codes: 0 all of it runs as it is, 1 code is needed, 2 a model must be changed, 3 there is nothing to read.
    """
    files = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name.endswith(ENDINGS)
    }
    if not files:
        click.secho(words(f"{folder}：没有模型文件", f"{folder}: there are no models"), err=True, fg="red")
        return NOTHING
    found = judged(files)
    if as_json:
        click.echo(json.dumps(document(found), ensure_ascii=False, indent=2))
    else:
        say(found)
    return max(EXIT[one.verdict] for one in found)


def judged(files: Mapping[str, bytes]) -> list[api.Surveyed]:
    """The report; judged in an empty house, so that it says the same wherever it is asked."""
    with tempfile.TemporaryDirectory() as house:
        runtime = api.open_engine(load(database_url=f"sqlite:///{house}/survey.db", data_dir=Path(house)))
        try:
            api.migrate(runtime)
            with runtime.transaction() as session:
                return api.survey(session, files)
        finally:
            runtime.database.dispose()


KINDS = {
    "class": ("Java class", "Java 类"),
    "delegateExpression": ("delegate expression", "委托表达式"),
    "bean": ("bean in an expression", "表达式中的 Bean"),
    "listener": ("listener", "监听器"),
    "script": ("script in", "脚本语言"),
    "connector": ("connector", "连接器"),
    "mail": ("mail task", "邮件任务"),
}


def say(found: list[api.Surveyed]) -> None:
    """The report for people: files with what must be changed, then the code by name, then topics and pages."""
    for one in found:
        sign, colour = SIGNS[one.verdict]
        told = {
            "runs": words("可直接运行", "runs as it is"),
            "handlers": words("需要处理程序", "needs handlers"),
            "change": words("须修改模型", "must be changed"),
        }[one.verdict]
        click.secho(f"{sign} {one.file}: {told}", fg=colour)
        for fault in one.faults:
            click.echo(f"    {_place(fault.line, fault.element)}{fault.text(language())}")
    _say_code(found)
    _say_list(
        words("外部任务主题（外部程序连接 /engine-rest 即可继续）：",
              "Topics of external tasks (their programs go on at /engine-rest):"),
        _places(found, {"topic"}),
    )  # fmt: skip
    _say_list(
        words("内嵌页面（须改为 Camunda Forms）：", "Embedded pages (to be drawn as Camunda Forms):"),
        _places(found, {"form"}),
    )
    number = {verdict: sum(one.verdict == verdict for one in found) for verdict in EXIT}
    click.echo(
        words(
            f"\n共 {len(found)} 个文件：{number['runs']} 个可直接运行，{number['handlers']} 个需要处理程序，"
            f"{number['change']} 个须修改。说明：docs/migrating-from-camunda7.md",
            f"\n{len(found)} file(s): {number['runs']} run as they are, {number['handlers']} need handlers, "
            f"{number['change']} must be changed. How to go on: docs/migrating-from-camunda7.md",
        )
    )


def _place(line: int | None, element: str | None) -> str:
    where = words(f"第 {line} 行", f"line {line}") if line else ""
    told = " ".join(part for part in (where, element or "") if part)
    return f"{told}: " if told else ""


def _places(found: Iterable[api.Surveyed], kinds: set[str]) -> dict[tuple[str, str, str], list[str]]:
    """(kind, what, topic) -> where, of those kinds."""
    places: dict[tuple[str, str, str], list[str]] = {}
    for one in found:
        for need in one.needs:
            if need.kind in kinds:
                shown = f"{need.file}:{need.line} {need.name or need.element}"
                places.setdefault((need.kind, need.what, need.topic), []).append(shown)
    return dict(sorted(places.items()))


def _say_code(found: list[api.Surveyed]) -> None:
    places = _places(found, set(KINDS))
    if not places:
        return
    click.echo(words("\n要写的代码：", "\nCode to write:"))
    for (kind, what, topic), where in places.items():
        en, zh = KINDS[kind]
        way = words("Python 或 FEEL", "Python or FEEL") if kind == "script" else f'@handles("{topic}")'
        click.echo(f"  {words(zh, en)} {what}  →  {way}")
        for one in where:
            click.echo(f"      {one}")


def _say_list(title: str, places: Mapping[tuple[str, str, str], list[str]]) -> None:
    if places:
        click.echo(f"\n{title}")
    for (_, what, _topic), where in places.items():
        click.echo(f"  {what}: {', '.join(where)}")


def document(found: list[api.Surveyed]) -> dict[str, Any]:
    """The report for programs."""
    return {
        "files": [
            {
                "file": one.file,
                "verdict": one.verdict,
                "faults": [_fault(fault) for fault in one.faults],
                "notes": [_fault(fault) for fault in one.notes],
            }
            for one in found
        ],
        "code": [
            {"kind": kind, "what": what, "topic": topic, "places": where}
            for (kind, what, topic), where in _places(found, set(KINDS)).items()
        ],
        "topics": [{"topic": what, "places": where} for (_, what, _topic), where in _places(found, {"topic"}).items()],
        "pages": [{"page": what, "places": where} for (_, what, _topic), where in _places(found, {"form"}).items()],
    }


def _fault(fault: Any) -> dict[str, Any]:
    return {"rule": fault.rule, "element": fault.element, "line": fault.line, "text": fault.text("en")}
