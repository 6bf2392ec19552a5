"""`dealflow vectors`: worked examples recomputed; the code says whether all agree."""

import json
from pathlib import Path

import pytest

from web.cli import run

GOOD = {
    "id": "D1", "kind": "business_days", "input": {"cases": [["2026-03-06", 1]]}, "expected": {"due": ["2026-03-09"]},
}  # fmt: skip
WRONG = {**GOOD, "id": "D2", "expected": {"due": ["2026-03-07"]}}
ABSENT = {**GOOD, "id": "D3", "kind": "horoscope"}


@pytest.mark.parametrize(
    ("vectors", "code", "told"),
    [
        ([GOOD], 0, "1 agree, 0 differ, 0 not yet there (of 1)"),
        ([GOOD, WRONG], 1, "due[1]: 2026-03-07 expected, 2026-03-09 computed"),
        ([GOOD, ABSENT], 1, "not yet there: D3"),
    ],
)
def test_the_code_is_nought_when_all_agree(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    vectors: list[object], code: int, told: str,
) -> None:  # fmt: skip
    monkeypatch.setenv("DEALFLOW_LANGUAGE", "en")
    file = tmp_path / "vectors.json"
    file.write_text(json.dumps(vectors), "utf-8")
    assert run(["vectors", str(file)]) == code
    assert told in capsys.readouterr().out
    assert run(["vectors", "--json", str(file)]) == code
    assert [one["id"] for one in json.loads(capsys.readouterr().out)] == [one["id"] for one in vectors]  # type: ignore[index]


@pytest.mark.parametrize(
    ("language", "told"), [("zh", "rate：不得为负：-0.01"), ("en", "rate: must not be negative: -0.01")]
)
def test_input_that_is_refused_is_told_in_the_readers_language(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], language: str, told: str
) -> None:
    monkeypatch.setenv("DEALFLOW_LANGUAGE", language)
    given = {"principal": 1000, "rate": "-0.01", "periods": 5}
    file = tmp_path / "vectors.json"
    file.write_text(json.dumps([{"id": "B1", "kind": "annuity", "input": given, "expected": {}}]), "utf-8")
    assert run(["vectors", str(file)]) == 1
    assert told in capsys.readouterr().out


def test_a_file_that_is_none_is_refused_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DEALFLOW_LANGUAGE", "zh")
    file = tmp_path / "vectors.json"
    file.write_text("no", "utf-8")
    assert run(["vectors", str(file)]) == 3
    assert "无法读取" in capsys.readouterr().err
    assert run(["vectors", str(tmp_path / "none.json")]) == 3
