"""`dealflow models`: train, register, approve by a second person, watch; in the run's language."""

import shutil
from pathlib import Path

import pytest

from engine import api
from engine.settings import load
from handlers import demo
from tests.handlers.scorecards.test_scorecards import FOLDER
from web.cli import run


def test_a_model_is_trained_registered_approved_by_another_and_retired(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DEALFLOW_DATABASE_URL", f"sqlite:///{tmp_path / 'house.db'}")
    monkeypatch.setenv("DEALFLOW_LANGUAGE", "zh")
    runtime = api.open_engine(load())
    api.migrate(runtime)
    with runtime.transaction() as session:
        demo.seed(session, runtime.now())
    runtime.database.dispose()
    for name in ("ability.toml", "credit_data.csv"):
        shutil.copy(FOLDER / name, tmp_path)
    assert run(["models", "train", "ability.toml", "credit_data.csv", "--version", "1", "-o", "card.json"]) == 0
    told = capsys.readouterr().out
    assert "留出样本: 1336 例" in told and "AUC 0.73" in told and "KS" in told
    assert run(["models", "register", "card.json", "--by", "jin"]) == 0
    assert run(["models", "show", "ability", "1"]) == 0
    card = capsys.readouterr().out
    assert "偿债覆盖倍数" in card and "缺失" in card and "不作决定" in card and "受保护的个人特征" in card
    assert run(["models", "approve", "ability", "1", "--by", "jin"]) == 3
    assert run(["models", "approve", "ability", "1", "--by", "li"]) == 3
    refused = capsys.readouterr().err
    assert "登记人以外" in refused and "仅风险与评审人员" in refused
    assert run(["models", "approve", "ability", "1", "--by", "tang"]) == 0
    assert run(["models", "list"]) == 0
    assert "ability  1  已批准  tang" in capsys.readouterr().out
    assert run(["models", "drift", "ability"]) == 3  # nothing was scored yet
    assert run(["models", "retire", "ability", "1", "--by", "tang"]) == 0
    assert run(["models", "drift", "ability"]) == 3
