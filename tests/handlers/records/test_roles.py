"""One company stands in many projects, in a role of its own in each."""

from handlers import records
from handlers.records import parties, projects
from handlers.records.changes import Stamp
from tests.handlers.conftest import NOW, Desk

BY = Stamp(NOW, "li", "test")


def test_a_sponsor_of_one_project_is_the_guarantor_of_another(quick_desk: Desk) -> None:
    with quick_desk.runtime.transaction() as session:
        company = parties.create(session, {"legal_name": "华丰集团"}, BY, 2026)
        wind, road = (projects.create(session, {"name": name}, BY, 2026) for name in ("风电", "公路"))
        projects.give_role(session, company.id, wind.id, "sponsor", BY)
        projects.give_role(session, company.id, road.id, "guarantor", BY)
        projects.give_role(session, company.id, road.id, "sponsor", BY)
    with quick_desk.runtime.reading() as session:
        held = [(one.project_name, one.role) for one in records.client_card(session, company.business_key).roles]
        of_road = [one.role for one in projects.roles_of(session, project_id=road.id)]
    assert held == [("风电", "sponsor"), ("公路", "guarantor"), ("公路", "sponsor")]
    assert of_road == ["guarantor", "sponsor"]
