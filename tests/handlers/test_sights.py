"""Who sees what of a client."""

from engine.api import SYSTEM, Actor
from handlers import sights
from handlers.reports.client import NOT_FOR_MARKETING


def of(*teams: str) -> Actor:
    return Actor("somebody", frozenset(teams))


def test_marketing_sees_no_bureau_data_and_who_decides_on_credit_does() -> None:
    assert sights.hidden(of("marketing")) >= NOT_FOR_MARKETING
    assert sights.hidden(of("analyst")) == sights.hidden(of("auditor")) == sights.hidden(SYSTEM) == frozenset()
    values = {"client_name": "甲公司", "bureau_score": 612, "pd": "0.02"}
    assert sights.without_hidden(of("marketing"), values) == {"client_name": "甲公司"}
    assert sights.without_hidden(of("marketing", "rm"), values) == values


def test_investor_relations_alone_are_shown_a_segment_and_with_another_team_all() -> None:
    assert sights.segment(of("investor_relations")) == {"investor"}
    assert sights.segment(of("investor_relations", "service_desk")) is sights.segment(of()) is None
