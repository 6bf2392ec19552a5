"""An inquiry enters the book once, under its client, with nothing of what the book knows better overwritten."""

from decimal import Decimal

import pytest

from engine.errors import InvalidInput
from handlers import records
from handlers.records import inquiries, parties, projects
from tests.handlers.conftest import Desk
from tests.handlers.people import inquiry


def register(desk: Desk, business_key: str = "PJ-2026-0001", **changes: object) -> dict[str, object]:
    return dict(desk.run("intake.register", inquiry(**changes), business_key=business_key))


def test_an_inquiry_makes_client_contact_project_role_and_timeline(desk: Desk) -> None:
    made = register(desk)
    with desk.runtime.reading() as session:
        card = records.client_card(session, str(made["client_key"]))
    assert made["project_key"] == "PJ-2026-0001"
    assert made["client_key"] == "CL-2026-0001"
    assert card.party.legal_name == "华丰风电(上海)有限公司"
    assert card.party.reg_no == "91310000607337822J"
    assert [(one.name, one.mobile) for one in card.contacts] == [("王敏", "+8613812345678")]
    assert [(one.name, one.amount) for one in card.projects] == [("如东海上风电二期", Decimal("860000000.00"))]
    assert [one.role for one in card.roles] == ["borrower"]
    assert [one.subject for one in card.interactions] == ["融资咨询：如东海上风电二期"]
    assert card.origins["legal_name"].source == "website"


def test_the_same_job_twice_writes_once(desk: Desk) -> None:
    first = desk.run("intake.register", inquiry(), job_key="7001:svc_register")
    second = desk.run("intake.register", inquiry(), job_key="7001:svc_register")
    assert first == second
    with desk.runtime.reading() as session:
        card = records.client_card(session, str(first["client_key"]))
    assert (len(card.projects), len(card.interactions)) == (1, 1)


def test_a_known_registration_number_goes_to_its_client(desk: Desk) -> None:
    first = register(desk)
    second = register(desk, "PJ-2026-0002", project_name="启东光伏", client_name="华丰風電(上海)")
    assert second["party_id"] == first["party_id"]
    with desk.runtime.reading() as session:
        card = records.client_card(session, str(first["client_key"]))
    assert card.party.legal_name == "华丰风电(上海)有限公司"
    assert card.business_keys == ("CL-2026-0001", "PJ-2026-0002", "PJ-2026-0001")


def test_the_stewards_survivor_gets_the_new_matter(desk: Desk) -> None:
    first = register(desk)
    second = register(
        desk, "PJ-2026-0002", reg_no=None, dedupe_decision="merge_continue", survivor=first["party_id"],
        project_name="启东光伏",
    )  # fmt: skip
    assert second["party_id"] == first["party_id"]


def test_a_merge_without_a_survivor_is_refused(desk: Desk) -> None:
    with pytest.raises(InvalidInput, match="survivor"):
        register(desk, dedupe_decision="merge_continue")


def test_an_investor_is_a_client_under_the_key_that_was_drawn(desk: Desk) -> None:
    made = register(desk, "CL-2026-0042", client_role="investor", project_name="", client_name="远见产业基金")
    assert (made["client_key"], made["project_key"]) == ("CL-2026-0042", None)
    with desk.runtime.reading() as session:
        assert parties.get(session, "CL-2026-0042").kind == "fund"


def test_a_wrong_registration_number_does_not_enter_the_book(desk: Desk) -> None:
    made = register(desk, reg_no="91310000607337822K")
    with desk.runtime.reading() as session:
        assert parties.get(session, str(made["client_key"])).reg_no is None
        matter = inquiries.find(session, "PJ-2026-0001")
    assert made["reg_no"] == "91310000607337822K"
    assert matter is not None and matter.content["reg_no"] == "91310000607337822K"


def test_attaching_leaves_a_line_on_the_timeline_and_no_second_project(desk: Desk) -> None:
    first = register(desk)
    attached = desk.run(
        "intake.attach", {"party_id": first["party_id"], "source": "email", "need": "再次来信", "contact_name": "王敏",
                          "project_name": "如东海上风电二期"},
    )  # fmt: skip
    with desk.runtime.reading() as session:
        card = records.client_card(session, str(first["client_key"]))
    assert attached["client_key"] == first["client_key"]
    assert len(card.projects) == 1
    latest = card.interactions[0]
    assert (latest.channel, latest.text) == ("email", "再次来信")
    assert latest.project_id == card.projects[0].id


def test_merging_moves_every_link_and_leaves_a_signpost(desk: Desk) -> None:
    kept = register(desk)
    other = register(
        desk, "PJ-2026-0002", reg_no=None, client_name="华丰風電", phone="139 0000 1111", project_name="启东光伏"
    )
    desk.run("party.merge", {"survivor": kept["party_id"], "merged": other["party_id"], "by": "zhao.li"})
    again = desk.run("party.merge", {"survivor": kept["party_id"], "merged": other["party_id"], "by": "zhao.li"})
    with desk.runtime.reading() as session:
        card = records.client_card(session, str(other["client_key"]))
        moved = projects.roles_of(session, party_id=int(str(other["party_id"])))
    assert again["client_key"] == kept["client_key"] == card.party.business_key
    assert {one.name for one in card.projects} == {"如东海上风电二期", "启东光伏"}
    assert len(card.contacts) == 2 and len(card.interactions) == 2
    assert moved == ()


def test_two_registration_numbers_cannot_be_merged(desk: Desk) -> None:
    one = register(desk)
    two = register(
        desk, "PJ-2026-0002", reg_no="91320600MA1XK3P05X", client_name="别的公司", phone=None, email="x@y.com"
    )
    with pytest.raises(InvalidInput, match="registration numbers differ"):
        desk.run("party.merge", {"survivor": one["party_id"], "merged": two["party_id"]})
