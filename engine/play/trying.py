"""A package that is being drawn, played from its texts: where it stands, what it passed, what it waits for.

As `folder` plays packages on disk, but over files that stand nowhere yet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from engine.decisions import compile_decisions
from engine.decisions.row_tests import read_row_tests, run_row_tests
from engine.errors import DealflowError, Fault, ScenarioWrong
from engine.exact import read_json
from engine.play.clockwork import Clockwork
from engine.play.kernels import refused_by
from engine.play.library import SUFFIXES, Library, load
from engine.play.machine import Machine
from engine.play.report import exit_code, report
from engine.play.run import begin
from engine.play.scenario import Player
from engine.process.model import Definition
from engine.process.waits import UserWait

Packages = Callable[[str], Mapping[str, str]]
"""The files of another package by its folder; empty where there is none."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """What was visited of one process."""

    process: str
    nodes: frozenset[str]
    flows: frozenset[str]
    all_nodes: frozenset[str]
    all_flows: frozenset[str]


@dataclass(frozen=True, slots=True)
class Tried:
    """A scenario, played: its report (docs/play.md), where tokens stand, what was visited, what went wrong first."""

    told: Mapping[str, Any]
    tokens: Mapping[str, Mapping[str, int]]
    """Process -> element -> tokens."""
    coverage: tuple[Coverage, ...]
    passed: bool
    refused: tuple[Fault, ...] = ()
    error: DealflowError | None = None
    """What could not be played; everything else is told as it stood then."""
    now: datetime | None = None
    """What the clock of the play says at its end."""


def scenario_of(text: str) -> dict[str, Any]:
    """A scenario from its text. ScenarioWrong (step 0) for what is no JSON object."""
    try:
        found = read_json(text)
    except ValueError as error:
        raise ScenarioWrong(step=0, reason=str(error), reason_zh=f"不是有效的 JSON：{error}") from error
    if not isinstance(found, dict):
        raise ScenarioWrong(step=0, reason="a scenario is an object", reason_zh="场景须为对象")
    return found


def library_of(files: Mapping[str, str], scenario: Mapping[str, Any], packages: Packages) -> Library:
    """The package's own models, or those that the scenario names (`files`, relative to the package)."""
    named = scenario.get("files")
    wanted = _models(files) if named is None else (one for name in named for one in _named(str(name), files, packages))
    library = load(dict.fromkeys(wanted))
    library.refused += refused_by("native", library.definitions.values())
    return library


def _models(files: Mapping[str, str]) -> Iterator[str]:
    return (text for name, text in files.items() if name.endswith(SUFFIXES))


def _named(name: str, files: Mapping[str, str], packages: Packages) -> Iterator[str]:
    if name in (".", "./"):
        yield from _models(files)
    elif name.startswith("../"):
        folder, _, inner = name.removeprefix("../").partition("/")
        yield from _named(inner or ".", packages(folder), packages)
    else:
        inside = {one: text for one, text in files.items() if one == name or one.startswith(name.rstrip("/") + "/")}
        yield from _models(inside)


def try_out(library: Library, scenario: Mapping[str, Any], language: str = "en") -> Tried:
    """Play a scenario; what cannot be played ends it there. Never raises for what a model or a scenario does wrong."""
    if library.refused:
        return Tried({}, {}, (), False, tuple(library.refused))
    try:
        machine = begin(library, scenario, "native", False, language)
    except DealflowError as wrong:
        return Tried({}, {}, (), False, error=wrong)
    player, error = Player(machine, Clockwork(machine)), None
    try:
        player.clockwork.wind()
        player.play(list(scenario.get("steps") or []))
    except DealflowError as wrong:
        error = wrong
    told = report(machine, player.unmet)
    for told_instance, instance in zip(told["instances"], machine.instances, strict=True):
        users = [wait for wait in instance.waits.values() if isinstance(wait, UserWait)]
        told_instance["forms"] = {wait.element: wait.form for wait in users if wait.form}
    return Tried(
        told, _tokens(machine), _coverage(machine, library), error is None and not exit_code(told), error=error
    )


def _tokens(machine: Machine) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for instance in machine.active():
        of = found.setdefault(instance.definition.key, {})
        for token in instance.state.tokens.values():
            of[token.node] = of.get(token.node, 0) + 1
    return found


def _coverage(machine: Machine, library: Library) -> tuple[Coverage, ...]:
    processes = {instance.number: instance.definition.key for instance in machine.instances}
    passed: dict[str, set[str]] = {}
    for entry in machine.trace:
        passed.setdefault(processes[entry["instance"]], set()).add(entry["element"])
    return tuple(
        _covered(definition, passed.get(key, set()), {flow for of, flow in machine.flows if of == key})
        for key, definition in library.definitions.items()
    )


def _covered(definition: Definition, nodes: set[str], flows: set[str]) -> Coverage:
    every = frozenset(definition.nodes), frozenset(definition.flows)
    return Coverage(definition.key, frozenset(nodes) & every[0], frozenset(flows) & every[1], *every)


def row_tests(files: Mapping[str, str], name: str, now: datetime, zone: tzinfo, language: str) -> list[dict[str, Any]]:
    """The tests beside a table (`NAME.tests.json`): what each is called, whether it passed, why not.

    A table or a file of tests that cannot be read is told as one test that did not pass.
    """
    others = [text.encode() for other, text in files.items() if other.endswith(".dmn") and other != name]
    beside = name.removesuffix(".dmn") + ".tests.json"
    try:
        model = compile_decisions(files[name].encode(), name, others)
        done = run_row_tests(model, read_row_tests(files[beside], beside), now, zone)
    except DealflowError as error:
        return [{"name": beside, "decision": "", "passed": False, "why": error.text(language)}]
    return [
        {
            "name": one.test.name,
            "decision": one.test.decision,
            "passed": one.passed,
            "why": one.zh if language == "zh" else one.en,
        }
        for one in done.outcomes
    ]
