"""Laws of docs/architecture.md that a machine can hold: each test names what breaks it, by file and line."""

import ast
import string

import pytest

from engine import errors
from tests.architecture.sources import modules, trees
from tests.paths import ROOT

LONGEST_MODULE = 600
PURE = ("engine/feel/", "engine/decisions/", "engine/process/")
CLOCKS = {"now", "utcnow", "today", "time", "time_ns", "monotonic", "localtime"}
OWNERS_OF_CLOCKS = {"datetime", "date", "time", "dt"}


def calls(tree: ast.Module) -> list[ast.Call]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call)]


def commits(tree: ast.Module) -> list[int]:
    """The lines on which something is committed."""
    return [c.lineno for c in calls(tree) if isinstance(c.func, ast.Attribute) and c.func.attr == "commit"]


def clock_readings(tree: ast.Module) -> list[int]:
    """The lines on which a wall clock is read: datetime.now(), date.today(), time.time() and the like."""
    return [
        c.lineno
        for c in calls(tree)
        if isinstance(c.func, ast.Attribute)
        and c.func.attr in CLOCKS
        and isinstance(c.func.value, ast.Name | ast.Attribute)
        and (c.func.value.id if isinstance(c.func.value, ast.Name) else c.func.value.attr) in OWNERS_OF_CLOCKS
    ]


def of_keep(tree: ast.Module) -> list[int]:
    """The lines of `UnitSession.keep`, which `transaction()` alone calls."""
    units = [node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "UnitSession"]
    found = [node for unit in units for node in unit.body if isinstance(node, ast.FunctionDef) and node.name == "keep"]
    return [line for node in found for line in range(node.lineno, (node.end_lineno or 0) + 1)]


def test_only_the_transaction_commits() -> None:
    read = list(trees("commit"))
    places = {f"{name}:{line}" for name, tree in read for line in commits(tree)}
    keeping = {f"{name}:{line}" for name, tree in read if name == "engine/store/database.py" for line in of_keep(tree)}
    assert places and places <= keeping, f"commit outside UnitSession.keep: {', '.join(sorted(places - keeping))}"


def test_pure_rooms_never_read_a_clock() -> None:
    places = [f"{name}:{line}" for name, tree in trees("", *PURE) for line in clock_readings(tree)]
    assert not places, f"a pure room reads the clock: {', '.join(places)}"


def test_modules_stay_short_enough_to_hold_one_subject() -> None:
    long = {
        path.relative_to(ROOT).as_posix(): lines
        for path in modules()
        if "migrations" not in path.parts
        and (lines := len(path.read_text(encoding="utf-8").splitlines())) > LONGEST_MODULE
    }
    assert not long, f"over {LONGEST_MODULE} lines, two subjects in one room? {long}"


def all_errors(base: type[BaseException] = errors.DealflowError) -> list[type[BaseException]]:
    return [base, *(kind for child in base.__subclasses__() for kind in all_errors(child))]


def fields_of(template: str) -> set[str]:
    """The field names of a template; `reason_zh` is the Chinese twin of `reason`."""
    parts = string.Formatter().parse(template)
    return {name.split(".")[0].split("[")[0].removesuffix("_zh") for _, name, _, _ in parts if name}


@pytest.mark.parametrize("kind", all_errors(), ids=lambda kind: kind.__name__)
def test_every_error_speaks_both_languages(kind: type[BaseException]) -> None:
    english, chinese = getattr(kind, "en", ""), getattr(kind, "zh", "")
    assert english and chinese, f"{kind.__name__} needs the templates `en` and `zh`"
    speaks_chinese = any("\u4e00" <= letter <= "\u9fff" for letter in chinese) or "_zh}" in chinese
    assert speaks_chinese, f"{kind.__name__}.zh is not Chinese"
    assert fields_of(english) == fields_of(chinese), f"{kind.__name__}: the templates name different fields"


def test_the_guards_see_what_they_guard_against() -> None:
    assert commits(ast.parse("session.commit()\nx.y.commit()")) == [1, 2]
    assert clock_readings(ast.parse("datetime.now(UTC)\ndatetime.date.today()\nenv.now()")) == [1, 2]
