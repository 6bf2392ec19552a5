"""My own page: absences with a substitute, what I want, and due dates in my own calendar."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import icalendar
import sqlalchemy as sa

from engine import api, identity
from engine.store import tables as t
from tests.house import SHANGHAI, House
from tests.web.conftest import Visitor
from tests.web.test_inbox import FACTS


def mine(house: House, who: str, count: int = 1) -> list[int]:
    """Tasks that a person has claimed."""
    for _ in range(count):
        house.start("offer", **FACTS)
    ids = [int(task["id"]) for task in house.tasks()]
    with house.writing() as session:
        for id in ids:
            api.claim(session, identity.actor(session, who), id)
    return ids


def test_what_cannot_wait_goes_to_the_substitute_with_both_names_in_the_audit(
    house: House, visitor: Callable[[str], Visitor]
) -> None:
    soon, later = mine(house, "li", 2)
    with house.writing() as session:
        api.set_due(session, identity.actor(session, "hu"), later, house.clock() + timedelta(days=60), "later")
    li = visitor("li")
    away = {"first": "2026-03-02", "last": "2026-03-06", "substitute": "wang"}
    assert li.post("/me/absences", away).status_code == 302
    page = li.get("/me").get_data(as_text=True)
    [id] = re.findall(r"/me/absences/(\d+)/hand-over", page)
    assert "由王芳代理" in page
    assert "已移交 1 项任务给代理人" in li.post(f"/me/absences/{id}/hand-over").get_data(as_text=True)
    tasks = {task["id"]: task for task in house.tasks()}
    assert (tasks[soon]["assignee"], tasks[soon]["owner"], tasks[later]["assignee"]) == ("wang", "li", "li")
    assert "代 李雷 办理" in visitor("wang").get("/inbox").get_data(as_text=True)
    [entry] = house.rows(
        t.audit_entry, t.audit_entry.c.subject == f"task:{soon}", t.audit_entry.c.action == "handed_to_substitute"
    )
    assert (entry["actor"], entry["data"]["from"], entry["data"]["to"]) == ("li", "li", "wang")
    assert li.post(f"/me/absences/{id}/end").status_code == 302
    assert house.rows(t.absence) == []


def test_what_cannot_wait_passes_a_substitute_who_is_away_too(house: House, visitor: Callable[[str], Visitor]) -> None:
    [task] = mine(house, "li", 1)
    with house.writing() as session:
        away = house.clock(), house.clock() + timedelta(days=3)
        id = identity.add_absence(session, "li", *away, "wang")
        second = identity.add_absence(session, "wang", *away)
    li = visitor("li")
    refused = li.post(f"/me/absences/{id}/hand-over")
    said = (li.get("/me") if refused.status_code == 303 else refused).get_data(as_text=True)
    assert "王芳也不在岗，请指定其他代理人" in said
    with house.writing() as session:
        session.execute(sa.update(t.absence).where(t.absence.c.id == second).values(substitute="hu"))
    li.post(f"/me/absences/{id}/hand-over")
    [row] = house.rows(t.user_task, t.user_task.c.id == task)
    assert (row["assignee"], row["owner"]) == ("hu", "li")


def test_nobody_hands_over_for_somebody_else(house: House, visitor: Callable[[str], Visitor]) -> None:
    with house.writing() as session:
        id = identity.add_absence(session, "li", house.clock(), house.clock() + timedelta(days=3), "wang")
    assert visitor("chen").post(f"/me/absences/{id}/hand-over").status_code == 403


def test_how_mail_comes_and_how_one_works_is_kept(house: House, visitor: Callable[[str], Visitor]) -> None:
    li = visitor("li")
    wishes = {"density": "dense", "digest": "08:30", "quiet_from": "20:00", "quiet_to": "08:00"}
    assert li.post("/me/preferences", wishes).status_code == 302
    [row] = house.rows(t.person, t.person.c.id == "li")
    assert row["settings"] == {"open_next": False, "density": "dense", "digest": "08:30", "quiet": ["20:00", "08:00"]}
    assert 'value="08:30"' in li.get("/me").get_data(as_text=True)
    assert li.post("/me/preferences", {"digest": "nonsense"}).status_code == 422


def address(li: Visitor) -> str:
    """A new address of the person's calendar, as the page shows it once."""
    [found] = re.findall(r'value="http://[^/]+(/calendar/[^"]+\.ics)"', li.post("/me/feed").get_data(as_text=True))
    return found


def test_a_calendar_program_reads_the_due_dates_and_no_clients_name(
    house: House, visitor: Callable[[str], Visitor]
) -> None:
    [task] = mine(house, "li")
    li, nobody = visitor("li"), visitor("")
    path = address(li)
    answer = nobody.client.get(path)
    assert answer.mimetype == "text/calendar" and "宁夏光伏" not in answer.get_data(as_text=True)
    assert all(len(line) <= 75 for line in answer.data.split(b"\r\n"))
    [event] = icalendar.Calendar.from_ical(answer.data).walk("VEVENT")
    assert str(event["UID"]) == f"task-{task}@dealflow" and str(event["SUMMARY"]).startswith("测算报价")
    assert event.decoded("DTSTART") == datetime(2026, 3, 4, 9, 0, tzinfo=SHANGHAI)
    assert str(event["URL"]).endswith(f"/tasks/{task}")
    assert path not in li.get("/me").get_data(as_text=True)


def test_an_old_address_of_a_calendar_ends_with_a_new_one_and_with_the_person(
    house: House, visitor: Callable[[str], Visitor]
) -> None:
    li, nobody = visitor("li"), visitor("")
    first = address(li)
    second = address(li)
    assert [nobody.client.get(path).status_code for path in (first, second)] == [404, 200]
    assert house.rows(t.audit_entry, t.audit_entry.c.action == "calendar_feed_made")
    with house.writing() as session:
        session.execute(t.person.update().where(t.person.c.id == "li").values(active=False))
    assert nobody.client.get(second).status_code == 404
    assert nobody.client.get("/calendar/made-up.ics").status_code == 404


def test_long_lines_of_a_calendar_are_folded_within_no_character() -> None:
    from web.inbox.feed import escaped, folded

    line = "SUMMARY:" + escaped("一二三四五六七八九十" * 12 + "; a, b\\c\nd")
    rows = folded(line).split("\r\n")
    assert all(len(row.encode()) <= 75 for row in rows) and len(rows) > 4
    assert rows[0] + "".join(row[1:] for row in rows[1:]) == line
    text = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n" + folded(line) + "\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    [event] = icalendar.Calendar.from_ical(text).walk("VEVENT")
    assert str(event["SUMMARY"]) == "一二三四五六七八九十" * 12 + "; a, b\\c\nd"
