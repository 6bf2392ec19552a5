"""A company's industry is a division of GB/T 4754-2017; a project's sector is something else."""

import pytest

from handlers import industries, records
from handlers.records import links, parties, projects
from tests.handlers.conftest import NOW, Desk
from tests.handlers.people import profile
from tests.handlers.test_intake import register


def test_the_divisions_are_all_ninety_seven() -> None:
    assert [code[1:] for code in industries.DIVISIONS] == [f"{number:02d}" for number in range(1, 98)]
    assert [code[0] for code in industries.DIVISIONS] == sorted(code[0] for code in industries.DIVISIONS)
    assert "".join(sorted({code[0] for code in industries.DIVISIONS})) == "ABCDEFGHIJKLMNOPQRST"


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("D44", "D44"), ("d4415", "D4415"), ("４４", "D44"), ("4411", "D4411"), (" N77 ", "N77"),
        ("电力、热力生产和供应业", "D44"), ("電力、熱力生產和供應業", "D44"), ("电力生产", "D44"), ("水务", "D46"),
        ("E44", None), ("00", None), ("98", None), ("D44151", None), ("renewable_power", None), ("", None),
    ],
)  # fmt: skip
def test_codes_and_names_are_understood_and_nothing_is_guessed(said: str, code: str | None) -> None:
    assert industries.code(said) == code


def test_a_code_is_told_with_its_name() -> None:
    assert industries.called("D4415") == "D4415 电力、热力生产和供应业"
    assert industries.called("G55", "en") == "G55 Water transport"
    assert industries.called("渔光互补") == "渔光互补"


def test_an_inquirys_sector_is_the_projects_alone(desk: Desk) -> None:
    made = register(desk, sector="renewable_power")
    with desk.runtime.reading() as session:
        card = records.client_card(session, str(made["client_key"]))
    assert (card.party.industry, card.projects[0].sector) == (None, "renewable_power")


@pytest.mark.parametrize(
    ("stood", "said", "stands"),
    [
        (None, "D44", "D44"),
        (None, "电力", "D44"),
        ("D4415", "D44", "D4415"),
        ("D4415", "L72", "L72"),
        ("D44", "?", "D44"),
    ],
)
def test_the_profile_writes_the_code_and_keeps_a_finer_one(
    desk: Desk, stood: str | None, said: str, stands: str
) -> None:
    made = register(desk)
    client = int(str(made["party_id"]))
    if stood is not None:
        with desk.runtime.transaction() as session:
            parties.change(session, client, {"industry": stood}, records.Stamp(NOW, "sun", "provider:registry"))
    given = profile(industry=said, party_id=made["party_id"], project_key=made["project_key"])
    desk.run("book.save_profile", given)
    with desk.runtime.reading() as session:
        assert parties.get(session, client).industry == stands
        assert projects.get(session, "PJ-2026-0001").sector == "renewable_power"


def test_the_clients_form_is_filled_with_the_division(desk: Desk) -> None:
    made = register(desk)
    client = int(str(made["party_id"]))
    with desk.runtime.transaction() as session:
        parties.change(session, client, {"industry": "D4415"}, records.Stamp(NOW, "sun", "provider:registry"))
        _, token = links.create(
            session, business_key="PJ-2026-0001", party_id=client, form="client_profile",
            message="client_form_submitted", now=NOW, expires_at=NOW,
        )  # fmt: skip
        link = links.find(session, token)
        assert link is not None
        assert links.prefill(session, link)["industry"] == "D44"
