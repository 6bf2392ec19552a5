"""Operators find a case by what is known of it, look into it, mend it, steer it; and every act leaves its entry."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from engine import api, identity
from engine.store import tables as t
from tests.engine import diagrams as d
from tests.engine.test_decision_log import TABLE
from tests.house import House
from tests.web.conftest import Visitor

WHO = Callable[[str], Visitor]

MODEL = d.HEAD + (
    '<process id="price" name="定价" isExecutable="true"><extensionElements><camunda:properties>'
    '<camunda:property name="facts" value="client_name,amount"/></camunda:properties></extensionElements>'
    '<startEvent id="start"/><exclusiveGateway id="gw" name="利差足够？"/>'
    '<userTask id="sign" name="签字" camunda:candidateGroups="rm"/><endEvent id="done"/><endEvent id="no"/>'
    '<boundaryEvent id="late" name="超期" attachedToRef="sign" cancelActivity="true">'
    "<timerEventDefinition><timeDuration>P3D</timeDuration></timerEventDefinition></boundaryEvent>"
    + d.flows("start>gw", "sign>done", "late>no")
    + '<sequenceFlow id="f_yes" sourceRef="gw" targetRef="sign"><conditionExpression xsi:type="tFormalExpression">'
    "${margin > 1}</conditionExpression></sequenceFlow>"
    '<sequenceFlow id="f_no" sourceRef="gw" targetRef="no"><conditionExpression xsi:type="tFormalExpression">'
    "${margin &lt;= 1}</conditionExpression></sequenceFlow></process></definitions>"
)


def start(house: House, **variables: Any) -> int:
    return house.start("price", **variables)


def text(answer: Any) -> str:
    return str(answer.get_data(as_text=True))


def audited(house: House, action: str) -> dict[str, Any]:
    [entry] = house.rows(t.audit_entry, t.audit_entry.c.action == action)
    return dict(entry["data"])


def test_cases_are_found_by_any_fact_and_the_filter_is_kept(house: House, visitor: WHO) -> None:
    house.deploy("price", price_bpmn=MODEL)
    small = start(house, client_name="甲水务", amount=50, margin=2)
    large = start(house, client_name="乙风电", amount=900, margin=2)
    broken = start(house, client_name="丙光伏", amount=70)
    owen = visitor("owen")

    def found(query: str) -> set[int]:
        return {int(one) for one in re.findall(r'id="instance-(\d+)"', text(owen.get(f"/instances?{query}")))}

    assert found("fact=amount&value=900") == {large}
    assert found("fact=client_name&value=甲水务") == {small}
    assert found("q=光伏") == {broken}
    assert found("incident=any") == {broken}
    assert found("process=price&element=sign") == {small, large}
    assert found("process=price&state=completed") == set()
    assert found("since=2026-03-02&until=2026-03-02") == {small, large, broken}
    assert found("since=2026-03-03") == set()
    owen.post("/instances/filters", {"name": "大额", "fact": "amount", "value": "900"})
    assert "大额" in text(owen.get("/instances"))
    with house.writing() as session:
        identity.add_member(session, "process_owner", "wang")
    owen.post("/instances/filters", {"name": "团队大额", "fact": "amount", "value": "900", "share": "process_owner"})
    theirs = text(visitor("wang").get("/instances"))
    assert "团队大额" in theirs and "欧文" in theirs and ">大额<" not in theirs


def test_how_a_colleague_works_is_found_by_those_alone_who_read_the_reports_of_it(visitor: WHO) -> None:
    owen, li = visitor("owen"), visitor("li")
    assert [li.get(f"/instances?how=late&person={who}").status_code for who in ("wang", "li")] == [403, 200]
    assert owen.get("/instances?how=late&person=wang").status_code == 200  # where a figure of a report leads


def test_an_operator_mends_a_broken_case_and_the_audit_says_how(house: House, visitor: WHO) -> None:
    house.deploy("price", price_bpmn=MODEL)
    case = start(house, amount=70)
    owen = visitor("owen")
    [incident] = house.rows(t.incident)
    page = text(owen.get(f"/incidents/{incident['id']}"))
    assert "利差足够？" in text(owen.get("/incidents")) and "margin" in page
    owen.post(f"/incidents/{incident['id']}/retry", {"name": ["margin", ""], "value": ["1.5", ""]})
    assert [task["element"] for task in house.tasks(case)] == ["sign"]
    assert audited(house, "retried")["before"] == {"margin": None}
    page = text(owen.get(f"/instances/{case}/audit"))
    assert "margin: —" in page and "margin: 1.50" in page and "alert-success" in page
    assert "利差足够？" not in text(owen.get("/incidents"))


def test_what_was_changed_behind_the_engine_is_seen_on_the_audit_page(house: House, visitor: WHO) -> None:
    house.deploy("price", price_bpmn=MODEL)
    case = start(house, margin=2)
    owen = visitor("owen")
    owen.post(f"/instances/{case}/variables", {"name": "margin", "value": "3"})
    assert "alert-success" in text(owen.get(f"/instances/{case}/audit"))
    with house.writing() as session:
        session.execute(t.audit_entry.update().where(t.audit_entry.c.action == "variables_set").values(actor="li"))
    assert "alert-danger" in text(owen.get(f"/instances/{case}/audit"))


def test_a_variable_is_set_with_its_past_beside_it(house: House, visitor: WHO) -> None:
    from decimal import Decimal

    house.deploy("price", price_bpmn=MODEL)
    case = start(house, margin=Decimal("2.50"), form_url="https://house.example/link/secret")
    owen = visitor("owen")
    owen.post(f"/instances/{case}/variables", {"name": "margin", "value": "3"})
    assert house.variables(case)["margin"] == Decimal(3) and isinstance(house.variables(case)["margin"], Decimal)
    assert audited(house, "variables_set") == {"before": {"margin": Decimal("2.50")}, "after": {"margin": Decimal(3)}}
    shown = text(owen.get(f"/instances/{case}/variables"))
    assert "2.50" in shown and "link/secret" not in shown


def test_a_timer_is_moved_and_fired(house: House, visitor: WHO) -> None:
    house.deploy("price", price_bpmn=MODEL)
    case = start(house, margin=2)
    owen = visitor("owen")
    [timer] = house.rows(t.timer, t.timer.c.instance_id == case)
    owen.post(f"/instances/{case}/timers/{timer['id']}", {"due": "2026-05-01T12:00"})
    assert "2026-05-01 12:00" in text(owen.get(f"/instances/{case}/work"))
    assert audited(house, "timer_moved")["element"] == "late"
    house.pass_time(days=4)
    assert house.state(case) == "active"
    owen.post(f"/instances/{case}/timers/{timer['id']}", {"now": "1"})
    house.work()
    assert house.state(case) == "completed"


def test_a_token_is_moved_after_its_preview_and_an_ended_case_goes_on_anew(house: House, visitor: WHO) -> None:
    house.deploy("price", price_bpmn=MODEL)
    case = start(house, margin=2)
    owen = visitor("owen")
    assert "“签字”" in text(owen.get(f"/instances/{case}/steer?source=sign&target=done"))
    assert house.tasks(case)
    owen.post(f"/instances/{case}/steer", {"verb": "move", "source": "sign", "target": "done", "why": "已线下签字"})
    assert house.state(case) == "completed" and audited(house, "token_moved")["why"] == "已线下签字"
    owen.get(f"/instances/{case}/steer?at=sign")
    answer = owen.post(f"/instances/{case}/steer", {"verb": "restart", "at": "sign"})
    assert [task["element"] for task in house.tasks(int(answer.location.rsplit("/", 1)[1]))] == ["sign"]


def test_a_case_is_suspended_resumed_carried_over_and_ended_from_its_page(house: House, visitor: WHO) -> None:
    house.deploy("price", price_bpmn=MODEL)
    case = start(house, margin=2)
    owen, steer = visitor("owen"), f"/instances/{case}/steer"
    for verb, state in (("suspend", "suspended"), ("resume", "active")):
        owen.get(steer)
        owen.post(steer, {"verb": verb})
        assert house.state(case) == state
    house.deploy("price", price_bpmn=MODEL.replace("签字", "双签"))
    assert "迁移到版本 2" in text(owen.get(f"{steer}?version=2"))
    owen.post(steer, {"verb": "migrate", "version": "2"})
    assert "第 2 版" in text(owen.get(steer))
    owen.post(steer, {"verb": "cancel", "why": "客户撤回"})
    assert house.state(case) == "cancelled"
    page = text(owen.get(f"/instances/{case}/audit"))
    assert "客户撤回" in page and page.count("<tr>") == 5, "a head and four deeds"


def test_a_batch_begins_with_what_the_filter_finds_and_tells_how_far_it_is(house: House, visitor: WHO) -> None:
    from engine.batches import run_batches

    house.deploy("price", price_bpmn=MODEL)
    cases = [start(house, margin=2, client_name=name) for name in ("甲", "乙", "乙")]
    owen = visitor("owen")
    page = text(owen.get("/batches/new?kind=suspend&process=price&fact=client_name&value=乙"))
    assert "2" in page
    chosen = {"process": "price", "fact": "client_name", "value": "乙", "kind": "suspend", "why": "等通知"}
    answer = owen.post("/batches", chosen)
    while run_batches(house.runtime):
        pass
    assert [house.state(case) for case in cases] == ["active", "suspended", "suspended"]
    assert 'value="2"' in text(owen.get(answer.location)) and "等通知" in text(owen.get("/batches"))


BUSY = d.process(
    '<startEvent id="start"/><businessRuleTask id="rule" name="分档" camunda:decisionRef="grade" '
    'camunda:resultVariable="grade" camunda:mapDecisionResult="singleEntry"/><parallelGateway id="fork"/>'
    '<serviceTask id="print" name="打印" camunda:type="external" camunda:topic="print_paper">'
    + d.properties(external="true")
    + '</serviceTask><intermediateCatchEvent id="answer" name="客户回复"><messageEventDefinition messageRef="m"/>'
    '</intermediateCatchEvent><intermediateCatchEvent id="wait" name="等三天"><timerEventDefinition><timeDuration>P3D'
    '</timeDuration></timerEventDefinition></intermediateCatchEvent><callActivity id="call" name="核价" '
    'calledElement="price"><extensionElements><camunda:in variables="all"/></extensionElements></callActivity>'
    '<endEvent id="end"/>'
    + d.flows("start>rule", "rule>fork", "fork>print", "fork>answer", "fork>wait", "fork>call")
    + d.flows("print>end", "answer>end", "wait>end", "call>end"),
    key="busy",
    outside='<message id="m" name="answered"/>',
)


def test_a_case_shows_its_jobs_timers_messages_children_and_decisions(house: House, visitor: WHO) -> None:
    house.deploy("price", price_bpmn=MODEL)
    house.deploy("busy", busy_bpmn=BUSY, grade_dmn=TABLE)
    case = house.start("busy", business_key="PJ-7", amount=50, margin=2)
    owen = visitor("owen")
    [child] = house.rows(t.instance, t.instance.c.parent_id == case)
    page = text(owen.get(f"/instances/{case}/work"))
    for shown in ("打印", "print_paper", "客户回复", "answered", "等三天", f"/instances/{child['id']}"):
        assert shown in page, shown
    assert "等三天" in text(owen.get("/operations/timers"))
    with house.writing() as session:
        api.fetch_and_lock(session, api.SYSTEM, "printer-7", [api.Topic("print_paper", timedelta(minutes=1))], 1)
    assert "printer-7" in text(owen.get("/operations"))
    house.message("answered", "PJ-7", variables={"word": "同意"})
    page = text(owen.get(f"/instances/{case}/work"))
    assert "已送达" in page and "同意" in page
    page = text(owen.get(f"/instances/{case}/decisions"))
    assert "分档" in page and "第 2 条规则" in page and ">高</div>" in page


def test_who_keeps_no_cases_running_may_not_look_into_them(house: House, visitor: WHO) -> None:
    house.deploy("price", price_bpmn=MODEL)
    case = start(house, margin=2)
    li = visitor("li")
    for path in ("/incidents", "/batches", f"/instances/{case}/variables", f"/instances/{case}/steer"):
        assert li.get(path).status_code == 403
    assert li.post(f"/instances/{case}/steer", {"verb": "suspend"}).status_code == 403
    assert li.get(f"/instances/{case}").status_code == 200 and house.state(case) == "active"
