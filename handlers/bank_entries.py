"""What was booked on the house's accounts, as ISO 20022 writes it. Pure: bytes in, entries out.

Read, in any version: camt.054 (BankToCustomerDebitCreditNotification) and camt.053 (BankToCustomerStatement). Of each
entry that is booked (status BOOK; what is pending or for information says nothing yet) its transactions, or the entry
itself where the bank names none. The same entry in a notification and in the statement has one `mark`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from lxml import etree

HOLDERS = ("BkToCstmrDbtCdtNtfctn", "BkToCstmrStmt")
_FACILITY = re.compile(r"\bFA-\d{4}-\d{4,}\b")
_NONE = "NOTPROVIDED"


@dataclass(frozen=True, slots=True)
class BankEntry:
    """One booking. `ref`: the end-to-end reference, where there is one; `reversal`: an earlier booking is taken back;
    `facility_key`: what the payer wrote it is for; `mark`: the same in every file that tells of it."""

    credit: bool
    reversal: bool
    amount: Decimal
    currency: str
    day: date
    ref: str | None
    bank_reference: str | None
    text: str
    payer: str | None
    mark: str

    @property
    def facility_key(self) -> str | None:
        """The one facility that its texts name; None for none or several."""
        found = set(_FACILITY.findall(f"{self.text} {self.ref or ''}".upper()))
        return found.pop() if len(found) == 1 else None


def entries(document: bytes) -> Iterator[BankEntry]:
    """The booked entries of a file, in its order. ValueError for what is no such file or lacks an amount or a day."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(document, parser)
    except etree.XMLSyntaxError as error:
        raise ValueError(str(error)) from error
    if not len(root) or etree.QName(root[0]).localname not in HOLDERS:
        raise ValueError("neither a notification (camt.054) nor a statement (camt.053)")
    for holder in root[0]:
        account = _text(holder, "Acct/Id/IBAN", "Acct/Id/Othr/Id") or ""
        for entry in _all(holder, "Ntry"):
            if (_text(entry, "Sts/Cd", "Sts") or "").upper() == "BOOK":
                yield from _booked(entry, account)


def _booked(entry: etree._Element, account: str) -> Iterator[BankEntry]:
    details = _all(entry, "NtryDtls/TxDtls")
    for at, detail in enumerate(details or [entry]):
        amount = _first(detail, "Amt", "AmtDtls/TxAmt/Amt")
        if amount is None and len(details) <= 1:
            amount = _first(entry, "Amt")
        yield _entry(entry, detail, amount, account, at)


def _entry(
    entry: etree._Element, detail: etree._Element, amount: etree._Element | None, account: str, at: int
) -> BankEntry:
    day = _text(entry, "BookgDt/Dt", "BookgDt/DtTm", "ValDt/Dt", "ValDt/DtTm")
    if amount is None or day is None:
        raise ValueError("an entry without amount or day")
    try:
        worth = Decimal((amount.text or "").strip())
    except InvalidOperation:
        raise ValueError(f"no amount: {amount.text}") from None
    ref = _text(detail, "Refs/EndToEndId")
    said = [*_texts(detail, "RmtInf/Ustrd"), *_texts(detail, "RmtInf/Strd/CdtrRefInf/Ref")]
    said += [] if said else _texts(entry, "AddtlNtryInf")
    booked = _text(detail, "Refs/AcctSvcrRef") or _text(entry, "AcctSvcrRef")
    sign = _text(detail, "CdtDbtInd") or _text(entry, "CdtDbtInd") or ""
    told = [account, booked, day[:10], str(worth), sign, ref, *said, str(at) if booked is None else None]
    return BankEntry(
        credit=sign == "CRDT",
        reversal=_text(entry, "RvslInd") == "true",
        amount=worth,
        currency=amount.get("Ccy", ""),
        day=date.fromisoformat(day[:10]),
        ref=None if ref == _NONE else ref,
        bank_reference=booked,
        text=" ".join(said),
        payer=_text(detail, "RltdPties/Dbtr/Pty/Nm", "RltdPties/Dbtr/Nm"),
        mark=hashlib.sha256("|".join(one or "" for one in told).encode()).hexdigest()[:32],
    )


def _all(element: etree._Element, path: str) -> list[etree._Element]:
    return element.findall("/".join(f"{{*}}{name}" for name in path.split("/")))


def _first(element: etree._Element, *paths: str) -> etree._Element | None:
    return next((found[0] for path in paths if (found := _all(element, path))), None)


def _texts(element: etree._Element, path: str) -> list[str]:
    return [plain for one in _all(element, path) if (plain := (one.text or "").strip())]


def _text(element: etree._Element, *paths: str) -> str | None:
    return next((found[0] for path in paths if (found := _texts(element, path))), None)
