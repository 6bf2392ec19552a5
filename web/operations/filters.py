"""What an address asks for, as a selection of cases. Law: the list, its saved filters and its batches mean the same."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from engine.errors import Forbidden, NotFound
from engine.queries.selection import RUNNING, Cases, Work
from handlers import segments, sights
from handlers.records import cards
from web.rights import may_read
from web.scope import actor, number_of, runtime

NAMES = (
    "q", "process", "version", "state", "element", "how", "team", "person", "fact", "value", "incident", "when",
    "since", "until",
)  # fmt: skip
"""What an address may say of cases; everything else in it is not about which."""
CAME, DID = "came", "did"
"""How a case has to do with the element: it came there, or that task was done; usually it waits there."""
WORK: Mapping[str, Work] = {DID: "done", "on_time": "on_time", "late": "late", "overdue": "overdue"}
"""How a case has to do with people's work: what was done in the days, or was due in them (`engine.queries.selection`);
of one task where a step is named, of a team or a person where they are."""
ENDED = "ended"
"""As `when`: the days are those of the end; usually of the start, and of the task where one was done or due."""
RUNS, ANY = "running", "any"
"""As a state: whatever has not ended. As an incident: whichever."""
MOST_FOUND = 100
"""How many clients and projects a search looks at in the book."""


def said(args: Mapping[str, str]) -> dict[str, str]:
    """The part of an address that says which cases, without what is empty."""
    return {name: text for name in NAMES if (text := args.get(name, "").strip()[:200])}


def selection(db: Any, args: Mapping[str, str]) -> Cases:
    """The cases that an address asks for; what it says wrongly (a day that is none) does not count. Forbidden by what
    the cases found would tell, and who asks may not know (`_require_told`)."""
    asked = said(args)
    _require_told(asked)
    text, state, incident = asked.get("q"), asked.get("state"), asked.get("incident")
    version = asked.get("version", "")
    how, when, element = asked.get("how"), asked.get("when"), asked.get("element") if "process" in asked else None
    since, before = beginning(asked.get("since")), beginning(asked.get("until"), days=1)
    work = WORK.get(how or "")
    days = DID if work else ENDED if when == ENDED else "started"
    if work == "overdue":  # what is open counts from the moment on that it is late
        before = min(before, runtime().now()) if before is not None else runtime().now()
    span: dict[str, Any] = {f"{days}_since": since, f"{days}_before": before}
    facts = ((asked["fact"], asked["value"]),) if "fact" in asked and "value" in asked else ()
    return Cases(
        key=asked.get("process"),
        version=number_of(version) if version.isdecimal() and "process" in asked else None,
        state=RUNNING if state == RUNS else (state,) if state else (),
        element=element if how != CAME and work is None else None,
        came=element if how == CAME else None,
        did=element if work else None,
        work=work,
        did_team=asked.get("team") if work else None,
        did_by=asked.get("person") if work else None,
        incident=incident if incident != ANY else None,
        broken=incident == ANY,
        **span,
        facts=facts,
        text=text,
        named=known_by(db, text) if text else (),
        reach=segments.reach(db, actor()),
        unseen=sights.fields_hidden(actor()),
    )


FIRST_YEAR, LAST_YEAR = 1900, 2199


def day(text: str | None) -> date | None:
    """A day as an address says it; None when it says none, or one so far off that days before or after it have no
    date."""
    try:
        found = date.fromisoformat(text) if text else None
    except ValueError:
        return None
    return found if found is not None and FIRST_YEAR <= found.year <= LAST_YEAR else None


def beginning(text: str | None, days: int = 0) -> datetime | None:
    """The beginning of a day in the business zone, or of the one so many days later."""
    found = day(text)
    return None if found is None else datetime.combine(found + timedelta(days=days), time(), runtime().zone)


def _require_told(asked: Mapping[str, str]) -> None:
    """Forbidden by a fact that the person does not see, and by how a colleague works for who reads no reports of it."""
    if asked.get("fact") in sights.fields_hidden(actor()):
        raise Forbidden(
            reason="your teams do not see this fact, and may not ask by it",
            reason_zh="所属团队看不到该业务要素，也不能按它查询",
        )
    if asked.get("how") in WORK and asked.get("person", actor().id) != actor().id and not may_read("reports"):
        raise Forbidden(reason="how a colleague works is for those who lead", reason_zh="同事的办理情况仅供主管查看")


def known_by(db: Any, text: str) -> tuple[str, ...]:
    """The business keys of clients and projects that the book finds by a text, and those of the clients' cases."""
    found = cards.search(db, text, limit=MOST_FOUND, among=segments.among(actor()))
    known = dict.fromkeys([text.upper(), *(one.business_key for one in found)])
    for one in list(known):
        if one.startswith("CL-"):
            known |= dict.fromkeys(business_keys(db, one))
    return tuple(known)


def business_keys(db: Any, client: str) -> tuple[str, ...]:
    """The keys under which a client's cases run."""
    try:
        return cards.client_card(db, client).business_keys
    except NotFound:
        return ()
