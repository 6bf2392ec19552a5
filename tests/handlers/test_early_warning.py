"""Early warning tells a change once; what is stale neither opens nor closes."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InvalidInput
from handlers import early_warning
from handlers.finance.early_warning import Memory, Reading, Threshold, evaluate
from tests.handlers.pure import Counter

START = date(2026, 1, 1)
LIMIT = Threshold("dscr", "min", Decimal("1.15"), Decimal("1.05"))


def told(values: list[str], limit: Threshold = LIMIT) -> list[tuple[str, int]]:
    memory: dict[str, Memory] = {}
    found = []
    for at, value in enumerate(values):
        day = START + timedelta(days=at)
        made = evaluate({limit.metric: Reading(Decimal(value), day)}, [limit], memory, day)
        memory = dict(made.memory)
        found += [(one.event, one.level) for one in made.alerts]
    return found


@pytest.mark.parametrize(
    ("values", "events"),
    [
        (["1.20", "1.15"], []),
        (["1.14", "1.10", "1.12"], [("opened", 1)]),
        (["1.04", "1.03", "1.02"], [("opened", 2)]),
        (["1.14", "1.04", "1.10", "1.30"], [("opened", 1), ("raised", 2), ("lowered", 1), ("closed", 0)]),
    ],
)
def test_an_alert_is_told_when_its_level_changes_and_not_in_every_run(
    values: list[str], events: list[tuple[str, int]]
) -> None:
    assert told(values) == events


def test_a_level_counts_after_as_many_readings_as_its_debounce() -> None:
    patient = Threshold("gap", "max", Decimal(90), Decimal(120), debounce=2)
    assert told(["100", "80", "100", "130"], patient) == [("opened", 1)]
    assert told(["100", "130", "130", "10"], patient) == [("opened", 1), ("raised", 2), ("closed", 0)]


@given(st.lists(st.decimals("0.9", "1.4", places=2), min_size=1, max_size=30), st.integers(1, 3))
def test_levels_told_one_after_the_other_make_one_story(values: list[Decimal], debounce: int) -> None:
    limit = Threshold("dscr", "min", Decimal("1.15"), Decimal("1.05"), debounce)
    level = 0
    for event, now in told([str(value) for value in values], limit):
        assert now != level
        assert (event == "opened") == (level == 0) and (event == "closed") == (now == 0)
        level = now


DESK = Counter(early_warning.ewi_evaluate)
ROWS = [
    {"metric": "dscr", "amber": "1.15", "red": "1.05"},
    {"metric": "delay", "direction": "max", "amber": 30, "red": 60},
]


def test_the_history_of_a_run_is_the_next_ones_memory() -> None:
    metrics = {"dscr": {"value": "1.04", "day": "2026-02-28"}, "delay": {"value": 10, "day": "2026-03-01"}}
    first = DESK.run("ewi.evaluate", {"metrics": metrics, "thresholds": ROWS})
    assert [(one["metric"], one["event"], one["trend"]) for one in first["alerts"]] == [("dscr", "opened", "unknown")]
    again = DESK.run("ewi.evaluate", {"metrics": metrics, "thresholds": ROWS, "history": first["history"]})
    assert again["alerts"] == []
    metrics["dscr"] = {"value": "1.20", "day": "2026-03-01"}
    last = DESK.run("ewi.evaluate", {"metrics": metrics, "thresholds": ROWS, "history": again["history"]})
    assert [(one["event"], one["trend"]) for one in last["alerts"]] == [("closed", "better")]


@pytest.mark.parametrize(
    "reading",
    [
        None,
        {"value": None, "day": "2026-03-01"},
        {"value": 1, "day": "2025-01-01"},
        {"value": "1.40", "day": "2027-03-01"},
    ],
)
def test_stale_data_is_told_beside_the_alerts_of_the_others(reading: Any) -> None:
    metrics = {"dscr": reading, "delay": {"value": 61, "day": "2026-03-01"}}
    error = DESK.refused("ewi.evaluate", {"metrics": metrics, "thresholds": ROWS})
    assert (error.code, error.variables["stale"]) == ("STALE_DATA", ["dscr"])
    alerts: Any = error.variables["alerts"]
    assert [(one["metric"], one["level"]) for one in alerts] == [("delay", 2)]


@pytest.mark.parametrize(
    "rows",
    [
        [{"metric": "dscr", "amber": 1, "red": 2}],
        [{"metric": "dscr", "amber": 1}],
        [{"amber": 2, "red": 1}],
        [ROWS[0], ROWS[0]],
    ],
)
def test_thresholds_that_make_no_sense_are_refused(rows: list[dict[str, Any]]) -> None:
    with pytest.raises(InvalidInput):
        DESK.run("ewi.evaluate", {"metrics": {}, "thresholds": rows})
