"""Where leniency would hide a mistake: a null end of an interval, zones, arguments without a meaning."""

from tests.engine.feel.tables import shows, table


@table(r"""
    5 in [1..null] → null
    5 in (null..10] → null
    0 in [1..null] → null
    5 in [1..10] → true
    5 in (<= 10) → true
    is(@"2002-04-02T23:00:00@Australia/Melbourne", @"2002-04-02T23:00:00@Australia/Sydney") → false
    is(@"2021-04-02T23:00:00@Australia/Melbourne", @"2021-04-02T23:00:00+11:00") → false
    is(@"2021-04-02T23:00:00@Australia/Sydney", @"2021-04-02T23:00:00@Australia/Sydney") → true
    is(@"23:00:50Z", @"23:00:50+00:00") → true
    string join(["a", "c"], "X", "foo") → null
    string join(["a", "c"], "X", "<", ">") → "<aXc>"
    matches("q", "[^Q]", "i") → false
    matches("q", "[^A-Z]", "i") → false
    matches("1", "[^Q]", "i") → true
    matches("q", "[^Q]") → true
    years and months duration(@"2014-12-31T23:59:59", @"2016-12-31T00:00:01") → P2Y
    years and months duration(@"2016-12-31T00:00:01", @"2014-12-31T23:59:59") → -P2Y
    """)
def test_what_has_no_answer_is_null_and_what_differs_is_not_the_same(expression, value):
    assert shows(expression) == value
