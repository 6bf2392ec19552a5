"""The task page with talk, files, tips, live red flags; help, and the public page for complaints."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from engine import api
from engine.store import tables as t
from handlers import case_files, complaint_desk, tips
from tests.paths import ROOT
from tests.web.test_beside_the_task import LOAN, OPERATIONS, PLANNING

if TYPE_CHECKING:
    from tests.browser.gallery import Gallery

PAPER = b"%PDF-1.7\n1 0 obj <<>> endobj\n%%EOF\n"
COMPLAINT = {
    "kind": "complaint", "name": "王女士", "email": "wang@client.example.com", "subject": "放款迟迟不到账",
    "text": "提交三周仍未到账，多次联系无人答复。",
}  # fmt: skip


def furnish(shown: Gallery) -> dict[str, str]:
    """A task about which people have talked, with a file and a tip; a plan with red flags; a complaint under way."""
    house, task = shown.house, shown.tasks["initial_review"]
    case = int(house.rows(t.user_task, t.user_task.c.id == task)[0]["instance_id"])
    with house.writing() as session:
        tips.seed(session, api.SYSTEM, house.clock())
        api.comment(session, house.actor("li"), case, "客户补充了用地预审意见，@zhao 请看第二页。")
        case_files.take(
            session, house.actor("sun"), case, "用地预审意见.pdf", PAPER, house.clock(), text="原件已核对。"
        )
        api.withdraw_comment(session, house.actor("li"), api.comment(session, house.actor("li"), case, "写错了"))
        _key, token = complaint_desk.take(session, COMPLAINT, "shown")
        tip = tips.search(session, "admin")[0].id
    plan = planned(shown)
    house.work()
    return {
        "task-talk": f"/tasks/{task}",
        "task-plan": f"/tasks/{plan}",
        "tips": "/tips",
        "tips-edit": f"/tips/{tip}/edit",
        "help": "/help?team=rm",
        "tour": "/inbox?tour=inbox",
        "complaint": "/complaint",
        "complaint-standing": f"/complaint/{token}",
    }


def planned(shown: Gallery) -> int:
    """A task in which a plan with a short tail was begun, by the evaluation's own form and table."""
    folder, house = ROOT / "bpmn/credit_evaluation", shown.house
    english = json.loads((folder / "i18n/en.json").read_text(encoding="utf-8"))
    files: dict[str, Any] = {
        "planning.bpmn": PLANNING.encode(),
        "financing_plan.form": (folder / "forms/financing_plan.form").read_bytes(),
        "plan_rules.dmn": (folder / "plan_rules.dmn").read_bytes(),
        "i18n/en.json": json.dumps({**english, "planning": "Planning", "plan": "Design the plan"}).encode(),
    }
    known: dict[str, Any] = {"model_start": "2026-12-31", "period_months": "12", "capex": 1400}
    known |= {"concession_end": "2036-06-30", "operations": OPERATIONS, "revenue_currency": "CNY"}
    with house.writing() as session:
        api.deploy(session, api.SYSTEM, "planning", files)
        case = api.start(session, api.SYSTEM, "planning", {**known, "client_name": "宁夏光伏", "project_name": "一期"})
    [task] = house.tasks(case)
    with house.writing() as session:
        api.reassign(session, house.actor("admin"), task["id"], "admin")
        api.save_draft(session, house.actor("admin"), task["id"], {"facilities": [LOAN]})
    return int(task["id"])
