"""What administration shows: an absence, own days, a letter in own words, a token, an endpoint, a change that waits."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from engine import api
from handlers import letters
from handlers.records import custom, endpoints
from handlers.records.changes import Stamp

if TYPE_CHECKING:
    from tests.browser.gallery import Gallery


def furnish(shown: Gallery) -> dict[str, str]:
    """Let the administrator work for a morning; name -> address."""
    house = shown.house
    who, now = house.actor("admin"), house.clock()
    with house.writing() as session:
        stamp = Stamp(now, "admin", "web_form")
        api.set_absence(session, who, "wang", now, now + timedelta(days=4), "li")
        api.set_calendar_day(session, who, date(2026, 5, 8), False, "司庆日")
        text = letters.shipped("reminder_due", "zh").replace("请尽快办理", "请今天办理")
        letters.write(session, "reminder_due", "zh", text, "firmer", stamp)
        api.create_token(session, who, "data-warehouse", ["messages", "team:analyst"], now + timedelta(days=90))
        endpoints.put(session, "ledger", "webhook", "https://ledger.example.com/hooks", stamp)
        custom.define(session, "project", "green_tag", "yes", "绿色项目", "Green project", stamp)
        api.change(session, who, "two_people", "house", {"kinds": ["administrators", "modules"]})
        api.save_person(session, who, "ding", new=True, name="丁宁", name_en="Ding Ning", email="ding@example.com")
        api.set_teams(session, who, "ding", ["admin"])
        api.change(session, who, "modules", "house", {"off": ["surveys"]}, "本季度不开展调查")
        secret = api.invite(session, who, "ding")
    shown.links["password"] = f"/welcome/{secret}"
    return {
        "admin": "/admin",
        "admin-people": "/admin/people",
        "admin-person": "/admin/people/li",
        "admin-person-new": "/admin/people/new",
        "admin-leaving": "/admin/people/li/leaving",
        "admin-teams": "/admin/teams",
        "admin-team": "/admin/teams/rm",
        "admin-roles": "/admin/roles",
        "admin-absences": "/admin/absences",
        "admin-calendars": "/admin/calendars",
        "admin-house": "/admin/house",
        "admin-modules": "/admin/modules",
        "admin-thresholds": "/admin/thresholds",
        "admin-threshold": "/admin/thresholds/kyc_rating",
        "admin-letters": "/admin/letters",
        "admin-letter": "/admin/letters/reminder_due?in=zh",
        "admin-integrations": "/admin/integrations",
        "admin-reminders": "/admin/reminders",
        "admin-reminder": "/admin/reminders/standard",
        "admin-deliveries": "/admin/deliveries",
        "admin-fields": "/admin/fields",
        "admin-sources": "/admin/sources",
        "admin-audit": "/admin/audit",
        "admin-changes": "/admin/changes",
        "account": "/me/sign-in",
    }
