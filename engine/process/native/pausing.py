"""Asynchronous continuations (`asyncBefore`, `asyncAfter`): a job between two nodes, so that a transaction ends there.

Law: what waits before a node has not entered it, and dies without a trace; what waits behind one has not left it.
"""

from __future__ import annotations

import functools
from typing import Any

from engine.process.expressions import compile_expression
from engine.process.juel import is_juel
from engine.process.native.plan import PNode
from engine.process.native.run import Run, Stuck
from engine.process.state import Token
from engine.process.waits import JobWait
from engine.retry import DEFAULT, parse


def enter(run: Run, token: Token, p: PNode) -> None:
    """A token arrives at a node that goes on by a job: the activity as a whole, or each of its iterations."""
    if p.node.async_before if token.index < 0 else p.loop is not None and p.loop.async_before:
        pause(run, token, p, "before")
    else:
        p.entry(run, token, p)


def pause(run: Run, token: Token, p: PNode, when: str) -> None:
    """Open the job that goes on. when: before the node, after it, or after an iteration."""
    priority, retries = priority_of(run, token, p), retries_of(run, token, p.node.retries)
    job = JobWait(run.new_id(token.id), p.id, "async", f"async-{when}", {}, retries, priority=priority)
    run.open(job, "async", token, when)


_compiled = functools.cache(compile_expression)


def retries_of(run: Run, token: Token, text: str | None) -> str | None:
    """The retries of a job as the model writes them, an expression evaluated. Raises Stuck for what is none."""
    if not text or not (text.startswith("=") or is_juel(text)):
        return text
    value = run.value(_compiled(text), run.place(token))
    told = None if value is None else str(value)
    try:
        parse(told, DEFAULT)
    except ValueError as error:
        raise Stuck("RETRIES_INVALID", f"“{text}”: {error}", f"“{text}”不是有效的重试设置：{error}") from error
    return told


def priority_of(run: Run, token: Token, p: PNode) -> int:
    """The priority of a node's jobs, as the model says; 50 where it says nothing."""
    expr = p.node.job_priority
    return whole(run.value(expr, run.place(token))) if expr else 50


def whole(value: Any) -> int:
    """A priority as a number. Raises Stuck."""
    try:
        return int(value)
    except (TypeError, ValueError) as error:
        raise Stuck("PRIORITY_INVALID", f"the priority {value!r} is no number", f"优先级 {value!r} 不是数字") from error
