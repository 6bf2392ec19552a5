"""For any project whoever checks it lists every rule that fired, on its page and over REST."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from engine import api, identity
from tests.house import PASSWORD, House
from tests.web.conftest import Visitor
from tests.web.test_beside_the_task import DECIDING, RULES
from tests.web.test_book import booked

WHO = Callable[[str], Visitor]
PAGE = "/projects/PJ-2026-0001/rules"


def decided(house: House) -> None:
    """A project in whose two cases a table decided, once by a rule; another project's case beside them."""
    booked(house)
    house.deploy("deciding", deciding_bpmn=DECIDING, rules_dmn=RULES)
    with house.writing() as session:
        identity.add_team(session, "auditor", "审计", "Audit")
        identity.add_person(session, "an", "安审")
        identity.add_member(session, "auditor", "an")
        identity.set_password(session, "an", PASSWORD)
        for price, key in ((98, "PJ-2026-0001"), (120, "PJ-2026-0001"), (97, "PJ-2026-0099")):
            api.start(session, api.SYSTEM, "deciding", {"price": price}, key)


def test_an_auditor_lists_every_rule_that_fired_for_a_project_and_marketing_none(house: House, visitor: WHO) -> None:
    decided(house)
    page = visitor("an").get(PAGE).get_data(as_text=True)
    assert "报价偏低" in page and "（本件：98）" in page and "本项目的业务中共有 2 次规则判定" in page
    assert "（本件：97）" not in page and "定价 · PJ-2026-0001" in page
    assert visitor("ma").get(PAGE).status_code == 404


def test_many_rules_stand_in_pages(house: House, visitor: WHO, monkeypatch: pytest.MonkeyPatch) -> None:
    decided(house)
    monkeypatch.setattr("web.projects.RULES_SHOWN", 1)
    an = visitor("an")
    latest, former = (an.get(f"{PAGE}{query}").get_data(as_text=True) for query in ("", "?page=2"))
    assert f'rel="next" href="{PAGE}?page=2"' in latest and f'rel="prev" href="{PAGE}?page=1"' in former


def test_a_program_lists_them_page_by_page_if_its_team_may_see_them(house: House, visitor: WHO) -> None:
    decided(house)
    with house.writing() as session:
        tokens = [api.make_token(session, team, f"clients team:{team}") for team in ("auditor", "marketing")]
    client = visitor("").client

    def ask(query: str, token: str) -> Any:
        path = f"/api/v1/projects/PJ-2026-0001/decisions?{query}"
        return client.get(path, headers={"Authorization": f"Bearer {token}"})

    first = ask("limit=1", tokens[0]).json
    then = ask(f"limit=1&cursor={first['next']}", tokens[0]).json
    [missed], [fired] = first["items"], then["items"]
    assert then["next"] is None and (missed["fired"], missed["inputs"]["price"]) == ([], "120")
    assert (fired["decision"], fired["element"], fired["process_version"]) == ("advice", "rule", 1)
    assert [rule["rule"] for rule in fired["fired"]] == [1]
    assert len(fired["model_hash"]) == 64 and fired["output"] == {"text": "报价偏低", "text_en": "The price is low"}
    assert ask("", tokens[1]).status_code == 403
