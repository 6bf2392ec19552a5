"""Cells are read as what they mean; what could mean two things is refused in words."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.inquiries import values
from handlers.inquiries.columns import COLUMNS
from handlers.inquiries.sheets import Cell
from handlers.inquiries.values import Unclear

READ = {column.field: column.read for column in COLUMNS}


@pytest.mark.parametrize(
    ("cell", "amount", "currency"),
    [
        ("8.6亿", 860_000_000, None),
        ("86,000万元", 860_000_000, None),
        ("８６，０００万元", 860_000_000, None),
        ("860,000,000元", 860_000_000, None),
        ("¥860,000,000.00", 860_000_000, "CNY"),
        ("USD 120 million", 120_000_000, "USD"),
        ("1.2亿美元", 120_000_000, "USD"),
        ("HK$ 3亿", 300_000_000, "HKD"),
        ("约3亿元", 300_000_000, None),
        (Decimal("860000000.0"), 860_000_000, None),
        (None, None, None),
        ("  ", None, None),
    ],
)
def test_amounts_in_the_ways_people_write_them(cell: Cell, amount: int | None, currency: str | None) -> None:
    assert values.amount(cell) == (amount, currency)


@pytest.mark.parametrize("cell", ["5-8亿", "1.234,56", "若干", "1,23", "3亿左右吧", "1e9", "--"])
def test_unclear_amounts_are_refused(cell: str) -> None:
    with pytest.raises(Unclear, match="cannot be read"):
        values.amount(cell)


@pytest.mark.parametrize(
    ("header", "unit"),
    [
        ("融资金额(万元)", 10_000),
        ("金额（亿元）", 10**8),
        ("Amount (CNY million)", 10**6),
        ("融资金额", 1),
        ("金额(元)", 1),
    ],
)
def test_a_headers_unit_counts_where_the_cell_names_none(header: str, unit: int) -> None:
    assert values.unit_of(header) == unit
    assert values.amount("5", values.unit_of(header))[0] == 5 * unit
    assert values.amount("5元", values.unit_of(header))[0] == 5


@given(st.integers(1, 10**9))
def test_every_writing_of_one_amount_is_that_amount(wan: int) -> None:
    unit = Decimal(10_000)
    written = [str(wan), f"{wan:,}", f"{wan}万", f"{wan:,}万元", f"{wan * 10_000:,}元", f"{Decimal(wan) / 10_000:f}亿"]
    assert {values.amount(cell, unit)[0] for cell in written} == {wan * unit}


@pytest.mark.parametrize(
    "cell",
    ["2026-01-05", "2026/1/5", "2026.1.5", "2026年1月5日", "2026 年 1 月 5 日", "20260105", "05.01.2026", "46027",
     "２０２６－０１－０５", "2026-01-05 14:30", Decimal("46027"), date(2026, 1, 5)],
)  # fmt: skip
def test_one_day_in_twelve_writings(cell: Cell) -> None:
    assert values.day(cell) == date(2026, 1, 5)


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ("01/05/2026", "which is the month"),
        ("2026-02-30", "there is no day"),
        ("明年", "cannot be read"),
        ("5.1.26", "cannot"),
    ],
)
def test_unclear_days_are_refused(cell: str, why: str) -> None:
    with pytest.raises(Unclear, match=why):
        values.day(cell)


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)))
def test_excel_numbers_are_days(day: date) -> None:
    assert values.day(str((day - values.EXCEL_EPOCH).days)) == day


@pytest.mark.parametrize(
    ("field", "cell", "read"),
    [
        ("sector", "海上风电", "renewable_power"),
        ("sector", "生活垃圾焚烧发电", "water_environment"),
        ("sector", "抽水蓄能", "grid_storage"),
        ("sector", "電網側儲能", "grid_storage"),
        ("sector", "Solar PV", "renewable_power"),
        ("sector", "toll road", "transport"),
        ("sector", "data_center", "data_center"),
        ("region", "西北", "northwest"),
        ("region", "northeast", "northeast"),
        ("permits", "部分取得", "partial"),
        ("permits", "未办理", "none"),
        ("permits", "齐全", "complete"),
        ("purpose", "新建项目贷款", "new_construction"),
        ("purpose", "资本金融资", "equity_contribution"),
        ("client_role", "投资人", "investor"),
        ("project_stage", "已核准", "ready_to_build"),
        ("source", "老客户推荐", "referral"),
        ("currency", "美元", "USD"),
        ("country", "sg", "SG"),
        ("country", "新加坡", "SG"),
        ("tenor_months", "15 年", 180),
        ("tenor_months", "180", 180),
        ("equity_pct", "25%", Decimal(25)),
        ("equity_pct", Decimal("0.25"), Decimal(25)),
        ("has_financials", "有", True),
        ("consent_contact", "否", False),
        ("reg_no", "9111 0000 6000 3734 1l", "91110000600037341L"),
        ("phone", "138-1234-5678", "+8613812345678"),
        ("email", "Wang@Example.com", "wang@example.com"),
    ],
)
def test_words_become_codes(field: str, cell: Cell, read: object) -> None:
    assert READ[field](cell) == read


@pytest.mark.parametrize(
    ("field", "cell", "why"),
    [
        ("sector", "元宇宙", "not one of those known"),
        ("equity_pct", "120%", "between 0 and 100"),
        ("tenor_months", "99年", "not plausible"),
        ("tenor_months", "长期", "cannot be read"),
        ("consent_contact", "看情况", "neither yes nor no"),
        ("reg_no", "9.11E+17", "turned into a number"),
        ("reg_no", Decimal("911100006000373410"), "turned into a number"),
        ("phone", "见名片", "no telephone number"),
        ("email", "client.example.com", "no mail address"),
    ],
)
def test_what_cannot_be_meant_is_refused(field: str, cell: Cell, why: str) -> None:
    with pytest.raises(Unclear, match=why):
        READ[field](cell)
