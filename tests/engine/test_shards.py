"""What is due, by shards: done in batches inside transactions, each trigger by itself, in order, by one at a time."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
import sqlalchemy as sa

from engine import firing, handling, jobs, leases, shards
from engine.jobs import Outcome
from engine.registry import handles
from engine.store import tables as t
from tests.engine import diagrams as d
from tests.engine.test_timers import waiting
from tests.engine.together import POSTGRES, at_once, commits_of, errors
from tests.house import House


def paused() -> str:
    """A place where the transaction ends, then a task."""
    body = '<startEvent id="start"/>' + d.user_task("ask").replace("<userTask", '<userTask camunda:asyncBefore="true"')
    return d.process(body + '<endEvent id="end"/>' + d.flows("start>ask", "ask>end"))


def many(topic: str, more: str = "") -> str:
    """The topic's work three times at once in one case."""
    body = '<startEvent id="start"/><parallelGateway id="split"/>' + d.flows("start>split")
    for n in range(3):
        body += (
            f'<serviceTask id="s{n}" camunda:type="external" camunda:topic="{topic}" {more}/><endEvent id="e{n}"/>'
            + d.flows(f"split>s{n}", f"s{n}>e{n}")
        )
    return d.process(body)


def due(house: House) -> dict[int, int]:
    """Shards with due work, and how much."""
    rows = house.rows(t.timer, t.timer.c.due_at <= house.clock.at) + house.rows(t.job)
    return dict(Counter(row["shard"] for row in rows))


def test_a_shard_is_drained_alone_and_all_its_due_work_shares_commits(house: House) -> None:
    house.deploy("timed", p_bpmn=waiting())
    house.deploy("paused", q_bpmn=paused().replace('process id="p"', 'process id="q"'))
    started = [house.start(key) for key in "pq" * 20]
    house.clock.move(hours=2)
    before = due(house)
    assert before == dict(Counter(shards.shard_of(instance) for instance in started))
    commits = commits_of(house)
    shard = max(before, key=lambda shard: before[shard])
    assert firing.drain(house.runtime, shard) == before[shard]
    assert len(commits) == 1
    assert due(house) == {other: n for other, n in before.items() if other != shard}
    assert sum(firing.drain(house.runtime, other) for other in range(shards.SHARDS)) == 40 - before[shard]
    assert len(house.tasks()) == 40


def test_a_poisoned_job_in_a_batch_is_handled_alone(house: House) -> None:
    tries: list[int] = []

    @handles("writes", transactional=True, attempts=3, backoff="PT1M")
    def writes(ctx: Any, bad: bool) -> dict[str, object]:
        tries.append(ctx.attempt)
        ctx.session.execute(sa.update(t.instance).values(business_key="touched"))
        if bad or ctx.attempt == 1:
            raise ValueError("not yet")
        return {"ok": True}

    house.runtime.registry.add_functions(writes)
    house.deploy(p_bpmn=d.one_service("writes"))
    cases = [house.start("p", bad=number == 2) for number in range(5)]
    house.clock.move(minutes=2)
    commits = commits_of(house)
    assert firing.sweep(house.runtime) == 5
    assert len(commits) == 1
    opened = sorted((task["instance_id"], task["business_key"]) for task in house.rows(t.user_task))
    others = [(case, "touched") for case in sorted({*cases} - {cases[2]})]
    assert opened == [(others[0][0], None), *others[1:]], "a case is read before its own handler and behind the others'"
    [left] = house.rows(t.job)
    assert (left["instance_id"], left["attempts"], left["state"]) == (cases[2], 2, "ready")
    house.pass_time(minutes=5)
    assert [row["instance_id"] for row in house.rows(t.incident)] == [cases[2]]


def test_due_work_of_one_case_is_done_in_the_order_of_its_moments(house: House) -> None:
    done: list[str] = []

    @handles("first", transactional=True, backoff="PT1H")
    def first(ctx: Any) -> None:
        if ctx.attempt == 1:
            raise ValueError("comes again")
        done.append(ctx.element)

    house.runtime.registry.add_functions(first)
    house.deploy(p_bpmn=many("first"))
    instance = house.start("p")
    with house.writing() as session:
        for hours, element in enumerate(("s2", "s0", "s1")):
            mine = sa.and_(t.job.c.instance_id == instance, t.job.c.element == element)
            at = house.clock.at.replace(hour=10 + hours)
            session.execute(sa.update(t.job).where(mine).values(due_at=at))
    house.clock.move(hours=6)
    assert firing.sweep(house.runtime) == 3
    assert done == ["s2", "s0", "s1"]
    assert house.state(instance) == "completed"


def test_a_batch_fits_its_time_and_grows_while_it_does() -> None:
    pace = firing.Pace(50)
    pace.took(50, 0.01)
    assert pace.size == 100
    pace.took(100, 1.0)
    assert pace.size == 10
    pace.took(1, 5.0)
    assert pace.size == 1
    for _ in range(20):
        pace.took(pace.size, 0.0001)
    assert pace.size == firing.MOST


def test_a_slow_trigger_ends_its_batch_and_the_rest_comes_in_the_next(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.deploy(p_bpmn=paused())
    for _ in range(3):
        house.start("p")
    monkeypatch.setattr(firing, "LONGEST_SECONDS", 0.0)
    assert firing.sweep(house.runtime) == 1
    assert firing.drain(house.runtime) == 2


@POSTGRES
def test_a_shard_that_another_one_drains_is_left_to_it(house: House) -> None:
    house.deploy(p_bpmn=paused())
    instance = house.start("p")
    shard = shards.shard_of(instance)
    with house.writing() as session:
        assert shards.take(session, shard)
        assert firing.drain(house.runtime, shard) == 0
        with house.writing() as other:
            assert shards.take(other, (shard + 1) % shards.SHARDS)
    assert firing.drain(house.runtime, shard) == 1


def remote(house: House) -> None:
    @handles("remote")
    def work(ctx: Any) -> None:
        return None

    house.runtime.registry.add_functions(work)


def test_jobs_of_one_case_are_worked_on_one_after_the_other(house: House) -> None:
    remote(house)
    house.deploy(p_bpmn=many("remote"))
    one, two = house.start("p"), house.start("p")
    claimed: list[jobs.Job] = []
    for _ in range(3):
        with house.writing() as session:
            claimed += leases.claim(session, "w", 10)
    assert [job.instance_id for job in claimed] == [one, two]
    for job in claimed:
        assert handling.outside(house.runtime, job) is Outcome.DONE
    with house.writing() as session:
        assert [job.instance_id for job in leases.claim(session, "w", 10)] == [one, two]


def test_jobs_that_are_not_exclusive_run_beside_each_other(house: House) -> None:
    remote(house)
    house.deploy(p_bpmn=many("remote", 'camunda:exclusive="false"'))
    house.start("p")
    with house.writing() as session:
        assert len(leases.claim(session, "w", 10)) == 3


def test_workers_who_claim_at_once_never_share_a_case(house: House) -> None:
    remote(house)
    house.deploy(p_bpmn=many("remote"))
    cases = {house.start("p") for _ in range(6)}

    def claim() -> list[jobs.Job]:
        return house.runtime.unit(lambda session: leases.claim(session, "w", 3))

    results = at_once(*[claim] * 4)
    assert errors(results) == []
    taken = [job.instance_id for result in results for job in result]
    with house.writing() as session:
        taken += [job.instance_id for job in leases.claim(session, "w", 10)]
    assert sorted(taken) == sorted(cases)


def test_one_case_with_much_work_does_not_hide_the_others(house: House) -> None:
    remote(house)
    house.deploy("three", p_bpmn=many("remote"))
    house.deploy("one", q_bpmn=d.one_service("remote").replace('process id="p"', 'process id="q"'))
    wide, narrow = house.start("p"), house.start("q")
    with house.writing() as session:
        assert [job.instance_id for job in leases.claim(session, "w", 2)] == [wide, narrow]


def test_what_a_stopping_worker_gives_back_is_due_for_others_at_once(house: House) -> None:
    remote(house)
    house.deploy(p_bpmn=d.one_service("remote"))
    instance = house.start("p")
    with house.writing() as session:
        [mine] = leases.claim(session, "first", 10)
    with house.writing() as session:
        leases.give_back(session, [(mine.id, mine.fence)])
    with house.writing() as session:
        [theirs] = leases.claim(session, "second", 10)
    assert handling.outside(house.runtime, mine) is Outcome.LATE
    assert house.tasks(instance) == []
    assert handling.outside(house.runtime, theirs) is Outcome.DONE


def test_workers_are_told_after_the_commit_which_shards_have_due_work(house: House) -> None:
    told: list[frozenset[int]] = []
    house.runtime.tell = told.append
    house.deploy(p_bpmn=paused())
    with pytest.raises(KeyError), house.writing() as session:
        shards.hint(session, 3)
        raise KeyError
    instance = house.start("p")
    assert told == [frozenset({shards.shard_of(instance)})]
    house.work()
    house.deploy("timed", q_bpmn=waiting().replace('process id="p"', 'process id="q"'))
    house.start("q")
    assert len(told) == 1
