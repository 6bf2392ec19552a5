"""The house's calendars: national days, make-up days, the firm's own, and those of other places."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from engine import api, calendars
from engine.errors import Forbidden, InvalidInput
from engine.store import tables as t
from tests.engine import diagrams as d
from tests.engine.together import SQLITE
from tests.house import SHANGHAI, House


def keep(house: House, key: str, country: str, zone: str, **more: Any) -> None:
    with house.writing() as session:
        api.set_calendar(session, house.actor("root"), key, key, country=country, zone=zone, **more)


def due(house: House, expression: str, **values: str) -> str:
    """When a task is due, by the clock in Shanghai."""
    house.deploy(p_bpmn=d.one_task(due=expression, **values))
    task = house.task("ask", house.start("p"))
    return f"{task['due_at'].astimezone(SHANGHAI):%m-%d %H:%M}"


def test_national_days_and_make_up_weekends_of_china_count(house: House) -> None:
    """Spring Festival 2026: off from 15 to 23 February, 14 and 28 February are working Saturdays (State Council)."""
    house.clock.at = datetime(2026, 2, 13, 9, 0, tzinfo=SHANGHAI)
    assert due(house, "=due(1, &quot;BD&quot;)") == "02-14 18:00"
    assert due(house, "2BD") == "02-24 18:00"
    with house.looking() as session:
        firm = calendars.calendar(session)
    assert [firm.is_working(date(2026, 2, day)) for day in (14, 16, 23, 28)] == [True, False, False, True]


@SQLITE
def test_several_calendars_are_asked_by_name_and_together(house: House) -> None:
    keep(house, "hk", "HK/optional", "Asia/Hong_Kong")
    keep(house, "us", "US", "America/New_York", hours=[["09:00", "12:00"], ["13:00", "17:00"]])
    house.clock.at = datetime(2026, 4, 2, 9, 0, tzinfo=SHANGHAI)  # Good Friday is the 3rd; Qingming in China the 6th
    assert due(house, "1BD") == "04-03 18:00"
    assert due(house, "1BD", calendar="hk") == "04-08 18:00"
    assert due(house, "=due(1, &quot;BD&quot;, &quot;hk+firm&quot;)") == "04-08 18:00"
    assert due(house, "1BD", calendar="us") == "04-03 05:00"  # 17:00 on Thursday in New York


@SQLITE
def test_a_process_has_its_own_calendar_and_its_tasks_may_have_another(house: House) -> None:
    keep(house, "us", "US", "America/New_York")
    extra = d.properties(calendar="us")
    model = d.one_task(due="1BD").replace('<startEvent id="start"/>', extra + '<startEvent id="start"/>')
    house.deploy(p_bpmn=model)
    task = house.task("ask", house.start("p"))
    assert f"{task['due_at'].astimezone(SHANGHAI):%m-%d %H:%M}" == "03-03 07:00"  # Monday in New York


@SQLITE
def test_working_hours_make_a_due_date(house: House) -> None:
    keep(house, "firm", "CN", "Asia/Shanghai", hours=[["09:00", "12:00"], ["13:30", "17:30"]])
    house.clock.at = datetime(2026, 3, 6, 16, 0, tzinfo=SHANGHAI)
    assert due(house, "4BH") == "03-09 11:30"
    assert due(house, "1BD") == "03-09 17:30"


@SQLITE
def test_a_calendar_that_is_not_there_stops_the_task_where_people_see_it(house: House) -> None:
    house.deploy(p_bpmn=d.one_task(due="1BD", calendar="mars"))
    house.start("p")
    [incident] = house.rows(t.incident)
    assert (incident["code"], "mars" in incident["text"]) == ("DUE_INVALID", True)


@SQLITE
def test_calendars_are_kept_by_administrators_checked_and_audited(house: House) -> None:
    with pytest.raises(Forbidden), house.writing() as session:
        api.set_calendar_day(session, house.actor("li"), date(2026, 3, 3), False)
    for wrong in (
        {"zone": "Mars/Base"},
        {"country": "XX"},
        {"country": "HK/nothing"},
        {"hours": [["18:00", "09:00"]]},
        {"hours": []},
        {"hours": [["nine", "ten"]]},
    ):
        with pytest.raises(InvalidInput) as refused:
            keep(house, "hk", **{"country": "HK", "zone": "Asia/Hong_Kong", **wrong})  # type: ignore[arg-type]
        assert refused.value.fields["place"] == next(iter(wrong))
    with pytest.raises(InvalidInput):
        keep(house, "a+b", "HK", "Asia/Hong_Kong")
    with house.writing() as session:
        api.set_calendar_day(session, house.actor("root"), date(2026, 3, 3), False, "moving house")
    assert due(house, "1BD") == "03-04 18:00"
    with house.writing() as session:
        api.set_calendar_day(session, house.actor("root"), date(2026, 3, 3), None)
    assert due(house, "1BD") == "03-03 18:00"
    actions = [row["action"] for row in house.rows(t.audit_entry, t.audit_entry.c.subject == "calendar:firm")]
    assert actions == ["day_set", "day_set"]


@SQLITE
def test_a_market_is_a_calendar_too(house: House) -> None:
    keep(house, "eur", "ECB", "Europe/Berlin")
    with house.looking() as session:
        eur = calendars.calendar(session, "eur")
    assert [eur.is_working(day) for day in (date(2026, 4, 3), date(2026, 4, 6), date(2026, 5, 1))] == [False] * 3
