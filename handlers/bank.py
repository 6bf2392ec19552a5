"""Payment orders and the bank's answers as ISO 20022 writes them. Pure: bytes in, bytes out.

Written: pain.001.001.09 (CustomerCreditTransferInitiation, one payment a file) and camt.055.001.08
(CustomerPaymentCancellationRequest). Read: pain.002 in any version (CustomerPaymentStatusReport): of each transaction
its OrgnlEndToEndId, TxSts, StsRsnInf and AcctSvcrRef. Statuses by ISO 20022's external code set: ACSC and ACCC
settled, RJCT rejected, CANC cancelled; others (RCVD, ACCP, ACTC, ACSP, PDNG) are on the way and say nothing yet.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal
from xml.etree import ElementTree as Written

from lxml import etree

PAIN_001 = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
CAMT_055 = "urn:iso:std:iso:20022:tech:xsd:camt.055.001.08"
SETTLED = frozenset({"ACSC", "ACCC"})
REFUSED = frozenset({"RJCT", "CANC"})
_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")
_DOMESTIC = re.compile(r"\d{8,32}")


@dataclass(frozen=True, slots=True)
class Order:
    """A payment to be made: `ref` is its end-to-end reference."""

    ref: str
    payee: str
    account: str
    bank: str | None
    amount: Decimal
    currency: str
    purpose: str
    day: date
    at: datetime
    debtor: str
    debit_account: str


@dataclass(frozen=True, slots=True)
class Status:
    """What the bank says of one payment."""

    ref: str
    outcome: Literal["confirmed", "rejected"]
    code: str
    reason: str | None
    bank_reference: str | None


def account_fault(account: str) -> tuple[str, str] | None:
    """Why this is no account that can be paid to, in English and Chinese: an IBAN is held against its check digits
    (ISO 13616, mod 97 of ISO 7064), any other number has 8 to 32 digits. None when it is one."""
    plain = re.sub(r"[\s-]", "", account).upper()
    if _IBAN.fullmatch(plain):
        number = int("".join(str(int(letter, 36)) for letter in plain[4:] + plain[:4]))
        return None if number % 97 == 1 else ("the check digits of the IBAN are wrong", "IBAN 校验位有误")
    return None if _DOMESTIC.fullmatch(plain) else (f"no account number: {account}", f"账号格式有误：{account}")


def payment_order(order: Order) -> bytes:
    """The pain.001 of one payment."""
    root = Written.Element("Document", xmlns=PAIN_001)
    body = Written.SubElement(root, "CstmrCdtTrfInitn")
    amount = format(order.amount.quantize(Decimal("0.01")), "f")
    head = Written.SubElement(body, "GrpHdr")
    _texts(head, MsgId=order.ref, CreDtTm=order.at.isoformat(timespec="seconds"), NbOfTxs="1", CtrlSum=amount)
    _texts(Written.SubElement(head, "InitgPty"), Nm=order.debtor)
    info = Written.SubElement(body, "PmtInf")
    _texts(info, PmtInfId=order.ref, PmtMtd="TRF", NbOfTxs="1", CtrlSum=amount)
    _texts(Written.SubElement(info, "ReqdExctnDt"), Dt=order.day.isoformat())
    _texts(Written.SubElement(info, "Dbtr"), Nm=order.debtor)
    _account(info, "DbtrAcct", order.debit_account)
    _texts(_under(info, "DbtrAgt", "FinInstnId"), Nm=order.debtor)
    made = Written.SubElement(info, "CdtTrfTxInf")
    _texts(Written.SubElement(made, "PmtId"), InstrId=order.ref, EndToEndId=order.ref)
    Written.SubElement(Written.SubElement(made, "Amt"), "InstdAmt", Ccy=order.currency).text = amount
    if order.bank:
        _texts(_under(made, "CdtrAgt", "FinInstnId"), Nm=order.bank[:140])
    _texts(Written.SubElement(made, "Cdtr"), Nm=order.payee[:140])
    _account(made, "CdtrAcct", order.account)
    _texts(Written.SubElement(made, "RmtInf"), Ustrd=order.purpose[:140])
    return _bytes(root)


def cancellation(order: Order, reason: str) -> bytes:
    """The camt.055 that asks for a payment back."""
    root = Written.Element("Document", xmlns=CAMT_055)
    body = Written.SubElement(root, "CstmrPmtCxlReq")
    head = Written.SubElement(body, "Assgnmt")
    _texts(head, Id=f"{order.ref}-C")
    _texts(_under(head, "Assgnr", "Pty"), Nm=order.debtor)
    _texts(_under(head, "Assgne", "Agt", "FinInstnId"), Nm=order.debtor)
    _texts(head, CreDtTm=order.at.isoformat(timespec="seconds"))
    one = _under(body, "Undrlyg", "OrgnlPmtInfAndCxl")
    _texts(one, OrgnlPmtInfId=order.ref)
    of = Written.SubElement(one, "TxInf")
    _texts(of, CxlId=f"{order.ref}-C", OrgnlInstrId=order.ref, OrgnlEndToEndId=order.ref)
    amount = format(order.amount.quantize(Decimal("0.01")), "f")
    Written.SubElement(of, "OrgnlInstdAmt", Ccy=order.currency).text = amount
    _texts(Written.SubElement(of, "CxlRsnInf"), AddtlInf=reason[:105])
    return _bytes(root)


def statuses(report: bytes) -> Iterator[Status]:
    """What a pain.002 says of payments that have an outcome. ValueError for what is no such report."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(report, parser)
    except etree.XMLSyntaxError as error:
        raise ValueError(str(error)) from error
    if not root.xpath("local-name(/*/*[1]) = 'CstmrPmtStsRpt'"):
        raise ValueError("no CustomerPaymentStatusReport")
    for one in root.iter("{*}TxInfAndSts"):
        ref, code = _text(one, "OrgnlEndToEndId"), (_text(one, "TxSts") or "").upper()
        if ref is None or code not in SETTLED | REFUSED:
            continue
        said = [part for part in (_text(one, "Cd"), _text(one, "AddtlInf")) if part]
        outcome: Literal["confirmed", "rejected"] = "confirmed" if code in SETTLED else "rejected"
        yield Status(ref, outcome, code, " ".join(said) or None, _text(one, "AcctSvcrRef"))


def _text(element: etree._Element, name: str) -> str | None:
    found = next(element.iter(f"{{*}}{name}"), None)
    return None if found is None else (found.text or "").strip() or None


def _texts(parent: Written.Element, **content: str) -> None:
    for name, text in content.items():
        Written.SubElement(parent, name).text = text


def _under(parent: Written.Element, *names: str) -> Written.Element:
    for name in names:
        parent = Written.SubElement(parent, name)
    return parent


def _account(parent: Written.Element, name: str, account: str) -> None:
    plain = re.sub(r"[\s-]", "", account).upper()
    holder = _under(parent, name, "Id")
    if _IBAN.fullmatch(plain):
        _texts(holder, IBAN=plain)
    else:
        _texts(_under(holder, "Othr"), Id=plain)


def _bytes(root: Written.Element) -> bytes:
    return bytes(Written.tostring(root, encoding="utf-8", xml_declaration=True))
