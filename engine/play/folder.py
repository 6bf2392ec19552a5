"""All scenarios under a folder, with the nodes and flows that they visit.

A folder that holds `scenarios/*.json` is a package: its diagrams, tables and forms are given to each of its scenarios.
A scenario may name its `files` instead (files or folders, relative to the package's folder): those it calls among them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.errors import DealflowError, ScenarioWrong
from engine.play.kernels import refused_by
from engine.play.library import SUFFIXES, Library, load, told
from engine.play.machine import Machine
from engine.play.report import exit_code, report
from engine.play.run import play_machine
from engine.play.values import read_scenario
from engine.process.model import Definition
from engine.process.rules.starts import shared


@dataclass(slots=True)
class Covered:
    """What was visited of one process."""

    definition: Definition
    nodes: set[str] = field(default_factory=set)
    flows: set[str] = field(default_factory=set)

    def told(self) -> dict[str, Any]:
        """Counts, and what is missing."""
        nodes, flows = set(self.definition.nodes), set(self.definition.flows)
        return {
            "process": self.definition.key,
            "nodes": {"visited": len(nodes & self.nodes), "total": len(nodes), "missing": sorted(nodes - self.nodes)},
            "flows": {"visited": len(flows & self.flows), "total": len(flows), "missing": sorted(flows - self.flows)},
        }


def test_folder(
    path: str | Path, kernel: str = "native", save_between_steps: bool = False, language: str = "en"
) -> dict[str, Any]:
    """Play every scenario under a folder; texts are in `zh` or `en`.

    Gives {scenarios: [{scenario, passed, exit, unmet, error, incidents}], passed, failed, refused, warnings (packages
    that could not be deployed beside each other), coverage: [per process: nodes and flows visited, total, missing]}.
    Never raises for what a model or a scenario does wrong.
    """
    root = Path(path)
    results: list[dict[str, Any]] = []
    covered: dict[str, Covered] = {}
    refused: list[dict[str, Any]] = []
    everything = [file for file in sorted(root.rglob("*")) if file.suffix in SUFFIXES]
    libraries: dict[tuple[Path, ...], Library] = {}
    for package in _packages(root):
        for file in sorted((package / "scenarios").glob("*.json")):
            results.append(
                _play_one(root, package, file, everything, libraries, covered, kernel, save_between_steps, language)
            )
    for library in libraries.values():
        refused += [entry for fault in library.refused if (entry := told(fault, language)) not in refused]
    found = {start: None for library in libraries.values() for start in library.message_starts()}
    failed = sum(not result["passed"] for result in results)
    return {
        "scenarios": results,
        "passed": len(results) - failed,
        "failed": failed,
        "refused": refused,
        "warnings": [told(fault, language) for fault in shared(found)],
        "coverage": [covered[key].told() for key in sorted(covered)],
    }


def _packages(root: Path) -> Iterator[Path]:
    seen = {folder.parent for folder in root.rglob("scenarios") if folder.is_dir()}
    yield from sorted(seen)


def _play_one(
    root: Path, package: Path, file: Path, everything: list[Path], libraries: dict[tuple[Path, ...], Library],
    covered: dict[str, Covered], kernel: str, save: bool, language: str,
) -> dict[str, Any]:  # fmt: skip
    name = str(file.relative_to(root)) if file.is_relative_to(root) else str(file)
    result: dict[str, Any] = {"scenario": name, "passed": False, "exit": 3, "unmet": [], "error": None}
    try:
        scenario = read_scenario(file)
        paths = _files(package, scenario, everything)
        library = libraries.get(paths)
        if library is None:
            library = libraries[paths] = load(paths)
            library.refused += refused_by(kernel, library.definitions.values())
        if library.refused:
            first = library.refused[0]
            return {**result, "exit": 2, "error": f"{first.file}: {first.element}: {first.text(language)}"}
        machine, unmet = play_machine(library, scenario, kernel, save, language)
    except ScenarioWrong as error:
        return {**result, "error": error.text(language)}
    except DealflowError as error:
        return {**result, "exit": 2, "error": error.text(language)}
    _cover(machine, library, covered)
    whole = report(machine, unmet)
    code = exit_code(whole)
    incidents = [incident for instance in whole["instances"] for incident in instance["incidents"]]
    return {**result, "passed": code == 0, "exit": code, "unmet": unmet, "incidents": incidents}


def _files(package: Path, scenario: dict[str, Any], everything: list[Path]) -> tuple[Path, ...]:
    """The files that the scenario names, else those of its package."""
    if "files" in scenario:
        return tuple(package / str(name) for name in scenario["files"])
    return tuple(file for file in everything if file.is_relative_to(package))


def _cover(machine: Machine, library: Library, covered: dict[str, Covered]) -> None:
    for key, definition in library.definitions.items():
        covered.setdefault(key, Covered(definition))
    processes = {instance.number: instance.definition.key for instance in machine.instances}
    for entry in machine.trace:
        covered[processes[entry["instance"]]].nodes.add(entry["element"])
    for key, flow in machine.flows:
        covered[key].flows.add(flow)
