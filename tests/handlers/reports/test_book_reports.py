"""Reports about a client, a project and the house say what the book says."""

import io
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy.orm import Session

from engine import api, watcher, worker
from engine.errors import InvalidInput, NotFound
from engine.queries.kpis import kpis
from handlers.records import tables as book
from handlers.records.changes import Stamp, insert
from handlers.reports.client import NOT_FOR_MARKETING
from handlers.reports.content import Facts, Report, Table, shown
from handlers.reports.ordering import Ordered, build
from handlers.reports.sheets import xlsx
from handlers.reports.vocabulary import WORDS, word
from tests.bpmn.packages import FOLDER
from tests.handlers.conftest import NOW, Desk
from tests.handlers.people import inquiry
from tests.handlers.reports.test_papers import text_of
from tests.paths import ROOT
from web.cli import run

MARCH = {"since": date(2026, 3, 1), "until": date(2026, 3, 31)}
STAMP = Stamp(NOW, "li", "test")


@pytest.fixture
def made(quick_desk: Desk) -> Mapping[str, Any]:
    return quick_desk.run("intake.register", inquiry())


def put(session: Session, table: str, **values: Any) -> int:
    return insert(session, book.metadata.tables[table], values, STAMP)


def table(report: Report, id: str) -> Table:
    found = report.section(id)
    assert isinstance(found, Table)
    return found


def furnish(session: Session, made: Mapping[str, Any]) -> None:
    project = book.metadata.tables["project"]
    project_id = session.execute(project.select()).mappings().one()["id"]
    facts = {"project_id": project_id, "party_id": int(made["party_id"]), "currency": "CNY", "months": 180}
    zeros = {"grace_months": 0, "availability_months": 24, "created_at": NOW, "created_by": "li"}
    put(session, "facility", business_key="FA-2026-0001", name="A", type="term", profile="level", state="available",
        amount=Decimal("612345678.90"), drawn=Decimal("1234.56"), repaid=Decimal(0), rate_pct=Decimal("4.2"),
        **facts, **zeros)  # fmt: skip
    put(session, "complaint", business_key="CP-2026-0001", kind="complaint", state="closed", subject="放款", text="迟",
        language="zh", category="service", severity="normal", level=1, received_at=NOW, closed_at=NOW, escalated=False,
        disputes=0, party_id=int(made["party_id"]))  # fmt: skip
    test = {"business_key": "TD-FA-2026-0001-2026Q1", "facility_key": "FA-2026-0001", "test_date": date(2026, 3, 31),
            "covenant": "DSCR", "metric": "dscr", "direction": "min", "default_level": Decimal("1.05"),
            "at": NOW, "by": "jin"}  # fmt: skip
    put(session, "covenant_test", value=None, status="DATA_MISSING", round=1, **test)
    put(session, "covenant_test", value=Decimal("1.2345"), status="COMPLIANT", round=2, **test)
    alert = {"subject_key": "FA-2026-0001", "metric": "dscr", "source": "feed", "text": "低", "text_en": "low",
             "notes": [], "opened_by": "feed"}  # fmt: skip
    for number, (level, opened, closed, state) in enumerate(
        (
            ("red", NOW, None, "open"),
            ("red", NOW - timedelta(days=60), NOW, "closed"),
            ("amber", NOW - timedelta(days=60), NOW - timedelta(days=50), "closed"),
        )
    ):
        put(session, "alert", business_key=f"AL-2026-000{number}", level=level, opened_at=opened, closed_at=closed,
            state=state, **alert)  # fmt: skip


def test_client_360_has_its_blocks_and_leaves_out_what_a_reader_may_not_see(
    quick_desk: Desk, made: Mapping[str, Any]
) -> None:
    with quick_desk.runtime.transaction() as session:
        furnish(session, made)
    with quick_desk.runtime.reading() as session:
        whole = build(session, Ordered("client_360", made["client_key"]))
        less = build(session, Ordered("client_360", made["client_key"], without=NOT_FOR_MARKETING))
    assert {"profile", "people", "projects", "facilities", "tasks", "timeline", "cases"} <= {
        one.id for one in whole.sections
    }
    assert {one.id for one in whole.sections} - {one.id for one in less.sections} == NOT_FOR_MARKETING
    assert table(whole, "facilities").rows[0]["amount"] == Decimal("612345678.90")
    assert len(table(whole, "timeline").rows) == 1
    assert word(table(whole, "complaints").rows[0]["state"], "zh") == "已办结", "not repaid, as a deal is"
    told = quick_desk.run("report.client_360", {"party_id": made["party_id"], "without": ["credit"]})
    again = quick_desk.run("report.render", {"template": "client_360", "data": told["report_data"], "format": "xlsx"})
    visible = tuple(one for one in whole.sections if one.id != "credit")
    assert again["figures_hash"] == replace(whole, sections=visible).sha256()


def test_the_investor_pack_counts_alerts_as_the_register_does_and_shows_the_last_round(
    quick_desk: Desk, made: Mapping[str, Any]
) -> None:
    with quick_desk.runtime.transaction() as session:
        furnish(session, made)
    with quick_desk.runtime.reading() as session:
        pack = build(session, Ordered("investor_pack", made["project_key"], **MARCH))
        certificate = build(session, Ordered("covenant_certificate", "TD-FA-2026-0001-2026Q1"))
    assert table(pack, "alerts").rows == (
        {"level": "red", "raised": 1, "closed": 1, "open": 1, "days": 60},
        {"level": "amber", "raised": 0, "closed": 0, "open": 0, "days": None},
    )
    (tested,) = table(pack, "covenants").rows
    assert (tested["value"], tested["status"]) == (Decimal("1.2345"), "COMPLIANT")
    assert table(certificate, "tests").rows[0]["value"] == Decimal("1.2345")
    sheet = load_workbook(io.BytesIO(xlsx(pack, "zh", quick_desk.runtime.zone)))["融资概况"]
    assert Decimal(str(sheet["F2"].value)) == Decimal("612345678.90")
    assert not re.search("[a-z]", f"{sheet['C2'].value}{sheet['D2'].value}"), "no code of ours"


def test_a_report_is_written_into_a_file_by_command(
    quick_desk: Desk, made: Mapping[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DEALFLOW_DATABASE_URL", quick_desk.runtime.settings.database_url)
    monkeypatch.setenv("DEALFLOW_DATA_DIR", str(tmp_path))
    out = tmp_path / "pack.pdf"
    assert run(["report", "investor_pack", made["project_key"], "--out", str(out), "--since", "2026-01-01",
                "--until", "2026-12-31", "--language", "en"]) == 0  # fmt: skip
    assert "2026-01-01 – 2026-12-31" in text_of(out.read_bytes())
    assert run(["report", "kpi_pack", "--out", str(tmp_path / "kpi.xlsx")]) == 0
    assert run(["report", "client_360", "CL-2026-9999", "--out", str(out)]) == 3


def test_papers_ask_for_what_they_lack(quick_desk: Desk, made: Mapping[str, Any]) -> None:
    with quick_desk.runtime.reading() as session:
        with pytest.raises(InvalidInput, match="facilities"):
            build(session, Ordered("term_sheet", made["project_key"]))
        with pytest.raises(NotFound):
            build(session, Ordered("contract_draft", "PJ-2026-0999"))
        assert isinstance(build(session, Ordered("kpi_pack")).sections[0], Facts)


def test_the_kpi_pack_says_what_the_engine_s_figures_say(quick_desk: Desk) -> None:
    runtime = quick_desk.runtime
    assert not watcher.deploy_folder(runtime, FOLDER / "scheduled_reports", api.SYSTEM).faults
    with runtime.transaction() as session:
        api.start(session, api.SYSTEM, "scheduled_reports", {}, business_key="RP-1")
    worker.drain(runtime)
    worker.run_statistics(runtime)
    with runtime.reading() as session:
        pack = build(session, Ordered("kpi_pack", language="en", **MARCH))
        figures = kpis(session, "scheduled_reports", **MARCH)
    told = [*table(pack, "shares").rows, *table(pack, "durations").rows]
    assert {(row["name"], row["part"], row["whole"]) for row in told} == {
        (one.name_en, one.part, one.whole) for one in figures
    }
    assert all(row["process"] == "Scheduled reports" for row in told)
    cycle = next(row for row in told if row["name"] == "cycle time (median)")
    assert cycle["whole"] == 1 and cycle["value"] is not None


def test_a_house_s_own_field_is_made_by_command_and_stands_in_the_report(
    quick_desk: Desk, made: Mapping[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEALFLOW_DATABASE_URL", quick_desk.runtime.settings.database_url)
    monkeypatch.setenv("DEALFLOW_DATA_DIR", str(quick_desk.runtime.settings.data_dir))
    words = ["--label", "绿色类别", "--label-en", "Green class"]
    assert run(["field", "add", "party", "green", "choice", *words, "--choice", "wind=风电=Wind"]) == 0
    assert run(["field", "set", made["client_key"], "green", "wind"]) == 0
    assert run(["field", "set", made["client_key"], "green", "coal"]) == 3
    with quick_desk.runtime.reading() as session:
        section = build(session, Ordered("client_360", made["client_key"])).section("custom")
    assert isinstance(section, Facts)
    (fact,) = section.rows
    assert shown(fact.value, fact.form, "en", quick_desk.runtime.zone) == "Wind"
    assert (run(["field", "retire", "party", "green"]), run(["field"])) == (0, 0)


def test_a_grade_is_called_the_same_on_paper_as_in_the_form_that_gives_it() -> None:
    form = json.loads((ROOT / "bpmn/credit_evaluation/forms/rating_confirmation.form").read_text(encoding="utf-8"))
    [choice] = [one for one in form["components"] if one.get("key") == "slotting_choice"]
    assert {one["value"]: one["label"] for one in choice["values"]} == {
        grade: WORDS[grade][0] for grade in ("Strong", "Good", "Satisfactory", "Weak")
    }
