"""The commands: arguments in, a report for people (or JSON) out, an exit code back.

Exit codes: 0 as expected, 1 an expectation unmet or an instance failed, 2 a model refused, 3 the scenario is wrong.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, TextIO

from engine.errors import CallerError, DealflowError, ModelError
from engine.play.deciding import decide
from engine.play.folder import test_folder
from engine.play.report import exit_code
from engine.play.run import play
from engine.play.values import plain, read_scenario

SIGNS = {"enter": "→", "leave": "✓", "cancel": "✗"}


def main_play(argv: Sequence[str], out: TextIO | None = None) -> int:
    """`play FILES… --scenario S.json [--kernel native|spiff] [--save-between-steps] [--json]`."""
    parser = argparse.ArgumentParser(prog="dealflow play", description="Run a model in memory on a virtual clock.")
    parser.add_argument("files", nargs="+", help="diagrams, decision tables, forms, or folders of them")
    parser.add_argument("--scenario", required=True, type=Path, help="the scenario (JSON)")
    parser.add_argument("--kernel", default="native", choices=("native", "spiff"))
    parser.add_argument("--save-between-steps", action="store_true", help="store and restore after every step")
    parser.add_argument("--json", action="store_true", help="print the whole report as JSON")
    given = parser.parse_args(list(argv))
    stream = out or sys.stdout
    try:
        told = play(given.files, read_scenario(given.scenario), given.kernel, given.save_between_steps)
    except DealflowError as error:
        return _refused(error, given.json, stream)
    if given.json:
        print(json.dumps(told, ensure_ascii=False, indent=1), file=stream)
    else:
        print("\n".join(lines(told)), file=stream)
    return exit_code(told)


def _refused(error: DealflowError, as_json: bool, stream: TextIO) -> int:
    if as_json:
        print(json.dumps({"error": {"code": error.code, "message": str(error)}}, ensure_ascii=False), file=stream)
    else:
        print(f"{error}\n{error.text('zh')}", file=stream)
    return 2 if isinstance(error, ModelError) else 3 if isinstance(error, CallerError) else 1


def lines(told: dict[str, Any]) -> list[str]:
    """A report for people."""
    if told["refused"]:
        return [
            f"refused  {one['file']}:{one['line'] or '-'}  {one['element'] or '-'}  [{one['rule']}] {one['message']}"
            for one in told["refused"]
        ]
    found = [_passed(entry) for entry in told["trace"]]
    for one in told["instances"]:
        found += ["", *_instance(one)]
    unheard = [one for one in told["thrown"] if not one["handled"]]
    if unheard:
        found += ["", *(f"thrown, not awaited: {one['kind']} {one['name']}" for one in unheard)]
    found += ["", *(told["unmet"] or ["as expected"])]
    return found


def _passed(entry: dict[str, Any]) -> str:
    return f"{entry['at'][:16]}  #{entry['instance']} {SIGNS[entry['event']]} {entry['element']}  ({entry['type']})"


def _instance(one: dict[str, Any]) -> list[str]:
    called = f", called by #{one['parent']}" if one["parent"] else ""
    error = f": {one['error']['code']} {one['error']['message']}" if "error" in one else ""
    found = [f"#{one['instance']} {one['process']}{called}: {one['state']}{error}"]
    found += [f"   {name} = {json.dumps(value, ensure_ascii=False)}" for name, value in one["variables"].items()]
    for wait in one["waiting"]:
        facts = [str(wait[name]) for name in ("name", "assignee", "due") if wait.get(name)]
        found.append(f"   waits: {wait['element']} ({wait['kind']}) {' '.join(facts)}".rstrip())
    found += [f"   incident: {one['element']} {one['code']}: {one['message']}" for one in one["incidents"]]
    return found


def main_test(argv: Sequence[str], out: TextIO | None = None) -> int:
    """`test [FOLDER] [--json] [--save-between-steps]`: every scenario, with coverage. 0 when all passed."""
    parser = argparse.ArgumentParser(prog="dealflow test", description="Play every scenario under a folder.")
    parser.add_argument("folder", nargs="?", default="bpmn", type=Path)
    parser.add_argument("--kernel", default="native", choices=("native", "spiff"))
    parser.add_argument("--save-between-steps", action="store_true")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(list(argv))
    stream = out or sys.stdout
    if not given.folder.is_dir():
        print(f"{given.folder}: no such folder / 没有此文件夹", file=stream)
        return 3
    told = test_folder(given.folder, given.kernel, given.save_between_steps)
    if not told["scenarios"]:
        print(f"{given.folder}: no scenarios (*/scenarios/*.json) / 没有场景文件", file=stream)
        return 3
    if given.json:
        print(json.dumps(told, ensure_ascii=False, indent=1), file=stream)
    else:
        print("\n".join(tested(told)), file=stream)
    return max((result["exit"] for result in told["scenarios"]), default=0)


def main_decide(argv: Sequence[str], out: TextIO | None = None) -> int:
    """`decide FILES… --decision NAME_OR_ID --input JSON [--json]`: value, rules that fired, warnings."""
    parser = argparse.ArgumentParser(prog="dealflow decide", description="Evaluate one decision.")
    parser.add_argument("files", nargs="+")
    parser.add_argument("--decision", required=True, help="name or id")
    parser.add_argument("--input", default="{}", help="input data as JSON")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(list(argv))
    stream = out or sys.stdout
    try:
        inputs = json.loads(given.input, parse_float=Decimal)
        told = plain(decide(given.files, given.decision, inputs))
    except ValueError as error:
        print(f"--input: {error}", file=stream)
        return 3
    except DealflowError as error:
        return _refused(error, given.json, stream)
    if given.json:
        print(json.dumps(told, ensure_ascii=False, indent=1), file=stream)
        return 0
    print(f"{told['decision']} = {json.dumps(told['value'], ensure_ascii=False)}", file=stream)
    for rule in told["fired"]:
        print(f"  {rule['decision']}: rule {rule['rule']} {' '.join(rule['annotations'])}".rstrip(), file=stream)
    for warning in told["warnings"]:
        print(f"  warning: {warning}", file=stream)
    return 0


def tested(told: dict[str, Any]) -> list[str]:
    """The result of a folder for people."""
    found: list[str] = []
    for result in told["scenarios"]:
        found.append(f"{'passed' if result['passed'] else 'FAILED'}  {result['scenario']}")
        found += [f"        {problem}" for problem in result["unmet"]]
        if result["error"]:
            found.append(f"        {result['error']}")
    for covered in told["coverage"]:
        nodes, flows = covered["nodes"], covered["flows"]
        found.append(
            f"{covered['process']}: nodes {nodes['visited']}/{nodes['total']}, "
            f"flows {flows['visited']}/{flows['total']}"
        )
        if nodes["missing"]:
            found.append(f"        never visited: {', '.join(nodes['missing'])}")
        if flows["missing"]:
            found.append(f"        never taken: {', '.join(flows['missing'])}")
    found.append(f"{told['passed']} passed, {told['failed']} failed")
    return found
