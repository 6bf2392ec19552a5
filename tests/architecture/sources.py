"""The project's own files, as the architecture tests read them."""

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.paths import ROOT

ROOMS = ("engine", "handlers", "web")


NOT_OURS = {".git", ".venv", "node_modules", "vendor", "vendor.new", "var", "dist", "build", "__pycache__"}


def tracked_files() -> list[Path]:
    """What git tracks, and what it would: new files that are not ignored. Without git, everything that is ours."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            check=True,
        ).stdout.decode()
    except (FileNotFoundError, subprocess.CalledProcessError):
        return [
            path
            for path in sorted(ROOT.rglob("*"))
            if path.is_file()
            and not any(
                part in NOT_OURS or part.endswith(("_cache", ".egg-info")) or part == ".hypothesis"
                for part in path.relative_to(ROOT).parts
            )
        ]
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def modules() -> Iterator[Path]:
    """Every Python module of the three rooms, without what npm installed."""
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            if "node_modules" not in path.parts:
                yield path


def trees(word: str, *rooms: str) -> Iterator[tuple[str, ast.Module]]:
    """The name relative to the repository, and the syntax tree, of every module (of these rooms) with that word."""
    for path in modules():
        name, text = path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")
        if word in text and name.startswith(rooms or ROOMS):
            yield name, ast.parse(text, str(path))
