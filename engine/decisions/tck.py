"""Runs folders in the format of the DMN Technology Compatibility Kit: `*.dmn` beside `*-test-*.xml`.

    python -m engine.decisions.tck DIR [--json]

Models are compiled leniently, as the kit asks: what is at fault is null. An expected error is an expected
null. The files are read here, for the runner only; nothing else of the room touches a disk.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lxml import etree

from engine.decisions.compile import Decisions, compile_decisions
from engine.decisions.tck_values import UnreadableValue, mismatch, named, read_value
from engine.decisions.xml import read_root
from engine.errors import DealflowError
from engine.feel import Moment


@dataclass(frozen=True, slots=True)
class CaseOutcome:
    """One expected result of one test case: `why` is "" when it passed."""

    file: str
    case: str
    result: str
    passed: bool
    why: str

    @property
    def key(self) -> str:
        """A stable name: folder, case, result."""
        return f"{self.file}#{self.case}#{self.result}"


def run_folder(folder: Path) -> tuple[CaseOutcome, ...]:
    """Every case of every test file below `folder`, in the order of their paths."""
    tests = sorted(p for p in folder.rglob("*.xml") if "-test" in p.name)
    return tuple(outcome for path in tests for outcome in _run_file(path, folder))


def _run_file(path: Path, folder: Path) -> Iterator[CaseOutcome]:
    try:
        root = read_root(path.read_bytes(), path.name)
        decisions = _compile(root, path)
    except (DealflowError, OSError) as error:
        yield CaseOutcome(_short(path, folder), "*", "*", False, f"the model is not read: {error}")
        return
    for case in named(root, "testCase"):
        for result in named(case, "resultNode"):
            why = _run_case(decisions, case, result)
            ident, name = case.get("id", ""), result.get("name", "")
            yield CaseOutcome(_short(path, folder), ident, name, not why, why)


def _short(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix()


def _compile(root: etree._Element, path: Path) -> Decisions:
    written = next((e.text or "" for e in named(root, "modelName")), "").strip()
    model = path.parent / written
    others = [p.read_bytes() for p in sorted(path.parent.glob("*.dmn")) if p != model]
    return compile_decisions(model.read_bytes(), written, others, lenient=True)


def _run_case(decisions: Decisions, case: etree._Element, result: etree._Element) -> str:
    """Why the expected result is not met; "" when it is."""
    moment = Moment(datetime(2026, 1, 5, 9, tzinfo=UTC), UTC)
    try:
        inputs = _inputs(decisions, case)
        expected = next((read_value(e) for e in named(result, "expected")), None)
        if result.get("errorResult", "false") in ("true", "1"):
            expected = None
        actual = _actual(decisions, case, result, inputs, moment)
    except (DealflowError, UnreadableValue) as error:
        return str(error)
    except Exception as error:  # a runner of foreign files reports a crash as a failed case
        return f"crashed: {type(error).__name__}: {error}"
    why = mismatch(expected, actual)
    reasons = "; ".join(moment.warnings[-3:])
    return f"{why} ({reasons})" if why and reasons else why


def _inputs(decisions: Decisions, case: etree._Element) -> dict[str, Any]:
    inputs: dict[str, Any] = {}
    for node in named(case, "inputNode"):
        name, value = node.get("name", ""), read_value(node)
        alias = decisions.alias_of(node.get("namespace", ""))
        if alias:
            inputs[alias] = {**inputs.get(alias, {}), name: value}
        else:
            inputs[name] = value
    return inputs


def _actual(
    decisions: Decisions, case: etree._Element, result: etree._Element, inputs: dict[str, Any], at: Moment
) -> Any:
    name = result.get("name", "")
    invocable = case.get("invocableName", "")
    if case.get("type", "decision") == "decision" or not invocable:
        return decisions.evaluate(name, inputs, at).value
    value = decisions.evaluate(invocable, inputs, at).value
    # A service with several output decisions answers with a context; a result may name one of them.
    if name != invocable and isinstance(value, dict) and name in value:
        return value[name]
    return value


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints failures and a summary; 0 when everything passed."""
    parser = argparse.ArgumentParser(prog="python -m engine.decisions.tck", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--json", action="store_true", help="print every case as JSON")
    options = parser.parse_args(arguments)
    outcomes = run_folder(options.folder)
    failed = [outcome for outcome in outcomes if not outcome.passed]
    if options.json:
        print(json.dumps([asdict(outcome) for outcome in outcomes], ensure_ascii=False, indent=1))
    else:
        for outcome in failed:
            print(f"failed  {outcome.key}: {outcome.why}")
        print(f"{len(outcomes) - len(failed)} passed, {len(failed)} failed, {len(outcomes)} in all")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
