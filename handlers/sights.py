"""Who may see which part of a client. Law: one table for pages, papers, files and programs; what is not named here is
for everybody who may see the client at all.

Parts are the sections of the client's paper (`handlers.reports.client`), by their ids, and the fields that belong to
them. A bureau's report is lent for the credit decision alone (Regulation on the Administration of the Credit Reporting
Industry, art. 20: no use beyond what was agreed), so marketing, events and the service desk never see it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

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
OF_PARTS: Mapping[str, frozenset[str]] = {
    # What a bureau said, and what was concluded from it about paying back.
    "credit": frozenset(
        {"credit_score", "credit_report", "credit_events", "bureau", "bureau_score", "bureau_state"}
        | {"report_no", "reported_on", "report_source", "report_comment", "report_decision"}
        | {"overdue_amount", "defaults", "guarantees_amount", "litigation"}
        | {"pd", "pd_score", "pd_contributions", "pd_ability", "pd_willingness", "pd_told", "pd_told_en", "lgd"}
        | {"rating", "rating_grounds"}
        | {"rating_comment", "override_reason", "override_comment", "override_decision", "risk_opinion"}
        | {"risk_comment", "slotting_grades", "slotting_proposed", "slotting_score", "slotting_contributions"}
        | {"slotting_choice", "slotting_category", "slotting_cost", "slotting_factors", "slotting_financial"}
        | {"slotting_political_legal", "slotting_security", "slotting_sponsor", "slotting_transaction"}
        | {"pricing_margin", "five_class"}
    ),
    # Of a suspicion nobody may learn who does not work on it (Anti-Money Laundering Law, art. 5 and 54).
    "kyc": frozenset(
        {"risk_rating", "kyc_rating", "kyc_rating_suggested", "rating_reason", "kyc_interval", "kyc_hits", "pep"}
        | {"sanctions", "hits", "hit_decision", "hit_comment", "hit_reason_code", "source_of_funds", "kyc_decision"}
        | {"kyc_comment", "senior_decision", "senior_comment", "manual_result", "manual_comment", "manual_source"}
        | {"rescreen_decision", "rescreen_comment", "rescreen_record", "rescreen_manual_result", "rescreen_source"}
        | {"rescreen_manual_comment", "kyc_record_reason_code", "kyc_record_text", "str_considered"}
        | {"restriction_decision", "restriction_reason", "exit_reason_code", "exit_report", "exit_text"}
    ),
    "ratios": frozenset({"ratios", "ratios_missing", "statement_checks"}),
}
"""Part -> its fields: of a record, a form, an answer of the API, also within lists; decisions by their id."""
LINKS = frozenset({"link_url", "accept_url", "counter_url", "form_url", "adviser_url", "survey_url", "answer_url"})
"""Addresses of one time: whoever has one acts as the client, so that administrators alone see them."""
FIELDS: Mapping[str, str] = {field: part for part, fields in OF_PARTS.items() for field in fields}
"""Field -> the part that it belongs to."""
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
    gone = frozenset(field for field, part in FIELDS.items() if not may_see(who, part))
    return gone if who.is_admin else gone | LINKS


def without_hidden(who: Actor, values: Mapping[str, Value]) -> dict[str, Value]:
    """Values by field, without those that somebody may not see, however deep they lie."""
    gone = fields_hidden(who)
    return _without(values, gone) if gone else dict(values)


def _without(item: Any, gone: frozenset[str]) -> Any:
    if isinstance(item, Mapping):
        return {name: _without(part, gone) for name, part in item.items() if name not in gone}
    if isinstance(item, list | tuple):
        return [_without(part, gone) for part in item]
    return item


def segment(who: Actor) -> frozenset[str] | None:
    """The roles of the clients that are somebody's business; None for all of them. Clients without a role are too."""
    if who.is_admin or not who.teams or not who.teams <= SEGMENTS.keys():
        return None
    return frozenset().union(*(SEGMENTS[team] for team in who.teams))
