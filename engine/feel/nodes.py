"""The syntax tree of FEEL: what the parser yields and the compiler reads. Data only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from engine.feel.values import Value


@dataclass(frozen=True, slots=True)
class Literal:
    value: Value


@dataclass(frozen=True, slots=True)
class Name:
    name: str
    position: int


@dataclass(frozen=True, slots=True)
class Path:
    base: Node
    name: str


@dataclass(frozen=True, slots=True)
class Filter:
    base: Node
    predicate: Node


@dataclass(frozen=True, slots=True)
class Call:
    function: Node
    arguments: tuple[Node, ...]
    names: tuple[str, ...] = ()  # as many as arguments when they are named, else empty


@dataclass(frozen=True, slots=True)
class Negation:
    operand: Node


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """`first op operand op operand …` of one precedence, from left to right."""

    first: Node
    rest: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Conjunction:
    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Disjunction:
    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Between:
    operand: Node
    low: Node
    high: Node


@dataclass(frozen=True, slots=True)
class In:
    operand: Node
    tests: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class InstanceOf:
    operand: Node
    type: TypeNode


@dataclass(frozen=True, slots=True)
class If:
    branches: tuple[tuple[Node, Node], ...]
    otherwise: Node


@dataclass(frozen=True, slots=True)
class Iterator:
    """`name in source`, or `name in source..end` when `end` is there."""

    name: str
    source: Node
    end: Node | None = None


@dataclass(frozen=True, slots=True)
class For:
    iterators: tuple[Iterator, ...]
    body: Node


@dataclass(frozen=True, slots=True)
class Quantified:
    every: bool
    iterators: tuple[Iterator, ...]
    condition: Node


@dataclass(frozen=True, slots=True)
class ListNode:
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class ContextNode:
    entries: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class RangeNode:
    start: Node
    end: Node
    start_included: bool
    end_included: bool


@dataclass(frozen=True, slots=True)
class UnaryRange:
    """`(< e)` as a value and `< e` as a test."""

    operator: str
    operand: Node


@dataclass(frozen=True, slots=True)
class FunctionNode:
    parameters: tuple[tuple[str, TypeNode | None], ...]
    body: Node
    external: bool = False


@dataclass(frozen=True, slots=True)
class TypeNode:
    """A type as written: `name`, or list/range/context/function with what stands in its angle brackets."""

    name: str
    of: tuple[TypeNode, ...] = ()  # list<of>, range<of>, function<of…>
    fields: tuple[tuple[str, TypeNode], ...] = ()  # context<…>
    result: TypeNode | None = None  # function<…>->result
    generic: bool = False  # whether angle brackets were written


@dataclass(frozen=True, slots=True)
class TestsNode:
    """Unary tests: `-` has no tests; `not(…)` negates."""

    tests: tuple[Node, ...]
    negated: bool = False


Node: TypeAlias = (
    Literal | Name | Path | Filter | Call | Negation | Arithmetic | Comparison | Conjunction | Disjunction
    | Between | In | InstanceOf | If | For | Quantified | ListNode | ContextNode | RangeNode | UnaryRange
    | FunctionNode
)  # fmt: skip
