"""What a decision wants to be given: its inputs, those of the decisions it requires, and names declared
nowhere.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.decisions import model as m
from engine.decisions.link import Linked, LinkedModel
from engine.feel.types import FeelType


@dataclass(frozen=True, slots=True)
class InputNeed:
    """One input: its name, the type as the model writes it ("" for none), the type itself, and whether the
    model declares it (a table drawn without input data only uses it).
    """

    name: str
    type_ref: str
    type: FeelType | None
    declared: bool


def needs_of(linked: LinkedModel, wanted: Linked) -> tuple[InputNeed, ...]:
    """The inputs of a decision, service or knowledge model of this model, in the order they are met. Inputs
    of imported models carry the import's name: `alias.name`.
    """
    found: dict[str, InputNeed] = {}
    _collect(linked, wanted, "", found, set())
    return tuple(found.values())


def _collect(linked: LinkedModel, wanted: Linked, path: str, found: dict[str, InputNeed], seen: set[str]) -> None:
    element = wanted.element
    key = f"{path}{element.id}"
    if key in seen:
        return
    seen.add(key)
    match element:
        case m.InputData():
            _add(linked, path + element.name, element.variable.type_ref, True, found)
            return
        case m.BusinessKnowledge(function=function) if not path and len(seen) == 1:
            for parameter in function.parameters if function else ():
                _add(linked, parameter.name, parameter.type_ref, True, found)
            return
    for need in wanted.needs:
        if need.source is None:
            _collect(linked, linked.elements[need.ident], path, found, seen)
        else:
            below = linked.imports[need.source]
            inner = f"{path}{need.alias}." if need.alias else path
            _collect(below, below.elements[need.ident], inner, found, seen)
    if isinstance(element, m.Decision) and isinstance(element.logic, m.DecisionTable):
        for clause in element.logic.inputs:
            name = clause.expression.text
            if name.isidentifier() and name not in linked.declared and not path:
                _add(linked, name, clause.type_ref, False, found)


def _add(linked: LinkedModel, name: str, type_ref: str, declared: bool, found: dict[str, InputNeed]) -> None:
    found.setdefault(name, InputNeed(name, type_ref, linked.types.of(type_ref), declared))
