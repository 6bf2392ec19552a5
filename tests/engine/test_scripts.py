"""The sandbox: what a script assigns comes back, and what the check refuses is what the sandbox does not have."""

from __future__ import annotations

from typing import Any

import pytest

from engine.errors import ScriptFailed
from engine.process.definition.scripts import MODULES
from engine.scripts import run


@pytest.mark.parametrize(
    ("text", "assigned"),
    [
        ("if a > 1:\n  x = 1\nelse:\n  y = 2", {"x": 1}),
        ("x, (y, z) = 1, (2, 3)", {"x": 1, "y": 2, "z": 3}),
        ("for i in [1, 2]:\n  last = i", {"last": 2}),
        ("try:\n  x = 1 / 0\nexcept ZeroDivisionError:\n  x = 2", {"x": 2}),
        ("def f():\n  inner = 1\n  return inner\nx = f()", {"x": 1}),
        ("x: int", {}),
        ("a += 1", {"a": 3}),
    ],
)
def test_what_was_assigned_comes_back(text: str, assigned: dict[str, Any]) -> None:
    assert run(text, {"a": 2}) == assigned


@pytest.mark.parametrize("module", sorted(MODULES))
def test_what_the_check_lets_pass_can_be_imported(module: str) -> None:
    assert run(f"import {module}\nx = 1", {}) == {"x": 1}


@pytest.mark.parametrize("text", ["import socket\nx = 1", "x = open('/etc/passwd').read()", "x = __import__('os')"])
def test_what_the_check_refuses_the_sandbox_does_not_have(text: str) -> None:
    with pytest.raises(ScriptFailed):
        run(text, {})
