"""Save a file, see it deployed. Law: a folder is checked as a whole; what is refused changes nothing that runs.

Every folder below `bpmn_dir` is a package. When a file of it is saved, the package is checked and deployed as a new
version, or its faults are kept for the page and told to whoever listens (the terminal).
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import watchfiles

from engine import api, faults
from engine.definitions import Deployed
from engine.errors import DealflowError, Fault, ModelRefused
from engine.execution import Runtime
from engine.log import logger
from engine.queries import studio

log = logger("watcher")
DEBOUNCE_MS = 300
REFERENCES = ("call-unknown", "decision-unknown", "form-unknown", "start-message-shared")
"""Rules that a package deployed later in the same run may satisfy."""
TAKEN = (".bpmn", ".dmn", ".form", ".json", ".md")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a save led to: a deployment, or faults and nothing changed."""

    folder: str
    deployed: Deployed | None
    faults: Sequence[Fault] = ()
    error: DealflowError | None = None
    """Neither deployed nor a fault of the model: why not."""
    mended: bool = False
    """The save before it was refused; this one is good, also when it brings back what runs."""


Listener = Callable[[Outcome], None]


def read_package(folder: Path, limit: int) -> dict[str, bytes]:
    """The files of a package by their path inside it. A file over the limit is cut one byte past it, to be refused."""
    files: dict[str, bytes] = {}
    for path in sorted(folder.rglob("*")):
        if (
            path.is_file()
            and path.suffix in TAKEN
            and not any(p.startswith(".") for p in path.relative_to(folder).parts)
        ):
            with path.open("rb") as file:
                files[path.relative_to(folder).as_posix()] = file.read(limit + 1)
    return files


def packages(root: Path) -> list[Path]:
    """Folders below `root` that hold a diagram, a table or a form."""
    if not root.is_dir():
        return []
    return [
        path
        for path in sorted(root.iterdir())
        if path.is_dir() and any(p.suffix in (".bpmn", ".dmn", ".form") for p in path.rglob("*"))
    ]


def _superseded(runtime: Runtime, folder: str, files: Mapping[str, bytes]) -> int | None:
    """The newest deployment, where a person made it and these files ran before it: they did not reach the folder."""
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    with runtime.reading() as session:
        known = studio.deployments(session, folder)
    if not known or known[0].by == api.SYSTEM.id or known[0].digests == digests:
        return None
    return known[0].id if any(one.digests == digests for one in known[1:]) else None


def deploy_folder(
    runtime: Runtime, folder: Path, by: api.Actor, note: str = "", *, keep_newer: bool = False
) -> Outcome:
    """Check a folder and deploy it; refused, its faults are kept until a good save.

    keep_newer: files that ran before do not push out what a person has deployed since (at a start).
    """
    files = read_package(folder, runtime.settings.max_model_bytes)
    newer = _superseded(runtime, folder.name, files) if keep_newer else None
    if newer is not None:
        return Outcome(folder.name, Deployed(newer, unchanged=True))
    try:
        with runtime.transaction() as session:
            mended = any(fault.folder == folder.name for fault in faults.last(session))
            deployed = api.deploy(session, by, folder.name, files, note)
            faults.keep(session, folder.name, ())
        return Outcome(folder.name, deployed, deployed.warnings, mended=mended)
    except ModelRefused as refused:
        with runtime.transaction() as session:
            faults.keep(session, folder.name, refused.faults)
        return Outcome(folder.name, None, refused.faults)
    except DealflowError as error:
        return Outcome(folder.name, None, error=error)


def deploy_all(
    runtime: Runtime, root: Path, by: api.Actor, note: str = "", *, keep_newer: bool = False
) -> list[Outcome]:
    """Deploy every package below `root`; called processes first, so that callers find them. As `deploy_folder`."""
    return _in_turn(runtime, packages(root), by, note, keep_newer=keep_newer)


def _in_turn(
    runtime: Runtime, folders: list[Path], by: api.Actor, note: str, *, keep_newer: bool = False
) -> list[Outcome]:
    """Deploy folders in the order in which each finds what it needs of the others."""
    waiting, outcomes = folders, []
    for _ in range(len(waiting) + 1):
        again = []
        for folder in waiting:
            outcome = deploy_folder(runtime, folder, by, note, keep_newer=keep_newer)
            if outcome.deployed is None and _needs_another(outcome.faults) and len(waiting) > 1:
                again.append(folder)
            else:
                outcomes.append(outcome)
        if not again or len(again) == len(waiting):
            outcomes += [deploy_folder(runtime, folder, by, note) for folder in again]
            break
        waiting = again
    return outcomes


def _needs_another(found: Iterable[Fault]) -> bool:
    """Whether the only faults are references to packages that may come later in the same run."""
    return all(fault.rule in REFERENCES for fault in found if fault.severity == "error")


def deploy_saved(runtime: Runtime, root: Path, names: Iterable[str]) -> list[Outcome]:
    """Deploy folders that were saved, and those before them that only waited for what another would bring."""
    saved = [root / name for name in sorted(names) if (root / name).is_dir()]
    outcomes = _in_turn(runtime, saved, api.SYSTEM, "saved")
    if any(one.deployed is not None and not one.deployed.unchanged for one in outcomes):
        with runtime.reading() as session:
            kept = faults.last(session)
        waiting = {
            one.folder for one in kept if _needs_another(other.fault for other in kept if other.folder == one.folder)
        }
        again = [root / name for name in sorted(waiting) if (root / name).is_dir() and root / name not in saved]
        outcomes += [one for one in _in_turn(runtime, again, api.SYSTEM, "saved") if one.deployed is not None]
    return outcomes


def watch(runtime: Runtime, stop: threading.Event, listener: Listener) -> None:
    """Watch `bpmn_dir` until `stop` is set; blocks. Every save is told to the listener within two seconds."""
    root = runtime.settings.bpmn_dir
    for changes in watchfiles.watch(root, stop_event=stop, debounce=DEBOUNCE_MS, step=50, raise_interrupt=False):
        touched = {
            Path(path).resolve().relative_to(root.resolve()).parts[0]
            for _, path in changes
            if Path(path).suffix in TAKEN
        }
        for outcome in deploy_saved(runtime, root, touched):
            if outcome.deployed is None or outcome.mended or not outcome.deployed.unchanged:
                log.info("package_saved", folder=outcome.folder, deployed=outcome.deployed is not None)
                listener(outcome)
