"""The commands: arguments in, a report for people (or JSON) out, an exit code back. Law: one language a run.

Exit codes: 0 as expected, 1 an expectation unmet or an instance failed, 2 a model refused, 3 the scenario is wrong.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from decimal import Decimal
from gettext import gettext as _
from pathlib import Path
from typing import Any, TextIO

from engine.errors import CallerError, DealflowError, ModelError
from engine.play.deciding import decide
from engine.play.folder import test_folder
from engine.play.report import exit_code
from engine.play.run import play
from engine.play.values import plain, read_scenario

SIGNS = {"enter": "→", "leave": "✓", "cancel": "✗"}

_ZH = {
    "refused": "拒绝", "as expected": "符合预期", "thrown, not awaited": "已抛出但无人等待",
    "called by": "由其调用：", "waits": "等待", "incident": "异常", "warning": "警告", "rule": "规则",
    "passed": "通过", "FAILED": "未通过", "nodes": "节点", "flows": "连线", "never visited": "从未经过",
    "never taken": "从未走过", "no such folder": "没有此文件夹", "no scenarios (*/scenarios/*.json)":
    "没有场景文件（*/scenarios/*.json）", "not JSON": "不是有效的 JSON",
    "active": "进行中", "completed": "已完成", "terminated": "已终止", "cancelled": "已取消", "failed": "失败",
}  # fmt: skip


def _word(text: str, language: str) -> str:
    return _ZH[text] if language == "zh" else text


def main_play(argv: Sequence[str], out: TextIO | None = None, language: str = "en") -> int:
    """`play FILES… --scenario S.json [--kernel native|spiff] [--save-between-steps] [--json]`."""
    parser = argparse.ArgumentParser(prog="dealflow play", description=_("Run a model in memory on a virtual clock."))
    parser.add_argument("files", nargs="+", help=_("diagrams, decision tables, forms, or folders of them"))
    parser.add_argument("--scenario", required=True, type=Path, help=_("the scenario (JSON)"))
    parser.add_argument("--kernel", default="native", choices=("native", "spiff"))
    parser.add_argument("--save-between-steps", action="store_true", help=_("store and restore after every step"))
    parser.add_argument("--json", action="store_true", help=_("print the whole report as JSON"))
    given = parser.parse_args(list(argv))
    stream = out or sys.stdout
    if given.json:
        language = "en"  # what programs read is the same everywhere
    try:
        told = play(given.files, read_scenario(given.scenario), given.kernel, given.save_between_steps, language)
    except DealflowError as error:
        return _refused(error, given.json, stream, language)
    if given.json:
        print(json.dumps(told, ensure_ascii=False, indent=1), file=stream)
    else:
        print("\n".join(lines(told, language)), file=stream)
    return exit_code(told)


def _refused(error: DealflowError, as_json: bool, stream: TextIO, language: str) -> int:
    if as_json:
        print(
            json.dumps({"error": {"code": error.code, "message": error.text(language)}}, ensure_ascii=False),
            file=stream,
        )
    else:
        print(error.text(language), file=stream)
    return 2 if isinstance(error, ModelError) else 3 if isinstance(error, CallerError) else 1


def lines(told: dict[str, Any], language: str = "en") -> list[str]:
    """A report for people."""
    if told["refused"]:
        word = _word("refused", language)
        return [
            f"{word}  {one['file']}:{one['line'] or '-'}  {one['element'] or '-'}  [{one['rule']}] {one['message']}"
            for one in told["refused"]
        ]
    found = [_passed(entry) for entry in told["trace"]]
    for one in told["instances"]:
        found += ["", *_instance(one, language)]
    unheard = [one for one in told["thrown"] if not one["handled"]]
    if unheard:
        found += ["", *(f"{_word('thrown, not awaited', language)}: {one['kind']} {one['name']}" for one in unheard)]
    found += ["", *(told["unmet"] or [_word("as expected", language)])]
    return found


def _passed(entry: dict[str, Any]) -> str:
    return f"{entry['at'][:16]}  #{entry['instance']} {SIGNS[entry['event']]} {entry['element']}  ({entry['type']})"


def _instance(one: dict[str, Any], language: str) -> list[str]:
    called = f", {_word('called by', language)} #{one['parent']}" if one["parent"] else ""
    error = f": {one['error']['code']} {one['error']['message']}" if "error" in one else ""
    found = [f"#{one['instance']} {one['process']}{called}: {_word(one['state'], language)}{error}"]
    found += [f"   {name} = {json.dumps(value, ensure_ascii=False)}" for name, value in one["variables"].items()]
    for wait in one["waiting"]:
        facts = [str(wait[name]) for name in ("name", "assignee", "due") if wait.get(name)]
        found.append(f"   {_word('waits', language)}: {wait['element']} ({wait['kind']}) {' '.join(facts)}".rstrip())
    incident = _word("incident", language)
    found += [f"   {incident}: {one['element']} {one['code']}: {one['message']}" for one in one["incidents"]]
    return found


def main_test(argv: Sequence[str], out: TextIO | None = None, language: str = "en") -> int:
    """`test [FOLDER] [--json] [--save-between-steps]`: every scenario, with coverage. 0 when all passed."""
    parser = argparse.ArgumentParser(prog="dealflow test", description=_("Play every scenario under a folder."))
    parser.add_argument("folder", nargs="?", default="bpmn", type=Path)
    parser.add_argument("--kernel", default="native", choices=("native", "spiff"))
    parser.add_argument("--save-between-steps", action="store_true")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(list(argv))
    stream = out or sys.stdout
    if not given.folder.is_dir():
        print(f"{given.folder}: {_word('no such folder', language)}", file=stream)
        return 3
    told = test_folder(given.folder, given.kernel, given.save_between_steps, language)
    if not told["scenarios"]:
        print(f"{given.folder}: {_word('no scenarios (*/scenarios/*.json)', language)}", file=stream)
        return 3
    if given.json:
        print(json.dumps(told, ensure_ascii=False, indent=1), file=stream)
    else:
        print("\n".join(tested(told, language)), file=stream)
    return max((result["exit"] for result in told["scenarios"]), default=0)


def main_decide(argv: Sequence[str], out: TextIO | None = None, language: str = "en") -> int:
    """`decide FILES… --decision NAME_OR_ID --input JSON [--json]`: value, rules that fired, warnings."""
    parser = argparse.ArgumentParser(prog="dealflow decide", description=_("Evaluate one decision."))
    parser.add_argument("files", nargs="+")
    parser.add_argument("--decision", required=True, help=_("name or id"))
    parser.add_argument("--input", default="{}", help=_("input data as JSON"))
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(list(argv))
    stream = out or sys.stdout
    try:
        inputs = json.loads(given.input, parse_float=Decimal)
        told = plain(decide(given.files, given.decision, inputs))
    except json.JSONDecodeError as error:
        print(f"--input: {_word('not JSON', language)} ({error.lineno}:{error.colno})", file=stream)
        return 3
    except DealflowError as error:
        return _refused(error, given.json, stream, language)
    if given.json:
        print(json.dumps(told, ensure_ascii=False, indent=1), file=stream)
        return 0
    print(f"{told['decision']} = {json.dumps(told['value'], ensure_ascii=False)}", file=stream)
    for rule in told["fired"]:
        print(
            f"  {rule['decision']}: {_word('rule', language)} {rule['rule']} {' '.join(rule['annotations'])}".rstrip(),
            file=stream,
        )
    for warning in told["warnings"]:
        print(f"  {_word('warning', language)}: {warning}", file=stream)
    return 0


def tested(told: dict[str, Any], language: str = "en") -> list[str]:
    """The result of a folder for people."""
    found: list[str] = []
    for result in told["scenarios"]:
        found.append(f"{_word('passed' if result['passed'] else 'FAILED', language)}  {result['scenario']}")
        found += [f"        {problem}" for problem in result["unmet"]]
        if result["error"]:
            found.append(f"        {result['error']}")
    for one in told["warnings"]:
        found.append(f"{_word('warning', language)}: {one['file']}  {one['element']}  {one['message']}")
    for covered in told["coverage"]:
        nodes, flows = covered["nodes"], covered["flows"]
        found.append(
            f"{covered['process']}: {_word('nodes', language)} {nodes['visited']}/{nodes['total']}, "
            f"{_word('flows', language)} {flows['visited']}/{flows['total']}"
        )
        if nodes["missing"]:
            found.append(f"        {_word('never visited', language)}: {', '.join(nodes['missing'])}")
        if flows["missing"]:
            found.append(f"        {_word('never taken', language)}: {', '.join(flows['missing'])}")
    found.append(
        f"通过 {told['passed']}，未通过 {told['failed']}"
        if language == "zh"
        else f"{told['passed']} passed, {told['failed']} failed"
    )
    return found
