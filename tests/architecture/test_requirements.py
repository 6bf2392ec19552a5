"""The page of requirements names all of them, and each with tests and scenarios that are there."""

import ast
import re
from functools import cache
from pathlib import Path

from tests.paths import ROOT

PAGE = ROOT / "docs/requirements.md"
ROWS = [f"A{number:02}" for number in range(1, 51)] + [f"B{number:02}" for number in range(1, 35)]
NAMED = re.compile(r"`((?:tests|bpmn)/[^`]+)`")
SHOWN = re.compile(
    r"(?P<test>tests/[\w/]+\.py)::(?P<name>(?:Test\w+::)?test_\w+)|(?P<scenario>bpmn/\w+/scenarios/\w+\.json)"
)


def table(names: str = r"[AB]\d") -> list[list[str]]:
    """The cells of every row that begins with such a name: a requirement's."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if re.match(rf"\| {names}", line)]


@cache
def functions(path: Path) -> frozenset[str]:
    """Names of the functions of a file and of its classes, read and not imported."""
    found, body = set(), ast.parse(path.read_bytes()).body
    for one in body:
        inside = one.body if isinstance(one, ast.ClassDef) else [one]
        before = f"{one.name}::" if isinstance(one, ast.ClassDef) else ""
        found |= {f"{before}{each.name}" for each in inside if isinstance(each, ast.FunctionDef)}
    return frozenset(found)


def missing(named: str) -> bool:
    """Whether what a row names is not there, or is neither a test nor a scenario."""
    found = SHOWN.fullmatch(named)
    if found is None:
        return True
    if found["scenario"]:
        return not (ROOT / found["scenario"]).is_file()
    path = ROOT / found["test"]
    return not path.is_file() or found["name"] not in functions(path)


def test_every_requirement_stands_once_and_in_order() -> None:
    assert [cells[0] for cells in table()] == ROWS
    assert all(len(cells) == 3 for cells in table())


def test_every_function_has_its_chinese_name() -> None:
    assert [cells[0] for cells in table() if not re.search("[\u4e00-\u9fff]", cells[1])] == []


def test_every_row_says_what_shows_it_or_what_is_open() -> None:
    silent = [name for name, _, shown in table() if not NAMED.search(shown) and "**Open:** " not in shown]
    assert silent == []


def test_every_test_and_scenario_that_is_named_is_there() -> None:
    rows = table() + table(r"P\d")
    gone = [(name, one) for name, _, shown in rows for one in NAMED.findall(shown) if missing(one)]
    assert gone == []


def test_every_letter_of_the_four_stages_is_shown() -> None:
    letters = [f"P{stage} ({letter})" for stage, last in ((1, "h"), (2, "h"), (3, "f"), (4, "d"))
               for letter in "abcdefgh"[: ord(last) - ord("a") + 1]]  # fmt: skip
    assert [name for name, _, shown in table(r"P\d") if NAMED.search(shown)] == letters


def test_the_guard_sees_what_is_not_there() -> None:
    here = "tests/architecture/test_requirements.py"
    assert not missing(f"{here}::test_the_guard_sees_what_is_not_there")
    gone = (f"{here}::test_of_nothing", "tests/nothing.py::test_x", "bpmn/client_intake/scenarios/99.json", here)
    assert [one for one in gone if not missing(one)] == []
