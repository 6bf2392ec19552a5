"""Whatever is sent in as a model is compiled or refused; nothing else ever comes out."""

from __future__ import annotations

import random

import pytest

from engine.decisions import Decisions, compile_decisions
from engine.errors import ModelRefused
from tests.engine.decisions.models import moment
from tests.engine.decisions.test_camunda_files import DISH
from tests.paths import ROOT

SEEDS = range(150)
GARBAGE = [
    "<",
    ">",
    '"',
    "&",
    "]]>",
    "\x00",
    "<decisionTable>",
    "-",
    "[1..",
    "not(",
    "中",
    "<text/>",
    "9" * 400,
    "/>",
    "(" * 80,
]


def compiled_or_refused(data: bytes, lenient: bool) -> Decisions | None:
    try:
        return compile_decisions(data, "x.dmn", lenient=lenient)
    except ModelRefused as refused:
        assert refused.faults
        return None


def damaged(text: str, seed: int) -> bytes:
    """The text with some pieces deleted, doubled, moved or replaced by garbage."""
    draw = random.Random(seed)
    for _ in range(draw.randint(1, 4)):
        at = draw.randrange(len(text))
        length = draw.choice([1, 3, 20, 200])
        piece = draw.choice(["", text[at : at + length] * 2, draw.choice(GARBAGE), text[at - length : at]])
        text = text[:at] + piece + text[at + length :]
    return text.encode()


@pytest.mark.parametrize("lenient", [False, True])
def test_damaged_models_are_compiled_or_refused(lenient: bool) -> None:
    models = [DISH, *(path.read_text("utf-8") for path in sorted((ROOT / "bpmn").rglob("*.dmn")))]
    read = 0
    for seed in SEEDS:
        found = compiled_or_refused(damaged(models[seed % len(models)], seed), lenient)
        for name in found.names() if found else ():
            read += 1
            assert found is not None
            found.evaluate(name, {"temperature": "?", "dayType": [1], "amount": {"a": 1}}, moment())
    assert read > 0


def test_deep_nesting_is_compiled_or_refused() -> None:
    for depth in (50, 120, 5000):
        inner = "<context><contextEntry>" * depth + "</contextEntry></context>" * depth
        compiled_or_refused(
            b'<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" name="m" namespace="m">'
            b'<decision id="d" name="d">' + inner.encode() + b"</decision></definitions>",
            lenient=False,
        )


def test_bytes_that_are_no_text_are_refused() -> None:
    for data in (b"", b"\x00\x01", b"\xff\xfe", "<a/>".encode("utf-16"), b"<?xml version='1.0' encoding='nope'?><a/>"):
        with pytest.raises(ModelRefused):
            compile_decisions(data)
