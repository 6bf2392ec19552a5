"""What an installed Dealflow consists of: the rooms, the models, the finished bundle, and nothing to build it with."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.paths import ROOT


@pytest.mark.slow
def test_the_wheel_runs_without_a_checkout_and_without_node(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    [wheel] = tmp_path.glob("*.whl")
    held = set(zipfile.ZipFile(wheel).namelist())
    for name in ("app.js", "app.css", "viewer.js", "form.js", "icons.svg", "THIRD_PARTY_LICENSES.txt"):
        assert f"web/static/vendor/{name}" in held
    wanted = [
        path.relative_to(ROOT).as_posix()
        for folder in ("engine", "handlers", "web/templates", "web/translations", "bpmn")
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and path.suffix in {".py", ".html", ".txt", ".po", ".bpmn", ".dmn", ".form", ".json", ".mako"}
    ]
    assert wanted and not [name for name in wanted if name not in held]
    assert not [name for name in held if name.startswith(("web/frontend/", "tests/", "docs/", "bench/"))]
    assert any(name.endswith("licenses/NOTICE") for name in held)
