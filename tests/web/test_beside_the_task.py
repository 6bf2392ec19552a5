"""What stands beside a task: talk and files, why rules decided, what was entered before, what is said while typing."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from engine import api, identity
from engine.store import tables as t
from handlers.records import custom, parties, projects
from handlers.records.changes import Stamp
from tests.engine.diagrams import HEAD, flows, user_task
from tests.house import House
from tests.paths import ROOT
from tests.web.conftest import Visitor
from tests.web.test_tasks import open_task

WHO = Callable[[str], Visitor]
HTMX = {"HX-Request": "true"}
PDF = b"%PDF-1.7\n%%EOF\n"


def case_of(house: House, task: int) -> int:
    return int(house.rows(t.user_task, t.user_task.c.id == task)[0]["instance_id"])


def hang(visitor: Visitor, case: int, task: int, name: str, content: bytes, text: str = "") -> int:
    file = (io.BytesIO(content), name)
    answer = visitor.post(
        f"/instances/{case}/comments", {"task": task, "text": text, "file": file}, headers=HTMX,
        content_type="multipart/form-data",
    )  # fmt: skip
    return answer.status_code


def test_what_is_said_at_a_task_stands_there_with_the_colleague_marked_and_told(house: House, visitor: WHO) -> None:
    task = open_task(house)
    case, li = case_of(house, task), visitor("li")
    li.get(f"/tasks/{task}")
    said = li.post(f"/instances/{case}/comments", {"task": task, "text": "@wang <b>看</b>"}, headers=HTMX)
    assert '<span class="df-mention">@王芳</span> &lt;b&gt;看&lt;/b&gt;' in said.get_data(as_text=True)
    empty = li.post(f"/instances/{case}/comments", {"task": task, "text": " "}, headers=HTMX)
    assert empty.status_code == 422 and "请填写内容" in empty.get_data(as_text=True)
    house.work()
    wang = visitor("wang")
    assert f"/tasks/{task}" in wang.get("/notifications").get_data(as_text=True)
    assert "df-mention" in wang.get(f"/instances/{case}/comments").get_data(as_text=True)
    news = f"/instances/{case}/comments/news?task={task}&mark="
    fresh = wang.get(f"{news}0-0-0", headers=HTMX).get_data(as_text=True)
    assert "df-mention" in fresh and 'id="talk-count"' in fresh and "<textarea" not in fresh
    assert wang.get(f"{news}1-0-0", headers=HTMX).status_code == 204


def test_beside_the_form_stand_client_and_project_and_why_it_came_to_this_person(house: House, visitor: WHO) -> None:
    with house.writing() as session:
        stamp = Stamp(house.clock(), "li", "interview")
        client = parties.create(session, {"legal_name": "盐池光伏有限公司", "owner": "wang"}, stamp, 2026)
        parties.add_contact(session, client.id, {"name": "陈晓", "mobile": "13900000000"}, stamp)
        project = projects.create(session, {"name": "盐池 100MW", "amount": Decimal(100)}, stamp, 2026, "PJ-2026-0009")
        projects.give_role(session, client.id, project.id, "borrower", stamp)
        case = api.start(session, api.SYSTEM, "offer", {"amount": 1}, "PJ-2026-0009")
    task = house.task("assess", case)["id"]
    with house.writing() as session:
        api.reassign(session, api.SYSTEM, task, "li", "熟悉该客户")
    page = visitor("li").get(f"/tasks/{task}").get_data(as_text=True)
    for told in ("盐池光伏有限公司", "陈晓", "盐池 100MW", "为何分派给您", "下一步"):
        assert told in page, told


def test_a_file_goes_in_by_what_it_is_and_comes_out_to_be_saved(house: House, visitor: WHO) -> None:
    task = open_task(house)
    case, li = case_of(house, task), visitor("li")
    li.get(f"/tasks/{task}")
    assert hang(li, case, task, "page.html", b"<script>") == 422
    assert hang(li, case, task, "意见.pdf", b"<script>") == 422
    assert hang(li, case, task, "../../意见.PDF", PDF, "原件") == 200
    [file] = [row["file"] for row in house.rows(t.comment)]
    assert file["name"] == "意见.pdf"
    answer = visitor("wang").get(f"/documents/{file['document']}")
    assert answer.data == PDF and answer.headers["Content-Disposition"].startswith("attachment;")
    assert (
        answer.headers["X-Content-Type-Options"] == "nosniff" and "sandbox" in answer.headers["Content-Security-Policy"]
    )
    assert visitor("").get(f"/documents/{file['document']}").status_code == 302
    actions = [row["action"] for row in house.rows(t.audit_entry, t.audit_entry.c.subject == f"instance:{case}")]
    assert actions[-1] == "attached"


def test_only_who_said_it_takes_it_back(house: House, visitor: WHO) -> None:
    task = open_task(house)
    case = case_of(house, task)
    with house.writing() as session:
        said = api.comment(session, house.actor("wang"), case, "写错了")
    li, wang = visitor("li"), visitor("wang")
    assert li.post(f"/instances/{case}/comments/{said}/withdraw", {}).status_code == 403
    assert wang.post(f"/instances/{case}/comments/{said}/withdraw", {}).status_code == 302
    text = wang.get(f"/tasks/{task}").get_data(as_text=True)
    assert "已撤回" in text and "写错了" not in text


RULES = """<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="r" name="r" namespace="r">
<decision id="advice" name="建议"><decisionTable hitPolicy="FIRST">
<input label="报价"><inputExpression typeRef="number"><text>price</text></inputExpression></input>
<output label="提示" name="text" typeRef="string"/><output name="text_en" typeRef="string"/>
<rule><inputEntry><text>&lt; 100</text></inputEntry><outputEntry><text>"报价偏低"</text></outputEntry>
<outputEntry><text>"The price is low"</text></outputEntry></rule></decisionTable></decision></definitions>"""
DECIDING = (
    HEAD
    + '<process id="deciding" name="定价" isExecutable="true"><startEvent id="start"/>'
    + '<businessRuleTask id="rule" name="定价建议" camunda:decisionRef="advice" camunda:resultVariable="advice" '
    + 'camunda:mapDecisionResult="singleResult"/>'
    + user_task("look", name="查看", assign="queue")
    + '<exclusiveGateway id="fine" name="可以？"/>'
    + user_task("sign", name="签署", assign="queue")
    + '<endEvent id="end" name="放弃"/>'
    + flows("start>rule", "rule>look", "look>fine")
    + '<sequenceFlow id="f_yes" name="是" sourceRef="fine" targetRef="sign">'
    + '<conditionExpression xsi:type="tFormalExpression">=true</conditionExpression></sequenceFlow>'
    + '<sequenceFlow id="f_no" name="否" sourceRef="fine" targetRef="end">'
    + '<conditionExpression xsi:type="tFormalExpression">=false</conditionExpression></sequenceFlow>'
    + flows("sign>end")
    + "</process></definitions>"
)


def test_columns_of_a_table_stand_in_the_readers_language(house: House, visitor: WHO) -> None:
    rules = RULES.replace("<input label", '<input id="i_price" label').replace('name="text"', 'id="o_body" name="body"')
    files = {"deciding_bpmn": DECIDING, "rules_dmn": rules.replace('<output name="text_en"', '<output name="quorum"')}
    files["i18n/en.json"] = json.dumps({"i_price": "Offer", "o_body": "Decided by", "advice": "Advice"})
    house.deploy("deciding", **files)
    case = house.start("deciding", price=98)
    task, root = int(house.task("look", case)["id"]), visitor("root")
    root.get(f"/tasks/{task}")
    assert "提示：报价偏低" in root.get(f"/tasks/{task}/decided").get_data(as_text=True)
    root.post("/language", {"language": "en", "next": "/inbox"})
    told = root.get(f"/tasks/{task}/decided").get_data(as_text=True)
    assert "Offer: <code>&lt; 100</code>" in told and "Decided by: 报价偏低" in told
    seen = root.get(f"/instances/{case}/decisions").get_data(as_text=True)
    assert "<dt>Decided by</dt>" in seen and "<dt>body</dt>" not in seen


def test_rules_that_fired_are_told_as_they_are_written_and_the_ways_ahead_by_name(house: House, visitor: WHO) -> None:
    house.deploy("deciding", deciding_bpmn=DECIDING, rules_dmn=RULES)
    case = house.start("deciding", price=98)
    task, li = int(house.task("look", case)["id"]), visitor("li")
    text = li.get(f"/tasks/{task}/decided").get_data(as_text=True)
    assert "定价建议" in text and "报价偏低" in text
    assert "报价：<code>&lt; 100</code> （本件：98）" in text
    page = li.get(f"/tasks/{task}").get_data(as_text=True)
    assert "可以？ → 是" in page and "签署" in page and "放弃" in page
    li.post("/language", {"language": "en", "next": "/inbox"})
    assert "The price is low" in li.get(f"/tasks/{task}/decided").get_data(as_text=True)


PLANNING = (
    HEAD
    + '<process id="planning" name="方案" isExecutable="true"><startEvent id="start"/>'
    + '<userTask id="plan" name="设计" camunda:candidateGroups="rm" camunda:formRef="financing_plan" '
    + 'camunda:formRefBinding="deployment"/>'
    + '<endEvent id="end"/>'
    + flows("start>plan", "plan>end")
    + "</process></definitions>"
)
OPERATIONS = [{"period_end": str(date(2027 + at, 12, 31)), "revenue": 350 + at, "opex": 50} for at in range(10)]
LOAN = {
    "name": "T", "amount": "1000", "months": 96, "frequency_months": "12", "rate_pct": "6", "currency": "CNY",
    "day_count": "thirty_e_360", "payment_dates": "unadjusted", "profile": "annuity", "dsra_months": 6,
}  # fmt: skip
SECURITY = [
    {"type": kind, "description": name, "value": value, "haircut_pct": cut, "valued_at": valued, "rank": 1}
    for kind, name, value, cut, valued in (
        ("deposit", "存单", "500", "10", None), ("equipment", "设备", "1000", "20", "2026-01-15"),
        ("shares", "股权", "700", "50", None), ("land_building", "土地", "800", "30", "2024-12-15"),
        ("guarantee", "保证", "9000", "0", None),
    )
]  # fmt: skip
"""Counted with the larger haircut; not valued; valued too long ago; a promise."""


def test_red_flags_are_said_while_a_plan_is_typed_at_the_field_they_concern(house: House, visitor: WHO) -> None:
    folder = ROOT / "bpmn/credit_evaluation"
    form, rules = (folder / "forms/financing_plan.form").read_bytes(), (folder / "plan_rules.dmn").read_bytes()
    house.deploy("planning", planning_bpmn=PLANNING, financing_plan_form=form, plan_rules_dmn=rules)
    table = (ROOT / "bpmn/facility_execution/execution_rules.dmn").read_bytes()
    house.deploy("haircuts", execution_rules_dmn=table)
    known = {"model_start": "2026-12-31", "period_months": "12", "capex": 1400, "concession_end": "2036-12-31"}
    case = house.start("planning", **known, operations=OPERATIONS, revenue_currency="CNY")
    task, li = int(house.task("plan", case)["id"]), visitor("li")
    assert "data-findings-url" in li.get(f"/tasks/{task}").get_data(as_text=True)

    def said(covenants: object = (), collateral: object = (), **changes: object) -> dict[str, Any]:
        plan = {"facilities": [{**LOAN, **changes}], "covenants": covenants, "collateral": collateral}
        body = json.dumps({"variables": plan})
        token = {"X-CSRFToken": li.token, "Content-Type": "application/json"}
        return dict(li.client.post(f"/tasks/{task}/findings", data=body, headers=token).get_json())

    assert said(months=None) == {"notes": [], "figures": []}
    fine = said()
    assert fine["notes"] == [] and {"name": "贷款总额", "value": "1,000"} in fine["figures"]
    assert said(months=108)["notes"] == [{"level": "block", "text": "尾期少于 2 年", "places": ["facilities.0.months"]}]
    assert said(amount="many")["notes"][0]["level"] == "block"
    covenant = {"name": "DSCR", "metric": "dscr", "direction": "min", "default_level": "1.05", "lockup_level": "1.00"}
    [laxer] = said(covenants=[covenant, {"name": "半份"}])["notes"]
    assert "锁定线 1.00 不得宽于违约线 1.05" in laxer["text"] and laxer["places"] == ["covenants.0.default_level"]
    held = said(collateral=[*SECURITY, {"haircut_pct": 0, "rank": 1}])
    assert [(one["places"], one["text"]) for one in held["notes"]] == [
        (["collateral.1.haircut_pct"], "设备：按本机构折扣 40% 计，高于填写的 20%"),
        (["collateral.2.valued_at"], "股权：没有有效的评估日，不计入押品覆盖"),
        (["collateral.3.valued_at"], "土地：评估距今 15 个月，已失效，不计入押品覆盖"),
    ]
    assert {"name": "押品覆盖（倍）", "value": "1.05"} in held["figures"], "(500 × 90 % + 1,000 × 60 %) ÷ 1,000"
    assert {"name": "保证（另列，不计入押品覆盖）", "value": "9,000"} in held["figures"]
    assert house.rows(t.task_draft) == []


def test_the_house_s_own_fields_are_asked_last_and_kept_with_the_client(house: House, visitor: WHO) -> None:
    stamp = Stamp(house.clock(), "owen", "test")
    with house.writing() as session:
        client = parties.create(session, {"legal_name": "宁夏光伏", "kind": "company"}, stamp, 2026)
        custom.define(session, "party", "green", "text", "绿色认证", "Green label", stamp, required=True)
        custom.define(session, "party", "since", "number", "合作年数", "Years with us", stamp)
    house.deploy("asking", asking_bpmn=ASKING)
    task = int(house.task("ask", house.start("asking", party_id=str(client.id)))["id"])
    li = visitor("li")
    text = li.get(f"/tasks/{task}").get_data(as_text=True)
    assert '"key": "custom_green"' in text and "绿色认证" in text
    with house.writing() as session:
        api.claim(session, house.actor("li"), task)
    refused = li.post(f"/tasks/{task}/complete", {"variables": json.dumps({"custom_since": "7"})})
    assert refused.status_code == 422 and '"custom_green": ["此项为必填。"]' in refused.get_data(as_text=True)
    assert house.task("ask")["state"] == "open"
    sent = {"custom_green": "三星", "custom_since": "7", "note": "已核对"}
    assert li.post(f"/tasks/{task}/complete", {"variables": json.dumps(sent)}).status_code == 302
    with house.looking() as session:
        assert custom.values_of(session, "party", client.id) == {"green": "三星", "since": 7}
    [done] = house.rows(t.user_task, t.user_task.c.id == task)
    assert done["entered"] == {"note": "已核对"}


ASKING = (
    HEAD
    + '<process id="asking" name="核对" isExecutable="true"><startEvent id="start"/>'
    + '<userTask id="ask" name="核对" camunda:candidateGroups="rm"><extensionElements><camunda:properties>'
    + '<camunda:property name="customFields" value="party,project"/><camunda:property name="assign" value="queue"/>'
    + "</camunda:properties></extensionElements></userTask>"
    + '<endEvent id="end"/>'
    + flows("start>ask", "ask>end")
    + "</process></definitions>"
)


def test_a_draft_goes_with_the_task_and_says_whose_it_was_and_a_restart_loses_nothing(
    house: House, visitor: WHO
) -> None:
    task = open_task(house, by="li")
    with house.writing() as session:
        api.save_draft(session, house.actor("li"), task, {"price": "77"})
        api.reassign(session, house.actor("hu"), task, "wang", "李雷出差")
    house.runtime.compiled.clear()  # as after a restart: nothing is kept but rows
    wang = visitor("wang")
    text = wang.get(f"/tasks/{task}").get_data(as_text=True)
    assert '"price": "77"' in text and "李雷 已于" in text
    trail = wang.get(f"/tasks/{task}/trail").get_data(as_text=True)
    assert trail.count("李雷出差") == 1 and re.search(r"李雷\s*→ 王芳", trail)  # not as why it came in the first place
    house.clock.move(days=30)
    assert '"price": "77"' in visitor("wang").get(f"/tasks/{task}").get_data(as_text=True)


def test_a_substitute_is_told_for_whom_and_the_record_has_both_names(house: House, visitor: WHO) -> None:
    house.deploy(
        "deciding", deciding_bpmn=DECIDING.replace('name="查看"', 'name="查看" camunda:assignee="li"'), rules_dmn=RULES
    )
    with house.writing() as session:
        identity.add_absence(session, "li", house.clock(), house.clock() + timedelta(days=9), substitute="wang")
    task = int(house.task("look", house.start("deciding", price=98))["id"])
    wang = visitor("wang")
    assert "您正代 李雷 办理" in wang.get(f"/tasks/{task}").get_data(as_text=True)
    wang.post(f"/tasks/{task}/complete", {"variables": "{}"})
    assert "已由 王芳 代 李雷" in visitor("li").get(f"/tasks/{task}").get_data(as_text=True)


def test_who_changed_what_stands_field_by_field_with_before_and_after(house: House, visitor: WHO) -> None:
    task = open_task(house)
    case = case_of(house, task)
    house.complete("assess", "li", case, price="120.00", advice="go")
    with house.writing() as session:
        api.set_variables(session, house.actor("owen"), case, {"advice": "stop", "bureau_score": 3})
    told = visitor("chen").get(f"/instances/{case}/changed", headers=HTMX).get_data(as_text=True)
    assert "<del>继续</del>" in told and "<ins>放弃</ins>" in told and "建议" in told  # choices by their labels
    assert "欧文" in told or "owen" in told
    assert "报价" not in told, "what was entered once is no change"
