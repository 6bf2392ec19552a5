"""Deals in figures: an evaluation carried to its second plan, a loan being repaid with all that is watched of it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from engine import api
from handlers import demo
from handlers.records import parties, projects
from handlers.records.changes import Stamp
from tests.bpmn.credit_house import CASE, LOAN, MODEL, PLAN, REPORT, SCREENING

if TYPE_CHECKING:
    from tests.browser.gallery import Gallery

FIRM = {"kind": "company", "legal_name": "盐城绿源新能源有限公司", "owner": "li"}
PLANNED = "PJ-2026-0801"


def furnish(shown: Gallery) -> dict[str, str]:
    """Name -> address of the pages."""
    evaluated(shown)
    return {
        "plans": "/plans",
        "plan": f"/plans/{PLANNED}/1",
        "plan-compare": f"/plans/{PLANNED}/compare",
    }


def evaluated(shown: Gallery) -> None:
    """A project whose two plans ask for too much debt, so that the plan task is open anew."""
    house = shown.house
    with house.writing() as session:
        stamp = Stamp(house.clock(), "li", "demo")
        client = parties.create(session, FIRM, stamp, 2026)
        facts = {
            "name": "盐城渔光互补项目", "sector": "renewable_power", "owner": "li", "tenor_months": 96,
            "amount": Decimal(CASE["amount"]), "capex": Decimal(str(MODEL["capex"])), "sponsor_record": "three_plus",
            "offtake_type": "ppa_longterm",
        }  # fmt: skip
        project = projects.create(session, facts, stamp, 2026, PLANNED)
        projects.give_role(session, client.id, project.id, "borrower", stamp)
    house.message("start_evaluation", PLANNED, variables={**CASE, "project_key": PLANNED})
    house.work()
    done(shown, "ut_es_screening", SCREENING)
    done(shown, "ut_ep_category", {"ep_category": "B"})
    while waits(shown, "ut_perform"):
        done(shown, "ut_perform", REPORT)
        done(shown, "ut_review", {"dd_review_decision": "accept"})
    done(shown, "ut_model", MODEL)
    for loan in (LOAN | {"amount": "240000000"}, LOAN | {"amount": "236000000", "months": 108, "rate_pct": "4.85"}):
        done(shown, "ut_plan", {**PLAN, "facilities": [loan]})
    assert waits(shown, "ut_plan"), "debt above four fifths of the CAPEX comes back"


def waits(shown: Gallery, element: str) -> list[dict[str, object]]:
    ids = [one["id"] for one in shown.house.tasks() if one["element"] == element and one["business_key"] == PLANNED]
    return [one for one in shown.house.tasks() if one["id"] in ids]


def done(shown: Gallery, element: str, values: object, **changes: object) -> None:
    """Complete the project's task of an element as somebody who may."""
    found = waits(shown, element)
    assert found, (element, [(one["element"], one["business_key"]) for one in shown.house.tasks()][-8:])
    task = found[0]
    with shown.house.writing() as session:
        people = [str(task["assignee"])] if task["assignee"] else [one.id for one in demo.PEOPLE]
        actors = (api.actor(session, id) for id in people)
        who = next(one for one in actors if "complete" in api.may(session, one, task))
        api.complete(session, who, task["id"], {**values, **changes})
    shown.house.work()
