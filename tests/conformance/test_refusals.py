"""Every model that must be refused is, by rule, element and line; its legal twin is not."""

from __future__ import annotations

import re

import pytest

from engine.play import play
from tests.conformance.refusals import REFUSED

_CASES = [pytest.param(*entry[1:4], id=entry[0]) for entry in REFUSED]
_TWINS = [pytest.param(entry[4], id=entry[0]) for entry in REFUSED if entry[4]]


@pytest.mark.parametrize(("model", "rule", "element"), _CASES)
def test_it_is_refused(model: str, rule: str, element: str) -> None:
    refused = play([model], {"steps": []})["refused"]
    assert (rule, element or None) in [(fault["rule"], fault["element"]) for fault in refused]
    lines = model.splitlines()
    for fault in refused:
        assert 1 <= fault["line"] <= len(lines) + 1
        if fault["rule"] == rule and fault["element"] == element and re.search(f'id="{element}"', model):
            assert element in "\n".join(lines[fault["line"] - 1 :])


@pytest.mark.parametrize("model", _TWINS)
def test_its_legal_twin_is_not(model: str) -> None:
    assert play([model], {"steps": []})["refused"] == []
