"""What people write in a cell, read as what they mean; what could mean two things is refused. Pure.

Every reader raises `Unclear` with words in both languages; a blank cell is None and no fault.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation

from handlers import names, reg_no
from handlers.inquiries.sheets import Cell


class Unclear(Exception):
    """A cell that cannot be read, in words."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en


def text(cell: Cell) -> str | None:
    """Half width, blanks made single; a whole number without its point."""
    if cell is None:
        return None
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, Decimal):
        return format(cell.quantize(Decimal(1)) if cell == cell.to_integral_value() else cell, "f")
    if isinstance(cell, date):
        return cell.isoformat()
    return names.half_width(cell).strip("'‘’ ") or None


UNITS: Mapping[str, Decimal] = {
    "亿": Decimal(100_000_000), "千万": Decimal(10_000_000), "百万": Decimal(1_000_000), "万": Decimal(10_000),
    "千": Decimal(1000), "元": Decimal(1), "bn": Decimal(1_000_000_000), "billion": Decimal(1_000_000_000),
    "mn": Decimal(1_000_000), "million": Decimal(1_000_000), "m": Decimal(1_000_000), "k": Decimal(1000),
}  # fmt: skip

CURRENCIES: Mapping[str, str] = {
    "人民币": "CNY", "rmb": "CNY", "cny": "CNY", "¥": "CNY", "美元": "USD", "美金": "USD", "us$": "USD", "usd": "USD",
    "欧元": "EUR", "eur": "EUR", "€": "EUR", "港币": "HKD", "港元": "HKD", "hk$": "HKD", "hkd": "HKD", "$": "USD",
}  # fmt: skip
"""Written with an amount -> currency; longer ones first, so that HK$ is not read as $."""

_AMOUNT = re.compile(r"(-?\d[\d,]*(?:\.\d+)?)\s*(亿|千万|百万|万|千|billion|million|bn|mn|m|k)?\s*元?")
_GROUPS = re.compile(r"-?\d{1,3}(?:,\d{3})+(?:\.\d+)?|-?\d+(?:\.\d+)?|-?\d{1,4}(?:,\d{4})+(?:\.\d+)?")


def amount(cell: Cell, unit: Decimal = Decimal(1)) -> tuple[Decimal | None, str | None]:
    """(amount in units of the currency, currency named with it): 8.6亿, 86,000万元, USD 120 million, 860000000.

    `unit` is the column's (from a header such as 金额(万元)), used when the cell names none.
    """
    plain = text(cell)
    if plain is None:
        return None, None
    low = plain.lower()
    currency = None
    for written, code in CURRENCIES.items():
        if written in low:
            currency, low = code, low.replace(written, "").strip()
            break
    found = _AMOUNT.fullmatch(low.replace(" ", "").strip("约：:"))
    if found is None or not _GROUPS.fullmatch(found[1]):
        raise Unclear(f"金额“{plain}”无法识别", f"the amount “{plain}” cannot be read")
    value = Decimal(found[1].replace(",", ""))
    named = found[2] is not None or "元" in low
    return value * (UNITS[found[2]] if found[2] else (Decimal(1) if named else unit)), currency


def unit_of(header: str) -> Decimal:
    """The unit that a column's header names in brackets: 融资金额(万元) → 10,000."""
    inside = re.search(r"[((\[【]\s*([^))\]】]*)", names.half_width(header).lower())
    if inside is None:
        return Decimal(1)
    named = inside[1]
    return next((UNITS[unit] for unit in ("亿", "千万", "百万", "万", "千") if unit in named), _latin_unit(named))


def _latin_unit(named: str) -> Decimal:
    return Decimal(1_000_000) if re.search(r"\b(million|mn|m)\b", named) else Decimal(1)


_YMD = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*[日号]?(?:[ t]+\d{1,2}:\d{2}(?::\d{2})?)?")
_COMPACT = re.compile(r"(20\d{2})(\d{2})(\d{2})")
_DMY = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_SLASHED = re.compile(r"\d{1,2}[/-]\d{1,2}[/-]\d{2,4}")
_SERIAL = re.compile(r"\d{5}(?:\.\d+)?")
EXCEL_EPOCH = date(1899, 12, 30)
"""Day 0 of Excel's serial numbers (its 1900 system, with the leap day that 1900 did not have)."""


def day(cell: Cell) -> date | None:
    """2026-01-05, 2026/1/5, 2026.1.5, 2026年1月5日, 20260105, 05.01.2026 (day first), Excel's 46027.

    01/05/2026 is refused: it is a day in January for some and in May for others.
    """
    if isinstance(cell, date):
        return cell
    plain = text(cell)
    if plain is None:
        return None
    low = plain.lower()
    for pattern, order in ((_YMD, (1, 2, 3)), (_COMPACT, (1, 2, 3)), (_DMY, (3, 2, 1))):
        found = pattern.fullmatch(low)
        if found is not None:
            try:
                return date(*(int(found[part]) for part in order))
            except ValueError:
                raise Unclear(f"日期“{plain}”不存在", f"there is no day “{plain}”") from None
    if _SERIAL.fullmatch(low):
        return EXCEL_EPOCH + timedelta(days=int(Decimal(low)))
    if _SLASHED.fullmatch(low):
        raise Unclear(
            f"日期“{plain}”无法判断日和月，请写成 2026-01-05", f"“{plain}”: which is the month? write 2026-01-05"
        )
    raise Unclear(f"日期“{plain}”无法识别", f"the date “{plain}” cannot be read")


def percent(cell: Cell) -> Decimal | None:
    """25, 25%, 25 %; of a workbook's percent cell 0.25 is meant as 25 when at most 1."""
    plain = text(cell)
    if plain is None:
        return None
    try:
        value = Decimal(plain.rstrip("% ").replace(",", ""))
    except InvalidOperation:
        raise Unclear(f"比例“{plain}”无法识别", f"the share “{plain}” cannot be read") from None
    if isinstance(cell, Decimal) and 0 < value <= 1:
        value *= 100
    if not 0 <= value <= 100:
        raise Unclear(f"比例“{plain}”应在 0–100 之间", f"“{plain}” is not between 0 and 100")
    return value


_MONTHS = re.compile(r"(\d+(?:\.\d+)?)\s*(个月|月|年|years?|yrs?|y|months?|m)?")


def months(cell: Cell) -> int | None:
    """180, 15年, 15 years, 180个月; a bare number counts months."""
    plain = text(cell)
    if plain is None:
        return None
    found = _MONTHS.fullmatch(plain.lower())
    if found is None:
        raise Unclear(f"期限“{plain}”无法识别", f"the tenor “{plain}” cannot be read")
    years = found[2] is not None and (found[2] == "年" or found[2].startswith("y"))
    value = Decimal(found[1]) * (12 if years else 1)
    if value != value.to_integral_value() or not 0 < value <= 720:
        raise Unclear(f"期限“{plain}”不合理", f"the tenor “{plain}” is not plausible")
    return int(value)


_YES, _NO = (
    ("是", "有", "y", "yes", "true", "1", "√", "同意"),
    ("否", "无", "没有", "n", "no", "false", "0", "×", "不同意"),
)


def yes_no(cell: Cell) -> bool | None:
    """是/否, 有/无, Y/N…"""
    plain = text(cell)
    if plain is None:
        return None
    if plain.lower() in _YES:
        return True
    if plain.lower() in _NO:
        return False
    raise Unclear(f"“{plain}”应填是或否", f"“{plain}” is neither yes nor no")


def registration(cell: Cell) -> str | None:
    """A unified social credit code in compact form; a number that Excel cut to 15 digits is named as such."""
    plain = text(cell)
    if plain is None:
        return None
    verdict = reg_no.check(plain)
    if verdict.ok:
        return verdict.code
    if re.fullmatch(r"\d(?:\.\d+)?e\+?\d+", plain.lower()) or isinstance(cell, Decimal):
        raise Unclear(
            f"信用代码“{plain}”被表格软件改成了数字，请按文本填写",
            f"“{plain}” was turned into a number; enter it as text",
        )
    raise Unclear(verdict.zh, verdict.en)


def phone(cell: Cell) -> str | None:
    """A telephone number in comparable form."""
    plain = text(cell)
    if plain is None:
        return None
    found = names.phone_key(plain)
    if found is None:
        raise Unclear(f"电话“{plain}”无效", f"“{plain}” is no telephone number")
    return found


def email(cell: Cell) -> str | None:
    """An e-mail address."""
    plain = text(cell)
    if plain is None:
        return None
    found = names.email_key(plain)
    if found is None:
        raise Unclear(f"邮箱“{plain}”无效", f"“{plain}” is no mail address")
    return found


def choice(words: Mapping[str, str], zh: str, en: str) -> Callable[[Cell], str | None]:
    """A reader of a coded field: the code itself, or the first of `words` that the cell contains (in their order)."""
    codes = frozenset(words.values())

    def read(cell: Cell) -> str | None:
        plain = text(cell)
        if plain is None:
            return None
        low = names.simplified(plain).lower()
        exact = next((code for code in codes if code.lower() == low), None)
        if exact is not None:
            return exact
        found = next((code for word, code in words.items() if word in low), None)
        if found is None:
            raise Unclear(f"{zh}“{plain}”不在可选范围内", f"the {en} “{plain}” is not one of those known")
        return found

    return read
