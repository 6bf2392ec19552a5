"""Tests that a process owner writes beside a table: `NAME.tests.json` next to `NAME.dmn`.

    [{"decision": "complaint_sla", "inputs": {"severity": "critical", "tier": "B"},
      "expect": {"ack_hours": 2, "solve_days": 3}, "rules": [1]}]

`expect` is compared by value: numbers as decimals, dates and durations as ISO 8601 texts, contexts entry by
entry. `rules` (optional) are the rows that must have fired in the decision's own table, in order; `now`
(optional) is the moment, an ISO 8601 date-time with zone; `name` (optional) is what the test is called.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any, Final

from engine.decisions.compile import Decisions, feel_value
from engine.decisions.json_values import from_json, to_json
from engine.errors import InvalidInput, NotFound
from engine.exact import read_json
from engine.feel import Moment, equal, kind, to_string

_KNOWN: Final = frozenset({"name", "decision", "inputs", "expect", "rules", "now"})


@dataclass(frozen=True, slots=True)
class RowTest:
    """One expectation, as it was written."""

    number: int
    name: str
    decision: str
    inputs: Mapping[str, Any]
    expect: Any
    rules: tuple[int, ...] | None
    now: datetime | None


@dataclass(frozen=True, slots=True)
class RowOutcome:
    """How a test went: `en` and `zh` are "" when it passed; `fired` are the rows of the decision's own
    table.
    """

    test: RowTest
    passed: bool
    en: str
    zh: str
    value: Any
    fired: tuple[int, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RowReport:
    """All outcomes, and the rows that no test fired: (decision, row number)."""

    outcomes: tuple[RowOutcome, ...]
    untested: tuple[tuple[str, int], ...]

    @property
    def passed(self) -> bool:
        return all(outcome.passed for outcome in self.outcomes)


def read_row_tests(text: str, file: str = "") -> tuple[RowTest, ...]:
    """The tests in a file's text. Raises InvalidInput naming the test and what is wrong with it."""
    try:
        written = read_json(text)
    except ValueError as error:
        place, told = f"{file}:{getattr(error, 'lineno', 1)}", getattr(error, "msg", str(error))
        raise _invalid(place, f"not JSON: {told}", f"不是有效的 JSON:{told}") from error
    if not isinstance(written, list):
        raise _invalid(file, "a list of tests is expected", "应为测试列表")
    return tuple(_read_test(item, number, file) for number, item in enumerate(written, 1))


def run_row_tests(decisions: Decisions, tests: Sequence[RowTest], now: datetime, zone: tzinfo) -> RowReport:
    """Runs the tests; `now` is the moment of those that name none."""
    outcomes = tuple(_run(decisions, test, now, zone) for test in tests)
    fired = {(o.test.decision, row) for o in outcomes for row in o.fired}
    wanted = {test.decision for test in tests}
    rows = ((name, row) for name in sorted(wanted) if decisions.has(name) for row in decisions.rows(name))
    return RowReport(outcomes, tuple(place for place in rows if place not in fired))


def _run(decisions: Decisions, test: RowTest, now: datetime, zone: tzinfo) -> RowOutcome:
    at = Moment(test.now or now, zone)
    try:
        inputs = from_json(test.inputs, decisions.inputs_of(test.decision))
        result = decisions.evaluate(test.decision, inputs, at)
    except NotFound:
        en, zh = f"there is no decision “{test.decision}”", f"没有决策“{test.decision}”"
        return RowOutcome(test, False, en, zh, None, (), ())
    fired = tuple(f.rule for f in result.fired if f.decision == result.decision)
    en, zh = "", ""
    if not matches(test.expect, result.value):
        want, got = _shown(test.expect), _shown(result.value)
        en, zh = f"expected {want}, got {got}", f"期望 {want}，实际 {got}"
    elif test.rules is not None and test.rules != fired:
        en = f"expected rules {list(test.rules)}, got {list(fired)}"
        zh = f"期望规则 {list(test.rules)}，实际 {list(fired)}"
    return RowOutcome(test, not en, en, zh, result.value, fired, result.warnings)


def matches(expected: Any, actual: Any) -> bool:
    """Whether a FEEL value is what the JSON value says."""
    if isinstance(expected, Mapping) and isinstance(actual, Mapping):
        same_keys = expected.keys() == actual.keys()
        return same_keys and all(matches(value, actual[key]) for key, value in expected.items())
    if isinstance(expected, list) and isinstance(actual, list):
        pairs = zip(expected, actual, strict=False)
        return len(expected) == len(actual) and all(matches(a, b) for a, b in pairs)
    expected = feel_value(expected)
    if expected is None or actual is None:
        return expected is actual
    if isinstance(expected, str) and kind(actual) not in ("string", "context", "list"):
        return expected == to_string(actual)
    return equal(expected, actual) is True


def _shown(value: Any) -> str:
    return json.dumps(to_json(value), ensure_ascii=False)


def _read_test(item: Any, number: int, file: str) -> RowTest:
    place = f"{file} #{number}".strip()
    if not isinstance(item, dict):
        raise _invalid(place, "a test is an object", "每个测试应为对象")
    if strange := sorted(item.keys() - _KNOWN):
        raise _invalid(place, f"unknown entry “{strange[0]}”", f"未知条目“{strange[0]}”")
    for key, python_type in (("decision", str), ("inputs", dict)):
        if not isinstance(item.get(key), python_type):
            raise _invalid(place, f"“{key}” is missing or of the wrong kind", f"“{key}”缺失或类型不对")
    if "expect" not in item:
        raise _invalid(place, "“expect” is missing", "缺少“expect”")
    rules = item.get("rules")
    if rules is not None and not (isinstance(rules, list) and all(type(r) is int for r in rules)):
        raise _invalid(place, "“rules” is a list of row numbers", "“rules”应为行号列表")
    return RowTest(
        number, str(item.get("name", "")), item["decision"], item["inputs"], item["expect"],
        None if rules is None else tuple(rules), _read_now(item.get("now"), place),
    )  # fmt: skip


def _read_now(written: Any, place: str) -> datetime | None:
    if written is None:
        return None
    try:
        now = datetime.fromisoformat(written)
    except (TypeError, ValueError):
        now = None
    if now is None or now.tzinfo is None:
        raise _invalid(place, "“now” is no date-time with a zone", "“now”应为带时区的日期时间")
    return now


def _invalid(place: str, reason: str, reason_zh: str) -> InvalidInput:
    return InvalidInput(place=place, reason=reason, reason_zh=reason_zh)
