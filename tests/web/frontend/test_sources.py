"""The front end's sources against what they depend on; no browser needed."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from tests.paths import ROOT

FRONTEND = ROOT / "web" / "frontend"
ICON = re.compile(r"icons\.svg[^#\"']*#([\w-]+)|icon\(\s*[\"']([\w-]+)[\"']")


@pytest.fixture
def bundle() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bundle", FRONTEND / "bundle.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_text_of_form_js_has_a_chinese_one() -> None:
    library = FRONTEND / "node_modules" / "@bpmn-io" / "form-js-viewer" / "dist" / "index.es.js"
    if not library.is_file():
        pytest.skip("form-js is not installed here: the bundle came ready-made")
    said = {words for _, words in re.findall(r"\btranslate\((['\"])(.+?)\1", library.read_text(encoding="utf-8"))}
    own = (FRONTEND / "src" / "form" / "chinese.js").read_text(encoding="utf-8")
    missing = {words for words in said - {"HELLO {you}"} if f"{words}'" not in own and f'{words}"' not in own}
    missing = {words for words in missing if f"  {words}:" not in own}
    assert len(said) > 30 and not missing


def test_both_languages_say_the_same_things() -> None:
    source = (FRONTEND / "src" / "texts.js").read_text(encoding="utf-8")
    english, chinese = source.split("  zh: {")
    assert re.findall(r"^    (\w+):", english, re.M) == re.findall(r"^    (\w+):", chinese, re.M)


def test_every_icon_that_a_page_uses_is_in_the_sprite() -> None:
    listed = {
        line.strip().replace("filled/", "filled-")
        for line in (FRONTEND / "src" / "icons.txt").read_text().splitlines()
        if line.strip() and not line.startswith("#")
    }
    used = {
        name: path
        for path in (ROOT / "web" / "templates").rglob("*.html")
        for pair in ICON.findall(path.read_text(encoding="utf-8"))
        for name in pair
        if name
    }
    assert {name: str(path) for name, path in used.items() if name not in listed} == {}


def test_no_template_holds_what_the_security_policy_stops() -> None:
    forbidden = re.compile(
        r"\sstyle=|\son(?:click|change|submit|load|input)=|hx-on|<style|js:|<script(?![^>]*(?:src=|json))"
    )
    rows = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}"
        for path in sorted((ROOT / "web" / "templates").rglob("*.html"))
        if "mail" not in path.parts
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if forbidden.search(line)
    ]
    assert not rows, "\n".join(rows)


def test_the_bundle_is_built_again_exactly_when_a_source_changes(bundle: ModuleType, tmp_path: Path) -> None:
    for name in ("package.json", "package-lock.json", "build.mjs", "src/a.js"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    before = bundle.fingerprint(tmp_path)
    assert bundle.fingerprint(tmp_path) == before
    (tmp_path / "README.md").write_text("not a source")
    assert bundle.fingerprint(tmp_path) == before
    (tmp_path / "src" / "a.js").write_text("changed")
    changed = bundle.fingerprint(tmp_path)
    assert changed != before
    (tmp_path / "src" / "a.js").rename(tmp_path / "src" / "b.js")
    assert bundle.fingerprint(tmp_path) not in {before, changed}


def test_the_sheet_has_every_class_that_a_page_writes_also_those_put_together(bundle: ModuleType) -> None:
    sheet = (ROOT / "web" / "static" / "vendor" / "app.css").read_text(encoding="utf-8")
    assert len(sheet) < 400_000, "Tabler is in it whole"
    pages = sorted((ROOT / "web" / "templates").rglob("*.html"))
    written = {names for path in pages for names in re.findall(r'class="([^"]*)"', path.read_text(encoding="utf-8"))}
    known = {name for names in written for name in names.split()} & set(bundle.classes_in_pages())
    lost = [name for name in known if not re.search(rf"\.{re.escape(name)}(?![\w-])", sheet)]
    assert len(known) > 100 and not lost
    assert ".dropdown-menu[data-bs-popper]{top:100%" in sheet, "menus open under their button, on the page"
    together = {begun for names in written for begun in re.findall(r"(?<![\w-])([a-z][\w-]*-)\{\{", names)}
    build = (ROOT / "web" / "frontend" / "build.mjs").read_text(encoding="utf-8")
    kept = build.split("COMPOSED = [")[1].split("];")[0]
    assert together and not {one for one in together if one[:3] != "df-" and f"^{one}" not in kept}


def test_the_wheel_asks_for_exactly_what_the_lock_holds(bundle: ModuleType) -> None:
    lock = (ROOT / "requirements" / "base.txt").read_text()
    locked = {line.split(" ")[0].lower() for line in lock.splitlines() if "==" in line and not line.startswith(" ")}
    declared = {re.sub(r"\[.*?\]", "", line).lower().replace("_", "-") for line in bundle.declared_dependencies()}
    assert declared and declared <= {re.sub(r"\[.*?\]", "", line).replace("_", "-") for line in locked}
