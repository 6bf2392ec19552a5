"""One client from the first inquiry to the last repayment: every process by its own messages, nothing typed twice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.store import tables as t
from handlers.records import cases, covenants, facilities, limits, parties, projects, security
from tests import databases
from tests.bpmn import intake_house as intake
from tests.stories.life import (
    KEY,
    LOAN,
    MILLION,
    LifeHouse,
    build,
    built_once,
    carry_out,
    evaluate,
    inquire,
    maintain,
    repay,
)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def house(
    request: pytest.FixtureRequest, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LifeHouse]:
    if request.param == "sqlite":
        entered = built_once(tmp_path_factory)
    else:
        url = databases.create(request.getfixturevalue("postgres_server"))
        entered = build(url, tmp_path)
    yield entered
    entered.runtime.database.dispose()
    if request.param == "postgres":
        databases.drop(request.getfixturevalue("postgres_server"), url)


LETTERS = [
    "term_sheet", "facility_available", "drawdown_received", "drawdown_paid", "maintenance_welcome",
    "survey_invitation", "survey_reminder", "covenant_certificate_request", "survey_invitation", "loan_repaid_thanks",
]  # fmt: skip
"""What the client is sent on the way, each once (the first survey is not answered, the last asks why they leave). The
survey and the covenants are cases of their own: which is first on one morning is nobody's promise."""


def test_a_client_goes_from_the_inquiry_to_the_last_repayment(house: LifeHouse) -> None:
    inquire(house)
    evaluate(house)
    facility = carry_out(house)
    maintain(house, facility)
    repay(house, facility)
    with house.looking() as session:
        project, client = projects.get(session, KEY), parties.by_reg_no(session, intake.REG_NO)
        assert client is not None
        loan, limit, case = facilities.get(session, facility), limits.find(session, KEY), cases.find(session, KEY)
        phases = [change.phase_to for change in projects.phases_of(session, project.id)]
        [tested] = covenants.tests_of(session, facility)
        assert {one.state for one in security.of_project(session, project.id)} == {"released"}
    assert phases == ["intake", "evaluation", "execution", "maintenance", "closed"]
    assert (project.name, project.capex, loan.amount) == (intake.INQUIRY["project_name"], 290 * MILLION, LOAN)
    assert (loan.party_id, loan.state, loan.balance) == (client.id, "closed", 0)
    assert limit is None or limit.used == 0
    assert tested.status == "COMPLIANT"
    assert case is not None and (case.outcome, case.release_consent) == ("repaid", True)
    assert house.rows(t.incident) == []
    of_the_deal = [row for row in house.rows(t.instance) if row["business_key"] == KEY]
    assert {row["state"] for row in of_the_deal} == {"completed"}
    told = house.letters()
    assert sorted(told) == sorted(LETTERS)
    assert (told[:5], told[-1:]) == (LETTERS[:5], LETTERS[-1:])
