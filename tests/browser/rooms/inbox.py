"""The inbox with filters of one's own and of a team, its calendar, and one's own page with an absence."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from engine import api, queries

if TYPE_CHECKING:
    from tests.browser.gallery import Gallery


def furnish(shown: Gallery) -> dict[str, str]:
    """Filters, an absence, a feed; the pages that show them."""
    house = shown.house
    today = house.clock()
    admin = house.actor("admin")
    with house.writing() as session:
        late = queries.Ask("all", process="client_intake", due="late")
        api.save_filter(session, admin, "引入已逾期", late)
        api.save_filter(session, admin, "风电项目", queries.Ask("all", search="风电"), team="process_owner")
        api.set_absence(session, admin, "admin", today + timedelta(days=7), today + timedelta(days=12), "owen")
        api.make_feed(session, admin)
    return {
        "inbox-filtered": "/inbox?view=all&process=client_intake&due=late",
        "inbox-calendar": f"/inbox/calendar?view=all&at={today:%Y-%m-%d}",
        "inbox-calendar-week": f"/inbox/calendar?view=all&span=week&at={today:%Y-%m-%d}",
        "my-settings": "/me",
    }
