"""What the guide says is answered is what is answered, and a hint wakes exactly those who may take the work."""

from __future__ import annotations

import re
import threading
import time
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

from engine.queries.programs import Offer, Topic
from tests.house import House
from tests.patience import PATIENCE, within
from tests.web.engine_rest.conftest import Program
from web.engine_rest import RESOURCES
from web.engine_rest.waiting import Waiter, WaitingRoom, chosen

GUIDE = Path(__file__).parents[3] / "docs" / "migrating-from-camunda7.md"
MINUTE = timedelta(minutes=1)


def test_the_guide_names_every_address_and_no_other() -> None:
    told = set()
    for line in GUIDE.read_text(encoding="utf-8").splitlines():
        top = re.match(r"\| `(/[a-z-]+)` \|", line)
        for methods, rest in re.findall(r"`((?:GET|POST|PUT|DELETE)(?: [A-Z]+)*) (/[^`]*)`", line) if top else ():
            told |= {(method, top[1] + ("" if rest == "/" else rest)) for method in methods.split()}  # type: ignore[index]
    answered = {
        (method, re.sub(r"<(\w+)>", r"{\1}", rule))
        for resource in RESOURCES
        for method, rule, _ in import_module(f"web.engine_rest.{resource}").pages.rules
    }
    assert told == answered


def waiter(*topics: Topic, most: int = 1) -> Waiter:
    return Waiter(topics, most, lambda: False)


def test_each_piece_is_offered_to_the_first_who_may_take_it() -> None:
    for_loans = waiter(Topic("print", MINUTE, process_key="loan"))
    anything, late = waiter(Topic("print", MINUTE), Topic("score", MINUTE), most=2), waiter(Topic("print", MINUTE))
    loan, other = Offer("print", "loan", 1, None), Offer("print", "other", 2, "PJ-1")
    everybody = [for_loans, anything, late]
    assert chosen(everybody, [other]) == [anything]
    assert chosen(everybody, [loan]) == [for_loans]
    assert chosen(everybody, [loan, other, other]) == [for_loans, anything]
    assert chosen(everybody, [loan, other, other, other]) == [for_loans, anything, late]
    assert chosen([waiter(Topic("print", MINUTE, business_key="PJ-2"))], [other]) == []


def test_who_comes_when_the_room_is_full_is_answered_at_once_and_the_gone_take_nothing(shop: House) -> None:
    room = WaitingRoom(shop.runtime, places=1)
    stop, answers = threading.Event(), list[Any]()
    gone: list[bool] = [False]

    def fetch() -> list[str]:
        return ["work"] if stop.is_set() else []

    def wait() -> None:
        answers.append(room.wait([Topic("print", MINUTE)], 1, 30, fetch, lambda: gone[0]))

    first = threading.Thread(target=wait)
    first.start()
    while not room.waiters:
        time.sleep(0.005)
    began = time.monotonic()
    assert room.wait([Topic("print", MINUTE)], 1, 30, fetch, lambda: False) == []
    assert time.monotonic() - began < within(5)
    gone[0] = True
    stop.set()  # there is work now, but nobody at the other end
    room.news.set()
    first.join(PATIENCE)
    assert answers == [[]] and not room.waiters


def test_a_server_that_stops_answers_all_who_wait(shop: House) -> None:
    room = WaitingRoom(shop.runtime)
    answers = list[Any]()
    topics = [Topic("print", MINUTE)]
    thread = threading.Thread(target=lambda: answers.append(room.wait(topics, 1, 30, list, lambda: False)))
    thread.start()
    while not room.waiters:
        time.sleep(0.005)
    room.goes_on = lambda: False
    room.news.set()
    thread.join(PATIENCE)
    assert answers == [[]]


NAMES = (
    "variables", "modifications", "deletions", "instructions", "processInstanceIds", "workerId", "maxTasks", "topics",
    "retries", "retryTimeout", "newDuration", "lockDuration", "priority", "externalTaskIds", "errorCode", "suspended",
    "messageName", "correlationKeys", "processVariables", "businessKey", "processInstanceId", "name", "userId", "type",
    "message", "due", "duedate", "username", "password", "value", "sorting", "processDefinitionKey",
    "startInstructions", "asyncResponseTimeout", "processDefinitionId", "assignee", "candidateGroups", "firstResult",
)  # fmt: skip
ODD: tuple[Any, ...] = ("x", -1.5, True, ["x"], [[]], {"x": "y"}, {"x": {"type": 7}}, "1" * 40)


def test_no_address_answers_nonsense_with_an_error_of_ours(shop: House, root: Program) -> None:
    case = shop.start("printing", business_key="ODD-1")
    ids = (str(case), "printing:1:7", "x")
    wrong, asked = list[Any](), list[tuple[str, str, Any]]()
    for resource in RESOURCES:
        for method, rule, _ in import_module(f"web.engine_rest.{resource}").pages.rules:
            if rule in ("/identity/verify", "/deployment/create"):  # counts against a person; takes no JSON
                continue
            if method == "GET":
                asked = [(id, "?" + "&".join(f"{name}=-x" for name in NAMES[k::3]), None) for k, id in enumerate(ids)]
            elif method == "DELETE":
                asked = [(id, "", None) for id in ids]
            else:
                asked = [(ids[k % 3], "", dict.fromkeys(NAMES, odd)) for k, odd in enumerate(ODD)]
            for id, query, body in asked:
                path = re.sub(r"<\w+>", id, rule) + query
                status = root.ask(method, path, body).status_code
                if status >= 500 and status != 501:
                    wrong.append((status, method, path, body and next(iter(body.values()))))
    assert not wrong, "\n".join(map(str, wrong[:40]))
