"""The weekly look asks again for needs that were written down a year ago."""

import sqlalchemy as sa

from engine.store.dates import schedule
from handlers.records import parties, relationship
from handlers.records.changes import Stamp
from tests.handlers.conftest import NOW, Desk

BY = Stamp(NOW, "li", "test")


def asked(desk: Desk) -> list[str]:
    """Clients whose needs somebody is asked to take down."""
    desk.run("crm.sweep", {})
    with desk.runtime.reading() as session:
        rows = session.execute(sa.select(schedule).where(schedule.c.message == "attention_due")).mappings()
        return [row["business_key"] for row in rows if row["variables"]["attention"] == "needs"]


def test_needs_of_tiers_a_and_b_are_asked_for_again_after_twelve_months(quick_desk: Desk) -> None:
    with quick_desk.runtime.transaction() as session:
        for name, tier in (("甲公司", "A"), ("乙公司", "B"), ("丙公司", "C")):
            values = {"legal_name": name, "tier": tier, "lifecycle_stage": "client", "owner": "li"}
            made = parties.create(session, values, BY, 2026)
            relationship.replace_needs(session, made.id, [{"category": "expansion"}], "review", BY)
    quick_desk.later(days=365)
    assert asked(quick_desk) == []
    quick_desk.later(days=1)
    assert asked(quick_desk) == ["CL-2026-0001", "CL-2026-0002"]
    assert len(asked(quick_desk)) == 2
