"""What was changed in a case, as far as its reader may see it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from engine.api import Actor
from engine.queries.trail import Written
from web import changes

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
PEOPLE = {
    "type": "dynamiclist",
    "path": "people",
    "label": "人员",
    "components": [
        {"type": "textfield", "key": "name", "label": "姓名"},
        {"type": "textfield", "key": "rating_reason", "label": "评级理由"},
    ],
}


@pytest.mark.parametrize(
    ("team", "shown"), [("rm", ["人员 · 姓名", "人员 · 评级理由"]), ("marketing", ["人员 · 姓名"])]
)
def test_what_a_list_holds_is_hidden_from_whom_it_is_hidden_alone(
    monkeypatch: pytest.MonkeyPatch, team: str, shown: list[str]
) -> None:
    monkeypatch.setattr(changes, "actor", lambda: Actor("somebody", frozenset({team})))
    before, after = ([{"name": name, "rating_reason": why}] for name, why in (("林海", "低"), ("林海涛", "高")))
    past = {"people": [Written(AT, "li", "complete", "", value) for value in (before, after)]}
    assert [one.label for one in changes.changes(past, {"people": PEOPLE})] == shown
