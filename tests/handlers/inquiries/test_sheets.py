"""Files of any writer are read within limits; a file that cannot be read is refused as a whole, in words."""

import io
import zipfile
from datetime import date
from decimal import Decimal

import pytest
from openpyxl import Workbook

from engine.errors import InvalidInput
from handlers.inquiries import columns, sheets

MOST = 1_000_000
LINES = "企业名称,联系人\r\n华丰风电,王敏\r\n\r\n,\r\n澄远光伏,李伟\r\n"


@pytest.mark.parametrize(
    ("encoding", "kind"), [("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("gb18030", "gb18030"), ("utf-16", "utf-16")]
)
def test_the_encoding_is_found(encoding: str, kind: str) -> None:
    sheet = sheets.read(LINES.encode(encoding), "a.csv", MOST)
    assert (sheet.kind, sheet.header) == (kind, ("企业名称", "联系人"))
    assert sheet.rows == ((2, ("华丰风电", "王敏")), (5, ("澄远光伏", "李伟")))


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_found_and_quoted_line_breaks_keep_the_line_numbers(delimiter: str) -> None:
    text = f'a{delimiter}b\n"x\ny"{delimiter}1\nz{delimiter}2\n'
    assert [line for line, _ in sheets.read(text.encode(), "a.csv", MOST).rows] == [2, 4]


def book(*rows: list[object]) -> bytes:
    made = Workbook()
    assert made.active is not None
    for row in rows:
        made.active.append(row)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def test_a_workbooks_days_and_numbers_stay_exact() -> None:
    sheet = sheets.read(book(["a", "b", "c"], [date(2026, 1, 5), 0.1, 12345678.9]), "a.xlsx", MOST)
    assert sheet.rows == ((2, (date(2026, 1, 5), Decimal("0.1"), Decimal("12345678.9"))),)


def test_a_formula_is_no_value() -> None:
    sheet = sheets.read(book(["a"], ["=1+1"]), "a.xlsx", MOST)
    assert isinstance(sheet.rows[0][1][0], sheets.Formula)


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("xl/worksheets/sheet1.xml", b"0" * (sheets.MOST_UNPACKED_BYTES + 1))
    return out.getvalue()


def declaring() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book(["a"]))) as good, zipfile.ZipFile(out, "w") as package:
        for part in good.infolist():
            content = good.read(part)
            if part.filename == "xl/workbook.xml":
                content = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + content
            package.writestr(part.filename, content)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "name", "why"),
    [
        (b"x" * (MOST + 1), "a.csv", "at most 1,000,000"),
        (b"", "a.csv", "empty"),
        (b" \n", "a.csv", "empty"),
        (b"\n,,\n", "a.csv", "no header"),
        (b"a,b\n\xff\xff\xff\xff", "a.csv", "line 2 is neither UTF-8 nor GB18030"),
        (b"not a workbook", "a.xlsx", "name it .csv"),
        (b"PK\x03\x04 broken", "a.csv", "damaged"),
        (b"\xd0\xcf\x11\xe0 old", "a.xls", "save as .xlsx"),
        (b"a\n" + b"1\n" * (sheets.MOST_ROWS + 1), "a.csv", "split the file"),
        (b"a\n" + b"1," * 300 + b"1\n", "a.csv", "columns"),
        (b'a\n"' + b"x" * 200_000 + b'"\n', "a.csv", "line 2 cannot be read"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(content: bytes, name: str, why: str) -> None:
    with pytest.raises(InvalidInput, match=why) as caught:
        sheets.read(content, name, MOST)
    assert name in str(caught.value)
    assert caught.value.text("zh") != str(caught.value)


def test_a_workbook_that_unpacks_to_too_much_is_refused() -> None:
    with pytest.raises(InvalidInput, match="unpacks to too much"):
        sheets.read(bomb(), "a.xlsx", MOST)


def test_a_workbook_with_a_doctype_is_refused() -> None:
    with pytest.raises(InvalidInput, match="DOCTYPE"):
        sheets.read(declaring(), "a.xlsx", MOST)


def test_headers_are_found_in_both_languages_and_any_order() -> None:
    chinese = ["序号", "＊客户名称", "联系人姓名", "手机号", "所属行业", "贷款用途", "拟融资额(亿元)"]
    english = ["Amount", "USE OF FUNDS", "industry", "E-mail", "Contact Person", "company_name"]
    found = columns.layout(chinese, "a.csv")
    assert found.places["client_name"] == 1 and found.amount_unit == 10**8 and found.unknown == ("序号",)
    assert columns.layout(english, "a.csv").places["client_name"] == 5


def test_a_wrong_header_names_what_is_missing_and_what_is_there() -> None:
    with pytest.raises(InvalidInput) as caught:
        columns.layout(["企业名称", "备注栏"], "a.csv")
    assert str(caught.value) == (
        "a.csv: missing columns: Contact person, Sector, Purpose, Amount, Telephone or E-mail; found: 企业名称, 备注栏"
    )
    assert caught.value.text("zh").startswith(
        "a.csv：缺少列：联系人、行业、融资用途、融资金额、联系电话或邮箱；表头现有：企业名称"
    )


def test_two_columns_of_one_meaning_are_refused() -> None:
    with pytest.raises(InvalidInput, match="two columns mean “Telephone”"):
        columns.layout(["企业名称", "联系电话", "手机"], "a.csv")


def test_the_vocabulary_has_no_header_twice() -> None:
    written = [
        (columns.header_key(text), column.field)
        for column in columns.COLUMNS
        for text in {columns.header_key(one): one for one in (column.field, column.name, *column.headers)}.values()
    ]
    assert len({key for key, _ in written}) == len(written)
