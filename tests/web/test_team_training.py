"""Whoever leads a team sees its training; others see their own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import sqlalchemy as sa

from engine import api, watcher
from engine.store import tables as t
from handlers.records import training
from handlers.records.changes import Stamp
from tests.house import House
from tests.paths import ROOT
from tests.web.conftest import Visitor


def test_a_lead_sees_how_far_each_member_is_and_everybody_sees_their_own(
    house: House, visitor: Callable[[str], Visitor]
) -> None:
    today = house.clock().date()
    with house.writing() as session:
        given = Stamp(house.clock(), "process:user_onboarding", "training")
        [team, *_] = session.scalars(sa.select(t.membership.c.team_id).where(t.membership.c.person_id == "li"))
        session.execute(sa.update(t.team).where(t.team.c.id == team).values(lead="chen"))
        for name, title, days in (("inbox", "收件箱", -3), ("kyc", "尽职调查", 5), ("credit", "授信", 5)):
            training.assign(session, "li", name, title, name, today + timedelta(days=days), given)
        training.done(session, "li", "kyc", None, given)
        training.confirm(session, "li", Stamp(house.clock(), "chen", "training"))
    lead = visitor("chen").get("/team-training").get_data(as_text=True)
    assert "李雷" in lead and "尽职调查" in lead and "已学 1/3，已确认 1" in lead and "逾期 1" in lead
    own = visitor("li").get("/team-training").get_data(as_text=True)
    assert "我的课程" in own and "尽职调查" in own and "团队培训" not in own
    other = visitor("wang").get("/team-training").get_data(as_text=True)
    assert "尚无课程" in other and "尽职调查" not in other


def test_training_is_arranged_from_a_persons_page_with_their_name_and_teams_filled_in(
    house: House, visitor: Callable[[str], Visitor]
) -> None:
    root = visitor("root")
    assert "安排培训" not in root.get("/admin/people/li").get_data(as_text=True)  # no such process yet
    watcher.deploy_folder(house.runtime, ROOT / "bpmn/user_onboarding", api.SYSTEM)
    for page in ("/admin/people/li", "/team-training"):
        assert "/processes/user_onboarding/start?for=li" in root.get(page).get_data(as_text=True)
    form = root.get("/processes/user_onboarding/start?for=li").get_data(as_text=True)
    assert '"new_user": "li"' in form and '"teams": ["rm"]' in form
    assert '"new_user"' not in root.get("/processes/user_onboarding/start?for=nobody").get_data(as_text=True).replace(
        '"key": "new_user"', ""
    )
