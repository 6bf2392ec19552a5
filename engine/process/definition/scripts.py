"""Scripts that go to the sandbox: what it never allows is told at deployment. Law: nothing is run here.

The sandbox is `pydantic-monty`: a part of Python, with the modules listed here and no access to anything outside.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from engine.process.definition.reading import Reading

MODULES: Final = frozenset(
    {"base64", "bisect", "collections", "copy", "dataclasses", "datetime", "decimal", "functools", "hashlib",
     "itertools", "json", "math", "random", "re", "time", "typing", "unicodedata"}
)  # fmt: skip
"""What a script may import: what computes only. The sandbox also knows `os`, `sys`, `pathlib` and `asyncio`, but
nothing can be reached through them."""
_FORBIDDEN: Final = frozenset(
    {"__import__", "breakpoint", "compile", "delattr", "dir", "eval", "exec", "exit", "globals", "input", "locals",
     "memoryview", "open", "quit", "vars"}
)  # fmt: skip


def python_script(reading: Reading, owner: str, text: str, line: int) -> None:
    """Note what in a script that the parser accepts can never run."""
    if reading.checked:
        return
    source = text.strip("\n\r")
    try:
        tree = ast.parse(source)
        compile(tree, "script", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        told = getattr(error, "msg", None) or str(error)
        at = getattr(error, "lineno", None) or 1
        reading.report(
            "script-unreadable", owner, line, reason=f"Line {at} of the script: {told}.",
            reason_zh=f"脚本第 {at} 行有语法错误。",
        )  # fmt: skip
        return
    own = _bound(tree)
    for node in ast.walk(tree):
        for what in _never(node, own):
            at = getattr(node, "lineno", 1)
            reading.report("script-forbidden", owner, line, what=what, at=at)


def _never(node: ast.AST, own: set[str]) -> Iterator[str]:
    match node:
        case ast.Import(names=names):
            yield from (f"import {one.name}" for one in names if one.name not in MODULES)
        case ast.ImportFrom(module=module, names=names):
            if module not in MODULES or any(one.name == "*" for one in names):
                yield f"from {module or '.'} import {names[0].name}"
        case ast.Call(func=ast.Name(id=name)) if name in _FORBIDDEN - own:
            yield f"{name}()"
        case ast.Attribute(attr=name) if name.startswith("__") and name.endswith("__"):
            yield f".{name}"
        case ast.Yield() | ast.YieldFrom():
            yield "yield"
        case ast.Delete():
            yield "del"


def _bound(tree: ast.AST) -> set[str]:
    """The names that a script gives a meaning of its own."""
    found: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name) | ast.FunctionDef(name=name):
                found.add(name)
    return found
