"""Letters by command: how they look, what became of them, how they come in, where others go."""

from pathlib import Path
from shutil import copyfile

import pytest

from engine import api, outbox
from engine.settings import Settings
from handlers import documents
from handlers.channels.preview import preview
from handlers.records.changes import Stamp
from handlers.records.documents import Filing
from tests.handlers.conftest import NOW, migrated_file  # noqa: F401
from web.cli import run


@pytest.fixture
def place(migrated_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:  # noqa: F811
    copyfile(migrated_file, tmp_path / "book.db")
    monkeypatch.setenv("DEALFLOW_DATABASE_URL", f"sqlite:///{tmp_path / 'book.db'}")
    monkeypatch.setenv("DEALFLOW_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("DEALFLOW_LANGUAGE", "en")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_template_can_be_looked_at_in_both_languages(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["mail", "preview"]) == 0
    names = capsys.readouterr().out.split()
    assert len(names) > 20
    for name in names:
        assert all(text.subject and text.body for text in preview(Settings(), name)), name
    assert run(["mail", "preview", "client_form_link", "--data", '{"project_name": "Rudong II"}']) == 0
    shown = capsys.readouterr().out
    assert "── zh ──" in shown and "── en ──" in shown and shown.count("Rudong II") >= 2


def test_mail_comes_in_by_file_once_and_the_log_tells_what_went_out(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "a.eml").write_bytes(b"From: a@b.example\r\nMessage-ID: <1@x>\r\nAuto-Submitted: auto-replied\r\n\r\naway")
    assert run(["mail", "receive", "a.eml", "a.eml"]) == 0
    assert [line.split()[-1] for line in capsys.readouterr().out.splitlines() if line.startswith("a.eml")] == [
        "filed",
        "duplicate",
    ]
    runtime = api.open_engine(Settings(database_url=f"sqlite:///{place / 'book.db'}", data_dir=place), lambda: NOW)
    with runtime.transaction() as session:
        outbox.add(session, "email", "a@b.example", "client_form_link", {}, dedupe_key="k")
        told = {"portal_url": "http://house.example/portal/in/secret", "minutes": 30}
        outbox.add(session, "email", "fund@b.example", "portal_link", told, dedupe_key="p", language="en")
    runtime.database.dispose()
    assert run(["mail", "log", "--to", "a@b.example"]) == 0
    assert "waiting  email  a@b.example  client_form_link" in capsys.readouterr().out
    assert run(["mail", "read", "fund@b.example"]) == 0
    assert "http://house.example/portal/in/secret" in capsys.readouterr().out
    assert run(["mail", "read", "nobody@b.example"]) == 3
    assert run(["mail", "receive"]) == 3


def test_an_endpoint_s_key_is_told_once_and_no_robot_at_a_wrong_address_is_kept(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["channel"]) == 0
    assert "There is no endpoint yet." in capsys.readouterr().out
    assert run(["channel", "add", "ledger", "webhook", "https://ledger.example/hook"]) == 0
    key = capsys.readouterr().out.split()[-1]
    assert len(key) == 64
    assert run(["channel", "add", "desk", "chat", "syslog://"]) == 3
    assert run(["channel"]) == 0
    shown = capsys.readouterr().out
    assert "ledger  webhook  on" in shown and key not in shown and "ledger.example" not in shown
    assert (run(["channel", "off", "ledger"]), run(["channel", "off", "ledger"])) == (0, 3)


def test_a_file_is_checked_against_what_was_filed(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runtime = api.open_engine(Settings(database_url=f"sqlite:///{place / 'book.db'}", data_dir=place), lambda: NOW)
    with runtime.transaction() as session:
        filing = Filing("PJ-2026-0001", "memo", "memo.pdf")
        kept = documents.keep(session, b"%PDF-1.7 memo", filing, Stamp(NOW, "li", "upload"))
    runtime.database.dispose()
    assert run(["document", "list", "PJ-2026-0002"]) == 0
    assert "Nothing is filed under PJ-2026-0002." in capsys.readouterr().out
    assert run(["document", "list", "PJ-2026-0001"]) == 0
    assert run(["document", "get", str(kept.id), "--out", "out.pdf"]) == 0
    assert run(["document", "check", "out.pdf"]) == 0
    assert capsys.readouterr().out.count(f"memo.pdf  v1  2026-03-02  {kept.sha256}") == 2
    Path("out.pdf").write_bytes(b"%PDF-1.7 memo, changed")
    assert run(["document", "check", "out.pdf"]) == 1
