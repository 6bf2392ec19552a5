"""`dealflow verify`, `seal` and `cleanup` as an operator types them."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from engine import api
from engine.settings import load
from tests.web.material import package
from web.cli import run


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation with one deployed process, sealed as of a minute later."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DEALFLOW_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("DEALFLOW_DATABASE_URL", f"sqlite:///{tmp_path / 'var' / 'x.db'}")
    monkeypatch.setenv("DEALFLOW_BPMN_DIR", str(tmp_path / "bpmn"))
    monkeypatch.setenv("DEALFLOW_LANGUAGE", "en")
    runtime = api.open_engine(load())
    api.migrate(runtime)
    with runtime.transaction() as session:
        api.deploy(session, api.SYSTEM, "offer", package())
    with runtime.transaction() as session:
        api.start(session, api.SYSTEM, "offer", {})
    runtime.database.dispose()
    monkeypatch.setenv("DEALFLOW_CLOCK_OFFSET", "PT5M")
    return tmp_path


def write(place: Path, statement: str) -> None:
    """What somebody does who has the file."""
    with sqlite3.connect(place / "var" / "x.db") as connection:
        connection.execute(statement)


def test_a_whole_house_is_said_to_be_whole(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["seal"]) == 0
    anchor = capsys.readouterr().out.strip().splitlines()[-1]
    assert run(["verify", "--anchor", anchor]) == 0
    assert "1 seals: whole" in capsys.readouterr().out


def test_a_changed_row_is_named_in_both_languages(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write(place, "UPDATE history SET actor = 'somebody' WHERE seq = 1")
    assert run(["verify"]) == 1
    assert "was changed, removed or added afterwards" in capsys.readouterr().out
    monkeypatch.setenv("DEALFLOW_LANGUAGE", "zh")
    assert run(["verify"]) == 1
    assert "被事后修改、删除或插入" in capsys.readouterr().out


def test_an_unreadable_anchor_is_refused_with_the_form_it_should_have(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["verify", "--anchor", "first"]) == 3
    assert "NUMBER:HASH" in capsys.readouterr().err


def test_the_clean_up_says_what_would_go_and_then_lets_it_go(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["cleanup", "--dry-run"]) == 0
    assert "0 ended cases may go" in capsys.readouterr().out
    assert run(["cleanup"]) == 0
    assert "0 cases went" in capsys.readouterr().out
