"""One scenario from its head to its report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from engine.errors import ScenarioWrong
from engine.play.clockwork import Clockwork
from engine.play.kernels import kernel_named, refused_by
from engine.play.library import Library, load, told
from engine.play.machine import Machine
from engine.play.people import People
from engine.play.report import report
from engine.play.scenario import Player
from engine.play.shapes import check_handler, check_head
from engine.process.businesstime import BusinessCalendar
from engine.process.native.run import normal

ZONE = ZoneInfo("Asia/Shanghai")
"""The business zone of a play whose `now` names no other."""
DEFAULT_NOW = datetime(2026, 1, 5, 9, tzinfo=ZONE)
"""The moment at which a scenario without `now` begins: a Monday morning."""
_HEAD = {"now", "zone", "people", "handlers", "steps", "files", "name", "comment", "holidays", "working_weekends"}


def play(
    files: Iterable[str | Path],
    scenario: Mapping[str, Any],
    kernel: str = "native",
    save_between_steps: bool = False,
    language: str = "en",
) -> dict[str, Any]:
    """Play a scenario over files (paths, folders or texts) and report, with texts in `zh` or `en`.

    Raises ScenarioWrong with the step's number, NotFound for a missing file, InvalidInput for an unknown kernel.
    """
    library = load(files)
    library.refused += refused_by(kernel, library.definitions.values())
    if library.refused:
        refused = [told(fault, language) for fault in library.refused]
        return {"refused": refused, "trace": [], "instances": [], "thrown": [], "unmet": []}
    machine, unmet = play_machine(library, scenario, kernel, save_between_steps, language)
    return report(machine, unmet)


def play_machine(
    library: Library, scenario: Mapping[str, Any], kernel: str, save_between_steps: bool, language: str = "en"
) -> tuple[Machine, list[str]]:
    """Play a scenario over what was loaded; the machine as it stands, and what was not as expected."""
    machine = begin(library, scenario, kernel, save_between_steps, language)
    steps = scenario.get("steps", [])
    if not isinstance(steps, list):
        raise ScenarioWrong(step=0, reason="“steps” must be a list", reason_zh="“steps”须为列表")
    player = Player(machine, Clockwork(machine))
    player.clockwork.wind()
    player.play(steps)
    return machine, player.unmet


def begin(
    library: Library, scenario: Mapping[str, Any], kernel: str, save_between_steps: bool, language: str = "en"
) -> Machine:
    """A machine set up as the scenario's head says."""
    check_head(scenario)
    unknown = set(scenario) - _HEAD
    if unknown:
        names = ", ".join(sorted(unknown))
        raise ScenarioWrong(step=0, reason=f"a scenario knows no {names}", reason_zh=f"场景没有字段 {names}")
    zone = _zone(scenario)
    handlers = {
        topic: [_entry(one) for one in entry] if isinstance(entry, list) else _entry(entry)
        for topic, entry in (scenario.get("handlers") or {}).items()
    }
    return Machine(
        library,
        kernel_named(kernel),
        _now(scenario, zone),
        zone,
        People(scenario.get("people") or {}),
        handlers,
        save_between_steps,
        BusinessCalendar(zone, _days(scenario, "holidays"), _days(scenario, "working_weekends")),
        language,
    )


def _days(scenario: Mapping[str, Any], key: str) -> frozenset[date]:
    try:
        return frozenset(date.fromisoformat(str(day)) for day in scenario.get(key) or ())
    except ValueError as error:
        raise ScenarioWrong(step=0, reason=f"{key}: {error}", reason_zh=f"{key} 无效") from error


def _entry(entry: Any) -> dict[str, Any]:
    if not isinstance(entry, Mapping) or not set(entry) <= {"returns", "bpmn_error", "message", "variables"}:
        raise ScenarioWrong(
            step=0, reason="a handler is {returns: …} or {bpmn_error: code}",
            reason_zh="处理程序应为 {returns: …} 或 {bpmn_error: 代码}",
        )  # fmt: skip
    check_handler(entry)
    return {name: normal(value) for name, value in entry.items()}


def _zone(scenario: Mapping[str, Any]) -> ZoneInfo:
    try:
        return ZoneInfo(str(scenario["zone"])) if scenario.get("zone") else ZONE
    except (ValueError, OSError, LookupError) as error:
        raise ScenarioWrong(step=0, reason=f"zone: {error}", reason_zh=f"zone 无效：{scenario['zone']}") from error


def _now(scenario: Mapping[str, Any], zone: ZoneInfo) -> datetime:
    if not scenario.get("now"):
        return DEFAULT_NOW
    try:
        now = datetime.fromisoformat(str(scenario["now"]))
    except ValueError as error:
        raise ScenarioWrong(step=0, reason=f"now: {error}", reason_zh=f"now 无效：{scenario['now']}") from error
    return now if now.tzinfo else now.replace(tzinfo=zone)
