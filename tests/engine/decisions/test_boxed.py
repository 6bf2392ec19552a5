"""Boxed expressions mean what their FEEL counterparts mean."""

from __future__ import annotations

from typing import Any

import pytest

from tests.engine.decisions.models import compiled, decision, definitions, literal, moment, value_of


def boxed(logic: str, **inputs: Any) -> Any:
    return value_of(definitions(decision("d", logic)), **inputs)


def wrapped(tag: str, text: str) -> str:
    return f"<{tag}>{literal(text)}</{tag}>"


@pytest.mark.parametrize(("condition", "expected"), [("n > 1", "big"), ("n > 5", "small"), ("null", "small")])
def test_a_conditional_runs_one_branch(condition: str, expected: str) -> None:
    parts = wrapped("if", condition) + wrapped("then", '"big"') + wrapped("else", '"small"')
    assert boxed(f"<conditional>{parts}</conditional>", n=3) == expected


@pytest.mark.parametrize(
    ("source", "match", "expected"),
    [
        ("[1,2,3,4]", "item > 2", [3, 4]),
        ("[{a: 1}, {a: 2}]", "a = 2", [{"a": 2}]),
        ("[{a: 1}, {a: 2}]", "item.a = 2", [{"a": 2}]),
        ("[1,2,3]", "2", 2),
        ("[1,2,3]", "-1", 3),
        ("[1,2,3]", "limit < item", [3]),
        ("5", "item = 5", [5]),
        ("[]", "true", []),
    ],
)
def test_a_filter_keeps_or_picks(source: str, match: str, expected: Any) -> None:
    logic = f"<filter>{wrapped('in', source)}{wrapped('match', match)}</filter>"
    assert boxed(logic, limit=2) == expected


@pytest.mark.parametrize("source", ["[1, 2, 3, n]", "1..n", "[1..4]"])
def test_a_loop_sees_what_it_has_made_so_far(source: str) -> None:
    logic = f'<for iteratorVariable="x">{wrapped("in", source)}{wrapped("return", "x + count(partial)")}</for>'
    assert boxed(logic, n=4) == [1, 3, 5, 7]


@pytest.mark.parametrize(
    ("kind", "satisfies", "expected"),
    [
        ("some", "x > 2", True),
        ("every", "x > 2", False),
        ("every", "x > 0", True),
        ("some", "x > 9", False),
        ("some", '"?"', None),
    ],
)
def test_quantifiers(kind: str, satisfies: str, expected: bool | None) -> None:
    logic = f'<{kind} iteratorVariable="x">{wrapped("in", "[1,2,3]")}{wrapped("satisfies", satisfies)}</{kind}>'
    assert boxed(logic) is expected


def test_a_context_sees_its_earlier_entries_and_may_end_in_a_result() -> None:
    one = '<contextEntry><variable name="monthly rate"/>' + literal("0.06 / 12") + "</contextEntry>"
    last = "<contextEntry>" + literal("monthly rate * 1000") + "</contextEntry>"
    assert boxed(f"<context>{one}{last}</context>") == 5
    assert list(boxed(f"<context>{one}</context>")) == ["monthly rate"]


def test_a_relation_is_a_list_of_contexts_and_a_list_a_list() -> None:
    rows = "".join(f"<row>{literal(a)}{literal(b)}</row>" for a, b in (("1", '"x"'), ("2", '"y"')))
    found = boxed(f'<relation><column name="n"/><column name="t"/>{rows}</relation>')
    assert found == [{"n": 1, "t": "x"}, {"n": 2, "t": "y"}]
    assert boxed(f"<list>{literal('1')}{literal('n')}</list>", n=4) == [1, 4]


def test_an_invocation_binds_by_name_and_refuses_strangers() -> None:
    entry = (
        '<contextEntry><variable name="f"/><functionDefinition><formalParameter name="a"/><formalParameter name="b"/>'
        + literal("a - b") + "</functionDefinition></contextEntry>"
    )  # fmt: skip

    def invoked(first: str, second: str) -> Any:
        bindings = "".join(
            f'<binding><parameter name="{name}"/>{literal(text)}</binding>'
            for name, text in ((first, "1"), (second, "10"))
        )
        last = f"<contextEntry><invocation>{literal('f')}{bindings}</invocation></contextEntry>"
        return compiled(definitions(decision("d", f"<context>{entry}{last}</context>"))).evaluate("d", {}, moment())

    assert invoked("b", "a").value == 9
    stranger = invoked("a", "c")
    assert stranger.value is None
    assert "no parameter “c”" in stranger.warnings[-1]


def test_a_decision_without_logic_is_null() -> None:
    assert boxed("") is None


def test_a_condition_that_is_no_boolean_gives_null() -> None:
    choice = "<conditional><if>{}</if><then>{}</then><else>{}</else></conditional>"
    assert boxed(choice.format(literal('"abc"'), literal("1"), literal("2"))) is None
    assert boxed(choice.format(literal("null"), literal("1"), literal("2"))) == 2
    assert boxed(choice.format(literal("1 = 1"), literal("1"), literal("2"))) == 1


def test_a_function_is_held_to_its_expressions_type() -> None:
    knowledge = (
        '<businessKnowledgeModel id="f" name="f"><variable name="f"/><encapsulatedLogic><formalParameter name="a"/>'
        '<literalExpression typeRef="number"><text>a</text></literalExpression>'
        "</encapsulatedLogic></businessKnowledgeModel>"
    )

    def called(argument: str) -> Any:
        return value_of(definitions(knowledge + decision("d", literal(f"f({argument})"), ["knowledge:#f"])))

    assert called("[10]") == 10
    assert called('"foo"') is None
