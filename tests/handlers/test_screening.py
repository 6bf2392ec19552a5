"""Outside sources: hits are found in any writing, and a dead source is an outcome of the diagram."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from handlers import records
from handlers.records import kyc
from handlers.screening import screen
from tests.handlers.conftest import NOW, Desk
from tests.handlers.people import inquiry

LISTS = [
    {"list": "TEST-UN", "kind": "person", "names": ["Ivan Petrovich SOKOLOV", "索科洛夫"]},
    {"list": "TEST-EU", "kind": "company", "names": ["北溟國際貿易有限公司"]},
]

Sources = Callable[..., None]


@pytest.fixture
def sources(desk: Desk) -> Sources:
    """Write the provider's files of this installation."""
    folder = desk.runtime.settings.data_dir / "providers"
    folder.mkdir()

    def write(**content: Any) -> None:
        for name, value in content.items():
            (folder / f"{name}.json").write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")

    write(sanctions={"status": "up", "provider": "test lists 7", "entries": LISTS})
    return write


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("SOKOLOV, Ivan Petrovich", "TEST-UN"),
        ("ivan petrovitch sokolov", "TEST-UN"),
        ("北溟国际贸易(香港)股份有限公司", "TEST-EU"),
        ("索科洛夫", "TEST-UN"),
    ],
)
def test_a_listed_name_is_found_in_any_writing(desk: Desk, sources: Sources, name: str, source: str) -> None:
    refused = desk.refused("party.screen_sanctions", {"party_ids": [None], "names": ["王敏", name]})
    (hit,) = refused.variables["hits"]  # type: ignore[misc]
    assert (refused.code, hit["name"], hit["list"], hit["provider"]) == ("SANCTIONS_HIT", name, source, "test lists 7")


def test_the_books_names_are_screened_too(desk: Desk, sources: Sources) -> None:
    made = desk.run("intake.register", inquiry(client_name="北溟国际贸易有限公司", reg_no=None))
    refused = desk.refused("party.screen_sanctions", {"party_ids": [made["party_id"]], "names": None})
    assert [hit["score"] for hit in refused.variables["hits"]] == [100]  # type: ignore[attr-defined]


def test_a_clean_client_passes_with_the_lists_hash(desk: Desk, sources: Sources) -> None:
    found = desk.run("party.screen_sanctions", {"names": ["华丰风电", "王敏", "索洛"]})
    assert (found["hits"], found["screened"], found["provider"]) == ([], 3, "test lists 7")
    assert len(found["list_sha256"]) == 64 and found["fetched_at"] == NOW


def test_short_names_must_be_equal() -> None:
    assert screen(["王敏丽"], [{"list": "x", "names": ["王敏力"]}]) == []


@pytest.mark.parametrize(
    "content",
    [{"status": "down"}, {"status": "up", "provider": "x"}, [], "nonsense"],
)
def test_a_source_that_is_down_is_an_outcome(desk: Desk, sources: Sources, content: Any) -> None:
    sources(sanctions=content)
    assert desk.refused("party.screen_sanctions", {"names": ["王敏"]}).code == "PROVIDER_DOWN"
    assert desk.refused("ext.company_registry", {"reg_no": "91310000607337822J"}).code == "PROVIDER_DOWN"


def test_the_registry_tells_what_differs(desk: Desk, sources: Sources) -> None:
    entry = {"legal_name": "华丰风电(上海)有限公司", "legal_rep": "钱进", "state": "active"}
    sources(registry={"status": "up", "provider": "test registry", "companies": {"91310000607337822J": entry}})
    inputs = {"reg_no": "9131 0000 6073 3782 2j", "name": "華豐風電(上海)有限公司", "legal_rep": "王敏"}
    found = desk.run("ext.company_registry", inputs)
    assert found["status"] == "found"
    assert found["differences"] == [{"field": "legal_rep", "given": "王敏", "registered": "钱进"}]
    assert desk.run("ext.company_registry", {"reg_no": "91320600MA1XK3P05X"})["status"] == "not_found"


def test_no_report_is_pulled_without_an_authorisation(desk: Desk, sources: Sources) -> None:
    made = desk.run("intake.register", inquiry())
    assert desk.refused("risk.pull_bureau", {"party_id": made["party_id"]}).code == "NO_AUTHORISATION"
    with desk.runtime.reading() as session:
        assert kyc.credit_records(session, int(made["party_id"])) == ()


def test_a_report_is_kept_with_its_origin(desk: Desk, sources: Sources) -> None:
    report = {"overdue": [], "guarantees": [], "defaults": [], "litigation": []}
    sources(bureau={"status": "up", "provider": "test bureau", "reports": {"91310000607337822J": report}})
    made = desk.run("intake.register", inquiry())
    desk.run("risk.pull_bureau", {"party_id": made["party_id"], "authorisation_id": "A-1"}, job_key="j")
    desk.run("risk.pull_bureau", {"party_id": made["party_id"], "authorisation_id": "A-1"}, job_key="j")
    with desk.runtime.reading() as session:
        (kept,) = records.client_card(session, made["client_key"]).credit
    assert (kept.source, kept.authorisation, len(kept.raw_sha256)) == ("provider:test bureau", "A-1", 64)


def test_the_shipped_demonstration_sources_can_be_read(desk: Desk) -> None:
    found = desk.run("party.screen_sanctions", {"names": ["王敏"]})
    assert "演示" in found["provider"]
    assert desk.run("ext.company_registry", {"reg_no": "0"})["status"] == "not_found"
