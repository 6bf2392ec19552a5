"""Both languages are complete, and no page breaks the security policy in its own markup."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from engine import errors
from tests.paths import ROOT
from web import catalogue

WEB = ROOT / "web"
TEMPLATES = sorted((WEB / "templates").rglob("*.html"))


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """What templates and code ask to be translated."""
    folder = tmp_path_factory.mktemp("texts")
    mapping = folder / "babel.cfg"
    mapping.write_text("[python: **.py]\n[jinja2: templates/**.html]\n")
    subprocess.run(
        [sys.executable, "-m", "babel.messages.frontend", "-q", "extract", "-F", mapping, "-k", "_",
         "-o", folder / "web.pot", "--no-location", "--ignore-dirs", "frontend", "."],
        cwd=WEB, check=True,
    )  # fmt: skip
    with (folder / "web.pot").open("rb") as file:
        return read_po(file)


@pytest.fixture(scope="module")
def chinese() -> Catalog:
    with (WEB / "translations/zh/LC_MESSAGES/messages.po").open("rb") as file:
        return read_po(file, locale="zh")


def test_every_text_has_its_chinese(found: Catalog, chinese: Catalog) -> None:
    missing = [one.id for one in found if one.id and not (chinese.get(one.id) and chinese.get(one.id).string)]
    assert not missing and len(found) > 150


def test_the_catalogue_holds_nothing_that_is_gone(found: Catalog, chinese: Catalog) -> None:
    assert not [one.id for one in chinese if one.id and found.get(one.id) is None]


def test_placeholders_are_the_same_in_both_languages(chinese: Catalog) -> None:
    def fields(text: object) -> set[str]:
        return set(re.findall(r"%\(\w+\)[sd]", str(text)))

    wrong = [one.id for one in chinese if one.id and fields(one.id) != fields(one.string)]
    assert not wrong


def test_chinese_sentences_have_chinese_punctuation(chinese: Catalog) -> None:
    texts = [str(one.string) for one in chinese if one.id]
    assert not [text for text in texts if re.search(r"[\u4e00-\u9fff][,;:!?]|[,;:!?][\u4e00-\u9fff]", text)]


def test_catalogues_are_compiled_where_the_program_may_write(tmp_path: Path) -> None:
    folder = catalogue.compiled(tmp_path)
    assert (folder / "zh/LC_MESSAGES/messages.mo").stat().st_size > 1000
    before = (folder / "zh/LC_MESSAGES/messages.mo").stat().st_mtime_ns
    assert catalogue.compiled(tmp_path) == folder
    assert (folder / "zh/LC_MESSAGES/messages.mo").stat().st_mtime_ns == before


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_a_template_has_no_inline_script_style_or_foreign_address(template: Path) -> None:
    text = template.read_text(encoding="utf-8")
    assert not re.search(r"<style|\sstyle=|\son\w+=|hx-on|javascript:|https?://(?!www\.w3\.org)", text)
    for script in re.findall(r"<script[^>]*>", text):
        assert "src=" in script or 'type="application/json"' in script


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_a_template_has_no_text_of_its_own(template: Path) -> None:
    text = re.sub(r"{#.*?#}|{%.*?%}|{{.*?}}", " ", template.read_text("utf-8"), flags=re.S)
    text = re.sub(r"<script.*?</script>|<[^>]*>", " ", text, flags=re.S)
    words = [
        word for word in re.findall(r"[A-Za-z\u4e00-\u9fff]{3,}", text) if word not in ("Dealflow", "nbsp", "middot")
    ]
    assert not words


HALF_WIDTH = re.compile(r"[\u4e00-\u9fff][,;:!?(]|[,;:!?)][\u4e00-\u9fff]")


def plain(text: str) -> str:
    """A text without its logic; what a letter fills in stands as a character."""
    return re.sub(r"\{.*?\}+", "", re.sub(r"\{\{.*?\}\}", "字", text))


def test_messages_letters_forms_and_diagrams_have_chinese_punctuation() -> None:
    said = [
        (kind.__name__, kind.zh)
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.DealflowError)
    ]
    said += [(path.name, path.read_text("utf-8")) for path in (ROOT / "handlers/templates/zh").iterdir()]
    shown = r'"(?:label|description|text|placeholder|patternErrorMessage|dateLabel)": "((?:[^"\\]|\\.)*)"'
    for path in ROOT.glob("bpmn/*/forms/*.form"):
        said += [(path.name, text) for text in re.findall(shown, path.read_text("utf-8"))]
    for path in ROOT.glob("bpmn/*/*.bpmn"):
        text = path.read_text("utf-8")
        said += [(path.name, name) for name in re.findall(r'\bname="([^"]*)"', text)]
        said += [(path.name, one) for one in re.findall(r"<documentation>(.*?)</documentation>", text, re.S)]
    wrong = [(where, text) for where, text in said if HALF_WIDTH.search(plain(text))]
    assert not wrong and len(said) > 300
