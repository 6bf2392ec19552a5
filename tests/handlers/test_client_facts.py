"""What the book says of a client as a whole: exposure and its run-off, contact, limits given back, due diligence."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.execution import Runtime
from handlers import client_facts
from handlers.records import facilities, interactions, kyc, limits, parties, projects, relationship, repayments
from handlers.records.changes import Stamp
from handlers.records.interactions import Interaction
from handlers.records.limits import Movement
from tests.handlers.conftest import NOW

TODAY = date(2026, 3, 2)
STAMP = Stamp(NOW, "li", "test")
TERMS: Mapping[str, Any] = {
    "name": "项目贷款", "type": "term", "currency": "CNY", "amount": Decimal(1000), "months": 120,
    "rate_pct": Decimal(4), "margin_pct": Decimal(2),
}  # fmt: skip


def client(session: Session, name: str = "甲公司") -> int:
    return parties.create(session, {"legal_name": name, "lifecycle_stage": "client"}, STAMP, 2026).id


def lent(session: Session, party: int, amount: int) -> facilities.Facility:
    """A facility in operation of which so much was drawn, more than a year ago."""
    project = projects.create(session, {"name": f"项目{party}"}, STAMP, 2026)
    made = facilities.open_(session, project.id, party, TERMS, STAMP, 2026)
    facilities.draw(session, made.id, Decimal(amount), STAMP)
    return facilities.enter(session, made.id, "operational", STAMP)


def repay(session: Session, one: facilities.Facility, principal: int, day: date) -> None:
    row = {
        "period": 1, "due": day, "opening": one.balance, "interest": Decimal(10), "principal": Decimal(principal),
        "payment": Decimal(principal + 10), "balance": one.balance - principal,
    }  # fmt: skip
    repayments.plan(session, one.id, [row], 1, STAMP)
    [planned] = repayments.of_facility(session, one.id)
    repayments.pay(session, planned, planned.payment, day, STAMP)
    facilities.repay(session, one.id, Decimal(principal), STAMP)


def test_the_run_off_is_what_left_within_a_year_against_what_stood_before(book: Runtime) -> None:
    with book.transaction() as session:
        lately, before, nothing = (client(session, name) for name in ("甲公司", "乙公司", "丙公司"))
        repay(session, lent(session, lately, 1000), 400, TODAY - timedelta(days=30))
        repay(session, lent(session, before, 1000), 400, TODAY - timedelta(days=400))
        found = client_facts.exposures(session, TODAY)
        assert (found[lately].balance, found[lately].runoff_pct, found[lately].margin) == (600, 40, 12)
        assert (found[before].balance, found[before].runoff_pct) == (600, 0)
        assert client_facts.exposure(session, nothing, TODAY) == client_facts.NOTHING
        assert client_facts.exposure(session, lately, TODAY) == found[lately]


def test_a_limit_counts_as_cancelled_when_nothing_was_ever_drawn_of_it(book: Runtime) -> None:
    with book.transaction() as session:
        unused, used = client(session), client(session, "乙公司")
        limits.set_line(session, None, Decimal(1000), "CNY", TODAY, STAMP)
        for party, key in ((unused, "PJ-2026-0001"), (used, "PJ-2026-0002")):
            made = limits.reserve(session, key, party, Decimal(100), "CNY", Movement(f"r:{key}", STAMP), day=TODAY)
            assert isinstance(made, limits.Limit)
            if party == used:
                limits.use(session, made.id, Decimal(10), Movement("u", STAMP), day=TODAY)
                limits.repay(session, made.id, Decimal(10), Movement("p", STAMP))
            limits.release(session, made.id, Movement("x", STAMP))
        told = client_facts.all_signals(session, NOW, TODAY)
        assert told[unused]["limit_cancelled"] is True
        assert told.get(used, client_facts.QUIET)["limit_cancelled"] is False


def test_letters_of_a_process_are_no_contact_and_what_the_client_writes_is(book: Runtime) -> None:
    with book.transaction() as session:
        party = client(session)
        spoke = Interaction(party, NOW - timedelta(days=100), "visit", "out", "走访", "li")
        letter = Interaction(party, NOW - timedelta(days=1), "email", "out", "问卷", "process:satisfaction_survey")
        for entry in (spoke, letter):
            interactions.add(session, entry)
        assert client_facts.signals(session, party, NOW, TODAY)["contact_gap_days"] == 100
        interactions.add(session, Interaction(party, NOW - timedelta(days=3), "web", "in", "答卷", "process:x"))
        assert client_facts.signals(session, party, NOW, TODAY)["contact_gap_days"] == 3


def test_due_diligence_holds_until_its_review_and_not_after_a_rejection(book: Runtime) -> None:
    with book.transaction() as session:
        party = client(session)
        assert client_facts.kyc_until(session, party, TODAY) is None
        case = kyc.open_case(session, party, STAMP)
        kyc.decide(session, case.id, "approved", STAMP, rating=2, next_review=TODAY)
        assert client_facts.kyc_until(session, party, TODAY) == TODAY
        assert client_facts.kyc_until(session, party, TODAY + timedelta(days=1)) is None
        later = Stamp(NOW + timedelta(hours=1), "sun", "test")
        again = kyc.open_case(session, party, later)
        kyc.decide(session, again.id, "rejected", later)
        assert client_facts.kyc_until(session, party, TODAY) is None


@contextmanager
def counted(book: Runtime) -> Iterator[list[str]]:
    said: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        said.append(statement)

    sa.event.listen(book.database, "before_cursor_execute", note)
    yield said
    sa.event.remove(book.database, "before_cursor_execute", note)


def test_many_clients_are_looked_over_in_as_many_statements_as_one(book: Runtime) -> None:
    said = []
    for number in (1, 12):
        with book.transaction() as session:
            for at in range(number):
                party = client(session, f"公司{number}-{at}")
                relationship.note_signal(session, party, "tender_lost", STAMP)
        with book.transaction() as session, counted(book) as statements:
            found = client_facts.all_signals(session, NOW, TODAY)
        said.append((len(found), len(statements)))
    assert [clients for clients, _ in said] == [1, 13]
    assert said[0][1] == said[1][1]
