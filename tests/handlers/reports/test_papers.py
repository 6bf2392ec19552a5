"""A paper's figures are the figures handed in, to the cent, in the PDF and in the workbook; a fault names its place."""

import io
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from openpyxl import load_workbook
from pypdf import PdfReader

from engine.errors import DocumentDamaged
from handlers import documents as files
from handlers.records import documents
from tests.handlers.conftest import Desk

DEAL: Mapping[str, Any] = {
    "client_name": "江南绿源新能源有限公司",
    "client_key": "CL-2026-0001",
    "project_name": "盐城 200MW 渔光互补项目",
    "project_key": "PJ-2026-0001",
    "capex": Decimal("980000000"),
    "equity_pct": Decimal(30),
    "currency": "CNY",
    "facilities": [
        {"name": "A", "type": "term", "amount": Decimal("612345678.905"), "currency": "CNY", "months": 180,
         "grace_months": 12, "profile": "sculpted", "rate_pct": Decimal("4.2"), "margin_pct": Decimal("1.15")},
        {"name": "B", "type": "vat", "amount": Decimal("67654321.10"), "currency": "CNY", "months": 24,
         "profile": "bullet", "rate_pct": Decimal("3.95")},
    ],
    "covenants": [
        {"code": "DSCR", "name": "偿债覆盖率", "kind": "financial", "metric": "dscr", "direction": "min",
         "default_level": Decimal("1.05"), "lockup_level": Decimal("1.15"), "frequency": "semiannual",
         "due_days": 45, "cure_days": 30},
    ],
    "conditions": [{"text": "公司授权文件", "owner_group": "legal", "phase": "initial", "waivable": False}],
    "slotting_category": "Good",
    "stress": [{"name": "base", "min_dscr": Decimal("1.3012"), "avg_dscr": Decimal("1.4"), "llcr": None}],
    "risk_opinion": "同意。关注限电风险。",
    "similar_cases": [{"name": "某风电项目", "distance": Decimal("0.1234"), "reasons": [{"text": "同为风电"}]}],
    "approval": {"conditions": ["股东追加担保"], "valid_until": "2026-09-01"},
}  # fmt: skip


def text_of(content: bytes) -> str:
    pages = PdfReader(io.BytesIO(content)).pages
    return "".join(page.extract_text() for page in pages).replace("\n", "")


def made(desk: Desk, topic: str, inputs: Mapping[str, Any], **changes: Any) -> tuple[Mapping[str, Any], bytes]:
    told = desk.run(topic, inputs, **changes)
    with desk.runtime.reading() as session:
        return told, files.content(session, documents.get(session, told["file_id"]))


def test_every_paper_shows_the_figures_handed_in_in_both_languages(quick_desk: Desk) -> None:
    tests = [{"metric": "dscr", "value": Decimal("1.0499"), "default_level": Decimal("1.05"), "status": "DEFAULT"}]
    certificate = {"facility_key": "FA-2026-0001", "test_date": "2026-06-30", "tests": [*tests, {"metric": "llcr"}]}
    for template, language, expected in (
        (
            "credit_memo",
            "zh",
            (
                "612,345,678.91",
                "67,654,321.10",
                "980,000,000.00",
                "1.30",
                "按现金流定制",
                "限电风险",
                "同为风电",
                "基准",
            ),
        ),
        ("credit_memo", "en", ("612,345,678.91", "term loan", "4.20%", "1.15%", "at least")),
        ("term_sheet", "zh", ("612,345,678.91", "借款人", "公司授权文件", "股东追加担保")),
        ("contract_draft", "en", ("612,345,678.91", "Schedule 1", "No security is agreed")),
        ("covenant_certificate", "zh", ("1.05", "违约", "DATA_MISSING")),
    ):
        told, content = made(
            quick_desk, "doc.generate", {"template": template, "language": language, **DEAL, **certificate}
        )
        found = text_of(content)
        assert [one for one in expected if one not in found] == [], template
        assert told["figures_hash"] in found
    assert "限电" not in text_of(made(quick_desk, "doc.generate", {"template": "term_sheet", **DEAL})[1])


def test_the_workbook_holds_the_same_numbers_exactly(quick_desk: Desk) -> None:
    _, content = made(quick_desk, "memo.render", {"format": "xlsx", **DEAL})
    sheet = load_workbook(io.BytesIO(content))["融资方案"]
    head, *rows = sheet.iter_rows(values_only=True)
    amounts = [Decimal(str(row[head.index("金额")])) for row in rows]
    assert amounts == [facility["amount"] for facility in DEAL["facilities"]]


def test_the_same_content_is_the_same_version_and_a_job_makes_its_paper_once(quick_desk: Desk) -> None:
    first, content = made(quick_desk, "memo.render", DEAL, job_key="7001:1")
    again, _ = made(quick_desk, "memo.render", {**DEAL, "amount": 1}, job_key="7001:1")
    same, same_content = made(quick_desk, "memo.render", DEAL)
    other, _ = made(quick_desk, "memo.render", {**DEAL, "amount": Decimal(5)})
    assert first == again
    assert (same["file_id"], same_content) == (first["file_id"], content)
    assert (first["file_version"], other["file_version"]) == (1, 2)


def test_what_a_paper_cannot_be_without_is_named(quick_desk: Desk) -> None:
    fault = quick_desk.refused("memo.render", {"client_name": "华丰"})
    assert (fault.code, fault.variables["place"]) == ("TEMPLATE_ERROR", "project_name, facilities")
    assert "项目名称、融资方案" in str(fault.variables["template_error"])


def test_a_template_at_fault_is_named_with_its_line(quick_desk: Desk) -> None:
    own = quick_desk.runtime.settings.data_dir / "templates" / "zh"
    own.mkdir(parents=True)
    (own / "term_sheet.typ").write_text('#import "/house.typ": *\n#show: page-of\n\n#d.no_such_thing\n')
    fault = quick_desk.refused("doc.generate", {"template": "term_sheet", **DEAL})
    assert fault.code == "TEMPLATE_ERROR"
    assert fault.variables["place"] == "zh/term_sheet.typ:4:3"


@pytest.mark.parametrize("form", ["pdf", "xlsx"])
def test_sections_of_any_report_are_set_by_the_general_template(quick_desk: Desk, form: str) -> None:
    table = {
        "id": "t",
        "title": "预警",
        "columns": [{"key": "n", "label": "数量", "form": "whole"}],
        "rows": [{"n": 7}],
    }
    words = {"id": "p", "title": "说明", "text": "=1+1 是\x0b文字"}
    data = {"title": "投资者报告", "subject": "项目", "sections": [table, words]}
    _, content = made(quick_desk, "report.render", {"template": "anything", "data": data, "format": form})
    if form == "pdf":
        assert "预警" in text_of(content) and "7" in text_of(content)
    else:
        book = load_workbook(io.BytesIO(content))
        assert book["预警"]["A2"].value == 7
        assert book["说明"]["A1"].value == "'=1+1 是文字"


def test_bytes_that_changed_on_disk_are_refused(quick_desk: Desk) -> None:
    told, _ = made(quick_desk, "memo.render", DEAL)
    place = quick_desk.runtime.settings.data_dir / "files" / told["file_hash"][:2] / told["file_hash"]
    place.write_bytes(b"something else")
    with quick_desk.runtime.reading() as session, pytest.raises(DocumentDamaged):
        files.content(session, documents.get(session, told["file_id"]))
