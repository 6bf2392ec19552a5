"""Reports to investors and their questions on the real engine with the real handlers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from engine import api, identity
from engine.errors import FourEyes, NotFound
from handlers.records import cases, disclosure, documents, monitoring, parties, projects
from handlers.records.changes import Stamp
from handlers.records.tables import alert
from tests.bpmn.service_house import FUND, PROJECT, STRANGER, ServiceHouse

ENTITLED: Mapping[str, Any] = {
    "client_key": FUND, "project_key": PROJECT, "investor_type": "fund", "frequency": "annual", "due_days": 15,
    "language": "zh", "entitled_people": [{"name": "周宁", "email": "ir@fund.example"}],
}  # fmt: skip
COMMENT = {"commentary": "工程按期。", "commentary_en": "On schedule."}
KEY = "RP-2026-0001-2026Y"


def stamp(house: ServiceHouse) -> Stamp:
    return Stamp(house.clock(), "test", "test")


def entitle(house: ServiceHouse, **changes: object) -> int:
    """Register an entitlement by its form; the instance."""
    values = {**ENTITLED, **changes}
    with house.writing() as session:
        key = str(values["client_key"])
        made = api.start(session, house.actor("wu"), "investor_reporting", values, business_key=key)
    house.work()
    return made


def event(house: ServiceHouse, text: str = "总包合同解除") -> int:
    """A material event of the project; its instance."""
    made = house.tell("material_event", PROJECT, project_key=PROJECT, text=text).instance_id
    assert made is not None
    return made


def agree(house: ServiceHouse) -> None:
    """Written, and agreed by finance and risk."""
    house.finish("ut_commentary", COMMENT)
    house.finish("ut_finance", {"figures_agreed": "yes"}, by="gao")
    house.finish("ut_risk", {"text_agreed": "yes"})


def link(house: ServiceHouse) -> str:
    """The token in the newest report letter."""
    return str(house.posted("investor_report")[-1]["data"]["report_url"]).rpartition("/")[2]


def test_a_report_comes_by_its_frequency_and_each_investor_gets_only_their_projects(house: ServiceHouse) -> None:
    with house.writing() as session:
        other = projects.create(session, {"name": "另一项目"}, stamp(house), 2026)
        lender = parties.create(session, {"legal_name": "北方银行"}, stamp(house), 2026)
        for project_id in (other.id, projects.get(session, PROJECT).id):
            projects.give_role(session, lender.id, project_id, "investor", stamp(house))
        values = {"outcome": "repaid", "closed_on": date(2025, 1, 1), "confidential": False}
        cases.archive(session, "CA-1", {**values, "name": "可公开电站", "release_consent": True}, stamp(house))
        cases.archive(session, "CA-2", {**values, "name": "未同意电站"}, stamp(house))
    entitle(house)
    entitle(house, client_key=lender.business_key, project_key=other.business_key, investor_type="lender")
    entitle(house, client_key=lender.business_key, investor_type="lender", language="en")
    house.clock.at = house.clock.at.replace(month=12, day=31)
    house.work()
    assert "ut_commentary" not in house.open_elements()
    house.pass_time(days=4)  # the first working day of the year
    assert house.open_elements("investor_reporting") == ["ut_commentary", "ut_commentary"]
    mine = next(task for task in house.tasks() if task["business_key"] == KEY)
    known = house.variables(mine["instance_id"])
    assert [one["investor_name"] for one in known["recipients"]] == ["华夏基础设施基金", "北方银行"]
    with house.writing() as session:
        api.complete(session, house.actor("wu"), mine["id"], COMMENT)
    house.work()
    with house.looking() as session:
        pack = disclosure.pack(session, KEY)
        told = {one.party_id: one for one in disclosure.of_pack(session, pack.id)}
        fund, bank = told[parties.get(session, FUND).id], told[lender.id]
        paper = documents.get(session, int(str(fund.file_id)))
    assert fund.sections == ["project", "facilities", "progress", "alerts", "commentary", "track_record"]
    assert bank.sections == ["project", "facilities", "progress", "covenants", "alerts", "commentary"]
    shown = next(one for one in fund.content if one["id"] == "track_record")
    assert [row["name"] for row in shown["rows"]] == ["可公开电站"]
    assert paper.sha256 == fund.file_sha256
    assert pack.due_at.astimezone(house.runtime.zone).date() > date(2027, 1, 20)


def test_nothing_goes_out_unless_finance_risk_and_compliance_agreed_three_people(house: ServiceHouse) -> None:
    entitle(house)
    instance, day = event(house), house.clock().astimezone(house.runtime.zone).date()
    house.finish("ut_commentary", COMMENT)
    house.finish("ut_finance", {"figures_agreed": "yes"}, by="gao")
    risk = house.task("ut_risk")["id"]
    with house.writing() as session, pytest.raises(FourEyes):  # of risk too, but spoke for finance
        identity.add_member(session, "risk_officer", "gao")
        api.reassign(session, house.actor("ye"), risk, "gao")
    house.finish("ut_risk", {"text_agreed": "yes"})
    release = house.task("ut_release")
    assert release["assignee"] != "gao"
    with house.writing() as session, pytest.raises(FourEyes):  # of compliance too, but spoke for finance
        api.reassign(session, house.actor("ye"), release["id"], "gao")
    assert house.posted("investor_report") == []
    house.finish("ut_release", {"release_decision": "release"})
    with house.looking() as session:
        pack = disclosure.pack(session, "RE-2026-0001")
        assert (pack.state, pack.finance_by, pack.risk_by, pack.late) == ("sent", "gao", "tang", False)
        assert pack.released_by in ("sun", "zhou")
    [letter] = house.posted("investor_report")
    assert letter["recipient"] == "ir@fund.example"
    assert (letter["data"]["event"], letter["data"]["period"]) == (True, str(day))  # the day of the event, no period
    with house.writing() as session:
        first = disclosure.opened(session, link(house), stamp(house))
        with pytest.raises(NotFound):
            disclosure.opened(session, "guessed", stamp(house))
    assert first.opened_at == house.clock.at
    house.pass_time(days=10)
    assert house.state(instance) == "completed"


def test_what_was_not_opened_is_followed_up(house: ServiceHouse) -> None:
    entitle(house)
    event(house)
    agree(house)
    house.finish("ut_release", {"release_decision": "release"})
    house.pass_time(days=10)
    task = house.task("ut_follow_up")
    assert [one["investor_name"] for one in house.variables(task["instance_id"])["unread"]] == ["华夏基础设施基金"]


def test_a_late_disclosure_is_told_once_and_a_correction_is_counted(house: ServiceHouse) -> None:
    entitle(house)
    event(house)
    house.finish("ut_commentary", COMMENT)
    house.finish("ut_finance", {"figures_agreed": "no", "finance_comment": "提款额不符"}, by="gao")
    house.finish("ut_risk", {"text_agreed": "yes"})
    assert "ut_commentary" in house.open_elements()
    house.pass_time(days=2)
    told = house.posted("disclosure_late")
    assert {row["recipient"] for row in told} == {"wu", "gao", "tang", "sun", "zhou"}
    house.pass_time(days=1)
    assert len(house.posted("disclosure_late")) == len(told)
    with house.looking() as session:
        pack = disclosure.pack(session, "RE-2026-0001")
    assert (pack.late, pack.corrections) == (True, 1)


def test_the_risk_figures_of_a_report_are_those_of_the_alert_table(house: ServiceHouse) -> None:
    entitle(house)
    with house.writing() as session:
        for level, closed in (("red", True), ("red", False), ("amber", False)):
            values = {"subject_key": PROJECT, "project_key": PROJECT, "metric": level, "source": "test", "level": level}
            made = monitoring.open_alert(session, {**values, "text": "预警", "text_en": "alert"}, stamp(house), 2026)
            if closed:
                later = {"state": "closed", "closed_at": house.clock.at}
                monitoring.change_alert(session, made.id, later, stamp(house))
    event(house)
    with house.looking() as session:
        content = disclosure.pack(session, "RE-2026-0001").content
        counted = sa.select(alert.c.level, sa.func.count(), sa.func.count(alert.c.closed_at)).group_by(alert.c.level)
        table = {level: (raised, closed) for level, raised, closed in session.execute(counted)}
    rows = next(one for one in content if one["id"] == "alerts")["rows"]
    assert {row["level"]: (row["raised"], row["closed"]) for row in rows} == table == {"red": (2, 1), "amber": (1, 0)}


def test_a_question_has_three_days_and_a_second_pair_of_eyes(house: ServiceHouse) -> None:
    entitle(house)
    house.tell("investor_question", "QN-2026-0001", question="并网推迟吗？", project_key=PROJECT, client_key=FUND)
    task = house.task("ut_answer")
    due = task["due_at"].astimezone(house.runtime.zone)
    assert due.date() == (house.clock.at + timedelta(days=3)).date()
    house.finish("ut_answer", {"answer": "计划不变。"})
    assert house.posted("question_answered") == []
    house.finish("ut_check_answer", {"answer_check": "send"})
    [letter] = house.posted("question_answered")
    assert (letter["recipient"], letter["data"]["answer"]) == ("ir@fund.example", "计划不变。")
    with house.looking() as session:
        asked = disclosure.question(session, "QN-2026-0001")
    assert (asked.answered_by, asked.answered_at) == ("wu", house.clock.at)


def test_who_is_not_entitled_learns_nothing(house: ServiceHouse) -> None:
    refused = entitle(house, client_key=STRANGER)
    assert house.state(refused) == "completed"
    assert "参与方" in house.variables(refused)["entitlement_problem"]
    unknown = entitle(house, client_key="CL-2026-9999")
    assert "CL-2026-9999" in house.variables(unknown)["entitlement_problem"]
    asked = house.tell("investor_question", "QN-2026-0001", question="收益？", project_key=PROJECT, client_key=STRANGER)
    assert asked.instance_id is not None
    assert (house.state(asked.instance_id), house.open_elements()) == ("completed", [])
    nothing = event(house)
    assert (house.state(nothing), house.open_elements()) == ("completed", [])
