"""Makes the sample files of `handlers/samples`, the same bytes every time.

Run: python -m tests.handlers.inquiries.make_samples

200 invented inquiries, written as several people would. Names, people, numbers and addresses are made up; the
registration numbers are sound by GB 32100-2015 and belong to nobody that we know.
"""

import csv
import io
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from importlib.resources import files
from pathlib import Path

from openpyxl import Workbook

from handlers.reg_no import ALPHABET, complete, organisation_check

SAMPLES = Path(str(files("handlers"))) / "samples"
SEED = 20260115
UTF8_ROWS, GB_ROWS, XLSX_ROWS = 150, 50, 30
EXCEL_EPOCH = date(1899, 12, 30)

PLACES = [
    ("上海", "310000", "华东"), ("江苏", "320000", "华东"), ("浙江", "330000", "华东"), ("山东", "370000", "华东"),
    ("安徽", "340000", "华东"), ("福建", "350000", "华东"), ("广东", "440000", "华南"), ("广西", "450000", "华南"),
    ("海南", "460000", "华南"), ("北京", "110000", "华北"), ("河北", "130000", "华北"), ("山西", "140000", "华北"),
    ("内蒙古", "150000", "华北"), ("辽宁", "210000", "东北"), ("吉林", "220000", "东北"), ("黑龙江", "230000", "东北"),
    ("湖北", "420000", "华中"), ("湖南", "430000", "华中"), ("河南", "410000", "华中"), ("江西", "360000", "华中"),
    ("四川", "510000", "西南"), ("重庆", "500000", "西南"), ("云南", "530000", "西南"), ("贵州", "520000", "西南"),
    ("陕西", "610000", "西北"), ("甘肃", "620000", "西北"), ("青海", "630000", "西北"), ("宁夏", "640000", "西北"),
    ("新疆", "650000", "西北"),
]  # fmt: skip
SECTORS = [
    ("海上风电", "风力发电", "海上风电场项目", (30, 120)), ("陆上风电", "风电", "风电场项目", (4, 20)),
    ("集中式光伏", "光伏科技", "光伏发电项目", (3, 15)), ("分布式光伏", "新能源", "屋顶分布式光伏项目", (0.5, 4)),
    ("电网侧储能", "储能科技", "独立储能电站项目", (1, 9)), ("抽水蓄能", "抽水蓄能", "抽水蓄能电站项目", (40, 110)),
    ("高速公路", "高速公路", "高速公路收费权项目", (20, 150)), ("污水处理", "水务", "污水处理厂提标扩建项目", (1, 8)),
    ("供水", "供水", "城乡供水一体化项目", (2, 12)), ("垃圾焚烧发电", "环保能源", "生活垃圾焚烧发电项目", (4, 14)),
    ("港口码头", "港务", "港区通用码头工程", (8, 45)), ("数据中心", "云计算", "数据中心项目", (5, 40)),
    ("水电", "水电开发", "水电站增容改造项目", (2, 25)), ("燃气发电", "燃气发电", "调峰燃机项目", (12, 35)),
    ("城市供热", "热力", "集中供热管网项目", (2, 10)), ("LNG接收站", "液化天然气", "LNG接收站项目", (30, 80)),
]  # fmt: skip
FIRST, SECOND = "澄禾曜岚霁沅珩昱邺湛杞筠翊泓煜臻鄢瀚琰岑", "远昭川桥屿峦澈野笙衡序骞屹柏朔渊麓冉涛恺"
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧"
GIVEN = [
    "敏",
    "伟",
    "静",
    "志强",
    "丽华",
    "建国",
    "晓东",
    "雨桐",
    "海燕",
    "国栋",
    "文博",
    "思远",
    "嘉怡",
    "明辉",
    "俊杰",
    "若兰",
]
TITLES = ["财务总监", "总经理", "副总经理", "融资部经理", "项目总监", "投资部主任", ""]
STAGES = ["前期", "已核准", "在建", "运营"]
PURPOSES = ["新建项目贷款"] * 7 + ["扩建改造"] * 3 + ["贷款置换"] * 3 + ["项目收购"] * 2 + ["资本金融资"]
SOURCES = ["官网", "电话", "行业论坛", "老客户推荐", "邮件"]
FORMS = ["有限公司", "有限责任公司", "股份有限公司"]


@dataclass
class Row:
    """One line to be, and what its author did wrong; `expected` is what the import must say of it."""

    when: date
    company: str
    reg_no: str
    contact: str
    title: str
    phone: str
    email: str
    region: str
    sector: str
    project: str
    stage: str
    purpose: str
    amount_wan: int
    tenor: str
    equity: str
    permits: str
    financials: str
    source: str
    consent: str
    note: str
    role: str = "借款人"
    amount: str = ""
    date_text: str = ""
    fault: str = ""
    expected: str = "ok"
    tags: set[str] = field(default_factory=set)


def wide(text: str) -> str:
    """ASCII as full-width characters, as a Chinese input method leaves them."""
    return "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in text)


def make_rows(dice: random.Random) -> list[Row]:
    brands = [a + b for a in FIRST for b in SECOND]
    dice.shuffle(brands)
    return [make_row(dice, brands[number], number) for number in range(UTF8_ROWS + GB_ROWS)]


def make_row(dice: random.Random, brand: str, number: int) -> Row:
    place, division, region = dice.choice(PLACES)
    sector, trade, project, (low, high) = dice.choice(SECTORS)
    body = "MA" + "".join(dice.choice(ALPHABET) for _ in range(6))
    amount = round(dice.uniform(low, high), 2 if high < 20 else 1)
    bracketed = dice.random() < 0.2
    company = (
        f"{brand}{trade}({place}){dice.choice(FORMS)}" if bracketed else f"{place}{brand}{trade}{dice.choice(FORMS)}"
    )
    return Row(
        when=date(2025, 9, 1) + timedelta(days=dice.randrange(150)),
        company=company,
        reg_no=complete("91" + division + body + organisation_check(body)),
        contact=dice.choice(SURNAMES) + dice.choice(GIVEN),
        title=dice.choice(TITLES),
        phone=f"1{dice.choice('35789')}{dice.randrange(10)}0000{dice.randrange(10000):04d}",
        email=f"contact{number + 1:03d}@client.example.com",
        region=region,
        sector=sector,
        project=f"{place}{brand}{project}",
        stage=dice.choice(STAGES),
        purpose=dice.choice(PURPOSES),
        amount_wan=round(amount * 10_000),
        tenor=dice.choice(["180", "15年", "10年", "240个月", "12 年", "60"]),
        equity=dice.choice(["20%", "25%", "30", "30%", "35", ""]),
        permits=dice.choice(["齐全", "部分取得", "办理中", "未办理"]),
        financials=dice.choice(["有", "无", "是"]),
        source=dice.choice(SOURCES),
        consent=dice.choice(["是", "是", "是", "同意", "否"]),
        note=dice.choice(["", "希望尽快对接", "已有意向银团", "需要与现有贷款衔接", "“一期”已投产,扩建二期"]),
    )


def write_date(dice: random.Random, day: date) -> str:
    """A day in one of the ways that people have."""
    ways = [
        f"{day:%Y-%m-%d}", f"{day.year}/{day.month}/{day.day}", f"{day.year}年{day.month}月{day.day}日",
        f"{day:%d.%m.%Y}", f"{day:%Y%m%d}", str((day - EXCEL_EPOCH).days), f"{day:%Y.%m.%d}",
    ]  # fmt: skip
    return dice.choice(ways)


def write_amount(dice: random.Random, wan: int) -> str:
    """An amount of `wan` ten-thousands, under a header that says 万元."""
    ways = [
        str(wan),
        f"{wan:,}",
        f"{wan}万",
        f"{wan:,}万元",
        f"{wan * 10_000:,}元",
        f"{wan / 10_000:.4f}".rstrip("0").rstrip(".") + "亿",
    ]
    return dice.choice(ways)


def spoil(dice: random.Random, rows: list[Row]) -> None:
    """Give every row its writing, and chosen rows their faults."""
    for row in rows:
        row.date_text, row.amount = write_date(dice, row.when), write_amount(dice, row.amount_wan)
        style = dice.random()
        if style < 0.12:
            row.phone, row.amount = wide(row.phone), wide(row.amount)
            row.tags.add("full width")
        elif style < 0.2:
            row.reg_no, row.date_text = wide(row.reg_no), wide(row.date_text)
            row.tags.add("full width")
        elif style < 0.35:
            row.phone = f"+86 {row.phone[:3]}-{row.phone[3:7]}-{row.phone[7:]}"
    untouched = [row for row in rows if "full width" not in row.tags]
    dice.shuffle(untouched)
    for fault, (count, change) in FAULTS.items():
        for _ in range(round(count * len(rows) / UTF8_ROWS)):
            row = untouched.pop()
            change(row)
            row.fault, row.expected = fault, "refused"
    investors = [row for row in untouched[:4] if not row.fault]
    for row in investors:
        row.role, row.project, row.purpose, row.reg_no = "投资人", "", "股权投资", ""
        row.tags.add("investor")


def _set(**values: str) -> Callable[[Row], None]:
    def change(row: Row) -> None:
        for name, value in values.items():
            setattr(row, name, value)

    return change


def _wrong_check(row: Row) -> None:
    row.reg_no = row.reg_no[:-1] + ("A" if row.reg_no[-1] != "A" else "B")


def _swapped(row: Row) -> None:
    at = next(at for at in range(8, 16) if row.reg_no[at] != row.reg_no[at + 1])
    row.reg_no = row.reg_no[:at] + row.reg_no[at + 1] + row.reg_no[at] + row.reg_no[at + 2 :]


def _letter(row: Row) -> None:
    row.reg_no = row.reg_no[:8] + "O" + row.reg_no[9:]


def _short(row: Row) -> None:
    row.reg_no = row.reg_no[:-1]


def _no_contact(row: Row) -> None:
    row.phone = row.email = ""


def _ambiguous(row: Row) -> None:
    row.date_text = f"{row.when.day % 12 + 1:02d}/{row.when.month:02d}/{row.when.year}"


FAULTS = {
    "wrong check character": (5, _wrong_check),
    "two characters swapped": (2, _swapped),
    "letter O in the number": (2, _letter),
    "number one character short": (2, _short),
    "no registration number": (2, _set(reg_no="")),
    "no company name": (1, _set(company="")),
    "no contact person": (3, _set(contact="")),
    "neither telephone nor mail": (2, _no_contact),
    "telephone that is none": (2, _set(phone="见名片")),
    "mail address that is none": (2, _set(email="client.example.com")),
    "no amount": (2, _set(amount="")),
    "amount of nought": (1, _set(amount="0")),
    "negative amount": (1, _set(amount="-3,000万元")),
    "amount as a range": (1, _set(amount="5-8亿")),
    "no project name": (1, _set(project="")),
    "unknown sector": (1, _set(sector="元宇宙")),
    "day that is not": (1, _set(date_text="2026-02-30")),
    "day or month first": (2, _ambiguous),
}
"""Fault -> (how often in 150 rows, what is done to the row)."""


def repeat(dice: random.Random, rows: list[Row], sources: list[Row], count: int, fault: str) -> list[Row]:
    """Rows that say again what `sources` said, written another way, put in the place of the last sound ones."""
    sound = [row for row in sources if row.expected == "ok"]
    replaced = [row for row in rows if row.expected == "ok" and row not in sources[: len(sources) // 2]][-count:]
    originals = dice.sample([row for row in sound if row not in replaced][: len(sound) // 2], count)
    for old, first in zip(replaced, originals, strict=True):
        copy = Row(**{name: getattr(first, name) for name in Row.__dataclass_fields__})
        copy.tags = {"repeat"}
        copy.company = first.company.replace("(", "(").replace(")", ")").replace("电", "電")
        copy.amount = f"{first.amount_wan / 10_000:.4f}".rstrip("0").rstrip(".") + "亿元"
        copy.date_text, copy.phone = write_date(dice, first.when), first.phone
        copy.fault, copy.expected = fault, "duplicate"
        rows[rows.index(old)] = copy
    return rows


def make() -> tuple[list[Row], list[Row]]:
    """The rows of the UTF-8 file and of the GB18030 file."""
    dice = random.Random(SEED)
    rows = make_rows(dice)
    first, second = rows[:UTF8_ROWS], rows[UTF8_ROWS:]
    spoil(dice, first)
    spoil(dice, second)
    first = repeat(dice, first, first, 9, "repeats an earlier row")
    second = repeat(dice, second, second, 2, "repeats an earlier row")
    second = repeat(dice, second, first, 4, "repeats a row of the other file")
    return first, second


CHINESE_HEADER = [
    "序号", "咨询日期", "企业名称", "统一社会信用代码", "客户类型", "联系人", "职务", "联系电话", "电子邮箱",
    "大区", "行业类型", "项目名称", "项目进展", "融资用途", "融资金额(万元)", "币种", "贷款期限", "资本金比例",
    "核准情况", "有无财报", "线索来源", "同意联系", "备注",
]  # fmt: skip
ENGLISH_HEADER = [
    "Company", "USCC", "Client type", "Contact person", "Title", "Mobile", "E-mail", "Date", "Project",
    "Sector", "Region", "Stage", "Use of funds", "Amount (万元)", "Ccy", "Tenor", "Equity %", "Permits",
    "Financials", "Source", "Consent", "Remarks",
]  # fmt: skip


def chinese(number: int, row: Row) -> list[str]:
    return [
        *(str(number), row.date_text, row.company, row.reg_no, row.role, row.contact, row.title, row.phone),
        *(row.email, row.region, row.sector, row.project, row.stage, row.purpose, row.amount, "人民币"),
        *(row.tenor, row.equity, row.permits, row.financials, row.source, row.consent, row.note),
    ]


def english(row: Row) -> list[str]:
    return [
        *(row.company, row.reg_no, row.role, row.contact, row.title, row.phone, row.email, row.date_text),
        *(row.project, row.sector, row.region, row.stage, row.purpose, row.amount, "CNY", row.tenor, row.equity),
        *(row.permits, row.financials, row.source, row.consent, row.note),
    ]


def csv_bytes(header: list[str], lines: list[list[str]], encoding: str) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(lines)
    return out.getvalue().encode(encoding)


def workbook(rows: list[Row]) -> Workbook:
    """The first rows as a workbook: days as day cells, amounts as numbers where they are numbers."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "线索"
    sheet.append(CHINESE_HEADER)
    for number, row in enumerate(rows, start=1):
        cells: list[object] = list(chinese(number, row))
        if row.fault not in ("day that is not", "day or month first"):
            cells[1] = datetime(row.when.year, row.when.month, row.when.day)
        if row.expected == "ok":
            cells[CHINESE_HEADER.index("融资金额(万元)")] = row.amount_wan
        sheet.append(cells)
    book.properties.created = book.properties.modified = datetime(2026, 1, 15)
    return book


def files_as_bytes() -> dict[str, bytes]:
    """Name -> content of the CSV files."""
    first, second = make()
    return {
        "inquiries_150_utf8.csv": csv_bytes(
            CHINESE_HEADER, [chinese(number, row) for number, row in enumerate(first, start=1)], "utf-8-sig"
        ),
        "inquiries_50_gb18030.csv": csv_bytes(ENGLISH_HEADER, [english(row) for row in second], "gb18030"),
    }


def main() -> None:
    SAMPLES.mkdir(exist_ok=True)
    for name, content in files_as_bytes().items():
        (SAMPLES / name).write_bytes(content)
    workbook(make()[0][:XLSX_ROWS]).save(SAMPLES / "inquiries_30.xlsx")


if __name__ == "__main__":
    main()
