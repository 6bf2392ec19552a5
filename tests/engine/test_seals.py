"""What happened can be shown to be whole: chains, seals, and the clean-up that leaves both standing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from engine import audit, cleanup, leadership, seals, verification
from engine.seals import Head, packed, unpacked
from engine.store import tables as t
from tests.engine import diagrams as d
from tests.house import House

DECIDED = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="http://dealflow/tests">
<decision id="size" name="size"><variable name="size"/><literalExpression><text>amount * 2</text></literalExpression>
</decision></definitions>"""


def package(**attributes: str) -> dict[str, str]:
    """start → a decision → a task → end, with its decision."""
    said = " ".join(f'camunda:{name}="{value}"' for name, value in attributes.items())
    diagram = d.process(
        '<startEvent id="start"/>'
        '<businessRuleTask id="rule" camunda:decisionRef="size" camunda:resultVariable="size"/>'
        + d.user_task("ask", "data_steward")
        + '<endEvent id="end"/>'
        + d.flows("start>rule", "rule>ask", "ask>end"),
        attributes=said,
    )
    return {"p_bpmn": diagram, "size_dmn": DECIDED}


def three_cases(house: House, **attributes: str) -> list[int]:
    """Two cases that have ended and one that goes on; sealed."""
    house.deploy(**package(**attributes))
    cases = [house.start("p", amount=n) for n in (1, 2, 3)]
    for case in cases[:2]:
        house.complete("ask", "sun", case, approved=True)
    house.clock.move(minutes=5)
    sealed(house)
    return cases


def sealed(house: House) -> seals.Sealed | None:
    """Make a seal now."""
    return house.runtime.unit(seals.make)


def verdict(house: House, **options: object) -> verification.Verdict:
    """Look at everything."""
    with house.looking() as session:
        return verification.verify(session, **options)  # type: ignore[arg-type]


def tamper(house: House, statement: sa.Executable) -> None:
    """What somebody with a database client does."""
    with house.writing() as session:
        session.execute(statement)


def places(found: verification.Verdict) -> list[tuple[str, str]]:
    """Table and row of what was found."""
    return [(broken.table, broken.row) for broken in found.broken]


def test_what_nobody_touched_is_whole(house: House) -> None:
    three_cases(house)
    found = verdict(house)
    assert (found.broken, found.chains, found.seals) == ([], 4, 1), "three cases and the audit of the deployment"
    assert found.rows == 6


def last_row(house: House, case: int) -> int:
    return max(row["seq"] for row in house.rows(t.history, t.history.c.instance_id == case))


@pytest.mark.parametrize("column, value", [("actor", "wang"), ("events", [["l", "ask", "p"]]), ("trigger", [])])
def test_a_changed_row_is_named(house: House, column: str, value: object) -> None:
    case = three_cases(house)[1]
    seq = last_row(house, case)
    rows = t.history.c.instance_id == case, t.history.c.seq == seq
    tamper(house, sa.update(t.history).where(*rows).values({column: value}))
    assert places(verdict(house)) == [("history", f"{case}/{seq}")]


def test_a_changed_decision_is_named_by_its_step(house: House) -> None:
    case = three_cases(house)[0]
    tamper(house, sa.update(t.decision_log).where(t.decision_log.c.instance_id == case).values(output=99))
    assert places(verdict(house)) == [("history", f"{case}/1")]


def test_a_removed_decision_is_named_by_its_step(house: House) -> None:
    case = three_cases(house)[0]
    tamper(house, sa.delete(t.decision_log).where(t.decision_log.c.instance_id == case))
    assert places(verdict(house)) == [("history", f"{case}/1")]


def test_the_first_row_taken_out_is_seen_at_the_next(house: House) -> None:
    case = three_cases(house)[0]
    tamper(house, sa.delete(t.history).where(t.history.c.instance_id == case, t.history.c.seq == 1))
    assert places(verdict(house))[0] == ("history", f"{case}/{last_row(house, case)}")


def test_the_last_row_taken_out_is_seen_at_the_instance_and_at_the_seal(house: House) -> None:
    case = three_cases(house)[0]
    seq = last_row(house, case)
    tamper(house, sa.delete(t.history).where(t.history.c.instance_id == case, t.history.c.seq == seq))
    assert places(verdict(house)) == [("instance", str(case)), ("history", f"{case}/{seq}")]


def test_a_case_that_vanished_is_seen_at_the_seal(house: House) -> None:
    case = three_cases(house)[0]
    seq = last_row(house, case)
    for table in (t.history, t.decision_log):
        tamper(house, sa.delete(table).where(table.c.instance_id == case))
    tamper(house, sa.delete(t.reminder))
    tamper(house, sa.delete(t.user_task).where(t.user_task.c.instance_id == case))
    tamper(house, sa.delete(t.instance).where(t.instance.c.id == case))
    assert places(verdict(house)) == [("history", f"{case}/{seq}")]


def test_a_case_rewritten_with_all_its_hashes_is_seen_at_the_seal(house: House) -> None:
    case = three_cases(house)[0]
    tamper(house, sa.update(t.history).where(t.history.c.instance_id == case).values(actor="wang"))
    rehash(house, case)
    assert places(verdict(house)) == [("history", f"{case}/{last_row(house, case)}")]


def rehash(house: House, case: int) -> None:
    """Make the chain of a case anew, as somebody would who knows how."""
    from engine import history
    from engine.feel.codec import encode_value

    previous = history.ORIGIN
    for row in sorted(house.rows(t.history, t.history.c.instance_id == case), key=lambda row: int(row["seq"])):
        parts = history.row_parts(
            row["seq"], row["at"], row["actor"], encode_value(row["trigger"]), encode_value(row["events"])
        )
        for one in house.rows(t.decision_log, t.decision_log.c.instance_id == case, t.decision_log.c.seq == row["seq"]):
            inputs, output, fired = (encode_value(one[name]) for name in ("inputs", "output", "fired"))
            parts += history.decision_parts(one["element"], one["decision"], one["model_hash"], inputs, output, fired)
        previous = history.linked(previous, parts)
        place = t.history.c.instance_id == case, t.history.c.seq == row["seq"]
        tamper(house, sa.update(t.history).where(*place).values(hash=previous))
    tamper(house, sa.update(t.instance).where(t.instance.c.id == case).values(chain=previous))


def test_seals_made_anew_are_seen_by_a_digest_that_was_written_down(house: House) -> None:
    case = three_cases(house)[0]
    with house.looking() as session:
        first = seals.newest(session)
    assert first is not None
    written_down = first.number, first.hash.hex()
    assert verdict(house, anchor=written_down).broken == []
    tamper(house, sa.update(t.history).where(t.history.c.instance_id == case).values(actor="wang"))
    rehash(house, case)
    tamper(house, sa.delete(t.seal))
    sealed(house)
    assert verdict(house).broken == []
    assert places(verdict(house, anchor=written_down)) == [("seal", "1")]


def test_a_seal_taken_away_is_seen_by_a_digest_that_was_written_down(house: House) -> None:
    three_cases(house)
    tamper(house, sa.delete(t.seal))
    assert places(verdict(house, anchor=(1, "00"))) == [("seal", "1")]


def test_a_changed_seal_is_named(house: House) -> None:
    three_cases(house)
    tamper(house, sa.update(t.seal).values(heads=packed([Head("h", "1", 1, bytes(32))])))
    assert places(verdict(house)) == [("seal", "1")]


def test_a_changed_audit_entry_is_named(house: House) -> None:
    for action in ("opened", "changed", "closed"):
        with house.writing() as session:
            audit.append(session, "person:li", "root", action, {"why": action})
    tamper(house, sa.update(t.audit_entry).where(t.audit_entry.c.seq == 2).values(actor="li"))
    assert places(verdict(house)) == [("audit", "person:li/2")]


def test_a_seal_holds_only_what_grew_and_nothing_twice(house: House) -> None:
    cases = three_cases(house)
    assert sealed(house) is None
    house.complete("ask", "sun", cases[2], approved=False)
    assert sealed(house) is None, "too young to be sealed"
    house.clock.move(minutes=2)
    second = sealed(house)
    assert second is not None and second.number == 2
    assert [head.name for head in unpacked(second.heads)] == [str(cases[2])]
    assert verdict(house).broken == []


def test_heads_survive_packing() -> None:
    heads = [Head("a", "person:李雷", 7, b"\1" * 32), Head("h", "123", 2**31, b"\2" * 32)]
    assert list(unpacked(packed(heads))) == sorted(heads)
    with pytest.raises(ValueError, match="cut short"):
        list(unpacked(packed(heads)[:-1]))


# ── clean-up ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_ended_cases_go_when_their_time_is_over_and_the_proof_stays(house: House) -> None:
    cases = three_cases(house, historyTimeToLive="P30D")
    assert cleanup.sweep(house.runtime, any_hour=True) == 0
    house.clock.move(days=31)
    with house.looking() as session:
        assert cleanup.count(session) == {("p", 1): 2}
    assert cleanup.sweep(house.runtime, any_hour=True) == 2
    assert cleanup.sweep(house.runtime, any_hour=True) == 0
    for table in (t.history, t.decision_log, t.user_task):
        assert {row["instance_id"] for row in house.rows(table)} == {cases[2]}
    assert [row["id"] for row in house.rows(t.instance)] == [cases[2]]
    assert {row["instance_id"] for row in house.rows(t.cleaned)} == set(cases[:2])
    assert verdict(house).broken == []


def test_a_case_that_is_not_sealed_yet_stays(house: House) -> None:
    house.deploy(**package(historyTimeToLive="1"))
    case = house.start("p", amount=1)
    house.complete("ask", "sun", case)
    house.clock.move(days=2)
    assert cleanup.sweep(house.runtime, any_hour=True) == 0
    sealed(house)
    assert cleanup.sweep(house.runtime, any_hour=True) == 1


def test_what_was_cleaned_cannot_be_claimed_for_a_case_that_was_rewritten(house: House) -> None:
    case = three_cases(house, historyTimeToLive="P30D")[0]
    house.clock.move(days=31)
    cleanup.sweep(house.runtime, any_hour=True)
    tamper(house, sa.update(t.cleaned).where(t.cleaned.c.instance_id == case).values(hash=bytes(32)))
    assert [place[0] for place in places(verdict(house))] == ["history"]


def test_cases_without_a_time_to_live_are_kept(house: House) -> None:
    three_cases(house)
    house.clock.move(days=10_000)
    assert cleanup.sweep(house.runtime, any_hour=True) == 0


def test_the_clean_up_works_at_night_some_at_a_time(
    open_house: Callable[..., House], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cleanup, "BATCH", 1)
    house = open_house(handlers=())
    three_cases(house, historyTimeToLive="P1D")
    house.clock.move(days=2)  # a working morning
    assert cleanup.sweep(house.runtime) == 0
    house.clock.move(hours=17)  # two at night
    assert [cleanup.sweep(house.runtime) for _ in range(3)] == [1, 1, 0]


# ── leadership ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_one_leads_until_its_lease_is_over(house: House) -> None:
    def leads(who: str) -> bool:
        return house.runtime.unit(lambda session: leadership.lead(session, "seals", who, seconds=30))

    assert leads("a") and leads("a")
    assert not leads("b")
    house.clock.move(seconds=31)
    assert leads("b")
    assert not leads("a")
    house.runtime.unit(lambda session: leadership.resign(session, "b"))
    assert leads("a")
