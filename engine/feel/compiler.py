"""Syntax tree into closures: each node becomes one function of a Scope, built once; nothing is interpreted
later.

The rules of the nodes stand in `compile_names`, `compile_operators`, `compile_values` and `compile_loops`;
RULES joins them. A rule takes the compiler and its node and returns Code.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from engine.feel import compile_loops, compile_names, compile_operators, compile_values, unary
from engine.feel import nodes as n
from engine.feel.scope import Code
from engine.feel.types import FeelType, resolve


class Compiler:
    """What is known while one text is compiled: the host's names and types, the local names, the free ones
    found."""

    def __init__(self, names: Collection[str], types: Mapping[str, FeelType]) -> None:
        self.known = frozenset(names)
        self.types = types
        self.free: set[str] = set()
        self.locals: list[frozenset[str]] = []
        self.open_scopes = 0  # filters around: their items' entries are names that nobody knows before

    def code(self, node: n.Node) -> Code:
        """The closure of `node`."""
        return RULES[type(node)](self, node)

    def tests(self, node: n.TestsNode) -> Code:
        """The closure of unary tests, to be run in a scope that holds `?`."""
        with self.local("?"):
            return unary.tests(self, node)

    def type(self, node: n.TypeNode | None) -> FeelType | None:
        """The type as written, with the model's own types looked up; None when none is written."""
        return None if node is None else resolve(node, self.types)

    @contextmanager
    def local(self, *names: str, open_scope: bool = False) -> Iterator[None]:
        """One more scope around what is compiled meanwhile."""
        self.locals.append(frozenset(names))
        self.open_scopes += open_scope
        try:
            yield
        finally:
            self.locals.pop()
            self.open_scopes -= open_scope

    def is_local(self, name: str) -> bool:
        """Whether an iterator, a parameter, a context entry or a filter binds the name."""
        return any(name in names for names in self.locals)


RULES: Final[dict[type, Callable[[Any, Any], Code]]] = {
    n.Literal: compile_values.literal,
    n.ListNode: compile_values.list_literal,
    n.ContextNode: compile_values.context_literal,
    n.RangeNode: compile_values.interval,
    n.UnaryRange: compile_values.half_interval,
    n.FunctionNode: compile_values.function_literal,
    n.InstanceOf: compile_values.instance_of,
    n.Name: compile_names.name,
    n.Path: compile_names.path,
    n.Filter: compile_names.filtered,
    n.Call: compile_names.call,
    n.Negation: compile_operators.negation,
    n.Arithmetic: compile_operators.arithmetic,
    n.Comparison: compile_operators.comparison,
    n.Conjunction: compile_operators.conjunction,
    n.Disjunction: compile_operators.disjunction,
    n.Between: compile_operators.between,
    n.If: compile_operators.condition,
    n.In: unary.membership,
    n.For: compile_loops.loop,
    n.Quantified: compile_loops.quantified,
}
