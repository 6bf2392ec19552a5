"""The built-in functions, chapter by chapter (DMN 1.5 §10.3.4), by position and by name."""

from tests.engine.feel.tables import moment, run, shows, table


@table(r"""
    substring("foobar", 3) → "obar"
    substring("foobar", 3, 3) → "oba"
    substring("foobar", -2, 1) → "a"
    substring("foobar", 0) → null
    substring("foobar", 9) → null
    substring("\U01F40Eab", 2) → "ab"
    substring(string: "foobar", start position: 3, length: 3.8) → "oba"
    string length("tes\"t") → 5
    string length("🐎") → 1
    upper case("aBc4") → "ABC4"
    lower case("aBc4") → "abc4"
    substring before("foobar", "bar") → "foo"
    substring before("foobar", "xyz") → ""
    substring after("foobar", "ob") → "ar"
    substring after("", "a") → ""
    contains("foobar", "of") → false
    starts with("foobar", "fo") → true
    ends with("foobar", "r") → true
    split("John Doe", "\s") → ["John", "Doe"]
    split("a;b;c;;", ";") → ["a", "b", "c", "", ""]
    string join(["a", "b", "c"], "_and_") → "a_and_b_and_c"
    string join(["a", null, "c"], ",") → "a,c"
    string join(["a", "b"], ",", "[", "]") → "[a,b]"
    string join([]) → ""
    string join(["a", 1]) → null
    string length(null) → null
    string length(1) → null
    string length(["abc"]) → 3
    upper case() → null
    """)
def test_strings(expression, value):
    assert shows(expression) == value


@table("""
    list contains([1, 2, 3], 2) → true
    list contains([1, null], null) → true
    list contains(null, 1) → null
    count([1, 2, 3]) → 3
    count([]) → 0
    count(7) → 1
    min([1, 2, 3]) → 1
    min(1) → 1
    max("a", "c", "b") → "c"
    max([@"2026-03-31", @"2026-04-01"]) → 2026-04-01
    min([]) → null
    min(1, "a") → null
    min([1, null]) → null
    sum([1, 2, 3]) → 6
    sum(1, 2) → 3
    sum([]) → null
    sum([1, "a"]) → null
    mean([1, 2, 3]) → 2
    mean([]) → null
    all([true, null, false]) → false
    all([true, null]) → null
    all([]) → true
    all(true, true) → true
    all(0) → null
    any([false, null, true]) → true
    any([]) → false
    any(false) → false
    sublist([4, 5, 6], 1, 2) → [4, 5]
    sublist([4, 5, 6], -2) → [5, 6]
    sublist([4, 5, 6], 2, 5) → null
    append([1], 2, 3) → [1, 2, 3]
    append([1], null) → [1, null]
    concatenate([1, 2], [3]) → [1, 2, 3]
    insert before([1, 3], 1, 2) → [2, 1, 3]
    insert before([1, 3], 4, 2) → null
    remove([1, 2, 3], 2) → [1, 3]
    remove([1, 2, 3], 0) → null
    list replace([2, 4, 7, 8], 3, 6) → [2, 4, 6, 8]
    list replace([2, 4, 7, 8], function(item, newItem) item < newItem, 5) → [5, 5, 7, 8]
    list replace([1], function(a, b) null, 5) → null
    reverse([1, 2, 3]) → [3, 2, 1]
    index of([1, 2, 3, 2], 2) → [2, 4]
    index of([1, null], null) → [2]
    union([1, 2], [2, 3]) → [1, 2, 3]
    distinct values([1, 2, 1.0, null, null, "1", true]) → [1, 2, null, "1", true]
    distinct values([[1], [1], {a: 1}, {a: 1}]) → [[1], {a: 1}]
    flatten([[1, 2], [[3]], 4]) → [1, 2, 3, 4]
    product([2, 3, 4]) → 24
    product([]) → null
    median(8, 2, 5, 3, 4) → 4
    median([6, 1, 2, 3]) → 2.5
    median([]) → null
    stddev(2, 4, 7, 5) → 2.081665999466132735282297706979931
    stddev([47]) → null
    mode(6, 3, 9, 6, 6) → [6]
    mode([6, 1, 9, 6, 1]) → [1, 6]
    mode([]) → []
    sort([3, 1, 2]) → [1, 2, 3]
    sort([3, 1, 2], function(x, y) x > y) → [3, 2, 1]
    sort(list: [3, 1, 2], precedes: function(x, y) x < y) → [1, 2, 3]
    sort([1, "a"]) → null
    sort([1, 2], function(x, y) null) → null
    """)
def test_lists(expression, value):
    assert shows(expression) == value


@table("""
    decimal(1/3, 2) → 0.33
    decimal(1.5, 0) → 2
    decimal(2.5, 0) → 2
    decimal(128456, -2) → 128500
    decimal(1, 7000) → null
    floor(1.5) → 1
    floor(-1.56, 1) → -1.6
    ceiling(1.5) → 2
    ceiling(-1.56, 1) → -1.5
    round up(5.5, 0) → 6
    round up(-5.5, 0) → -6
    round down(-5.5, 0) → -5
    round half up(5.5, 0) → 6
    round half up(-5.5, 0) → -6
    round half down(5.5, 0) → 5
    round half down(1.126, 2) → 1.13
    abs(-10) → 10
    abs(@"-PT5H") → PT5H
    abs(@"-P1Y") → P1Y
    modulo(12, 5) → 2
    modulo(-12, 5) → 3
    modulo(12, -5) → -3
    modulo(10.1, 4.5) → 1.1
    modulo(1, 0) → null
    sqrt(16) → 4
    sqrt(-1) → null
    log(10) → 2.302585092994045684017991454684364
    log(0) → null
    exp(5) → 148.4131591025766034211155800405523
    exp(1e10) → null
    odd(5) → true
    odd(-5) → true
    odd(2.5) → false
    even(2) → true
    abs(n: -3) → 3
    abs("3") → null
    """)
def test_numbers(expression, value):
    assert shows(expression) == value


@table("""
    day of year(@"2019-09-17") → 260
    day of week(@"2019-09-17") → "Tuesday"
    month of year(@"2019-09-17T10:00:00") → "September"
    week of year(@"2019-09-17") → 38
    week of year(@"2003-12-29") → 1
    week of year(@"2004-01-04") → 1
    week of year(@"2005-01-01") → 53
    now() → 2026-11-21T09:30:00@Asia/Shanghai
    today() → 2026-11-21
    day of week("2019-09-17") → null
    """)
def test_dates(expression, value):
    assert shows(expression) == value


@table("""
    get value({key1: "value1"}, "key1") → "value1"
    get value({a: {b: 1}}, ["a", "b"]) → 1
    get value({a: 1}, "b") → null
    get entries({a: 1, b: 2}) → [{key: "a", value: 1}, {key: "b", value: 2}]
    context([{key: "a", value: 1}, {key: "b", value: 2}]) → {a: 1, b: 2}
    context([{key: "a", value: 1}, {key: "a", value: 2}]) → null
    context([{key: "a"}]) → null
    context put({x: 1}, "y", 2) → {x: 1, y: 2}
    context put({x: 1, y: {a: 0}}, ["y", "a"], 2) → {x: 1, y: {a: 2}}
    context put({x: 1, y: {a: 0}}, [], 2) → null
    context put({x: 1}, ["x", "a"], 2) → null
    context merge([{x: 1}, {x: 2, y: 3}]) → {x: 2, y: 3}
    context merge([{x: 1}, 2]) → null
    """)
def test_contexts(expression, value):
    assert shows(expression) == value


@table(
    """
    before(1, 10) → true
    before(10, 1) → false
    before([1..5], 10) → true
    before(1, [2..5]) → true
    before([1..5), [5..10]) → true
    before([1..5], [5..10]) → false
    after([5..10], [1..5)) → true
    meets([1..5], [5..10]) → true
    meets([1..5), [5..10]) → false
    met by([5..10], [1..5]) → true
    overlaps([1..5], [3..8]) → true
    overlaps([1..5], [6..8]) → false
    overlaps([1..5), [5..8]) → false
    overlaps before([1..5], [3..8]) → true
    overlaps before([3..8], [1..5]) → false
    overlaps before([1..5], (1..5]) → true
    overlaps after([3..8], [1..5]) → true
    overlaps after((1..5], [1..5]) → true
    overlaps after([1..5], [1..5]) → false
    finishes(10, [1..10]) → true
    finishes([5..10], [1..10]) → true
    finishes([5..10), [1..10]) → false
    finished by([1..10], [5..10]) → true
    includes([1..10], 5) → true
    includes([1..10], [1..10)) → true
    includes([1..10), [1..10]) → false
    during(5, [1..10]) → true
    starts(1, [1..10]) → true
    starts([1..5], [1..10]) → true
    started by([1..10], [1..5)) → true
    coincides([1..5], [1..5]) → true
    coincides([1..5), [1..5]) → false
    coincides(3, 3) → true
    before((< 5), [5..10]) → true
    includes((> 5), [6..10]) → true
    before(1, "a") → null
    range("[1..3]") → [1..3]
    range("(1..3)") instance of range<number> → true
    range("[@\\"2026-03-31\\"..date(\\"2026-04-01\\")]") → [2026-03-31..2026-04-01]
    range("[3..1]") → null
    range("[a..3]") → null
    range("1..3") → null
    """.replace("\\\\", "\\")
)
def test_ranges(expression, value):
    assert shows(expression) == value


@table(
    """
    number("1 000,5", " ", ",") → 1000.5
    number("1,000.5", ",", ".") → 1000.5
    number("1.5") → 1.5
    number("-1e3") → -1000
    number("1,5", ",", ",") → null
    number("one") → null
    number("1", "x", ".") → null
    string(1.50) → "1.50"
    string(null) → null
    string("a") → "a"
    string([1, "a", null]) → "[1, \\"a\\", null]"
    string({a: 1, b: [@"2026-03-31"]}) → "{a: 1, b: [2026-03-31]}"
    string(1e3) → "1000"
    string(@"P1Y2M") → "P1Y2M"
    string(true) → "true"
    not(true) → false
    is(1, 1.0) → true
    is(1, "1") → false
    is(null, null) → true
    is(@"10:00:00Z", @"10:00:00") → false
    is(@"23:00:50z", @"23:00:50+00:00") → true
    is(value1: 1) → false
    is(value2: null) → true
    is(1) → null
    substring(start position: 1) → null
    is(@"2012-12-25T10:00:00", @"2012-12-25") → false
    """.replace("\\\\", "\\")
)
def test_conversion(expression, value):
    assert shows(expression) == value


def test_wrong_arguments_are_null_and_the_notice_names_what_was_expected():
    at = moment()
    assert run('substring("abc", "x")', at=at) is None
    assert at.warnings == ["substring: wrong arguments (string, string); it takes (string, start position, length)"]


def test_sorting_is_stable():
    people = [{"team": t, "n": n} for n, t in enumerate("BABA")]
    ordered = run("sort(people, function(x, y) x.team < y.team)", {"people": people})
    assert [(p["team"], p["n"]) for p in ordered] == [("A", 1), ("A", 3), ("B", 0), ("B", 2)]
