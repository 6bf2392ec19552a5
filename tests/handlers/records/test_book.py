"""The book: keys without gaps or twins, exact money, every change told, and a search that does not mind writing."""

import threading
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from engine.errors import InvalidInput, NotFound
from engine.execution import Runtime
from handlers import records
from handlers.records import changes, keys, parties, projects
from handlers.records.changes import Stamp
from handlers.records.types import Exact
from tests.handlers.conftest import NOW, Desk
from tests.handlers.people import inquiry

BY = Stamp(NOW, "li.wei", "interview")


def test_keys_count_by_prefix_and_year(book: Runtime) -> None:
    with book.transaction() as session:
        drawn = [keys.next_key(session, *one) for one in (("CL", 2026), ("CL", 2026), ("PJ", 2026), ("CL", 2027))]
    assert drawn == ["CL-2026-0001", "CL-2026-0002", "PJ-2026-0001", "CL-2027-0001"]


def test_a_rolled_back_key_is_given_again(book: Runtime) -> None:
    with pytest.raises(ZeroDivisionError), book.transaction() as session:
        keys.next_key(session, "CL", 2026)
        _ = 1 / 0
    with book.transaction() as session:
        assert keys.next_key(session, "CL", 2026) == "CL-2026-0001"


def test_no_key_is_drawn_twice_by_people_at_once(book: Runtime) -> None:
    drawn: list[str] = []

    def draw() -> None:
        for _ in range(10):
            with book.transaction() as session:
                drawn.append(keys.next_key(session, "PJ", 2026))

    threads = [threading.Thread(target=draw) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(drawn) == [f"PJ-2026-{number:04d}" for number in range(1, 41)]


def test_the_ten_thousandth_key_has_five_digits(book: Runtime) -> None:
    with book.transaction() as session:
        session.execute(
            records.metadata.tables["business_key_counter"].insert().values(prefix="PJ", year=2026, last=9999)
        )
        assert keys.next_key(session, "PJ", 2026) == "PJ-2026-10000"


AMOUNTS = ["0.01", "860000000.10", "123456789012345678.99", "-0.05", "0"]


@pytest.mark.parametrize("amount", AMOUNTS)
def test_money_comes_back_to_the_cent(book: Runtime, amount: str) -> None:
    with book.transaction() as session:
        made = parties.create(session, {"legal_name": "华丰", "capital": Decimal(amount)}, BY, 2026)
    with book.reading() as session:
        kept = parties.get(session, made.id).capital
    assert kept == Decimal(amount) and isinstance(kept, Decimal)


def test_money_is_rounded_half_up_on_both_databases(book: Runtime) -> None:
    with book.transaction() as session:
        made = parties.create(session, {"legal_name": "华丰", "capital": Decimal("2.345")}, BY, 2026)
        assert parties.get(session, made.id).capital == Decimal("2.35")


@pytest.mark.parametrize("value", [0.1, True, "5", Decimal("NaN"), Decimal("1e18")])
def test_what_is_not_exact_does_not_enter(value: Any) -> None:
    dialect = sa.create_engine("sqlite://").dialect
    with pytest.raises((TypeError, ValueError)):
        Exact(20, 2).process_bind_param(value, dialect)


def test_a_change_leaves_before_after_and_origin(book: Runtime) -> None:
    with book.transaction() as session:
        party = parties.create(session, {"legal_name": "华丰", "address": "旧址"}, BY, 2026)
        checked = Stamp(NOW, "sun.hao", "provider:registry", raw_sha256="ab", why="年检")
        parties.change(session, party.id, {"address": "新址", "legal_name": "华丰"}, checked)
        log = changes.log_of(session, "party", party.id)
        origin = changes.origins(session, "party", party.id)["address"]
    changed = [(one.field, one.before, one.after, one.by, one.why) for one in log if one.before is not None]
    assert changed == [("address", "旧址", "新址", "sun.hao", "年检")]
    assert (origin.source, origin.by, origin.raw_sha256) == ("provider:registry", "sun.hao", "ab")


def test_a_changed_value_loses_its_verification(book: Runtime) -> None:
    with book.transaction() as session:
        party = parties.create(session, {"legal_name": "华丰", "address": "旧址"}, BY, 2026)
        parties.verify(session, party.id, Stamp(NOW, "sun.hao", "verification"))
        parties.change(session, party.id, {"address": "新址"}, BY)
        origins = changes.origins(session, "party", party.id)
    assert (origins["address"].verifier, origins["legal_name"].verifier) == (None, "sun.hao")


def test_one_registration_number_is_one_clients(book: Runtime) -> None:
    with book.transaction() as session:
        parties.create(session, {"legal_name": "华丰", "reg_no": "91310000607337822j"}, BY, 2026)
    with pytest.raises(sa.exc.IntegrityError), book.transaction() as session:
        parties.create(session, {"legal_name": "别家", "reg_no": "91310000607337822J"}, BY, 2026)


def test_unknown_fields_and_ids_are_refused(book: Runtime) -> None:
    with book.transaction() as session:
        with pytest.raises(InvalidInput, match="unknown fields shoe_size"):
            parties.create(session, {"legal_name": "华丰", "shoe_size": 42}, BY, 2026)
        with pytest.raises(InvalidInput, match="legal_name"):
            parties.create(session, {"legal_name": ""}, BY, 2026)
        for missing in (12345, "12345", "CL-2026-9999"):
            with pytest.raises(NotFound):
                parties.get(session, missing)
        with pytest.raises(NotFound):
            projects.get(session, "PJ-2026-9999")
        with pytest.raises(NotFound):
            records.client_card(session, "PJ-2026-9999")


def test_once_remembers_only_what_was_committed(book: Runtime) -> None:
    ran: list[int] = []

    def work() -> dict[str, int]:
        ran.append(1)
        return {"n": len(ran)}

    with pytest.raises(ZeroDivisionError), book.transaction() as session:
        changes.once(session, "k", "t", NOW, work)
        _ = 1 / 0
    with book.transaction() as session:
        assert changes.once(session, "k", "t", NOW, work) == {"n": 2}
    with book.transaction() as session:
        assert changes.once(session, "k", "t", NOW, work) == {"n": 2}
    assert len(ran) == 2


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("華豐風電", ["client"]),
        ("ｈｕａ", []),
        ("91310000607337822j", ["client"]),
        ("138 1234 5678", ["client"]),
        ("WANG.MIN@huafeng.example.com", ["client"]),
        ("王敏", ["client"]),
        ("如东", ["project"]),
        ("pj-2026-0001", ["project"]),
        ("cl-2026-0001", ["client"]),
        ("%", []),
        ("   ", []),
    ],
)
def test_search_does_not_mind_how_it_is_written(desk: Desk, text: str, kinds: list[str]) -> None:
    desk.run("intake.register", inquiry())
    with desk.runtime.reading() as session:
        found = records.search(session, text)
    assert [one.kind for one in found] == kinds
    if kinds == ["project"]:
        assert found[0].detail == "华丰风电(上海)有限公司"


def test_a_card_is_found_by_every_key_of_the_client(desk: Desk) -> None:
    made = desk.run("intake.register", inquiry(client_role="investor", project_name=None), business_key="CL-2026-0005")
    again = desk.run("intake.register", inquiry(client_role="investor", project_name=None), business_key="CL-2026-0006")
    assert made["party_id"] == again["party_id"]
    with desk.runtime.reading() as session:
        for key in ("CL-2026-0005", "CL-2026-0006", made["party_id"], int(made["party_id"])):
            assert records.client_card(session, key).party.business_key == "CL-2026-0005"


def test_the_migrations_folder_ships() -> None:
    assert isinstance(records.MIGRATIONS, Path)
    assert (records.MIGRATIONS / "0001_book.py").is_file()
