"""JUEL: what it computes, what it refuses at deployment, and how it fails by name."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import ExpressionFailed, JuelSyntaxError
from engine.feel import Moment
from engine.process.expressions import compile_condition, compile_expression
from engine.process.juel import compile_juel

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
SCOPE: dict[str, Any] = {
    "amount": 120,
    "rate": Decimal("0.05"),
    "name": "青山",
    "empty_text": "",
    "nothing": None,
    "members": ["li", "wang"],
    "client": {"id": "CL-1", "tier": "A", "sites": [{"city": "上海"}]},
    "ok": True,
    "day": date(2026, 3, 1),
    "late": datetime(2026, 1, 7, tzinfo=UTC),
}


def value(text: str, **extra: Any) -> object:
    return compile_expression(text, functions={"twice"})({**SCOPE, **extra}, moment())


def moment() -> Moment:
    return Moment(now=NOW, functions={"twice": lambda number: number * 2})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${amount}", 120),
        ("#{amount}", 120),
        ("${1 + 2 * 3}", 7),
        ("${(1 + 2) * 3}", 9),
        ("${7 % 3}", 1),
        ("${-7 mod 3}", -1),
        ("${10 div 4}", Decimal("2.5")),
        ("${1 / 3}", Decimal("0." + "3" * 34)),
        ("${0.1 + 0.2}", Decimal("0.3")),
        ("${amount * rate}", Decimal("6.00")),
        ("${-amount + 1}", -119),
        ("${'3' * 2}", Decimal(6)),
        ("${amount > 100}", True),
        ("${amount gt 100 and amount le 120}", True),
        ("${amount lt 100 || ok}", True),
        ("${not ok}", False),
        ("${!ok}", False),
        ("${empty nothing}", True),
        ("${empty empty_text}", True),
        ("${empty members}", False),
        ("${!empty members && members.size() == 2}", True),
        ("${amount == '120'}", True),
        ("${name == '青山'}", True),
        ("${nothing == null}", True),
        ("${nothing != null}", False),
        ("${amount == null}", False),
        ("${ok ? 'a' : 'b'}", "a"),
        ("${amount > 500 ? 'big' : amount > 100 ? 'middle' : 'small'}", "middle"),
        ("${ok ? twice(2) : twice(3)}", 4),
        ("${client.tier}", "A"),
        ("${client['tier']}", "A"),
        ("${client.sites[0].city}", "上海"),
        ("${client.missing}", None),
        ("${client.missing.deeper}", None),
        ("${members[1]}", "wang"),
        ("${members[9]}", None),
        ("${members.contains('li')}", True),
        ("${client.get('id')}", "CL-1"),
        ("${client.containsKey('x')}", False),
        ("${name.length()}", 2),
        ("${'  a '.trim().toUpperCase()}", "A"),
        ("${'abc'.substring(1, 2)}", "b"),
        ("${twice(amount)}", 240),
        ("${execution.getVariable('amount')}", 120),
        ("${execution.getVariable('absent')}", None),
        ("${execution.hasVariable('absent')}", False),
        ("Hello ${name}!", "Hello 青山!"),
        ("${client.id}-${amount}", "CL-1-120"),
        ("a ${nothing} b", "a  b"),
        (r"\${amount}", "${amount}"),
        ("${'it\\'s }'}", "it's }"),
        ("${name + '!'}", "青山!"),
        ("${day.year}", 2026),
        ("${late > day}", None),
        ("plain text", "plain text"),
        ("= amount + 1", Decimal(121)),
        ("${true}", True),
        ("${1.5e3}", Decimal("1.5e3")),
    ],
)
def test_it_computes(text: str, expected: object) -> None:
    if text == "${late > day}":
        with pytest.raises(ExpressionFailed):
            value(text)
        return
    found = value(text)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("text", "position", "word"),
    [
        ("${a +}", 5, "does not fit"),
        ("${a", 3, "closing"),
        ("${}", 2, "does not fit"),
        ("${a b}", 4, "does not fit"),
        ("${(a}", 4, "missing"),
        ("${a ? b}", 7, "missing"),
        ("${'open}", 2, "not understood"),
        ("${a = 1}", 4, "not understood"),
        ("x ${ok} and ${a..b}", 16, "name is missing"),
        ("${bean.run()}", 2, "bean.run()"),
        ("${shop.services.pay(1)}", 2, "shop.services.pay()"),
        ("${name.getClass()}", 2, "name.getClass()"),
        ("${''.getClass().forName('x')}", 5, "getClass"),
        ("${nope(1)}", 2, "no function nope()"),
        ("${execution.setVariable('a', 1)}", 2, "execution.setVariable"),
        ("${execution.engineServices}", 2, "execution.engineServices"),
        ("${" + "(" * 5000 + "1" + ")" * 5000 + "}", None, "deeply"),
        ("${" + "!" * 5000 + "a}", None, "too many"),
        ("${" + "a == " * 5000 + "a}", None, "too many"),
    ],
)
def test_it_refuses_at_deployment_by_name_and_position(text: str, position: int | None, word: str) -> None:
    with pytest.raises(JuelSyntaxError) as caught:
        compile_expression(text)
    assert word in str(caught.value)
    if position is not None:
        assert caught.value.fields["position"] == position
    assert any("一" <= sign <= "鿿" for sign in caught.value.text("zh"))


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("${absent}", "absent"),
        ("${absent > 1}", "absent"),
        ("${amount / 0}", "zero"),
        ("${name * 2}", "青山"),
        ("${nothing > 1}", "null"),
        ("${amount.size()}", "size()"),
        ("${members.other}", "other"),
        ("${name.__class__}", "__class__"),
        ("${members.size(1, 2)}", "size()"),
        ("${amount ? 1 : 2}", "neither true nor false"),
        ("${twice()}", "twice()"),
    ],
)
def test_it_fails_by_name_when_it_runs(text: str, word: str) -> None:
    with pytest.raises(ExpressionFailed) as caught:
        value(text)
    assert word in str(caught.value)
    assert text in caught.value.text("zh")


def test_a_long_chain_neither_nests_nor_overflows() -> None:
    assert value("${" + " + ".join(["1"] * 20_000) + "}") == 20_000
    assert value("${" + " && ".join(["ok"] * 20_000) + "}") is True


def test_a_condition_must_be_true_or_false() -> None:
    assert compile_condition("${amount > 100}")(SCOPE, moment()) is True
    assert compile_condition("${'true'}")(SCOPE, moment()) is True
    for text in ("${amount}", "${nothing}"):
        with pytest.raises(ExpressionFailed, match="neither true nor false"):
            compile_condition(text)(SCOPE, moment())


def test_bare_text_is_feel_in_a_condition_and_a_literal_elsewhere() -> None:
    assert compile_condition("amount > 100")(SCOPE, moment()) is True
    assert compile_expression("amount > 100")(SCOPE, moment()) == "amount > 100"


def test_the_language_attribute_decides() -> None:
    assert (
        compile_condition("amount > 100", language="https://www.omg.org/spec/DMN/20191111/FEEL/")(SCOPE, moment())
        is True
    )
    assert compile_condition("${amount > 100}", language="juel")(SCOPE, moment()) is True
    assert compile_condition("amount > 100 and ok", language="python")(SCOPE, moment()) is True


def test_the_variables_that_it_reads_are_known() -> None:
    assert compile_juel("${a + b.c[d]} ${twice(e)}", {"twice"}).free_names == {"a", "b", "d", "e"}


def test_dates_and_durations_add_up() -> None:
    assert value("${day + span}", span=timedelta(days=2)) == date(2026, 3, 3)


@given(st.integers(-(10**12), 10**12), st.integers(-(10**12), 10**12))
def test_integer_arithmetic_is_exact(a: int, b: int) -> None:
    scope = {"a": a, "b": b}
    for sign, expected in (("+", a + b), ("-", a - b), ("*", a * b)):
        assert compile_expression(f"${{a {sign} b}}")(scope, moment()) == expected
    assert compile_expression("${a < b}")(scope, moment()) is (a < b)


@given(st.text(max_size=30))
def test_any_text_is_compiled_or_refused(text: str) -> None:
    for written in (text, "${" + text + "}", "a ${b} " + text):
        try:
            compile_juel(written)
        except JuelSyntaxError as refused:
            assert 0 <= int(str(refused.fields["position"])) <= len(written)
