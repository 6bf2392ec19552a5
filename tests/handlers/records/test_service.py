"""Complaints, meetings and disclosures in the book, on both databases."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from engine.errors import InvalidInput
from engine.execution import Runtime
from handlers import agenda
from handlers.records import disclosure, meetings, parties, projects, service
from handlers.records.changes import Stamp
from handlers.records.merging import merge
from handlers.records.service import Message
from handlers.records.tables import survey
from tests.handlers.conftest import NOW

STAMP = Stamp(NOW, "test", "test")
SAID = "提款申请提交三周仍未到账"


def test_one_matter_is_found_by_its_thread_or_by_alike_words_and_causes_are_counted_once(book: Runtime) -> None:
    with book.transaction() as session:
        client = parties.create(session, {"legal_name": "华丰"}, STAMP, 2026)
        row = {"subject": "未到账", "text": SAID, "party_id": client.id, "sender": "a@b.example"}
        first = service.create(session, row, STAMP, 2026)
        service.add_message(session, Message(first.id, "email", "未到账", SAID, NOW, thread="<1>"))

        def found(
            said: str, thread: str | None = None, senders: tuple[str, ...] = (), known: int | None = None
        ) -> bool:
            since = NOW - timedelta(days=14)
            one = service.same_matter(session, thread=thread, senders=senders, party_id=known, said=said, since=since)
            return one is not None

        assert found("别的事", thread="<1>")
        assert found(f"未到账：{SAID}！", senders=("a@b.example",))
        assert found(f"未到账 {SAID}", known=client.id)
        assert not found("网站无法登录，收不到验证码", known=client.id)
        assert not found(f"未到账 {SAID}")
        assert [one.business_key for one in service.open_complaints(session, client.id)] == ["CO-2026-0001"]
        service.change(session, first.id, {"state": "closed", "cause": "fee", "closed_at": NOW}, STAMP)
        assert service.uncounted(session, "fee", NOW - timedelta(days=90)) == (first.id,)
        begun = service.begin_improvement(session, "fee", "complaints", STAMP, 2026)
        service.take_up(session, [first.id], begun.id)
        assert service.uncounted(session, "fee", NOW - timedelta(days=90)) == ()
        assert service.open_complaints(session, client.id) == ()


def test_an_agenda_holds_what_is_open_and_no_nought_where_nobody_answered(book: Runtime) -> None:
    with book.transaction() as session:
        assert agenda.build(session, NOW)["nps"] == {"nps": None, "answered": 0, "days": 90}
        client = parties.create(session, {"legal_name": "华丰"}, STAMP, 2026)
        person = parties.add_contact(session, client.id, {"name": "王敏"}, STAMP)
        for number, mark in enumerate((10, 9, 8, 3)):
            row = {"business_key": f"SV-{number}", "party_id": client.id, "contact_id": person.id, "kind": "quarterly"}
            row |= {"round": "2026Q1", "state": "answered", "planned_at": NOW, "answered_at": NOW, "nps": mark}
            session.execute(survey.insert().values(id=number + 1, **row))
        for amount in (100, 250):
            projects.create(session, {"name": f"项目{amount}", "amount": Decimal(amount)}, STAMP, 2026)
        held = meetings.plan(session, date(2026, 4, 7), {}, STAMP, None)
        meetings.add_action(session, held.id, "梳理通知", "li", date(2026, 4, 15), STAMP)
        with pytest.raises(InvalidInput):
            meetings.add_action(session, held.id, "无期限", "li", None, STAMP)
        found = agenda.build(session, NOW)
        assert found["nps"] == {"nps": Decimal(25), "answered": 4, "days": 90}
        assert [(row["phase"], row["projects"], row["amount"]) for row in found["pipeline"]] == [("intake", 2, 350)]
        assert [row["action_key"] for row in found["open_actions"]] == ["AI-2026-0001"]
        assert (found["red_alerts"], found["overdue_tasks"], found["improvements"]) == ([], [], [])


def test_an_investor_is_entitled_by_a_part_in_the_project_and_sees_their_sections_alone(book: Runtime) -> None:
    with book.transaction() as session:
        fund = parties.create(session, {"legal_name": "基金"}, STAMP, 2026)
        project = projects.create(session, {"name": "电站"}, STAMP, 2026)
        values = {"investor_type": "fund", "frequency": "quarterly", "due_days": 15, "language": "zh"}
        values |= {"recipients": [], "since": date(2026, 1, 1), "until": date(2026, 6, 30)}
        with pytest.raises(InvalidInput):
            disclosure.entitle(session, fund.id, project.id, values, STAMP)
        projects.give_role(session, fund.id, project.id, "investor", STAMP)
        whose = disclosure.entitle(session, fund.id, project.id, values, STAMP)
        assert disclosure.entitle(session, fund.id, project.id, values, STAMP).id == whose.id
        assert disclosure.is_entitled(session, fund.id, project.id, date(2026, 6, 30))
        assert not disclosure.is_entitled(session, fund.id, project.id, date(2026, 7, 1))
        assert disclosure.entitled(session, project.id, date(2026, 3, 1), "annual") == ()
        made = {"project_id": project.id, "kind": "event", "frequency": "event", "due_at": NOW}
        made |= {"period_start": date(2026, 3, 1), "period_end": date(2026, 3, 2)}
        made |= {"content": [{"id": "project", "title": "项目"}, {"id": "alerts", "title": "预警"}]}
        pack = disclosure.begin_pack(session, made, STAMP, 2026)
        told = disclosure.prepare(session, pack, whose, ["alerts", "covenants"], STAMP)
        assert (told.sections, [one["title"] for one in told.content]) == (["alerts"], ["预警"])
        token = disclosure.send(session, told.id, STAMP)
        assert disclosure.opened(session, token, STAMP).opened_at == NOW
        disclosure.change_pack(session, pack.id, {"state": "released"}, STAMP)
        with pytest.raises(InvalidInput):
            disclosure.change_pack(session, pack.id, {"content": []}, STAMP)


def test_joined_entries_of_one_investor_are_entitled_once_with_the_people_of_both(book: Runtime) -> None:
    with book.transaction() as session:
        project = projects.create(session, {"name": "电站"}, STAMP, 2026)
        funds = [parties.create(session, {"legal_name": name}, STAMP, 2026) for name in ("基金", "基金公司")]
        for fund in funds:
            projects.give_role(session, fund.id, project.id, "investor", STAMP)
            values = {"investor_type": "fund", "frequency": "annual", "due_days": 15, "language": "zh"}
            values |= {"recipients": [{"name": "周", "email": f"{fund.id}@x.example"}], "since": date(2026, 1, 1)}
            disclosure.entitle(session, fund.id, project.id, values, STAMP)
        merge(session, funds[0].id, funds[1].id, STAMP)
        [whose] = disclosure.entitled(session, project.id, date(2026, 3, 1))
        assert (whose.party_id, len(whose.recipients)) == (funds[0].id, 2)
