"""A file of inquiries: good rows enter once, bad ones are told by line, field and reason, and nothing is half done."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from engine import api
from engine.errors import DatabaseUnavailable, InvalidInput
from engine.execution import Runtime
from engine.store import tables as t
from handlers.inquiries import ImportReport, import_inquiries
from handlers.records import keys
from tests.handlers.inquiries.make_samples import SAMPLES, Row, files_as_bytes, make

UTF8, GB, XLSX = "inquiries_150_utf8.csv", "inquiries_50_gb18030.csv", "inquiries_30.xlsx"


def run(runtime: Runtime, name: str, **options: Any) -> ImportReport:
    return import_inquiries(runtime, SAMPLES / name, name, api.SYSTEM, **options)


def messages(runtime: Runtime) -> Sequence[Any]:
    with runtime.reading() as session:
        return session.execute(sa.select(t.message).order_by(t.message.c.id)).all()


def test_the_committed_samples_are_what_their_maker_makes() -> None:
    for name, content in files_as_bytes().items():
        assert (SAMPLES / name).read_bytes() == content


def test_every_row_of_the_samples_is_told_as_its_maker_expects(book: Runtime) -> None:
    first, second = make()
    for name, rows in ((UTF8, first), (GB, second)):
        report = run(book, name)
        told = [(one.row, one.outcome) for one in report.rows]
        assert told == [(number, row.expected) for number, row in enumerate(rows, start=2)]
        assert all(one.reasons for one in report.rows if one.outcome != "ok")
    assert len(messages(book)) == 140


def test_the_counts_are_those_of_the_samples_readme(book: Runtime) -> None:
    readme = (SAMPLES / "README.md").read_text(encoding="utf-8")
    for name in (UTF8, GB, XLSX):
        line = next(line for line in readme.splitlines() if line.startswith(f"| `{name}`"))
        total, ok, duplicate, refused = (int(cell) for cell in line.strip("| ").split("|")[-4:])
        dry = name == XLSX
        if not dry:
            counts = run(book, name).counts
            assert counts == {"ok": ok, "duplicate": duplicate, "refused": refused, "total": total}
        else:
            again = run(book, name).counts
            assert again == {"ok": 0, "duplicate": ok + duplicate, "refused": refused, "total": total}


def test_the_readme_counts_the_faults() -> None:
    readme = (SAMPLES / "README.md").read_text(encoding="utf-8")
    first, second = (Counter(row.fault for row in rows) for rows in make())
    for fault in ("wrong check character", "letter O in the number", "no registration number"):
        assert f"| {fault} | {first[fault]} | {second[fault]} |" in readme
    wide = [sum("full width" in row.tags for row in rows) for rows in make()]
    assert f"full-width digits ({wide[0]} and {wide[1]} rows)" in readme


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
class TestOneDatabase:
    def test_the_same_file_twice_adds_nothing(self, book: Runtime) -> None:
        first, again = run(book, UTF8), run(book, UTF8)
        assert again.counts["ok"] == 0
        assert again.counts["duplicate"] == first.counts["ok"] + first.counts["duplicate"]
        assert len(messages(book)) == first.counts["ok"]
        known = next(one for one in first.rows if one.outcome == "ok")
        repeated = next(one for one in again.rows if one.row == known.row)
        assert repeated.business_key == known.business_key
        assert repeated.reasons[0].en == f"was imported before ({known.business_key})"

    def test_a_workbook_says_what_the_csv_says(self, book: Runtime) -> None:
        from_book = run(book, XLSX)
        assert (from_book.kind, from_book.counts["ok"]) == ("xlsx", 24)
        sent = {row.message_id for row in messages(book)}
        after = run(book, UTF8)
        assert after.counts["ok"] == 108 - 24
        assert sent <= {row.message_id for row in messages(book)}

    def test_good_rows_become_messages_with_keys_and_codes(self, book: Runtime) -> None:
        report = run(book, UTF8)
        rows: list[Row] = make()[0]
        good = [one for one in report.rows if one.outcome == "ok"]
        by_key = {row.business_key: row for row in messages(book)}
        borrower = next(one for one in good if one.business_key and one.business_key.startswith("PJ-"))
        made, sent = rows[borrower.row - 2], by_key[borrower.business_key].variables
        assert by_key[borrower.business_key].name == "inquiry_received"
        assert (sent["client_name"], sent["reg_no"]) == (made.company, made.reg_no)
        assert (sent["amount"], sent["currency"]) == (made.amount_wan * 10_000, "CNY")
        assert sent["inquiry_date"] == made.when
        assert sent["phone"] == f"+86{made.phone.removeprefix('+86').replace('-', '').strip()}"
        assert sent["sector"] in {"water_environment", "renewable_power", "oil_gas", "transport", "data_center"}
        assert {key[:3] for key in by_key} == {"PJ-", "CL-"}
        with book.reading() as session:
            assert keys.drawn(session, keys.CLIENT, 2026) == 4

    def test_a_dry_run_reports_and_sends_nothing(self, book: Runtime) -> None:
        report = run(book, UTF8, dry_run=True)
        assert report.counts == {"ok": 108, "duplicate": 9, "refused": 33, "total": 150}
        assert messages(book) == []
        with book.reading() as session:
            assert keys.drawn(session, keys.PROJECT, 2026) == 0

    def test_every_fault_of_a_row_is_told_in_both_languages(self, book: Runtime) -> None:
        text = "企业名称,信用代码,联系人,电话,行业,用途,项目,金额\n华丰,91310000607337822K,,123,元宇宙,新建,如东,-3亿\n"
        (row,) = import_inquiries(book, text.encode(), "a.csv", api.SYSTEM).rows
        assert (row.row, row.outcome) == (2, "refused")
        assert [reason.field for reason in row.reasons] == ["reg_no", "phone", "sector", "contact_name", "amount"]
        assert row.reasons[3].zh == "未填写"

    def test_a_currency_that_contradicts_itself_is_refused(self, book: Runtime) -> None:
        header = "企业名称,信用代码,联系人,电话,行业,用途,项目,金额,币种"
        text = f"{header}\n华丰,91310000607337822J,王敏,13812345678,风电,新建,如东,3亿美元,人民币\n"
        (row,) = import_inquiries(book, text.encode(), "a.csv", api.SYSTEM).rows
        assert [reason.en for reason in row.reasons] == ["the amount says USD, the column CNY"]

    def test_a_wrong_header_sends_nothing(self, book: Runtime) -> None:
        with pytest.raises(InvalidInput, match="missing columns: Contact person"):
            import_inquiries(book, "企业名称,电话\n华丰,13812345678\n".encode(), "a.csv", api.SYSTEM)
        assert messages(book) == []

    def test_a_file_that_is_not_there_is_named(self, book: Runtime, tmp_path: Path) -> None:
        with pytest.raises(InvalidInput, match=r"missing\.csv: cannot be opened"):
            import_inquiries(book, tmp_path / "missing.csv", "missing.csv", api.SYSTEM)

    def test_a_row_that_the_process_refuses_costs_no_other(self, book: Runtime) -> None:
        def picky(session: Any, actor: api.Actor, name: str, **given: Any) -> api.Delivery:
            if given["business_key"].endswith("-0002"):
                raise InvalidInput(place="amount", reason="too much", reason_zh="过大")
            return api.send_message(session, actor, name, **given)

        report = run(book, GB, send=picky)
        refused = [one for one in report.rows if one.reasons and one.reasons[0].en == "too much"]
        assert len(refused) >= 1
        assert len(messages(book)) == report.counts["ok"]

    def test_after_a_dead_database_the_file_is_simply_imported_again(self, book: Runtime) -> None:
        count = 0

        def failing(session: Any, actor: api.Actor, name: str, **given: Any) -> api.Delivery:
            nonlocal count
            count += 1
            delivery = api.send_message(session, actor, name, **given)
            if count == 10:
                raise DatabaseUnavailable(reason="gone")
            return delivery

        with pytest.raises(DatabaseUnavailable):
            run(book, GB, send=failing)
        assert len(messages(book)) == 9
        again = run(book, GB)
        assert again.counts["ok"] == 36 - 9
        assert len(messages(book)) == 36
