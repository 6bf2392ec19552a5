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


def test_what_a_bureau_and_the_screening_said_is_hidden_however_deep_and_links_from_all_but_administrators() -> None:
    case = {
        "client_name": "甲公司",
        "credit_events": {"report_no": "R1"},
        "overdue_amount": "7654321",
        "hits": [{"name": "某人"}],
        "approval": {"by": "lu", "pd": "0.02"},
        "people": [{"name": "林海", "pep": True}],
        "link_url": "https://house.example/link/secret",
    }
    shown = {"client_name": "甲公司", "approval": {"by": "lu"}, "people": [{"name": "林海"}]}
    assert sights.without_hidden(of("marketing"), case) == shown
    assert sights.without_hidden(of("rm"), case).keys() == case.keys() - {"link_url"}
    assert sights.without_hidden(SYSTEM, case) == case


def test_investor_relations_alone_are_shown_a_segment_and_with_another_team_all() -> None:
    assert sights.segment(of("investor_relations")) == {"investor"}
    assert sights.segment(of("investor_relations", "service_desk")) is sights.segment(of()) is None
