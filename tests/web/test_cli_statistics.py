"""`dealflow statistics` as an operator types it."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from engine import api
from engine.settings import load
from engine.store import tables as t
from tests.web.material import package
from web.cli import run
from web.cli.statistics import width


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation with two cases, one of them finished."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DEALFLOW_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("DEALFLOW_DATABASE_URL", f"sqlite:///{tmp_path / 'var' / 'x.db'}")
    monkeypatch.setenv("DEALFLOW_BPMN_DIR", str(tmp_path / "bpmn"))
    monkeypatch.setenv("DEALFLOW_LANGUAGE", "en")
    runtime = api.open_engine(load())
    api.migrate(runtime)
    with runtime.transaction() as session:
        api.deploy(session, api.SYSTEM, "offer", package())
    for _ in range(2):
        with runtime.transaction() as session:
            api.start(session, api.SYSTEM, "offer", {})
    with runtime.transaction() as session:
        task = session.scalars(sa.select(t.user_task.c.id).order_by(t.user_task.c.id)).first()
        assert task is not None
        api.complete(session, api.SYSTEM, task, {"price": "10", "advice": "go"})
    runtime.database.dispose()
    return tmp_path


def shown(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What the command prints."""
    assert run(["statistics", *arguments]) == 0
    return capsys.readouterr().out


def test_a_process_is_shown_in_both_languages(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    english = shown(capsys, "show", "offer")
    assert "2 started" in english and "Elements (durations by the wall clock)" in english
    assert "on-time share" in english and "cycle time (median)" in english
    monkeypatch.setenv("DEALFLOW_LANGUAGE", "zh")
    chinese = shown(capsys, "show", "offer")
    assert "启动 2" in chinese and "按时完成率" in chinese


def test_columns_stand_under_each_other_whatever_the_language(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEALFLOW_LANGUAGE", "zh")
    lines = shown(capsys, "show", "offer").splitlines()
    begin = next(n for n, line in enumerate(lines) if "环节（" in line) + 1
    stop = next(n for n, line in enumerate(lines) if n > begin and not line.strip())
    assert len({width(line) for line in lines[begin:stop]}) == 1, "the last column ends at one place"


def test_a_range_without_anything_is_empty_and_a_wrong_one_is_refused(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "0 started" in shown(capsys, "show", "offer", "--until", "2020-01-01")
    assert run(["statistics", "show", "offer", "--since", "yesterday"]) == 3
    assert "YYYY-MM-DD" in capsys.readouterr().err


def test_a_process_or_a_milestone_that_is_not_there_is_named(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["statistics", "show", "nothing"]) == 3
    assert "nothing" in capsys.readouterr().err
    assert run(["statistics", "show", "offer", "--milestone", "nowhere"]) == 3
    assert "nowhere" in capsys.readouterr().err


def test_a_rebuild_says_how_much_it_counted_and_shows_the_same(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def figures() -> list[str]:
        return shown(capsys, "show", "offer").splitlines()[1:]

    before = figures()
    assert "counted 3 rows" in shown(capsys, "rebuild")
    after = figures()
    assert [line.split()[:6] for line in after] == [line.split()[:6] for line in before]
