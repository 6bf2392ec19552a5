"""Script tasks in a sandbox. Law: Python without I/O, with limits on time and memory; what it assigns comes back.

Plain assignments never get here: they are compiled into the step. Everything else runs in `pydantic-monty`, an
interpreter that knows no files, no imports of the host and no network.
"""

from __future__ import annotations

import ast
import atexit
import os
import threading
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from engine.errors import ScriptFailed

if TYPE_CHECKING:
    import pydantic_monty

SECONDS, MEMORY_BYTES, DEPTH = 2.0, 64_000_000, 200
_lock = threading.Lock()
_pool: list[tuple[int, pydantic_monty.Monty]] = []


def _workers() -> pydantic_monty.Monty:
    """The process's pool of sandbox workers, started with the first script (a fork starts its own)."""
    import pydantic_monty

    with _lock:
        if not _pool or _pool[0][0] != os.getpid():
            pool = pydantic_monty.Monty(min_processes=1, request_timeout=SECONDS * 3)
            pool.__enter__()
            _pool[:] = [(os.getpid(), pool)]
            atexit.register(pool.__exit__, None, None, None)
        return _pool[0][1]


def run(text: str, inputs: Mapping[str, object]) -> dict[str, object]:
    """The top-level names that the script assigned. ScriptFailed says what went wrong.

    Numbers go in as int or float and come back as Decimal (the sandbox has no Decimal); values that the sandbox does
    not know are left out of its sight.
    """
    visible = {
        name: value for name, raw in inputs.items() if name.isidentifier() and (value := _plain(raw)) is not _ODD
    }
    body = _telling(text)
    limits: pydantic_monty.ResourceLimits = {
        "max_feed_duration_secs": SECONDS,
        "max_memory": MEMORY_BYTES,
        "max_recursion_depth": DEPTH,
    }
    try:
        with _workers().checkout(limits=limits) as session:
            result = session.feed_run(body, inputs=visible)
    except Exception as error:
        raise ScriptFailed(reason=str(error)) from error
    return {name: _exact(value) for name, value in dict(result).items()}


_ODD = object()


_TOLD = "told__"


def _telling(text: str) -> str:
    """The script with an end that tells what it has assigned; a way that was not gone assigned nothing."""
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        raise ScriptFailed(reason=f"line {error.lineno}: {error.msg}") from error
    certain = {name for node in tree.body for name in _targets(node)}
    possible = {name for node in tree.body for name in _within(node)} - certain
    lines = [text, f"{_TOLD} = {{{', '.join(f'{name!r}: {name}' for name in sorted(certain))}}}"]
    for name in sorted(possible):
        lines.append(f"try:\n    {_TOLD}[{name!r}] = {name}\nexcept NameError:\n    pass")
    return "\n".join([*lines, _TOLD])


def _targets(node: ast.stmt) -> Iterator[str]:
    """The names that an assignment sets, those in a row (`a, b = …`) too."""
    targets: list[ast.expr] = []
    match node:
        case ast.Assign():
            targets = node.targets
        case ast.AugAssign() | ast.AnnAssign(value=ast.expr()):
            targets = [node.target]
    for target in targets:
        yield from (one.id for one in ast.walk(target) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store))


def _within(node: ast.stmt) -> Iterator[str]:
    """What the branches and loops of a statement set; functions keep their names to themselves."""
    stack: list[ast.AST] = [node]
    while stack:
        at = stack.pop()
        if isinstance(at, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.expr):
            continue
        if isinstance(at, ast.stmt):
            yield from _targets(at)
        stack.extend(ast.iter_child_nodes(at))


def _plain(value: Any) -> Any:
    match value:
        case None | bool() | int() | str():
            return value
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case dict():
            return {key: plain for key, item in value.items() if (plain := _plain(item)) is not _ODD}
        case list() | tuple():
            return [plain for item in value if (plain := _plain(item)) is not _ODD]
    return _ODD


def _exact(value: Any) -> Any:
    match value:
        case bool() | None:
            return value
        case int():
            return value
        case float():
            return Decimal(repr(value))
        case dict():
            return {str(key): _exact(item) for key, item in value.items()}
        case list() | tuple():
            return [_exact(item) for item in value]
    return value
