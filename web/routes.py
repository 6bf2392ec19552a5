"""Addresses of the application. Law: what writes an address is compiled when it is first written, not at the start.

Werkzeug compiles two functions for each of the seven hundred rules when they are added, which is most of the time an
application takes to be made; a process writes addresses of a few dozen.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from werkzeug.routing import IntegerConverter, Map, Rule

LARGEST = 2**63 - 1
"""Of an id: what no database keeps is no address here."""


class BoundedInteger(IntegerConverter):
    """A whole number that an id may be."""

    def __init__(self, map: Map, max: int = LARGEST, **options: Any) -> None:
        super().__init__(map, max=max, **options)


class Route(Rule):
    """A rule that compiles what builds its addresses on their first use."""

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        compiled = super()._compile_builder

        def build(rule: Rule, /, **values: Any) -> tuple[str, str]:
            made = compiled(append_unknown).__get__(rule, None)
            setattr(rule, "_build_unknown" if append_unknown else "_build", made)
            return made(**values)

        return build
