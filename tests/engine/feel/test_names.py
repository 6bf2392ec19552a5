"""Names with blanks and signs are read by who is in scope."""

from decimal import Decimal

import pytest

from engine.errors import FeelSyntaxError
from engine.feel import compile_expression
from tests.engine.feel.tables import moment, run, shows, table

SCOPE = {
    "monthly payment": Decimal(3),
    "monthly": Decimal(1),
    "a-b": Decimal(7),
    "b": Decimal(2),
    "profit and loss": Decimal(11),
    "days in stock": Decimal(5),
    "rate/year": Decimal(13),
    "客户 名称": "张三",
    "金额": Decimal(8),
    "额度（万元）": Decimal(10),
    "applicant": {"first name": "Li", "net-income": Decimal(9)},
    "date of birth": "x",
    "Person's age": Decimal(40),
    "a’s share": Decimal(6),
}


@table("""
    monthly payment * 2 → 6
    monthly → 1
    a-b → 7
    a - b → 7
    a-b - b → 5
    (b)-(b) → 0
    profit and loss > 10 and monthly = 1 → true
    for d in [1] return days in stock → [5]
    rate/year → 13
    客户 名称 + "!" → "张三!"
    金额 > 5 → true
    额度（万元） + 1 → 11
    applicant.first name → "Li"
    applicant.net-income + 1 → 10
    [applicant][net-income > 5][1].first name → "Li"
    date of birth → "x"
    Person's age → 40
    a’s share → 6
    `monthly payment` + 1 → 4
    {net worth: 5, twice: net worth * 2}.twice → 10
    {net worth: 5}.net worth → 5
    {a+b: 5}.a+b → 5
    for big item in [1, 2] return big item + 1 → [2, 3]
    some big item in [1, 2] satisfies big item = 2 → true
    (function(first one, second one) first one - second one)(5, 3) → 2
    (function(first one, second one) first one - second one)(second one: 5, first one: 3) → -2
    """)
def test_known_names_are_read_whole(expression, value):
    assert shows(expression, SCOPE) == value


def test_an_unknown_word_is_null_with_a_warning_in_two_languages():
    at = moment()
    assert run("amount + 1", at=at) is None
    assert str(at.warnings[0]) == "nothing is called “amount”"
    assert at.warnings[0].text("zh") == "没有名为“amount”的变量"


def test_unknown_words_side_by_side_are_refused_by_name():
    with pytest.raises(FeelSyntaxError, match="'monthly payment' is no known name"):
        compile_expression("monthly payment > 3")


def test_free_names_are_those_the_host_must_bring():
    expression = compile_expression(
        "for x in orders return x.total + fee + partial[-1] + sum(bonus) + due(2)", names={"orders"}
    )
    assert expression.free_names == {"orders", "fee", "bonus", "due"}


def test_a_name_in_scope_comes_before_a_built_in_when_it_is_known():
    assert run("count + 1", {"count": Decimal(1)}) == 2
    assert run("count([1, 2])", {"count": Decimal(1)}) == 2


def test_a_function_of_the_host_is_called_when_no_other_has_its_name():
    at = moment(functions={"due": lambda days, unit: f"{days} {unit}"})
    assert run('due(2, "BD")', at=at) == "2 BD"
    assert run('[1, 2][due(item, "x") = "2 x"]', at=at) == [2]


def test_a_host_function_that_fails_is_null_with_its_reason():
    def due(days):
        raise ValueError("no calendar")

    at = moment(functions={"due": due})
    assert run("due(2)", at=at) is None
    assert at.warnings == ["due failed: no calendar"]
