"""One element in a small process, read: the node, the definition, and what its expressions give."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from engine.feel import Moment
from engine.process.model import Definition, Expr, Node, Param
from tests.engine.process.definition.models import read
from tests.engine.process.definition.rule_cases import line

ROOTS = """<message id="m" name="paid"/><message id="mx" name="paid-${region}"/>
<signal id="g" name="= &quot;list-&quot; + region"/>
<error id="er" errorCode="NO_MONEY" name="Poor"/><escalation id="es" escalationCode="LATE"/>
<error id="named" name="BY_NAME"/>"""

AT = Moment(now=datetime(2026, 1, 5, tzinfo=UTC))


def only(body: str, roots: str = "", **known: Any) -> Definition:
    [definition] = read(body, roots, **known).definitions
    return definition


def task(element: str, roots: str = "", after: str = "", **known: Any) -> Node:
    """The node `t` between start and end."""
    return only(line(element, after=after), roots, **known).nodes["t"]


def value(expr: Expr | None, **scope: object) -> object:
    assert expr is not None
    return expr(scope, AT)


def evaluated(params: tuple[Param, ...], **scope: object) -> dict[str, object]:
    return {param.name: param.value(scope, AT) for param in params}


def extended(inner: str) -> str:
    return f"<extensionElements>{inner}</extensionElements>"
