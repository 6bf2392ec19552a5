"""The checked DMN model: what the XML says, as frozen values.

Law of the room: parse.py fills these values, compile.py reads them, nobody changes them. Every element
keeps the line of its XML, so that a fault can be shown where it stands. Names are those of DMN 1.5.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class HitPolicy(StrEnum):
    """DMN 1.5 §8.2.10, as written in the `hitPolicy` attribute."""

    UNIQUE = "UNIQUE"
    FIRST = "FIRST"
    PRIORITY = "PRIORITY"
    ANY = "ANY"
    COLLECT = "COLLECT"
    RULE_ORDER = "RULE ORDER"
    OUTPUT_ORDER = "OUTPUT ORDER"


class Aggregation(StrEnum):
    """The operator of a COLLECT table."""

    SUM = "SUM"
    COUNT = "COUNT"
    MIN = "MIN"
    MAX = "MAX"


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of FEEL (or another language) with its place."""

    text: str
    line: int
    language: str = ""


@dataclass(frozen=True, slots=True)
class Variable:
    """An information item: a name and, when it was given, a type reference. `written` is False for a decision
    without a variable, as Camunda draws tables.
    """

    name: str
    type_ref: str
    line: int
    written: bool = True


@dataclass(frozen=True, slots=True)
class Literal:
    """A literal expression. An empty text has no logic and gives null."""

    text: Text
    type_ref: str
    line: int
    id: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a boxed context; without a name it is the context's result."""

    name: str
    type_ref: str
    value: Boxed | None
    line: int


@dataclass(frozen=True, slots=True)
class Context:
    entries: tuple[Entry, ...]
    type_ref: str
    line: int
    id: str = ""


@dataclass(frozen=True, slots=True)
class Relation:
    """A list of contexts written as a table: each row holds one expression per column."""

    columns: tuple[Variable, ...]
    rows: tuple[tuple[Boxed, ...], ...]
    type_ref: str
    line: int
    id: str = ""


@dataclass(frozen=True, slots=True)
class ListOf:
    items: tuple[Boxed, ...]
    type_ref: str
    line: int
    id: str = ""


@dataclass(frozen=True, slots=True)
class Function:
    """A boxed function; `kind` is FEEL, Java or PMML."""

    parameters: tuple[Variable, ...]
    body: Boxed | None
    kind: str
    type_ref: str
    line: int
    id: str = ""


@dataclass(frozen=True, slots=True)
class Binding:
    parameter: str
    value: Boxed | None
    line: int


@dataclass(frozen=True, slots=True)
class Invocation:
    callee: Boxed | None
    bindings: tuple[Binding, ...]
    type_ref: str
    line: int
    id: str = ""


@dataclass(frozen=True, slots=True)
class Conditional:
    """`if` / `then` / `else` as boxes (DMN 1.4)."""

    condition: Boxed | None
    then: Boxed | None
    otherwise: Boxed | None
    type_ref: str
    line: int
    id: str = ""


@dataclass(frozen=True, slots=True)
class Filter:
    """`in[match]` as boxes (DMN 1.4)."""

    source: Boxed | None
    match: Boxed | None
    type_ref: str
    line: int
    id: str = ""


@dataclass(frozen=True, slots=True)
class Iterator:
    """`for`, `some` or `every` as boxes (DMN 1.4); `kind` is one of the three words."""

    kind: str
    variable: str
    source: Boxed | None
    body: Boxed | None
    type_ref: str
    line: int
    id: str = ""


@dataclass(frozen=True, slots=True)
class InputClause:
    """A column of conditions: its expression, and the values allowed (unary tests) when they are stated."""

    expression: Text
    type_ref: str
    label: str
    allowed: Text | None
    line: int
    id: str = ""
    variable: str = ""  # Camunda's inputVariable: what the cells may call the input beside `?`


@dataclass(frozen=True, slots=True)
class OutputClause:
    """A column of conclusions. The order of `allowed` is the priority of the values, highest first."""

    name: str
    label: str
    type_ref: str
    allowed: Text | None
    default: Text | None
    line: int
    id: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """A row: unary tests, output expressions, annotations. `number` counts from 1, as it is shown."""

    number: int
    inputs: tuple[Text, ...]
    outputs: tuple[Text, ...]
    annotations: tuple[str, ...]
    line: int
    id: str = ""


@dataclass(frozen=True, slots=True)
class DecisionTable:
    inputs: tuple[InputClause, ...]
    outputs: tuple[OutputClause, ...]
    rules: tuple[Rule, ...]
    hit_policy: HitPolicy
    aggregation: Aggregation | None
    output_label: str
    type_ref: str
    line: int
    id: str = ""


Boxed = Literal | Context | Relation | ListOf | Function | Invocation | Conditional | Filter | Iterator | DecisionTable


@dataclass(frozen=True, slots=True)
class FunctionItem:
    """The signature of a function type."""

    parameters: tuple[Variable, ...]
    output_type_ref: str


@dataclass(frozen=True, slots=True)
class ItemDefinition:
    """A type: a reference, components or a function; a collection of it; and constraints as unary tests.

    `allowed` holds for each item of a collection, `constraint` (DMN 1.5 typeConstraint) for the whole value.
    """

    name: str
    type_ref: str
    is_collection: bool
    components: tuple[ItemDefinition, ...]
    function: FunctionItem | None
    allowed: Text | None
    constraint: Text | None
    line: int
    id: str = ""


@dataclass(frozen=True, slots=True)
class Reference:
    """An href: the namespace ("" for this model) and the id."""

    namespace: str
    id: str
    line: int


@dataclass(frozen=True, slots=True)
class InputData:
    id: str
    name: str
    variable: Variable
    line: int


@dataclass(frozen=True, slots=True)
class Decision:
    id: str
    name: str
    variable: Variable
    required_inputs: tuple[Reference, ...]
    required_decisions: tuple[Reference, ...]
    required_knowledge: tuple[Reference, ...]
    logic: Boxed | None
    line: int
    version_tag: str = ""
    """The makers' mark of a version (`camunda:versionTag`, `zeebe:versionTag`)."""


@dataclass(frozen=True, slots=True)
class BusinessKnowledge:
    """A business knowledge model: a function with a name."""

    id: str
    name: str
    variable: Variable
    function: Function | None
    required_knowledge: tuple[Reference, ...]
    line: int


@dataclass(frozen=True, slots=True)
class DecisionService:
    id: str
    name: str
    variable: Variable
    output_decisions: tuple[Reference, ...]
    encapsulated_decisions: tuple[Reference, ...]
    input_decisions: tuple[Reference, ...]
    input_data: tuple[Reference, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Import:
    """Another model's namespace under a local name ("" makes its elements our own, DMN 1.5)."""

    name: str
    namespace: str
    import_type: str
    line: int


DrgElement = InputData | Decision | BusinessKnowledge | DecisionService


@dataclass(frozen=True, slots=True)
class Model:
    id: str
    name: str
    namespace: str
    dmn_namespace: str
    language: str
    imports: tuple[Import, ...]
    items: tuple[ItemDefinition, ...]
    inputs: tuple[InputData, ...]
    decisions: tuple[Decision, ...]
    knowledge: tuple[BusinessKnowledge, ...]
    services: tuple[DecisionService, ...]
    prefixes: tuple[tuple[str, str], ...]

    def elements(self) -> tuple[DrgElement, ...]:
        """Everything that a requirement can point at."""
        return (*self.inputs, *self.decisions, *self.knowledge, *self.services)
