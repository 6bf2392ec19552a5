"""Folding is additive: wherever a history is cut, and however often a case is put down and taken up, it adds up."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from engine.feel.codec import decode_value, encode_value
from engine.process.businesstime import BusinessCalendar
from engine.statistics.fold import Case, End, Figures, Model, Step, Task, World, fold, merged, working

START = datetime(2026, 3, 2, 1, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")
ELEMENTS, SCOPES, WAITS = ("a", "b", "sub"), ("p", "sub#4", "a#7"), (1, 2, 3)

events = st.one_of(
    st.tuples(st.sampled_from("elc"), st.sampled_from(ELEMENTS), st.sampled_from(SCOPES)).map(list),
    st.sampled_from(("f1", "f2")).map(lambda flow: ["f", flow]),
    st.just(["v", "p", {"amount": 1}]),
    st.just(["t", "message", "m", "a", False]),
)
triggers = st.one_of(
    st.sampled_from(WAITS).map(lambda wait: ["TaskCompleted", {"wait": wait, "by": "li"}]),
    st.sampled_from(WAITS).map(lambda wait: ["DueMoved", {"wait": wait}]),
    st.sampled_from(WAITS).map(lambda wait: ["DueMoved", {"wait": wait, "due": START}]),
    st.sampled_from((1, 2)).map(lambda version: ["CarriedOver", {"version": version, "mapping": {"a": "b"}}]),
    st.just(["JobDone", {"wait": 9}]),
)
stories = st.lists(
    st.tuples(st.integers(0, 4000), st.lists(triggers, max_size=2), st.lists(events, max_size=6)), max_size=12
)


def world() -> World:
    """Two versions, three tasks that were done."""
    models = {id: Model(id, BusinessCalendar(), frozenset({"b"})) for id in (10, 20)}
    tasks = {
        wait: Task("a", wait != 3, "rm", "li", BusinessCalendar(), START, START, START + timedelta(days=wait), at)
        for wait in WAITS
        for at in (START + timedelta(days=2),)
    }
    return World(ZONE, models, {1: 10, 2: 20}, tasks)


def steps(story: list[tuple[int, list[object], list[object]]]) -> list[Step]:
    """The story as rows of history."""
    at, found = START, []
    for number, (minutes, started, happened) in enumerate(story, 1):
        at += timedelta(minutes=minutes)
        found.append(Step(number, at, started, happened))
    return found


def told(figures: Figures) -> dict[object, object]:
    """Figures to compare, without what came to nothing."""
    return {
        (table, key): ({n: v for n, v in row.sums.items() if v}, row.shortest, row.longest, row.spread)
        for table, rows in figures.items()
        for key, row in rows.items()
        if not row.is_nothing()
    }


@given(stories, st.sets(st.integers(1, 12)))
def test_a_history_cut_anywhere_gives_the_same_figures(
    story: list[tuple[int, list[object], list[object]]], cuts: set[int]
) -> None:
    rows = steps(story)
    end = End(START + timedelta(days=90), "completed")
    whole: Figures = {}
    fold(Case(10, START), rows, world(), whole, end)
    pieces: Figures = {}
    case = Case(10, START)
    places = [0, *sorted(cut for cut in cuts if cut < len(rows)), len(rows)]
    for begin, stop in pairwise(places):
        part: Figures = {}
        last = end if stop == len(rows) else None
        fold(case, rows[begin:stop], world(), part, last)
        merged(pieces, part)
        case = Case.of(decode_value(encode_value(case.document())))
    assert told(pieces) == told(whole)


CALENDAR = BusinessCalendar(
    holidays=frozenset({date(2026, 3, 4)}),
    working_weekends=frozenset({date(2026, 3, 7)}),
    pauses=((time(12), time(13)),),
)


@given(st.integers(-20_000, 60_000), st.integers(-20_000, 60_000))
def test_working_time_is_that_of_the_calendar(begin: int, span: int) -> None:
    start = START + timedelta(minutes=begin)
    end = start + timedelta(minutes=span)
    assert working(CALENDAR, start, end) * timedelta(milliseconds=1) == CALENDAR.working_time_between(start, end)


@given(stories)
def test_what_is_added_and_taken_away_is_nothing(story: list[tuple[int, list[object], list[object]]]) -> None:
    own: Figures = {}
    fold(Case(10, START), steps(story), world(), own, End(START + timedelta(days=90), "cancelled"))
    total: Figures = {}
    merged(total, own)
    merged(total, own, -1)
    assert told(total) == {}


@given(stories)
def test_nobody_is_anywhere_once_the_case_has_ended(story: list[tuple[int, list[object], list[object]]]) -> None:
    own: Figures = {}
    fold(Case(10, START), steps(story), world(), own, End(START + timedelta(days=90), "completed"))
    for name in ("present", "present_since"):
        assert sum(row.sums.get(name, 0) for row in own.get("element", {}).values()) == 0
