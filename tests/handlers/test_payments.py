"""Booking and paying: what balances is booked once, what can be paid leaves once, what the bank says is read once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from lxml import etree

from engine.outbox import Message
from handlers import bank, bank_entries
from handlers.bank import Order
from handlers.channels import bank as letterbox
from handlers.records import ledger
from tests.handlers.conftest import Desk

IBAN = "DE89 3704 0044 0532 0130 00"
LINES = [
    {"account": "loan:FA-1", "side": "debit", "amount": "20.00", "currency": "CNY"},
    {"account": "clearing:payments", "side": "credit", "amount": "20.00", "currency": "CNY"},
]
ORDER = Order(
    ref="PM-2026-0001", payee="华东电建 & 子公司", account=IBAN, bank="ICBC", amount=Decimal("20"), currency="CNY",
    purpose="DR-2026-0001 EPC-01", day=date(2026, 3, 2), at=datetime(2026, 3, 2, 2, tzinfo=UTC), debtor="Dealflow",
    debit_account="00000001",
)  # fmt: skip
PAYMENT: Mapping[str, Any] = {"payee": "华东电建", "account": IBAN, "amount": "20", "key": "DR-1/1"}


def report(ref: str, status: str) -> bytes:
    return (
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.03"><CstmrPmtStsRpt><OrgnlPmtInfAndSts>'
        f"<TxInfAndSts><OrgnlEndToEndId>{ref}</OrgnlEndToEndId><TxSts>{status}</TxSts><StsRsnInf><Rsn><Cd>AC01</Cd>"
        "</Rsn><AddtlInf>账号有误</AddtlInf></StsRsnInf></TxInfAndSts></OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>"
    ).encode()


@pytest.mark.parametrize(
    ("account", "good"),
    [(IBAN, True), ("DE89370400440532013001", False), ("6222 0200 0000 0001", True), ("1234567", False), ("", False)],
)
def test_an_iban_is_held_against_its_check_digits(account: str, good: bool) -> None:
    assert (bank.account_fault(account) is None) is good


def test_an_order_is_a_pain_001_with_one_payment() -> None:
    root = etree.fromstring(bank.payment_order(ORDER))
    names = {"p": bank.PAIN_001}
    assert root.xpath("string(//p:InstdAmt)", namespaces=names) == "20.00"
    assert root.xpath("string(//p:InstdAmt/@Ccy)", namespaces=names) == "CNY"
    assert root.xpath("string(//p:CdtrAcct//p:IBAN)", namespaces=names) == IBAN.replace(" ", "")
    assert root.xpath("string(//p:Cdtr/p:Nm)", namespaces=names) == ORDER.payee
    assert root.xpath("string(//p:EndToEndId)", namespaces=names) == ORDER.ref


def test_only_an_outcome_counts_as_an_answer_and_nothing_outside_is_fetched() -> None:
    [said] = bank.statuses(report("PM-1", "RJCT"))
    assert (said.outcome, said.reason) == ("rejected", "AC01 账号有误")
    assert [one.outcome for one in bank.statuses(report("PM-1", "ACSC"))] == ["confirmed"]
    assert list(bank.statuses(report("PM-1", "PDNG"))) == []
    hostile = b'<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/hostname">]>' + report("&x;", "ACSC")
    assert [one.ref for one in bank.statuses(hostile)] in ([], [""])
    with pytest.raises(ValueError, match="CustomerPaymentStatusReport"):
        list(bank.statuses(b"<Document><Other/></Document>"))


def test_the_letterbox_writes_one_file_an_order_however_often_it_is_sent(quick_desk: Desk) -> None:
    settings = quick_desk.runtime.settings
    message = Message(1, "bank", "ICBC", "pain.001", "zh", letterbox.data(ORDER), "k", datetime(2026, 3, 2, tzinfo=UTC))
    with quick_desk.runtime.reading() as session:
        for _ in range(2):
            letterbox.send(settings, session, message)
    [file] = letterbox.folder(settings, letterbox.OUT).iterdir()
    assert (file.name, file.read_bytes()) == ("PM-2026-0001.pain.001.xml", bank.payment_order(ORDER))


def test_a_posting_balances_and_its_mirror_stands_once(quick_desk: Desk) -> None:
    for _ in range(2):
        assert quick_desk.run("ledger.book", {"entries": LINES, "key": "K"})["ledger_ref"] == "LG-2026-0001"
    crooked = [LINES[0], {**LINES[1], "amount": "19.99"}]
    error = quick_desk.refused("ledger.book", {"entries": crooked, "key": "L"})
    assert (error.code, error.variables["ledger_reason"]) == ("LEDGER_REJECTED", "CNY 借贷不平，差额 0.01")
    assert quick_desk.refused("ledger.book", {"entries": [], "key": "L"}).code == "LEDGER_REJECTED"
    for _ in range(2):
        assert quick_desk.run("ledger.reverse", {"key": "K"})["ledger_ref"] == "LG-2026-0002"
    assert quick_desk.run("ledger.reverse", {"key": "never"})["ledger_ref"] is None
    with quick_desk.runtime.reading() as session:
        assert ledger.balance(session, "loan:FA-1", "CNY") == 0


def test_a_payment_leaves_once_a_key_and_what_cannot_be_paid_is_rejected(quick_desk: Desk) -> None:
    for _ in range(2):
        assert quick_desk.run("payment.instruct", PAYMENT)["payment_ref"] == "PM-2026-0001"
    assert [one["channel"] for one in quick_desk.posted.messages] == ["bank"]
    for change in ({"account": "12"}, {"amount": "0"}, {"payee": " "}):
        error = quick_desk.refused("payment.instruct", {**PAYMENT, "key": "other", **change})
        assert (error.code, bool(error.variables["payment_reason"])) == ("PAYMENT_REJECTED", True)
    assert quick_desk.refused("payment.instruct", {**PAYMENT, "amount": "21"}).code == "PAYMENT_REJECTED"


def test_an_answer_is_told_once_and_its_file_put_away(quick_desk: Desk) -> None:
    quick_desk.run("payment.instruct", PAYMENT)
    inbox = letterbox.folder(quick_desk.runtime.settings, letterbox.IN)
    (inbox / "a.xml").write_bytes(report("PM-2026-0001", "RJCT"))
    (inbox / "broken.xml").write_bytes(b"<")
    assert quick_desk.run("payment.collect", {})["payments_answered"] == 1
    assert quick_desk.run("payment.collect", {})["payments_answered"] == 0
    assert [path.name for path in inbox.iterdir()] == ["broken.xml"]
    assert quick_desk.run("payment.recall", {"key": "DR-1/1"})["payment_state"] == "rejected"


def entry(*, amount: str = "20.00", sign: str = "CRDT", ref: str = "NOTPROVIDED", text: str = "", state: str = "BOOK",
          number: str = "B-1") -> str:  # fmt: skip
    return (
        f'<Ntry><Amt Ccy="CNY">{amount}</Amt><CdtDbtInd>{sign}</CdtDbtInd><Sts><Cd>{state}</Cd></Sts><BookgDt><Dt>'
        f"2026-03-02</Dt></BookgDt><AcctSvcrRef>{number}</AcctSvcrRef><NtryDtls><TxDtls><Refs><EndToEndId>{ref}"
        f"</EndToEndId></Refs><RltdPties><Dbtr><Pty><Nm>江南绿源</Nm></Pty></Dbtr></RltdPties><RmtInf><Ustrd>{text}"
        "</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>"
    )


def notice(*rows: str, kind: str = "camt.054.001.08") -> bytes:
    body, holder = ("BkToCstmrDbtCdtNtfctn", "Ntfctn") if "054" in kind else ("BkToCstmrStmt", "Stmt")
    account = "<Acct><Id><Othr><Id>00000001</Id></Othr></Id></Acct>"
    return (
        f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:{kind}"><{body}><{holder}>{account}{"".join(rows)}'
        f"</{holder}></{body}></Document>"
    ).encode()


def test_what_is_booked_is_read_and_one_entry_in_two_files_has_one_mark() -> None:
    rows = (entry(text="还款 fa-2026-0001 第3期"), entry(state="PDNG", number="B-2"))
    [told] = bank_entries.entries(notice(*rows))
    assert (told.credit, told.amount, told.day, told.payer) == (True, Decimal("20.00"), date(2026, 3, 2), "江南绿源")
    assert (told.facility_key, told.ref) == ("FA-2026-0001", None)
    assert [one.mark for one in bank_entries.entries(notice(rows[0], kind="camt.053.001.02"))] == [told.mark]
    both = next(bank_entries.entries(notice(entry(text="FA-2026-0001 FA-2026-0002"))))
    assert both.facility_key is None
    for wrong in (b"<Document><Other/></Document>", notice(entry(amount="many"))):
        with pytest.raises(ValueError):
            list(bank_entries.entries(wrong))


def test_a_notification_confirms_our_payment_and_money_that_names_no_facility_goes_to_people(quick_desk: Desk) -> None:
    quick_desk.run("payment.instruct", PAYMENT)
    inbox = letterbox.folder(quick_desk.runtime.settings, letterbox.IN)
    out = entry(sign="DBIT", ref="PM-2026-0001", number="B-3")
    (inbox / "a.xml").write_bytes(notice(out, entry(text="货款"), entry(sign="DBIT", number="B-4")))
    (inbox / "b.xml").write_bytes(notice(entry(text="货款"), kind="camt.053.001.08"))
    assert quick_desk.run("payment.collect", {}, job_key="1")["payments_answered"] == 2
    assert quick_desk.run("payment.collect", {}, job_key="2")["payments_answered"] == 0
    assert {path.name for path in letterbox.folder(quick_desk.runtime.settings, letterbox.DONE).iterdir()} == {
        "a.xml", "b.xml",
    }  # fmt: skip
    with quick_desk.runtime.reading() as session:
        paid = ledger.payment(session, ref="PM-2026-0001")
    assert paid is not None and (paid.state, paid.bank_reference) == ("confirmed", "B-3")


def test_a_receipt_that_the_bank_takes_back_is_told_once_and_no_repayment(quick_desk: Desk) -> None:
    quick_desk.people.teams["loan_ops"] = ("dong",)
    inbox = letterbox.folder(quick_desk.runtime.settings, letterbox.IN)
    back = entry(sign="DBIT", text="FA-2026-0001 退汇", number="B-9").replace("<Sts>", "<RvslInd>true</RvslInd><Sts>")
    (inbox / "a.xml").write_bytes(notice(back))
    assert quick_desk.run("payment.collect", {}, job_key="1")["payments_answered"] == 1
    assert quick_desk.run("payment.collect", {}, job_key="2")["payments_answered"] == 0
    told = [(one["template"], one["data"]["business_key"]) for one in quick_desk.posted.messages]
    assert told and set(told) == {("repayment_reversed", "FA-2026-0001")}
