"""Lists, contexts, filters, paths, loops, quantifiers, functions."""

from decimal import Decimal

from tests.engine.feel.tables import moment, run, shows, table


@table("""
    [1, 2, 3][1] → 1
    [1, 2, 3][-1] → 3
    [1, 2, 3][0] → null
    [1, 2, 3][4] → null
    [1, 2, 3][item > 1] → [2, 3]
    [1, 2, 3][item > 5] → []
    [][1] → null
    [][item > 1] → []
    5[1] → 5
    5[2] → null
    null[1] → null
    null[item > 1] → null
    [1, 2]["a"] → null
    [1, 2, 3][true] → [1, 2, 3]
    [1, 2, 3][null] → []
    [{a: 1}, {a: 2}][a = 2] → [{a: 2}]
    [{a: 1}, {a: 2}][item.a = 2] → [{a: 2}]
    [{item: 1}, {item: 2}][item = 2] → [{item: 2}]
    [{a: 1}, {b: 2}][a = 1] → [{a: 1}]
    [{a: 1}, {a: 2}].a → [1, 2]
    [{a: 1}, {b: 2}].a → [1, null]
    {a: {b: 1}}.a.b → 1
    {a: 1}.b → null
    null.a → null
    {a: 1, b: a + 1, c: a + b}.c → 3
    {"any key": 1}.any key → 1
    {f: function(n) if n < 2 then 1 else n * f(n - 1), r: f(5)}.r → 120
    [1, 2, 3][item > 1][1] → 2
    {n: 2, l: [10, 20][n]}.l → 20
    """)
def test_lists_contexts_filters_and_paths(expression, value):
    assert shows(expression) == value


@table("""
    for i in [1, 2, 3] return i * i → [1, 4, 9]
    for i in 1..3 return i → [1, 2, 3]
    for i in 3..1 return i → [3, 2, 1]
    for i in [1..3] return i → [1, 2, 3]
    for i in (1..3) return i → [2]
    for i in [3..1] return i → null
    for i in [1, 2], j in [10, 20] return i + j → [11, 21, 12, 22]
    for l in [[1, 2], [3]], x in l return x → [1, 2, 3]
    for i in 0..4 return if i = 0 then 1 else i * partial[-1] → [1, 1, 2, 6, 24]
    for i in 1..3 return count(partial) → [0, 1, 2]
    for i in 1..3 return partial → [[], [[]], [[], [[]]]]
    for d in @"2026-02-27"..@"2026-03-01" return d.day → [27, 28, 1]
    for i in 5 return i → [5]
    for i in null return i → null
    for i in "a".."c" return i → null
    for i in [] return i → []
    some x in [1, 2] satisfies x > 1 → true
    some x in [] satisfies x > 1 → false
    some x in [1, null] satisfies x > 1 → null
    some x in [2, null] satisfies x > 1 → true
    every x in [1, 2] satisfies x > 0 → true
    every x in [] satisfies x > 1 → true
    every x in [1, null] satisfies x > 0 → null
    every x in [0, null] satisfies x > 0 → false
    some x in [1, 2], y in [x + 1] satisfies y = 3 → true
    some x in null satisfies x → null
    """)
def test_loops_and_quantifiers(expression, value):
    assert shows(expression) == value


@table("""
    (function(a, b) a - b)(5, 3) → 2
    (function(a, b) a - b)(b: 5, a: 3) → -2
    (function(a, b) a - b)(1) → null
    (function(a, b) a - b)(a: 1, c: 2) → null
    (function(a, b) b = null)(a: 1) → true
    (function(a: number) a)("x") → null
    (function(a: number) a)([7]) → 7
    (function(a: list<number>) a)(7) → [7]
    (function(a) function(b) a + b)(1)(2) → 3
    (function(f) f(4))(function(x) x * 2) → 8
    (function(f) f([1, 2, 3]))(sum) → 6
    (function(a) external {java: {class: "java.lang.Math", method signature: "abs(int)"}})(1) → null
    {x: 1, f: function(y) x + y}.f(2) → 3
    "a"(1) → null
    """)
def test_functions(expression, value):
    assert shows(expression) == value


def test_values_of_the_host_are_never_changed():
    items = [Decimal(1), Decimal(2)]
    scope = {"items": items, "box": {"a": Decimal(1)}}
    run('[append(items, 3), remove(items, 1), reverse(items), context put(box, "a", 9), sort(items)]', scope)
    assert items == [1, 2]
    assert scope["box"] == {"a": 1}


def test_python_values_of_the_host_are_admitted():
    scope = {"whole": 5, "share": 0.1, "pair": (1, 2), "box": {"n": 7}}
    assert run("whole / 2", scope) == Decimal("2.5")
    assert run("share * 3", scope) == Decimal("0.3")
    assert run("pair[2] + 1", scope) == 3
    assert run("box.n / 2", scope) == Decimal("3.5")
    assert run("sum(pair)", scope) == 3


def test_an_endless_loop_ends_as_null_with_its_reason(monkeypatch):
    monkeypatch.setattr("engine.feel.scope.MAX_WORK", 5_000)
    at = moment()
    assert run("for i in 1..1000000000000 return null", at=at) is None
    assert run("some i in 1..1000000000000 satisfies false", at=at) is None
    assert run("{f: function(n) if n = 0 then 1 else f(n - 1) + f(n - 1), r: f(40)}.r", at=at) is None
    assert "stopped after 5000 steps" in at.warnings


HUGE = "(for i in 1..60 return if i = 1 then [1] else [partial[-1], partial[-1]])[-1]"


@table(f"""
    {HUGE} → null
    flatten({HUGE}) → null
    string({HUGE}) → null
    {HUGE} = {HUGE} → null
    distinct values([{HUGE}]) → null
    count({HUGE}) → 2
    (for i in 1..500 return if i = 1 then [1] else [partial[-1]])[-1] → null
    """)
def test_values_that_share_their_parts_do_not_explode(expression, value):
    assert shows(expression) == value


def test_long_strings_made_in_a_loop_are_bounded():
    at = moment()
    doubled = '(for i in 1..20 return if i = 1 then "abcd" else partial[-1] + partial[-1])[-1]'
    assert run(f'{{s: {doubled}, all: for i in 1..100000 return s + "x"}}.all', at=at) is None
    assert "stopped after 2000000 steps" in at.warnings


def test_endless_recursion_ends_as_null_with_its_reason():
    at = moment()
    assert run("{f: function(n) f(n + 1), r: f(1)}.r", at=at) is None
    assert at.warnings == ["calls or values nest too deeply"]


def test_a_string_that_doubles_for_ever_is_bounded():
    at = moment()
    doubled = 'for i in 1..60 return if i = 1 then "ab" else partial[-1] + partial[-1]'
    assert max(len(text or "") for text in run(doubled, at=at)) <= 4_000_000
    assert "the result would be larger than 4000000" in at.warnings


def test_floats_of_the_host_count_as_they_are_written():
    scope = {"shares": [0.1, 0.2], "lost": float("nan"), "box": {"share": 0.5}}
    assert run("shares[1] = 0.1", scope) is True
    assert run("sum(shares)", scope) == Decimal("0.3")
    assert run("list contains(shares, 0.2)", scope) is True
    assert run("box.share < 1", scope) is True
    assert run("lost", scope) is None
    assert run("[lost] = [1]", scope) is False
