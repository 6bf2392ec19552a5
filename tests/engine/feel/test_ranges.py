"""Intervals against plain sets of points: what the relations say is what the points show."""

from dataclasses import dataclass
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.feel import Range, compile_expression
from tests.engine.feel.tables import moment

HALVES = [Decimal(n) / 2 for n in range(-2, 20)]


@dataclass(frozen=True)
class Interval:
    value: Range

    @property
    def points(self):
        """The halves inside: enough to tell intervals with whole ends apart."""
        r = self.value
        after = {p for p in HALVES if p > r.start or (r.start_included and p == r.start)}
        return {p for p in after if p < r.end or (r.end_included and p == r.end)}


def interval(start, length, start_included, end_included):
    return Interval(Range(Decimal(start), Decimal(start + length), start_included, end_included))


intervals = st.builds(interval, st.integers(0, 5), st.integers(1, 4), st.booleans(), st.booleans())
RELATIONS = {
    "before": lambda a, b: max(a.points) < min(b.points),
    "after": lambda a, b: min(a.points) > max(b.points),
    "overlaps": lambda a, b: bool(a.points & b.points),
    "includes": lambda a, b: b.points <= a.points,
    "during": lambda a, b: a.points <= b.points,
    "coincides": lambda a, b: a.points == b.points,
    "starts": lambda a, b: min(a.points) == min(b.points) and a.points <= b.points,
    "started by": lambda a, b: min(a.points) == min(b.points) and b.points <= a.points,
    "finishes": lambda a, b: max(a.points) == max(b.points) and a.points <= b.points,
    "finished by": lambda a, b: max(a.points) == max(b.points) and b.points <= a.points,
}


@pytest.mark.parametrize("name", RELATIONS)
def test_relations_are_those_of_the_points(name):
    related = compile_expression(f"{name}(a, b)", {"a", "b"})

    @given(intervals, intervals)
    def check(a, b):
        assert related({"a": a.value, "b": b.value}, moment()) is RELATIONS[name](a, b)

    check()


@given(intervals, st.sampled_from(HALVES))
def test_a_point_is_in_an_interval_when_it_is_one_of_its_points(a, point):
    inside = compile_expression("p in a", {"p", "a"})
    scope = {"a": a.value, "p": point}
    assert inside(scope, moment()) is (point in a.points)
    assert compile_expression("includes(a, p)", scope)(scope, moment()) is (point in a.points)


@given(intervals)
def test_iterating_over_an_interval_meets_its_whole_numbers(a):
    whole = compile_expression("for i in a return i", {"a"})({"a": a.value}, moment())
    assert whole == sorted(p for p in a.points if p == p.to_integral_value())
