"""`dealflow limits`: lines by those who may, and what is promised within them."""

from decimal import Decimal
from pathlib import Path

import pytest

from engine import api
from engine.settings import load
from handlers import demo
from handlers.records import limits, parties, projects
from handlers.records.changes import Stamp
from handlers.records.limits import Movement
from web.cli import run


def test_a_line_is_set_by_who_may_and_shows_what_is_promised_within_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DEALFLOW_DATABASE_URL", f"sqlite:///{tmp_path / 'house.db'}")
    monkeypatch.setenv("DEALFLOW_LANGUAGE", "zh")
    runtime = api.open_engine(load())
    api.migrate(runtime)
    with runtime.transaction() as session:
        demo.seed(session, runtime.now())
        client = parties.get(session, f"CL-{runtime.now().astimezone(runtime.zone).year}-0001")
        [project] = projects.of_party(session, client.id)
        movement = Movement("P2", Stamp(runtime.now(), "li", "test"))
        today = runtime.now().astimezone(runtime.zone).date()
        limits.reserve(session, project.business_key, client.id, Decimal(700), "CNY", movement, day=today)
    runtime.database.dispose()
    key = client.business_key
    assert run(["limits", "show", key]) == 0
    assert "授信总额 CNY 20,000,000,000.00，可用 19,999,999,300.00" in capsys.readouterr().out
    assert run(["limits", "line", "1000", "--client", key, "--by", "li"]) == 3
    assert "仅风险和审批人员" in capsys.readouterr().err
    assert run(["limits", "line", "1,000", "--client", key, "--by", "tang", "--note", "2026 年度"]) == 0
    assert "授信总额 CNY 1,000.00，可用 300.00" in capsys.readouterr().out
    assert run(["limits", "show", project.business_key]) == 0
    told = capsys.readouterr().out
    assert "额度 700.00  已用 0.00" in told and "占用" in told
    assert run(["limits", "line", "many", "--by", "tang"]) == 3
