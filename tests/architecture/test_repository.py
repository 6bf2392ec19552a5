"""What never enters the repository: facts of one machine, download addresses, other people's code."""

import json
import re
from pathlib import Path

from tests.architecture.sources import tracked_files
from tests.paths import ROOT

LARGEST = 1_500_000
# Absolute paths of somebody's machine. Documented system paths (/usr, /etc, /dev, /var) are not among them.
MACHINE_PATH = re.compile(r"(?<![\w.~}-])/(?:work|farm|root|home/\w+|Users/\w+|opt/wheels)/[\w.]")
REGISTRY = re.compile(r"registry\.npm|npmjs\.org/|files\.pythonhosted|pypi\.org/simple|artifactregistry|/artifactory/")
LOCK_ADDRESS = re.compile(
    r'"resolved"\s*:|^\s*--(?:extra-)?index-url|^\s*--find-links|https?://\S+\.(?:whl|tgz|tar\.gz)', re.M
)
PROSE_ABOUT_THE_RULE = {"tests/architecture/test_repository.py"}


def texts() -> list[tuple[str, str]]:
    found = []
    for path in tracked_files():
        name = path.relative_to(ROOT).as_posix()
        if name in PROSE_ABOUT_THE_RULE or path.stat().st_size > LARGEST:
            continue
        try:
            found.append((name, path.read_text(encoding="utf-8")))
        except UnicodeDecodeError:
            continue  # a picture, a sheet, a sample in another encoding
    return found


def lines_with(pattern: re.Pattern[str], name: str, text: str) -> list[str]:
    return [f"{name}:{text.count(chr(10), 0, hit.start()) + 1}: {hit.group()}" for hit in pattern.finditer(text)]


def test_no_file_names_a_machine_or_a_registry() -> None:
    rows = [row for name, text in texts() for rule in (MACHINE_PATH, REGISTRY) for row in lines_with(rule, name, text)]
    assert not rows, "\n".join(rows)


def is_lock(name: str) -> bool:
    return Path(name).name == "package-lock.json" or re.fullmatch(r"requirements/\w+\.txt", name) is not None


def test_locks_carry_hashes_and_no_addresses() -> None:
    locks = {name: text for name, text in texts() if is_lock(name)}
    assert {"requirements/base.txt", "requirements/build.txt", "requirements/dev.txt"} <= set(locks)
    rows = [row for name, text in locks.items() for row in lines_with(LOCK_ADDRESS, name, text)]
    assert not rows, "\n".join(rows)
    packages = json.loads(locks["web/frontend/package-lock.json"])["packages"]
    assert not [name for name, entry in packages.items() if name and not entry.get("integrity")]
    for name, text in locks.items():
        if name.endswith(".txt"):
            pinned = re.findall(r"^[\w.-]+(?:\[[\w,-]+\])?==\S+", text, re.M)
            assert pinned and len(pinned) == len(re.findall(r"^[\w.\[\],-]+==\S+ .*\\\n    --hash=sha256:", text, re.M))


def test_no_large_files_are_tracked() -> None:
    large = {p.relative_to(ROOT).as_posix(): p.stat().st_size for p in tracked_files() if p.stat().st_size > LARGEST}
    assert not large, f"third-party bundles are built, not kept: {large}"


def test_the_guards_see_what_they_guard_against() -> None:
    assert MACHINE_PATH.search("open('/root/main/x')") and MACHINE_PATH.search("cd /home/li/dealflow")
    assert not MACHINE_PATH.search("https://example.org/work/x") and not MACHINE_PATH.search("/usr/bin/chromium")
    assert LOCK_ADDRESS.search('"resolved": "x"') and LOCK_ADDRESS.search("--index-url x")
