"""The plan workbench over a real evaluation: what the page computes, what is tried, what two versions differ in."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from io import BytesIO

import pytest
from flask.testing import FlaskClient
from openpyxl import load_workbook

from engine import api
from handlers import workbench
from handlers.finance.exact import rounded
from handlers.records import credit, projects
from tests.browser import gallery
from tests.browser.rooms import portfolio


@pytest.fixture
def client(enter: Callable[[str], FlaskClient]) -> FlaskClient:
    return enter("jin")


PLAN = f"/plans/{portfolio.PLANNED}"


def test_a_version_is_computed_again_to_what_was_kept(shown: gallery.Gallery) -> None:
    with shown.house.looking() as session:
        project = projects.get(session, portfolio.PLANNED)
        for plan in credit.plans_of(session, project.id):
            bench = workbench.bench(session, workbench.sheet_of(plan, project))
            assert bench.debt == plan.debt
            assert bench.metrics == plan.metrics, "the page says what the process said"
            paid = [row["payment"] for row in next(iter(plan.schedules.values()))["rows"]]
            assert [line.payment for line in bench.lines] == paid
            assert bench.capacity is not None and bench.target is not None
            carried = bench.capacity.caps["dscr"] * bench.target
            assert rounded(carried) == rounded(plan.metrics["llcr"] * plan.debt), "sized by what LLCR is measured by"
            assert sum(amount for _name, amount in bench.uses) == sum(amount for _name, amount in bench.sources)


def test_a_version_from_before_the_base_was_kept_begins_where_its_schedule_says(shown: gallery.Gallery) -> None:
    with shown.house.looking() as session:
        project = projects.get(session, portfolio.PLANNED)
        plan = credit.plans_of(session, project.id)[-1]
        old = replace(plan, terms={name: plan.terms[name] for name in ("facilities", "operations", "collateral")})
        bench, kept = (workbench.bench(session, workbench.sheet_of(one, project)) for one in (old, plan))
    assert bench.debt == kept.debt
    assert abs(bench.metrics["min_dscr"] - kept.metrics["min_dscr"]) < Decimal("0.01")
    assert bench.target is None and bench.capacity is None, "nobody said by which rules it was sized"


def test_the_page_shows_measures_flags_and_what_binds(client: FlaskClient) -> None:
    page = client.get(f"{PLAN}/1?language=en").get_data(as_text=True)
    assert "gearing of 82.76 % is above 80.00 %" in page
    assert "What binds: Target DSCR." in page and "more than the rules allow" in page
    assert page.count("data-chart=") == 5
    assert "Lowest DSCR under stress" in page and "Break-even" in page and "Schedule" in page


def test_figures_tried_are_shown_beside_and_kept_nowhere(shown: gallery.Gallery, client: FlaskClient) -> None:
    answer = client.post(f"{PLAN}/1/try?language=en", data={"0.amount": "200,000,000", "rate_add": "0.5"})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200 and "was 240,000,000" in page and "was 1.13" in page
    assert "gearing of" not in page
    said = page.partition('id="try-said"')[2]  # what stays in sight while figures are typed
    assert "(was 1.13)" in said and "Red flags" in said
    refused = client.post(f"{PLAN}/1/try?language=en", data={"0.months": "97"})
    assert refused.status_code == 422 and refused.get_data(as_text=True).count("no whole instalments") == 2
    refused = client.post(f"{PLAN}/1/try?language=en", data={"0.rate_pct": "abc"})
    assert "Rate (%): not a number: abc" in refused.get_data(as_text=True), "by the name of the field"
    with shown.house.looking() as session:
        assert len(credit.plans_of(session, projects.get(session, portfolio.PLANNED).id)) == 2


def test_what_was_tried_goes_into_the_open_plan_task_as_its_draft(
    shown: gallery.Gallery, enter: Callable[[str], FlaskClient]
) -> None:
    task = portfolio.waits(shown, "ut_plan")[0]
    somebody_else = enter("ma").post(f"{PLAN}/2/take", data={"0.amount": "1"})
    assert somebody_else.status_code == 403
    owner = str(task["assignee"] or "jin")
    answer = enter(owner).post(f"{PLAN}/2/take", data={"0.amount": "220000000"})
    assert answer.status_code == 302 and answer.headers["Location"] == f"/tasks/{task['id']}"
    with shown.house.looking() as session:
        draft = api.draft(session, api.actor(session, owner), int(str(task["id"])))
    assert draft is not None and draft["facilities"][0]["amount"] == "220000000"
    assert draft["covenants"][0]["code"] == "DSCR"


def test_two_versions_differ_in_words_and_figures(client: FlaskClient, shown: gallery.Gallery) -> None:
    with shown.house.looking() as session:
        new, old = credit.plans_of(session, projects.get(session, portfolio.PLANNED).id)
    found = workbench.compared(old, new)
    assert {(one.field, str(one.before), str(one.after)) for one in found.changes} == {
        ("amount", "240000000", "236000000"), ("months", "96", "108"), ("rate_pct", "5", "4.85"),
    }  # fmt: skip
    assert ("debt", Decimal("240000000.00"), Decimal("236000000.00")) in found.measures
    assert len(found.rows) == 9 and found.rows[-1].old is None
    page = client.get(f"{PLAN}/compare?language=en").get_data(as_text=True)
    assert re.search(r"4\.85", page) and "Rate (%)" in page


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_files_hold_the_figures_of_the_page(client: FlaskClient, language: str) -> None:
    book = load_workbook(BytesIO(client.get(f"{PLAN}/1/export.xlsx?language={language}").data))
    schedule = book["还款计划" if language == "zh" else "Schedule"]
    assert next(row[5].value for row in schedule.iter_rows(min_row=2)) == 37132031.01
    assert client.get(f"{PLAN}/1/export.pdf?language={language}").data.startswith(b"%PDF")
