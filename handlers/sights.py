"""Who may see which part of a client. Law: one table for pages, papers, files and programs; what is not named here is
for everybody who may see the client at all.

Parts are the sections of the client's paper (`handlers.reports.client`), by their ids, and the fields that belong to
them. A bureau's report is lent for the credit decision alone (Regulation on the Administration of the Credit Reporting
Industry, art. 20: no use beyond what was agreed), so marketing, events and the service desk never see it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from engine.api import Actor

Value = TypeVar("Value")

DEALS = frozenset(
    {"rm", "rm_power", "rm_east", "rm_south", "rm_head", "analyst", "risk_officer", "approver", "committee_member"}
    | {"committee_secretary", "legal", "loan_ops", "monitor", "collateral_officer", "es_officer", "finance"}
    | {"compliance", "compliance_head", "data_steward", "auditor", "process_owner"}
)
PARTS: Mapping[str, frozenset[str]] = {
    "credit": DEALS,
    "kyc": DEALS,
    "ratios": DEALS | {"investor_relations"},
    "ratio_trend": DEALS | {"investor_relations"},
}
"""Part -> the teams that may see it; administrators may see all."""
FIELDS: Mapping[str, str] = {
    "credit_score": "credit", "credit_report": "credit", "bureau": "credit", "bureau_score": "credit",
    "defaults": "credit", "pd": "credit", "lgd": "credit", "rating": "credit",
    "risk_rating": "kyc", "kyc_rating": "kyc",
    "kyc_hits": "kyc", "pep": "kyc", "sanctions": "kyc",
}  # fmt: skip
"""Field of a record, of a form or of an API answer -> the part that it belongs to."""
SEGMENTS: Mapping[str, frozenset[str]] = {"investor_relations": frozenset({"investor"})}
"""Team -> the roles of the clients that are its business; teams not named see clients of every role."""


def may_see(who: Actor, part: str) -> bool:
    """Whether somebody may see a part of clients."""
    teams = PARTS.get(part)
    return teams is None or who.is_admin or not who.teams.isdisjoint(teams)


def hidden(who: Actor) -> frozenset[str]:
    """The parts that somebody may not see: what a report takes as `without`."""
    return frozenset(part for part in PARTS if not may_see(who, part))


def fields_hidden(who: Actor) -> frozenset[str]:
    """The fields that somebody may not see, by their names."""
    return frozenset(field for field, part in FIELDS.items() if not may_see(who, part))


def without_hidden(who: Actor, values: Mapping[str, Value]) -> dict[str, Value]:
    """Values by field, without those that somebody may not see."""
    gone = fields_hidden(who)
    return {name: value for name, value in values.items() if name not in gone}


def segment(who: Actor) -> frozenset[str] | None:
    """The roles of the clients that are somebody's business; None for all of them. Clients without a role are too."""
    if who.is_admin or not who.teams or not who.teams <= SEGMENTS.keys():
        return None
    return frozenset().union(*(SEGMENTS[team] for team in who.teams))
