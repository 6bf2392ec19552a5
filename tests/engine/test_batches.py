"""One action over many cases: worked off in pieces, told item by item, paused, given up, gone on with after a crash."""

from __future__ import annotations

import os
import threading
from typing import Any

import pytest
import sqlalchemy as sa

from engine import api, batches, queries, verification, worker
from engine.errors import AlreadyHandled, Forbidden, InvalidInput
from engine.queries.batches import batch, batch_items
from engine.queries.selection import Cases, Failures
from engine.registry import handles
from engine.store import tables as t
from tests.conformance.drawing import diagram, process
from tests.engine import diagrams as d
from tests.house import House

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def line(flow: str, *elements: str) -> str:
    return diagram(process("p", flow, *elements))


def task(id: str) -> str:
    return f'<userTask id="{id}" name="{id}" camunda:candidateGroups="rm"/>'


def begun(house: House, kind: str, wanted: Any, by: str = "owen", **parameters: Any) -> int:
    with house.writing() as session:
        return api.start_batch(session, house.actor(by), kind, wanted, parameters)


def told(house: House, id: int) -> Any:
    with house.looking() as session:
        return batch(session, id)


def started(house: House, number: int) -> list[int]:
    with house.writing() as session:
        return [api.start(session, api.SYSTEM, "p", {"n": n}, f"PJ-{n:04}") for n in range(number)]


def test_eighty_cases_follow_to_a_new_version_and_the_report_says_which_cannot(house: House) -> None:
    house.deploy(p_bpmn=line("s -> u1 -> u2 -> e", task("u1"), task("u2")))
    ids = started(house, 80)
    with house.writing() as session:
        for id in ids[:10]:
            api.move_token(session, house.actor("owen"), id, "u1", "u2")
    house.deploy(p_bpmn=line("s -> u1 -> u3 -> e", task("u1"), task("u3")))
    with house.looking() as session:
        forecast = api.preview_migrations(session, house.actor("owen"), Cases(key="p", version=1))
    assert (forecast.version, forecast.can, forecast.cannot) == (2, 70, 10)
    assert [(reason.count, "u2" in reason.text, "u2" in reason.text_zh) for reason in forecast.reasons] == [
        (10, True, True)
    ]
    id = begun(house, "migrate", Cases(key="p", version=1))
    assert batches.run_batches(house.runtime) == batches.CHUNK
    row = told(house, id).row
    assert (row.state, row.total, row.done + row.failed, row.left) == ("running", 80, 25, 55)
    house.work()
    report = told(house, id)
    assert (report.row.state, report.row.done, report.row.failed, report.row.left) == ("finished", 70, 10, 0)
    assert [(reason.text, reason.count) for reason in report.reasons] == [(forecast.reasons[0].text, 10)]
    assert set(report.reasons[0].instances) <= set(ids[:10])
    with house.looking() as session:
        assert len(queries.instances(session, key="p", version=2, size=500)) == 70
        failed = batch_items(session, id, state="failed")
        assert [item.instance_id for item in failed] == ids[:10] and failed[0].business_key == "PJ-0000"
        assert verification.verify(session).broken == []
    assert len(house.rows(t.audit_entry, t.audit_entry.c.action == "migrated")) == 70
    entries = house.rows(t.audit_entry, t.audit_entry.c.subject == f"batch:{id}")
    assert [(e["action"], e["actor"]) for e in entries] == [("batch_started", "owen"), ("batch_finished", "owen")]
    assert entries[1]["data"] == {"done": 70, "failed": 10}


def test_whom_it_concerns_is_fixed_when_it_begins(house: House) -> None:
    house.deploy(p_bpmn=d.one_task())
    first = started(house, 3)
    id = begun(house, "cancel", Cases(key="p"), reason="closed down")
    later = house.start("p")
    house.work()
    assert [house.state(one) for one in first] == ["cancelled"] * 3 and house.state(later) == "active"
    assert told(house, id).row.total == 3


def test_a_paused_batch_rests_and_a_cancelled_one_leaves_what_is_done(house: House) -> None:
    house.deploy(p_bpmn=d.one_task())
    ids = started(house, 30)
    id = begun(house, "suspend", Cases(ids=tuple(ids)))
    batches.run_batches(house.runtime, limit=10)
    with house.writing() as session:
        api.pause_batch(session, house.actor("owen"), id)
    assert house.work() == 0 and told(house, id).row.done == 10
    with house.writing() as session:
        api.resume_batch(session, house.actor("owen"), id)
    batches.run_batches(house.runtime, limit=10)
    with house.writing() as session:
        assert api.cancel_batch(session, house.actor("owen"), id) == 10
    assert house.work() == 0
    row = told(house, id).row
    assert (row.state, row.done, row.dropped, row.left) == ("cancelled", 20, 10, 0)
    assert [house.state(one) for one in ids].count("suspended") == 20
    with house.writing() as session, pytest.raises(AlreadyHandled):
        api.resume_batch(session, house.actor("owen"), id)


def test_what_was_not_committed_when_a_worker_died_is_done_once_by_the_next(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.deploy(p_bpmn=d.one_task())
    ids = started(house, 12)
    id = begun(house, "set_variables", Cases(ids=tuple(ids)), variables={"seen": True})

    class Died(BaseException):
        pass

    whole, calls = batches._note, []

    def dies(*args: Any, **more: Any) -> None:
        calls.append(1)
        if len(calls) == 8:
            raise Died
        whole(*args, **more)

    monkeypatch.setattr(batches, "_note", dies)
    with pytest.raises(Died):
        batches.run_batches(house.runtime, limit=5)
        batches.run_batches(house.runtime, limit=5)
    monkeypatch.undo()
    assert told(house, id).row.done == 5
    house.work()
    row = told(house, id).row
    assert (row.state, row.done) == ("finished", 12)
    assert len(house.rows(t.audit_entry, t.audit_entry.c.action == "variables_set")) == 12


def test_two_workers_share_a_batch_and_do_nothing_twice(house: House) -> None:
    house.deploy(p_bpmn=d.one_task())
    ids = started(house, 60)
    id = begun(house, "set_variables", Cases(ids=tuple(ids)), variables={"seen": True})
    failures: list[BaseException] = []

    def work() -> None:
        try:
            while batches.run_batches(house.runtime, limit=4):
                pass
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    house.work()
    assert failures == []
    assert (told(house, id).row.state, told(house, id).row.done) == ("finished", 60)
    assert len(house.rows(t.audit_entry, t.audit_entry.c.action == "variables_set")) == 60


def test_failed_jobs_are_retried_together_with_corrected_variables(house: House) -> None:
    @handles("limit", attempts=1)
    def limit(ctx: Any, amount: int) -> dict[str, object]:
        if amount > 10:
            raise ValueError("too much")
        return {"checked": amount}

    house.runtime.registry.add_functions(limit)
    house.deploy(p_bpmn=d.one_service("limit"))
    ids = [house.start("p", amount=amount) for amount in (50, 60, 5)]
    house.work()
    id = begun(house, "retry", Failures(topic="limit", error="ValueError"), variables={"amount": 7})
    house.work()
    assert (told(house, id).row.total, told(house, id).row.done) == (2, 2)
    assert [house.variables(one)["checked"] for one in ids] == [7, 7, 5]
    assert house.rows(t.incident, t.incident.c.resolved_at.is_(None)) == []


def test_a_failed_item_says_why_and_can_be_tried_again(house: House) -> None:
    house.deploy(p_bpmn=d.one_task())
    held, free = started(house, 2)
    with house.writing() as session:
        api.suspend(session, house.actor("owen"), held)
    id = begun(house, "set_variables", Cases(ids=(held, free)), variables={"x": 1})
    house.work()
    [reason] = told(house, id).reasons
    assert (reason.count, reason.instances) == (1, (held,)) and "suspended" in reason.text and "挂起" in reason.text_zh
    with house.writing() as session:
        api.resume(session, house.actor("owen"), held)
        assert api.repeat_batch(session, house.actor("owen"), id) == 1
    house.work()
    assert (told(house, id).row.state, told(house, id).row.done) == ("finished", 2)


def test_who_has_lost_the_right_meanwhile_does_nothing_through_a_batch(house: House) -> None:
    house.deploy(p_bpmn=d.one_task())
    [instance] = started(house, 1)
    id = begun(house, "cancel", Cases(ids=(instance,)), reason="x")
    with house.writing() as session:
        session.execute(sa.delete(t.membership).where(t.membership.c.person_id == "owen"))
    house.work()
    assert house.state(instance) == "active" and told(house, id).reasons[0].code == "Forbidden"


@SQLITE
@pytest.mark.parametrize(
    ("kind", "wanted", "parameters", "error"),
    [
        ("explode", Cases(key="p"), {}, InvalidInput),
        ("cancel", Cases(key="p"), {}, InvalidInput),
        ("suspend", Cases(key="p"), {"reason": "x"}, InvalidInput),
        ("suspend", Failures(key="p"), {}, InvalidInput),
        ("suspend", Cases(), {}, InvalidInput),
    ],
)
def test_what_does_not_fit_is_refused_at_once(
    house: House, kind: str, wanted: Any, parameters: dict[str, Any], error: type[Exception]
) -> None:
    house.deploy(p_bpmn=d.one_task())
    with pytest.raises(error):
        begun(house, kind, wanted, **parameters)
    with pytest.raises(Forbidden):
        begun(house, "suspend", Cases(key="p"), by="li")
    assert house.rows(t.batch) == []


@pytest.mark.slow
@pytest.mark.skipif("LONG_TESTS" not in os.environ, reason="ten thousand cases: set LONG_TESTS")
def test_ten_thousand_cases_follow(house: House) -> None:
    house.deploy(p_bpmn=line("s -> u1 -> e", task("u1")))
    for _ in range(100):
        started(house, 100)
    house.deploy(p_bpmn=line("s -> u2 -> e", task("u2")))
    id = begun(house, "migrate", Cases(key="p"), mapping={"u1": "u2"})
    while batches.run_batches(house.runtime):
        pass
    assert (told(house, id).row.state, told(house, id).row.done) == ("finished", 10_000)
    assert worker.run_once(house.runtime) == 0
