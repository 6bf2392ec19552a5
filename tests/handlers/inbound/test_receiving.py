"""What comes in reaches its matter once, whatever way it takes: real processes, a real listener, signed requests."""

import json
import smtplib
import socket
from collections.abc import Iterator, Mapping
from email.message import EmailMessage
from pathlib import Path
from shutil import copyfile
from typing import Any

import pytest
import sqlalchemy as sa

from engine import api, identity, outbox, watcher, worker
from engine.errors import Forbidden, InvalidInput, NotFound
from engine.execution import Runtime
from engine.settings import Settings
from engine.store import tables as t
from handlers import documents, feedback
from handlers.channels import signatures
from handlers.channels.email import message_id
from handlers.inbound import Received, webhooks
from handlers.inbound.post import empty, listening, take
from handlers.records import documents as filed
from handlers.records import endpoints
from handlers.records import tables as book
from handlers.records.changes import Stamp
from tests.bpmn.packages import FOLDER
from tests.handlers.conftest import NOW, Desk
from tests.handlers.people import inquiry

PACKAGES = ("kyc_onboarding", "client_intake", "complaint_response")
PEOPLE = {"li": "rm", "wang": "rm", "mei": "service_desk", "lan": "service_desk", "ye": "crm_specialist"}
ADDRESS = str(inquiry()["email"])
WORDS = "提款申请提交三周仍未到账，多次联系无人答复。"


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the processes that are started from outside, a few people and one client."""
    folder = tmp_path_factory.mktemp("inbound")
    runtime = api.open_engine(Settings(database_url=f"sqlite:///{folder / 'in.db'}", data_dir=folder), lambda: NOW)
    api.migrate(runtime)
    with runtime.transaction() as session:
        for person, team in PEOPLE.items():
            identity.add_team(session, team, team, team, None)
            identity.add_person(session, person, person, person, f"{person}@house.example")
            identity.add_member(session, team, person)
    for name in PACKAGES:
        outcome = watcher.deploy_folder(runtime, FOLDER / name, api.SYSTEM)
        assert not outcome.faults and outcome.error is None
    Desk(runtime).run("intake.register", inquiry())
    runtime.database.dispose()
    return folder / "in.db"


@pytest.fixture
def house(furnished: Path, tmp_path: Path) -> Iterator[Runtime]:
    copyfile(furnished, tmp_path / "in.db")
    settings = Settings(
        database_url=f"sqlite:///{tmp_path / 'in.db'}", data_dir=tmp_path, base_url="https://deals.example.com"
    )
    runtime = api.open_engine(settings, lambda: NOW)
    yield runtime
    runtime.database.dispose()


def mail(text: str = WORDS, sender: str = ADDRESS, **headers: str) -> bytes:
    made = EmailMessage()
    given = {"From": f"王敏 <{sender}>", "To": "desk@house.example", "Subject": "投诉：放款", "Message-ID": "<m1@x>"}
    for name, value in (given | {name.replace("_", "-"): value for name, value in headers.items()}).items():
        made[name] = value
    made.set_content(text)
    return made.as_bytes()


def rows(house: Runtime, table: sa.Table, *where: Any) -> list[Mapping[str, Any]]:
    with house.reading() as session:
        return [dict(row) for row in session.execute(sa.select(table).where(*where)).mappings()]


def test_the_same_complaint_by_mail_by_form_and_by_program_is_one_case(house: Runtime) -> None:
    first = take(house, mail())
    worker.drain(house)
    assert (first.route, first.state) == ("complaint", "started")
    assert take(house, mail()).state == "duplicate"
    with house.transaction() as session:
        made = endpoints.put(session, "portal", "webhook", "https://portal.example/hook", Stamp(NOW, "root", "test"))
        key = signatures.key(house.settings, "webhook", "portal", made.generation)
        body = json.dumps({"id": 7, "sender": ADDRESS, "text": WORDS, "route": "complaint"}).encode()
        assert webhooks.take(session, "portal", signatures.sign(key, body, NOW), body).state == "started"
        party = rows(house, book.party)[0]["id"]
        link = feedback.url(house.settings, feedback.Letter(party, ADDRESS, "7001:letter"))
        token = link.rpartition("/")[2]
        feedback.take(session, token, {"kind": "complaint", "text": WORDS})
    worker.drain(house)
    (case,) = rows(house, book.complaint)
    assert case["business_key"] == first.matter_key
    assert len(rows(house, book.interaction, book.interaction.c.subject.contains("投诉"))) == len(
        rows(house, book.complaint_message)
    ) == 3  # fmt: skip
    (original,) = rows(house, book.document, book.document.c.name == "mail.eml")
    with house.reading() as session:
        assert documents.content(session, filed.get(session, original["id"])) == mail()


def test_a_stranger_s_request_starts_intake_over_smtp(house: Runtime) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    told: list[Received] = []
    with listening(house, "127.0.0.1", port, told.append), smtplib.SMTP("127.0.0.1", port) as smtp:
        content = mail("我们计划建设 50MW 风电场，需要项目贷款。", "new@wind.example", Subject="融资咨询：风电")
        smtp.sendmail("new@wind.example", ["desk@house.example"], content)
    worker.drain(house)
    (done,) = told
    assert (done.route, done.state) == ("inquiry", "started")
    started = rows(house, t.instance, t.instance.c.business_key == done.matter_key)
    assert "client_intake" in [one["key"] for one in started]
    assert rows(house, t.incident) == []
    assert len(rows(house, book.interaction, book.interaction.c.channel == "email")) == 1


def test_an_answer_to_our_letter_reaches_its_matter_and_a_foreign_number_does_not(house: Runtime) -> None:
    with house.transaction() as session:
        other = inquiry(client_name="北辰水务有限公司", reg_no=None, phone="13711112222", project_name="北辰污水处理厂")
        delivery = api.send_message(
            session, api.SYSTEM, "inquiry_received", business_key="PJ-2026-0002", variables=other
        )
    worker.drain(house)
    with house.transaction() as session:
        letter = {"client_name": "北辰水务有限公司", "link_url": "https://deals.example.com/link/1"}
        outbox.add(session, "email", ADDRESS, "client_form_link", letter, dedupe_key="letter:1",
                   instance_id=delivery.instance_id)  # fmt: skip
    ours = message_id("letter:1", house.settings.mail_from)
    answer = mail("资料见附件。", Subject="Re: 您好", Message_ID="<m2@x>", In_Reply_To=ours, References=ours)
    done = take(house, answer)
    assert (done.route, done.matter_key, done.state) == ("reply", "PJ-2026-0002", "filed")
    (entry,) = rows(house, book.interaction, book.interaction.c.text == "资料见附件。")
    assert entry["project_id"] is not None
    assert rows(house, t.outbox, t.outbox.c.template == "mail_received")
    foreign = mail("改付款账号", "thief@x.example", Subject="PJ-2026-0002", Message_ID="<m3@x>", To="x@house.example")
    assert take(house, foreign).matter_key != "PJ-2026-0002"


def test_machines_start_nothing_and_what_no_rule_sorts_waits_for_a_person(house: Runtime) -> None:
    away = take(house, mail("我休假了", Subject="自动回复：投诉", Message_ID="<a@x>", Auto_Submitted="auto-replied"))
    assert (away.route, away.state, away.matter_key) == ("unsorted", "filed", None)
    unclear = take(house, mail("下周来访", Subject="您好", Message_ID="<b@x>"))
    assert (unclear.route, unclear.state) == ("unsorted", "filed")
    told = rows(house, t.outbox, t.outbox.c.template == "mail_received")
    assert len(told) == 1
    assert rows(house, t.instance) == []


def test_a_folder_is_emptied_once(house: Runtime, tmp_path: Path) -> None:
    box = tmp_path / "maildir"
    (box / "new").mkdir(parents=True)
    (box / "new" / "1.x").write_bytes(mail())
    assert [done.state for _, done in empty(house, box)] == ["started"]
    assert list(empty(house, box)) == [] and [one.name for one in (box / "cur").iterdir()] == ["1.x:2,S"]


def test_nobody_speaks_for_others(house: Runtime) -> None:
    link = feedback.url(house.settings, feedback.Letter(1, ADDRESS, "k")).rpartition("/")[2]
    for token in (link[:-2] + "AA", "x", ""):
        with house.transaction() as session, pytest.raises(NotFound):
            feedback.take(session, token, {"text": "x"})
    with house.transaction() as session:
        with pytest.raises(InvalidInput):
            feedback.take(session, link, {"text": " "})
        with pytest.raises(Forbidden):
            webhooks.take(session, "portal", "t=1,v1=00", b"{}")
