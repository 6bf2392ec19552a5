"""Operations: a broken case from the inside, a batch that was worked off, figures that are counted."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING

from engine import api
from engine.batches import run_batches
from engine.queries.selection import Cases
from engine.statistics import keeping
from engine.store import tables as t
from handlers.reports.performance import KINDS
from tests.engine.diagrams import HEAD, flows
from tests.house import House

if TYPE_CHECKING:
    from tests.browser.gallery import Gallery


MODEL = HEAD + (
    '<process id="margin_check" name="利差核对" isExecutable="true"><extensionElements><camunda:properties>'
    '<camunda:property name="facts" value="client_name,amount,currency"/></camunda:properties></extensionElements>'
    '<startEvent id="begin" name="收到报价"/><exclusiveGateway id="gw_margin" name="利差足够？"/>'
    '<userTask id="ut_sign" name="签字确认" camunda:candidateGroups="rm_head"/>'
    '<userTask id="ut_price" name="重新报价" camunda:candidateGroups="rm"/>'
    '<endEvent id="done" name="报价确认"/>'
    + flows("begin>gw_margin", "ut_price>gw_margin", "ut_sign>done")
    + '<sequenceFlow id="f_enough" name="足够" sourceRef="gw_margin" targetRef="ut_sign"><conditionExpression '
    'xsi:type="tFormalExpression">${margin > 1.2}</conditionExpression></sequenceFlow>'
    '<sequenceFlow id="f_low" name="不足" sourceRef="gw_margin" targetRef="ut_price"><conditionExpression '
    'xsi:type="tFormalExpression">${margin &lt;= 1.2}</conditionExpression></sequenceFlow></process></definitions>'
)
ENGLISH = {
    "margin_check": "Margin check", "begin": "Offer received", "gw_margin": "Margin enough?", "ut_sign": "Sign off",
    "ut_price": "Price again", "done": "Offer confirmed", "f_enough": "enough", "f_low": "too low",
}  # fmt: skip


def broken_house(house: House) -> tuple[int, int]:
    """A small process whose cases ran, were priced again, and one that cannot go on; (ended, broken) cases."""
    with house.writing() as session:
        files = {"margin_check.bpmn": api.arrange(MODEL.encode()), "i18n/en.json": json.dumps(ENGLISH).encode()}
        api.deploy(session, house.actor("owen"), "margin_check", files)
    cases = [start(house, name, margin=margin) for name, margin in (("甲", "2"), ("乙", "1.1"), ("丙", "1.5"))]
    for hours in (5, 30, 8, 50):
        house.clock.move(hours=hours)
        for task in house.tasks():
            if task["instance_id"] in cases:
                values = {"margin": Decimal("1.4")} if task["element"] == "ut_price" else {}
                with house.writing() as session:
                    api.complete(session, house.actor(task["assignee"] or "admin"), task["id"], values)
                break
    return cases[0], start(house, "青海格尔木光伏")


def start(house: House, client: str, **variables: str) -> int:
    facts = {"client_name": client, "amount": Decimal(90_000_000), "currency": "CNY"}
    with house.writing() as session:
        numbers = {name: Decimal(text) for name, text in variables.items()}
        return api.start(session, api.SYSTEM, "margin_check", facts | numbers, "PJ-2026-0910")


def furnish(shown: Gallery) -> dict[str, str]:
    house = shown.house
    owen = house.actor("owen")
    done, broken = broken_house(house)
    with house.writing() as session:
        held = api.start(session, api.SYSTEM, "pricing", {"client_name": "青海格尔木光伏"}, "PJ-2026-0902")
        api.suspend(session, owen, held)
        batch = api.start_batch(session, owen, "resume", Cases(key="pricing", state=("suspended",)), {}, "等待结束")
        api.set_variables(session, owen, shown.case, {"tenor_years": 12})
    while run_batches(house.runtime):
        pass
    keeping.keep_up(house.runtime)
    [incident] = house.rows(t.incident, t.incident.c.instance_id == broken)
    case = f"/instances/{shown.case}"
    return {
        "operations-cases": "/instances?process=margin_check&fact=currency&value=CNY",
        "operations-incidents": "/incidents",
        "operations-incident": f"/incidents/{incident['id']}",
        "operations-variables": f"{case}/variables",
        "operations-work": f"{case}/work",
        "operations-decisions": f"{case}/decisions",
        "operations-audit": f"{case}/audit",
        "operations-steer": f"{case}/steer",
        "operations-restart": f"/instances/{done}/steer?at=ut_sign",
        "operations-batches": "/batches",
        "operations-batch": f"/batches/{batch}",
        "operations-batch-new": "/batches/new?process=client_intake&state=running&kind=migrate",
        "operations-heat": "/analysis?process=client_intake&days=all",
        "operations-heat-duration": "/analysis?process=margin_check&days=all&measure=duration",
        "operations-paths": "/analysis/paths?process=margin_check&days=all",
        "report-builder": "/reports/builder?kind=teams&columns=teams.team&columns=teams.completed",
        "report-answers": "/reports/voice/answers?days=365",
        **{f"operations-report-{kind}": f"/reports/{kind}?days=365" for kind in ("overview", *KINDS)},
        "operations-whatif": "/simulation?process=client_intake",
        "operations-health": "/operations",
        "operations-workload": "/workload",
        "operations-task-board": "/task-board",
        "operations-timers": "/operations/timers",
        "operations-jobs": "/operations/jobs",
        "operations-letters": "/operations/letters",
    }
