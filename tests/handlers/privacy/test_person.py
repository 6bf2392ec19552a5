"""A person is handed everything that names them, and is gone from the book afterwards; the audit holds as before."""

import json
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from engine import api, identity, outbox, watcher, worker
from engine.errors import InvalidInput, NotFound
from engine.queries import instance, instances
from engine.store import tables as t
from engine.verification import verify
from handlers import documents as files
from handlers.privacy import collect, erase, find
from handlers.records import interactions, parties, preferences
from handlers.records import tables as book
from handlers.records.changes import Stamp
from handlers.records.documents import Filing
from handlers.records.interactions import Interaction
from tests.bpmn.packages import FOLDER
from tests.handlers.conftest import NOW, Desk
from tests.handlers.people import inquiry
from web.cli import run

ADDRESS, NAME, NUMBER = "wang.min@huafeng.example.com", "王敏", "+8613812345678"
STAMP = Stamp(NOW, "zhou", "test", why="本人要求")


@pytest.fixture
def desk(quick_desk: Desk) -> Iterator[Desk]:
    """A client in intake with a person who is named nearly everywhere, and another person who is not."""
    runtime = quick_desk.runtime
    with runtime.transaction() as session:
        identity.add_team(session, "rm", "rm", "rm", None)
        identity.add_person(session, "li", "li", "li", "li@house.example")
        identity.add_member(session, "rm", "li")
    for name in ("kyc_onboarding", "client_intake"):
        assert not watcher.deploy_folder(runtime, FOLDER / name, api.SYSTEM).faults
    with runtime.transaction() as session:
        api.send_message(session, api.SYSTEM, "inquiry_received", business_key="PJ-2026-0001", variables=inquiry())
    worker.drain(runtime)
    with runtime.transaction() as session:
        (person,) = preferences.reached_by(session, ADDRESS)
        parties.add_contact(session, person.party_id, {"name": "何青", "email": "he@huafeng.example.com"}, STAMP)
        interactions.add(
            session, Interaction(person.party_id, NOW, "phone", "in", "王敏来电", "li", "家住南通", person=NAME)
        )
        interactions.add(
            session, Interaction(person.party_id, NOW, "phone", "in", "来电", "li", "何青说好", person="何青")
        )
        outbox.add(session, "email", ADDRESS, "client_form_link", {"client_name": "华丰"}, dedupe_key="w")
        outbox.add(session, "email", "he@huafeng.example.com", "client_form_link", {"client_name": "x"}, dedupe_key="h")
        filing = Filing("PJ-2026-0001", "attachment", "护照.pdf", person.party_id, person.contact_id)
        files.keep(session, b"passport", filing, STAMP)
        case = instances(session)[0].id
        api.comment(session, identity.actor(session, "li"), case, "王敏说用 13812345678，何青不在")
    yield quick_desk


def everything(desk: Desk) -> str:
    """All that can be read in the book and the outbox, and in the variables of cases."""
    said: list[Any] = []
    with desk.runtime.reading() as session:
        for table in [*book.metadata.sorted_tables, t.outbox, t.comment]:
            said += [dict(row) for row in session.execute(sa.select(table)).mappings()]
        for row in instances(session):
            said.append(instance(session, row.id).variables)
    return repr(said)


def test_everything_is_handed_out_and_then_nothing_of_the_person_is_left(desk: Desk) -> None:
    with desk.runtime.reading() as session:
        held: Mapping[str, Any] = collect(session, find(session, NUMBER))
    assert {"contact", "interaction", "letters", "document", "processes", "change_log", "inquiry"} <= set(held)
    assert [row["text"] for row in held["comment"]] == ["王敏说用 13812345678，何青不在"]
    assert {row["path"] for row in held["processes"]} >= {"contact_name", "email", "phone"}
    assert held["interaction"][-1]["text"] == "家住南通"
    assert all(mark in everything(desk) for mark in (NAME, ADDRESS, NUMBER))
    with desk.runtime.transaction() as session:
        done = erase(session, find(session, ADDRESS), STAMP)
    left = everything(desk)
    assert [mark for mark in (NAME, ADDRESS, NUMBER, "家住南通", "1234 5678") if mark in left] == []
    assert "何青说好" in left and "何青不在" in left and "13812345678" not in left and "he@huafeng.example.com" in left
    assert done.counts["contact"] == 1 and done.counts["document"] == 1
    assert list(desk.runtime.settings.data_dir.glob("files/*/*")) == []
    with desk.runtime.reading() as session:
        verdict = verify(session)
        (entry,) = session.execute(sa.select(t.audit_entry).where(t.audit_entry.c.action == "person_erased")).all()
        with pytest.raises(NotFound):
            find(session, ADDRESS)
    assert not verdict.broken
    assert entry.data["why"] == "本人要求" and NAME not in repr(entry.data)


def test_a_check_is_neither_told_to_the_person_nor_erased_while_it_is_open(desk: Desk) -> None:
    hit = {"name": NAME, "list": "UN", "score": 97}
    with desk.runtime.transaction() as session:
        identity.add_team(session, "compliance", "合规", "Compliance", None)
        identity.add_person(session, "sun", "sun", "sun", "sun@house.example")
        identity.add_member(session, "compliance", "sun")
        case = instances(session)[0].id
        api.set_variables(session, api.SYSTEM, case, {"hits": [hit]})
        api.comment(session, identity.actor(session, "sun"), case, f"{NAME}疑似命中名单，已上报")
    with desk.runtime.transaction() as session:
        held = collect(session, find(session, ADDRESS))
        done = erase(session, find(session, ADDRESS), STAMP)
        assert instance(session, case).variables["hits"] == [hit]
    assert "命中" not in repr(held) and not [row for row in held["processes"] if row["path"].startswith("hits")]
    assert [row["by"] for row in held["comment"]] == ["li"]
    assert "screening" in [what for what, _, _ in done.kept]


def test_without_a_reason_nobody_is_erased(desk: Desk) -> None:
    with desk.runtime.transaction() as session, pytest.raises(InvalidInput):
        erase(session, find(session, ADDRESS), Stamp(NOW, "zhou", "test"))


def test_by_command_as_well(desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DEALFLOW_DATABASE_URL", desk.runtime.settings.database_url)
    monkeypatch.setenv("DEALFLOW_DATA_DIR", str(desk.runtime.settings.data_dir))
    out = tmp_path / "person.zip"
    assert run(["person", "export", "138 1234 5678", "--out", str(out)]) == 0
    with zipfile.ZipFile(out) as archive:
        assert json.loads(archive.read("data.json"))["contact"][0]["name"] == NAME
        assert any(name.endswith("护照.pdf") for name in archive.namelist())
    assert run(["person", "erase", ADDRESS, "--why", "request", "--yes"]) == 0
    assert run(["person", "export", ADDRESS, "--out", str(out)]) == 3
