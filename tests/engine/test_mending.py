"""Failed work tried again: what was corrected is what the next attempt sees; who may, and what is written down."""

from __future__ import annotations

from typing import Any

import pytest

from engine import api, jobs, leases
from engine.errors import AlreadyHandled, Forbidden, InvalidInput, NotFound
from engine.jobs import Outcome
from engine.queries.deadletters import dead_letter_groups, dead_letters
from engine.queries.selection import Failures
from engine.registry import handles
from engine.store import tables as t
from tests.engine import diagrams as d
from tests.house import House

MAPPED = (
    '<extensionElements><camunda:inputOutput><camunda:inputParameter name="amount">${amount}</camunda:inputParameter>'
    "</camunda:inputOutput></extensionElements>"
)


def broken(house: House, inside: str = "", **variables: Any) -> tuple[int, int]:
    """A case whose job has no attempt left, and the job."""
    seen: list[object] = []

    @handles("limit", attempts=2, backoff="PT1M")
    def limit(ctx: Any, amount: int) -> dict[str, object]:
        seen.append(amount)
        if amount > 10:
            raise ValueError(f"{amount} is too much")
        return {"checked": amount}

    if "limit" not in house.runtime.registry:
        house.runtime.registry.add_functions(limit)
        house.deploy(p_bpmn=d.one_service("limit", inside=inside))
    instance = house.start("p", **(variables or {"amount": 50}))
    house.work()
    house.pass_time(minutes=5)
    [job] = house.rows(t.job, t.job.c.instance_id == instance)
    assert job["state"] == "failed"
    return instance, job["id"]


def retried(house: House, job: int, by: str = "owen", **more: Any) -> None:
    with house.writing() as session:
        api.retry_job(session, house.actor(by), job, **more)


@pytest.mark.parametrize("inside", ["", MAPPED], ids=["all variables", "mapped inputs"])
def test_the_next_attempt_sees_the_corrected_variable(house: House, inside: str) -> None:
    instance, _ = broken(house, inside)
    [incident] = house.rows(t.incident)
    with house.writing() as session:
        api.retry(session, house.actor("owen"), incident["id"], {"amount": 7})
    house.work()
    assert house.variables(instance)["checked"] == 7
    assert house.rows(t.incident, t.incident.c.resolved_at.is_(None)) == []
    [entry] = house.rows(t.audit_entry, t.audit_entry.c.action == "retried")
    assert entry["data"] == {
        "element": "work", "before": {"amount": 50}, "inputs": {"amount": [50, 7]}, "variables": {"amount": 7},
    }  # fmt: skip


def test_variables_that_were_set_before_the_retry_count_too(house: House) -> None:
    instance, job = broken(house)
    with house.writing() as session:
        api.set_variables(session, house.actor("owen"), instance, {"amount": 8})
    retried(house, job)
    house.work()
    assert house.variables(instance)["checked"] == 8


def test_an_input_is_corrected_for_the_work_alone(house: House) -> None:
    instance, job = broken(house)
    retried(house, job, inputs={"amount": 3})
    house.work()
    assert house.variables(instance) == {"amount": 50, "checked": 3}


def test_a_job_gets_as_many_attempts_as_a_person_says(house: House) -> None:
    _, job = broken(house)
    with house.writing() as session:
        api.set_retries(session, house.actor("owen"), job, 1)
    house.work()
    [row] = house.rows(t.job)
    assert (row["state"], row["attempts"], row["max_attempts"]) == ("failed", 1, 1)
    assert len(house.rows(t.incident, t.incident.c.resolved_at.is_(None))) == 1
    retried(house, job, retries=2)
    house.work()
    assert house.rows(t.job)[0]["state"] == "ready"
    with house.writing() as session:
        api.set_retries(session, house.actor("owen"), job, 5)
    [row] = house.rows(t.job)
    assert row["max_attempts"] - row["attempts"] == 5


def test_dead_letters_say_cause_since_when_and_how_often(house: House) -> None:
    instance, job = broken(house)
    first = house.clock()
    retried(house, job)
    house.work()
    house.pass_time(minutes=5)
    broken(house, amount=60)
    with house.looking() as session:
        letters = dead_letters(session, Failures(element="work"))
        [group] = dead_letter_groups(session)
        assert dead_letters(session, Failures(error="KeyError")) == []
    letter = next(one for one in letters if one.job_id == job)
    assert (letter.instance_id, letter.key, letter.version, letter.topic, letter.code) == (
        instance, "p", 1, "limit", "ValueError",
    )  # fmt: skip
    assert "50 is too much" in letter.text and "Traceback" in (letter.stack or "")
    assert letter.since > first and (letter.attempts, letter.times) == (2, 2)
    assert (group.key, group.element, group.topic, group.code, group.count) == ("p", "work", "limit", "ValueError", 2)
    assert group.oldest == letter.since and group.newest >= group.oldest


def test_only_owners_retry_and_only_what_has_failed(house: House) -> None:
    _, job = broken(house)
    with pytest.raises(Forbidden):
        retried(house, job, by="li")
    with pytest.raises(InvalidInput):
        retried(house, job, retries=0)
    with pytest.raises(NotFound):
        retried(house, 7)
    retried(house, job)
    with pytest.raises(AlreadyHandled):
        retried(house, job)


def test_every_attempt_ends_in_one_of_the_outcomes_that_are_written_down(house: House) -> None:
    _, job = broken(house)
    retried(house, job)
    with house.writing() as session:
        [claimed] = leases.claim(session, "w", 5)
        assert jobs.fail(session, claimed.id, claimed.fence - 1, ValueError("x")) is Outcome.LATE
        assert jobs.fail(session, claimed.id, claimed.fence, ValueError("x")) is Outcome.RETRY
    house.clock.move(minutes=5)
    with house.writing() as session:
        [claimed] = leases.claim(session, "w", 5)
        assert jobs.fail(session, claimed.id, claimed.fence, ValueError("x")) is Outcome.INCIDENT
