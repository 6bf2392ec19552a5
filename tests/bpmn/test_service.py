"""Complaints, improvements and meetings on the real engine with the real handlers."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from engine import api
from engine.errors import Forbidden, FormInvalid, FourEyes
from handlers.channels.email import message_id
from handlers.inbound import Incoming, receive
from handlers.records import interactions, meetings, monitoring, parties, relationship, service
from handlers.records.changes import Stamp
from handlers.records.tables import complaint, inbound_message
from tests.bpmn.service_house import CLIENT, EMAIL, FOUND, SAID, ServiceHouse


def case(house: ServiceHouse, key: str = "CO-2026-0001") -> service.Complaint:
    with house.looking() as session:
        return service.get(session, key)


# ── complaints ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_same_complaint_by_mail_and_by_form_is_one_case(house: ServiceHouse) -> None:
    first = house.complain("CO-2026-0001", thread="<1@example.org>")
    more = SAID["text"] + "请尽快处理"
    by_form = house.complain("CO-2026-0002", channel="web", text=more, email=None, client_key=CLIENT)
    in_thread = house.complain(
        "CO-2026-0003", thread="<1@example.org>", text="补充：合同编号见附件", email="other@example.org"
    )
    assert house.state(first) == "active"
    assert [house.state(by_form), house.state(in_thread)] == ["completed", "completed"]
    assert house.open_elements() == ["ut_investigate"]
    with house.looking() as session:
        one = service.get(session, "CO-2026-0001")
        came = service.messages_of(session, one.id)
        assert one.party_id is not None
        assert [entry.channel for entry in interactions.timeline(session, one.party_id)][:3] == [
            "email",
            "web",
            "email",
        ]
    assert [message.channel for message in came] == ["email", "web", "email"]
    assert len(house.rows(complaint)) == 1
    assert [row["recipient"] for row in house.posted("complaint_joined")] == [one.owner, one.owner]


def test_another_matter_of_the_same_client_is_another_case(house: ServiceHouse) -> None:
    house.complain("CO-2026-0001")
    house.complain("CO-2026-0002", subject="网站无法登录", text="验证码收不到，无法查看还款计划。")
    assert house.open_elements() == ["ut_investigate", "ut_investigate"]


def test_the_times_are_the_tables_and_the_client_is_told_within_them(house: ServiceHouse) -> None:
    instance = house.complain("CO-2026-0001")
    [letter] = house.posted("complaint_receipt")
    one = case(house)
    due = [
        moment.astimezone(house.runtime.zone).isoformat() for moment in (one.acknowledge_due, one.solve_due) if moment
    ]
    assert due == ["2026-03-03T18:00:00+08:00", "2026-03-16T18:00:00+08:00"]
    assert house.task("ut_investigate")["due_at"] == one.solve_due
    assert letter["recipient"] == SAID["email"]
    assert house.variables(instance)["acknowledged_on_time"] is True


def test_a_client_with_a_service_plan_hears_within_what_the_plan_promises(house: ServiceHouse) -> None:
    with house.writing() as session:
        plan = {"tier": "A", "response_hours": 4, "contact_days": 30, "review_months": 12, "meetings": 4}
        client = parties.find(session, CLIENT)
        assert client is not None
        relationship.set_plan(session, client.id, {**plan, "channel": "visit"}, Stamp(house.clock(), "li", "review"))
    house.complain("CO-2026-0001")
    promised = case(house).acknowledge_due
    assert promised is not None
    assert promised.astimezone(house.runtime.zone).isoformat() == "2026-03-02T13:00:00+08:00"


def test_nobody_handles_what_is_about_them(house: ServiceHouse) -> None:
    house.complain("CO-2026-0001", text="放款太慢。", about_person="zhao")
    task = house.task("ut_investigate")
    assert (case(house).severity, task["assignee"]) == ("high", "shi")
    house.complain("CO-2026-0002", text="将向监管部门举报，经理推诿。", about_person="zhao")
    critical = next(task for task in house.tasks() if task["business_key"] == "CO-2026-0002")
    assert critical["assignee"] == "zhou"  # of the backup team: the head is the one complained about
    with house.writing() as session, pytest.raises(Forbidden, match="excluded"):
        api.reassign(session, house.actor("shi"), task["id"], "zhao")


def test_escalation_comes_at_50_80_and_100_per_cent_of_the_time_and_once(house: ServiceHouse) -> None:
    house.complain("CO-2026-0001")
    handler = str(house.task("ut_investigate")["assignee"])
    told: list[list[tuple[str, str]]] = []
    for days in (8, 3, 4, 1):
        house.pass_time(days=days)
        told.append([(row["recipient"], row["channel"]) for row in house.posted("complaint_escalated")])
    assert told[0] == [(handler, "in_app")]
    assert told[1][1:] == [(handler, "in_app"), ("zhao", "in_app")]
    assert set(told[2][3:]) == {(handler, "in_app"), (handler, "email"), ("zhao", "in_app"), ("zhao", "email")}
    assert told[3] == told[2]
    assert case(house).escalated == 100
    assert house.task("ut_supervise")["assignee"] == "zhao"
    assert house.task("ut_investigate")["assignee"] == handler


def test_a_disputed_answer_goes_to_somebody_else_and_then_is_final(house: ServiceHouse) -> None:
    instance = house.complain("CO-2026-0001")
    first = str(house.task("ut_investigate")["assignee"])
    house.finish("ut_investigate", FOUND)
    house.tell("complaint_disputed", "CO-2026-0001", dispute_reason="损失未赔偿")
    again = house.task("ut_investigate")
    assert (again["assignee"], case(house).level) == ("zhao", 2)
    assert first in house.variables(instance)["excluded_people"]
    house.finish("ut_investigate", FOUND, remedy_amount="50000", answer_text="同意赔偿。")
    with house.writing() as session, pytest.raises(FourEyes):  # the only head has just investigated it
        api.claim(session, house.actor("zhao"), house.task("ut_approve_remedy")["id"])


def mail(house: ServiceHouse, text: str, subject: str, *answers: str) -> str | None:
    """A mail from the client comes in; the matter it belongs to."""
    number = len(house.rows(inbound_message)) + 1
    came = Incoming("email", f"<{number}@example.org>", f"<{number}@example.org>", EMAIL, subject, text, house.clock())
    with house.writing() as session:
        received = receive(session, replace(came, sender_name="陈晓", route="complaint", answers=answers))
    house.work()
    return received.matter_key


def test_a_mail_starts_a_case_and_a_reply_to_our_letter_reaches_it(house: ServiceHouse) -> None:
    key = mail(house, str(SAID["text"]), str(SAID["subject"]))
    assert key == "CO-2026-0001"
    house.finish("ut_investigate", FOUND)
    [answer] = house.posted("complaint_answered")
    ours = message_id(str(answer["dedupe_key"]), house.runtime.settings.mail_from)
    assert mail(house, "谢谢，满意。", "回复", ours) == key
    house.finish("ut_reply", {"reply": "accepted", "csat": 5})
    assert (case(house).outcome, case(house).csat, len(house.rows(complaint))) == ("accepted", 5, 1)


def test_an_answer_to_a_closed_complaint_opens_the_matter_again_with_somebody_else(house: ServiceHouse) -> None:
    mail(house, str(SAID["text"]), str(SAID["subject"]))
    first = str(house.task("ut_investigate")["assignee"])
    house.finish("ut_investigate", FOUND)
    [answer] = house.posted("complaint_answered")
    ours = message_id(str(answer["dedupe_key"]), house.runtime.settings.mail_from)
    house.pass_time(days=11)
    assert case(house).outcome == "silent"
    assert mail(house, "款项又被退回，问题没有解决。", "回复", ours) == "CO-2026-0001"
    task = house.task("ut_investigate")
    one = case(house)
    assert (one.state, one.level, one.disputes, one.outcome) == ("disputed", 2, 1, None)
    assert one.solve_due is not None and one.solve_due > house.clock()
    assert (task["assignee"], first != "zhao") == ("zhao", True)
    assert house.variables(task["instance_id"])["answer_text"] == FOUND["answer_text"]
    house.finish("ut_investigate", FOUND)
    house.tell("complaint_disputed", "CO-2026-0001", dispute_reason="仍不同意")
    assert (case(house).outcome, len(house.rows(complaint))) == ("final", 1)


def test_a_remedy_above_the_limit_waits_for_a_second_person(house: ServiceHouse) -> None:
    house.complain("CO-2026-0001")
    house.finish("ut_investigate", FOUND, remedy_amount="10000.01")
    assert house.posted("complaint_answered") == []
    house.finish("ut_approve_remedy", {"remedy_decision": "approve"})
    assert len(house.posted("complaint_answered")) == 1
    house.tell("complaint_accepted", "CO-2026-0001", csat=4)
    assert (case(house).outcome, case(house).csat, case(house).state) == ("accepted", 4, "closed")


def test_a_suggestion_gets_an_answer_and_a_status(house: ServiceHouse) -> None:
    instance = house.complain("CO-2026-0001", kind="suggestion", subject="建议", text="希望增加英文还款计划表。")
    assert case(house).severity == "low"
    with house.looking() as session:
        assert service.open_complaints(session, case(house).party_id or 0) == ()
    house.finish("ut_investigate", FOUND, answer_text="已列入改进计划。")
    house.pass_time(days=11)
    assert house.state(instance) == "completed"
    assert (case(house).outcome, case(house).answer) == ("silent", "已列入改进计划。")


# ── improvements ───────────────────────────────────────────────────────────────────────────────────────────────


def settle(house: ServiceHouse, number: int, **found: Any) -> None:
    """A complaint of its own matter from receipt to acceptance."""
    key = f"CO-2026-{number:04d}"
    matters = ("提款没有到账", "还款通知发错人", "利率调整没有说明", "报表重复索取")
    house.complain(key, subject=matters[number - 1], text=f"{matters[number - 1]}，请核实并答复。" * number)
    task = next(task for task in house.tasks() if task["business_key"] == key)
    with house.writing() as session:
        api.complete(session, house.actor(str(task["assignee"])), task["id"], {**FOUND, **found})
    house.work()
    house.tell("complaint_accepted", key, csat=3)


def test_the_third_same_cause_in_90_days_starts_one_improvement_that_closes_only_after_its_check(
    house: ServiceHouse,
) -> None:
    settle(house, 1)
    house.pass_time(days=30)
    settle(house, 2)
    assert house.open_elements("service_improvement") == []
    settle(house, 3)
    task = house.task("ut_analyse")
    assert (task["business_key"], len(house.variables(task["instance_id"])["complaints"])) == ("SI-2026-0001", 3)
    settle(house, 4)
    assert house.open_elements("service_improvement") == ["ut_analyse"]
    analysis = {"cause": "process_delay", "analysis": "无时限", "action": "加时限", "measure": "不再发生"}
    house.finish("ut_analyse", analysis, action_owner="shi", action_due="2026-04-10")
    house.finish("ut_act", {"action_done": "已上线"})
    house.pass_time(days=59)
    assert house.open_elements("service_improvement") == []
    house.pass_time(days=1)
    check = house.task("ut_check")
    assert (check["assignee"] != "shi", house.variables(check["instance_id"])["recurrences"]) == (True, 0)
    house.finish("ut_check", {"effective": "yes", "check_comment": "无复发"})
    with house.looking() as session:
        one = service.improvement(session, "SI-2026-0001")
        assert len(service.taken_up(session, one.id)) == 4
    assert (one.state, one.effective, one.closed_by) == ("closed", True, check["assignee"])


# ── meetings ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_action_needs_an_owner_and_a_day_and_what_is_open_comes_back(house: ServiceHouse) -> None:
    with house.writing() as session:
        values = {
            "subject_key": "FA-1",
            "metric": "dscr",
            "source": "test",
            "level": "red",
            "text": "红",
            "text_en": "r",
        }
        values |= {"text": "覆盖率过低", "text_en": "cover too low"}
        monitoring.open_alert(session, values, Stamp(house.clock(), "test", "test"), 2026)
    house.complain("CO-2026-0001")
    house.pass_time(days=18)  # the 20th
    agenda = house.task("ut_confirm")
    known = house.variables(agenda["instance_id"])
    assert (known["meeting_key"], known["meeting_day"]) == ("MT-2026-04", date(2026, 4, 7))
    assert [row["alert_key"] for row in known["red_alerts"]] == ["AL-2026-0001"]
    assert [(row["team"], row["tasks"]) for row in known["overdue_tasks"]] == [("service_desk", 1)]
    house.finish("ut_confirm", {})
    assert house.open_elements().count("ut_preread") == 3
    house.pass_time(days=18, hours=1)
    assert "ut_preread" not in house.open_elements()
    decided = {"attendance": [{"team": "marketing", "person": "马明", "present": "yes"}],
               "decisions": [{"topic": "逾期", "decision": "清理"}], "open_actions": []}  # fmt: skip
    action = {"text": "梳理补正通知", "owner": "dong", "due": "2026-04-15"}
    with pytest.raises(FormInvalid):
        house.finish("ut_minutes", decided, new_actions=[{**action, "owner": None}])
    house.finish("ut_minutes", decided, new_actions=[{**action, "owner": "nobody"}])
    [problem] = house.variables(agenda["instance_id"])["minutes_problems"]
    assert "nobody" in problem["text"]
    house.finish("ut_minutes", decided, new_actions=[action, {**action, "text": "回访", "owner": "ma"}])
    house.finish("ut_action", {"action_status": "done", "action_result": "已梳理"}, by="dong")
    house.pass_time(days=12, hours=22.5)  # the next 20th, before the next agenda
    house.pass_time(hours=1)
    following = house.task("ut_confirm")
    [open_action] = house.variables(following["instance_id"])["open_actions"]
    assert (open_action["owner"], open_action["carried"]) == ("ma", 1)
    assert house.state(agenda["instance_id"]) == "completed"
    house.finish("ut_confirm", {})
    house.pass_time(days=18, hours=1)
    done = {"status": "done", "owner": "ma", "due": "2026-05-20", "result": "已回访"}
    house.finish("ut_minutes", {**decided, "open_actions": [done]}, new_actions=[])
    with house.looking() as session:
        assert meetings.get(session, "MT-2026-04").minutes_by in ("ye", "shi")
        assert meetings.action(session, open_action["action_key"]).state == "done"
