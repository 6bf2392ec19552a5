"""No test of the browser looks at once at what a press leads to. Law: a press is followed by what waits (`expect`, a
`wait_for…`, `settled`); whoever looks at once, because the page has answered when the press returns, says `# at once`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from tests.paths import ROOT

ACTS = {"click", "dblclick", "tap", "press", "check", "uncheck", "set_checked", "select_option", "go_back", "up"}
LOOKS = {
    "evaluate", "evaluate_all", "count", "inner_text", "all_inner_texts", "all_text_contents", "text_content",
    "is_visible", "is_hidden", "is_checked", "is_enabled", "get_attribute", "input_value", "bounding_box", "content",
    "title", "all", "goto", "reload", "rows", "tasks", "sent", "variables", "serious", "contrast", "sound", "shown",
}  # fmt: skip
PAUSES = {"wait_for_timeout"}
SAID = "# at once"
TESTS = [
    path
    for path in sorted((ROOT / "tests").rglob("test_*.py"))
    if "playwright" in path.read_text(encoding="utf-8") and path != Path(__file__)
]


def named(statement: ast.stmt) -> set[str]:
    """What the statement calls, by the last part of its name."""
    calls = (one.func for one in ast.walk(statement) if isinstance(one, ast.Call))
    return {one.attr if isinstance(one, ast.Attribute) else getattr(one, "id", "") for one in calls}


def bodies(tree: ast.AST) -> Iterator[list[ast.stmt]]:
    """Every list of statements that follow one another."""
    for node in ast.walk(tree):
        for name in ("body", "orelse", "finalbody"):
            if isinstance(found := getattr(node, name, None), list):
                yield found


def hasty(text: str) -> list[str]:
    """The lines that look at once after a press, and those that only hope that a pause is long enough."""
    lines, found = text.splitlines(), list[int]()
    for body in bodies(ast.parse(text)):
        for before, after in pairwise(body):
            acts = isinstance(before, ast.Expr) and named(before) & ACTS
            waits = any(name == "expect" or name.startswith(("wait_for", "expect_")) for name in named(after))
            simple = isinstance(after, ast.Expr | ast.Assert | ast.Assign | ast.AnnAssign | ast.Return)
            if acts and simple and not waits and named(after) & LOOKS:
                found.append(after.lineno)
    found += [one.lineno for one in ast.walk(ast.parse(text)) if isinstance(one, ast.Expr) and named(one) & PAUSES]
    return [f"{number}: {lines[number - 1].strip()}" for number in found if SAID not in lines[number - 1]]


@pytest.mark.parametrize("path", TESTS, ids=lambda path: str(path.relative_to(ROOT / "tests")))
def test_a_press_is_followed_by_what_waits(path: Path) -> None:
    assert hasty(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("page.click('b')\nassert page.locator('p').count() == 1", ["2: assert page.locator('p').count() == 1"]),
        ("page.click('b')\nexpect(page.locator('p')).to_have_count(1)", []),
        ("page.click('b')\npage.wait_for_url('/x')\n[row] = house.rows(table)", []),
        ("page.keyboard.press('j')\nat = page.evaluate('x')  # at once", []),
        ("page.wait_for_timeout(100)", ["1: page.wait_for_timeout(100)"]),
    ],
)
def test_haste_is_found(text: str, lines: list[str]) -> None:
    assert hasty(text) == lines
