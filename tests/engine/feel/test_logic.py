"""Three-valued logic, comparison, `if`, `in`, `between`, `instance of`."""

from tests.engine.feel.tables import shows, table


@table("""
    true and true → true
    true and false → false
    true and null → null
    false and null → false
    null and false → false
    null and null → null
    true and "x" → null
    false and "x" → false
    1 and 1 → null
    true or null → true
    null or true → true
    false or null → null
    false or 1 → null
    false or false → false
    true or false and false → true
    true and null and false → false
    false or null or true → true
    not(true) → false
    not(null) → null
    not("true") → null
    """)
def test_logic_has_three_values(expression, value):
    assert shows(expression) == value


@table("""
    1 = 1.00 → true
    1 != 2 → true
    "a" = "A" → false
    null = null → true
    1 = null → false
    null != 1 → true
    1 = "1" → null
    1 != "1" → null
    [1, [2]] = [1, [2.0]] → true
    [1, 2] = [2, 1] → false
    [1] = 1 → null
    {a: 1, b: 2} = {b: 2, a: 1} → true
    {a: 1} = {a: 1, b: 2} → false
    [1..3] = [1..3] → true
    [1..3] = [1..3) → false
    (< 10) = (< 10) → true
    (< 10) = (null..10) → false
    @"P1D" = @"PT24H" → true
    @"P1Y" = @"P12M" → true
    @"P1Y" = @"P365D" → null
    @"2026-03-31T10:00:00Z" = @"2026-03-31T18:00:00+08:00" → true
    @"2026-03-31T10:00:00Z" = @"2026-03-31T10:00:00" → false
    @"10:00:00.1" = @"10:00:00.2" → true
    (function(a) a) = (function(a) a) → false
    """)
def test_equality(expression, value):
    assert shows(expression) == value


@table("""
    1 < 2 → true
    2 <= 2 → true
    "a" < "b" → true
    @"2026-03-31" > @"2026-03-30" → true
    @"10:00:00Z" > @"11:00:00+08:00" → true
    @"2026-03-31T10:00:00Z" < @"2026-03-31T11:00:00" → true
    @"2026-03-31T10:00:00" > @"2026-03-31T09:00:00+08:00" → true
    @"10:00:00+08:00" <= @"10:00:00" → true
    @"P1Y" > @"P11M" → true
    @"P1D" < @"PT25H" → true
    1 < "2" → null
    null < 1 → null
    true < false → null
    [1] < [2] → null
    2 between 1 and 3 → true
    4 between 1 and 3 → false
    2 between 1 and null → null
    "b" between "a" and "c" → true
    """)
def test_order(expression, value):
    assert shows(expression) == value


@table("""
    if true then 1 else 2 → 1
    if false then 1 else 2 → 2
    if null then 1 else 2 → 2
    if "x" then 1 else 2 → 2
    if false then 1 else if true then 2 else 3 → 2
    (if true then 1 else 2) + 1 → 2
    """)
def test_if_takes_else_for_all_but_true(expression, value):
    assert shows(expression) == value


@table("""
    1 in [1, 2, 3] → true
    1 in (2, 3, 1) → true
    5 in (1..5] → true
    1 in (1..5] → false
    1 in ]1..5] → false
    5 in [1..5[ → false
    5 in (> 3) → true
    5 in > 3 → true
    5 in (< 3, > 4) → true
    5 in (= 5) → true
    5 in (!= 5) → false
    5 in !=5 → false
    "b" in ["a".."c"] → true
    5 in ([1..2], [4..6]) → true
    5 in [[1..2], [4..6]] → true
    [1, 2] in [[1, 2], [3]] → true
    {a: 1} in {a: 1} → true
    1 in "1" → null
    (1 + 1) in (2) → true
    """)
def test_in(expression, value):
    assert shows(expression) == value


@table("""
    1 instance of number → true
    "a" instance of string → true
    true instance of boolean → true
    @"2026-03-31" instance of date → true
    @"2026-03-31T10:00:00" instance of date → false
    @"2026-03-31T10:00:00" instance of date and time → true
    @"10:00:00" instance of time → true
    @"P1D" instance of days and time duration → true
    @"P1Y" instance of years and months duration → true
    @"P1Y" instance of days and time duration → false
    [1, 2] instance of list<number> → true
    [1, "a"] instance of list<number> → false
    [1, "a"] instance of list<Any> → true
    [1, 2] instance of list → null
    {a: 1} instance of context<a: number> → true
    {a: 1, b: 2} instance of context<a: number> → true
    {b: 1} instance of context<a: number> → false
    {a: 1} instance of context<> → true
    (function() 1) instance of function<>->number → true
    [1..2] instance of range<number> → true
    [1..2] instance of range<string> → false
    (function(a: number) "x") instance of function<number>->string → true
    (function(a: number) "x") instance of function<string>->string → false
    null instance of Any → false
    null instance of Null → true
    null instance of string → false
    [1] instance of number → false
    1 instance of tUnknown → null
    -1 instance of number → true
    """)
def test_instance_of(expression, value):
    assert shows(expression) == value
