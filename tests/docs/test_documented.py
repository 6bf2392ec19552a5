"""What the documents say is so: every setting has its row, every decision its line, the README's code runs."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest

from engine import registry
from engine.registry import BpmnError
from engine.settings import Settings

ROOT = Path(__file__).parents[2]


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_every_setting_has_a_row_and_there_are_few() -> None:
    rows = set(re.findall(r"^\| `([a-z_]+)` \|", text("docs/operations.md"), re.M))
    assert rows >= set(Settings.model_fields)
    assert len(Settings.model_fields) <= 32


def test_every_decision_has_a_line_in_the_list() -> None:
    pages = {path.name for path in (ROOT / "docs/decisions").glob("[0-9]*.md")}
    listed = set(re.findall(r"\]\(([0-9][^)]+\.md)\)", text("docs/decisions/README.md")))
    assert pages == listed


def test_every_room_of_the_engine_stands_on_the_architecture_page_or_in_the_contract() -> None:
    page = text("docs/architecture.md")
    for room in ("feel", "decisions", "process", "store", "api", "queries", "play"):
        assert f"engine/{room}" in page, room


def test_the_readme_s_handler_is_a_handler() -> None:
    found = re.search(r"```python\n(.+?)```", text("README.md"), re.S)
    assert found is not None
    scope: dict[str, object] = {"__name__": "readme"}
    exec(compile(found[1], "README.md", "exec"), scope)
    topics = registry.Registry()
    topics.add_functions(scope["limit_check"])  # type: ignore[arg-type]
    handler = topics.find("limit.check")
    assert handler(None, {"amount": Decimal(5), "limit": Decimal(8), "other": 1}) == {"headroom": Decimal(3)}  # type: ignore[arg-type]
    with pytest.raises(BpmnError, match="LIMIT_EXCEEDED"):
        handler(None, {"amount": Decimal(9), "limit": Decimal(8)})  # type: ignore[arg-type]


@pytest.mark.parametrize("page", ["README.md", "docs/architecture.md", "docs/operations.md", "CONTRIBUTING.md"])
def test_links_lead_somewhere(page: str) -> None:
    place = (ROOT / page).parent
    for target in re.findall(r"\]\(([^)#:]+)\)", text(page)):
        assert (place / target).exists(), f"{page} links to {target}"
