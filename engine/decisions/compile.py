"""The door of the room: DMN text in, compiled decisions out; decisions and inputs in, a result out.

decisions = compile_decisions(xml)
result = decisions.evaluate("approval_authority", {"amount": Decimal("320000000")}, at)
result.value, [fired.rule for fired in result.fired], result.warnings
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from engine.decisions import model as m
from engine.decisions.checks import check_model
from engine.decisions.evaluation import Evaluation
from engine.decisions.json_values import from_json, holds_time
from engine.decisions.link import Linked, LinkedModel, alias_of, link
from engine.decisions.needs import InputNeed, needs_of
from engine.decisions.parse import parse_model
from engine.decisions.result import DecisionResult, Run, Value
from engine.decisions.telling import ToldRule, told_rule
from engine.errors import Fault, ModelRefused, NotFound
from engine.feel import FunctionValue, Moment


@dataclass(frozen=True, slots=True)
class Decisions:
    """A compiled DMN model. Frozen: it may be shared by threads and kept for as long as it serves.

    `hash` is the SHA-256 of the text it was made from (imported models included); `warnings` are the faults
    that did not refuse it.
    """

    name: str
    hash: str
    warnings: tuple[Fault, ...]
    _linked: LinkedModel
    _temporal: dict[str, tuple[InputNeed, ...]] = field(default_factory=dict, compare=False, repr=False)
    """Decision → its inputs of types that JSON does not know, once somebody asked."""

    def names(self) -> tuple[str, ...]:
        """The decisions of this model, by name."""
        return tuple(decision.name for decision in self._linked.model.decisions)

    def ids(self) -> dict[str, str]:
        """The decisions of this model: id → name."""
        return {decision.id: decision.name for decision in self._linked.model.decisions}

    def tags(self) -> dict[str, str]:
        """The version tags of the decisions that have one: id → tag."""
        return {decision.id: decision.version_tag for decision in self._linked.model.decisions if decision.version_tag}

    def read(self, decision: str, inputs: Mapping[str, Value]) -> dict[str, Value]:
        """The inputs with texts as the dates, times and durations that the model declares them to be (JSON knows no
        such values). What does not read as its type stays as it is. Raises NotFound."""
        needs = self._temporal.get(decision)
        if needs is None:
            needs = self._temporal[decision] = tuple(need for need in self.inputs_of(decision) if holds_time(need.type))
        if not needs:
            return dict(inputs)
        told = {need.name: inputs[need.name] for need in needs if need.name in inputs}
        return {**inputs, **from_json(told, needs)}

    def has(self, name_or_id: str) -> bool:
        """Whether `evaluate` knows a decision or service of that name or id."""
        found = self._linked.find(name_or_id)
        return found is not None and not isinstance(found.element, m.InputData)

    def inputs_of(self, decision: str) -> tuple[InputNeed, ...]:
        """What a decision (name or id) wants to be given. Raises NotFound."""
        return needs_of(self._linked, self._find(decision))

    def rows(self, decision: str) -> tuple[int, ...]:
        """The row numbers of a decision's own table; () when its logic is no table. Raises NotFound."""
        element = self._find(decision).element
        logic = element.logic if isinstance(element, m.Decision) else None
        return tuple(rule.number for rule in logic.rules) if isinstance(logic, m.DecisionTable) else ()

    def told(self, table: str, number: int) -> ToldRule | None:
        """A rule of a table (by the table's or its decision's id or name) as it is written; None for one there is not.
        Conditions that hold for everything (`-`) are left out."""
        for decision in self._linked.model.decisions:
            logic = decision.logic
            if not isinstance(logic, m.DecisionTable) or table not in (logic.id, decision.id, decision.name):
                continue
            rule = next((rule for rule in logic.rules if rule.number == number), None)
            if rule is not None:
                return told_rule(decision, logic, rule)
        return None

    def _find(self, decision: str) -> Linked:
        linked = self._linked.find(decision)
        if linked is None or isinstance(linked.element, m.InputData):
            raise NotFound(what="decision", id=decision)
        return linked

    def alias_of(self, namespace: str) -> str:
        """The local name under which that namespace is imported; "" when it is not."""
        imports = self._linked.imports.items()
        found = (alias_of(source) for source, linked in imports if linked.model.namespace == namespace)
        return next(found, "") if namespace else ""

    def evaluate(self, decision: str, inputs: Mapping[str, Value], at: Moment) -> DecisionResult:
        """The value of a decision or decision service (name or id; a business knowledge model takes its
        parameters).

        `inputs` by input data name; host numbers (int, float) become Decimal. Never raises for values that
        do not fit: the result is null and `warnings` says why. Raises NotFound for an unknown decision.
        """
        linked = self._find(decision)
        given = {name: feel_value(value) for name, value in inputs.items()}
        before = len(at.warnings)
        run = Run(at)
        evaluation = Evaluation(self._linked, given, run)
        try:
            value = _value(evaluation, linked, given)
        except RecursionError:
            run.warn("calls nest too deeply", "调用嵌套过深")
            value = None
        element = linked.element
        return DecisionResult(
            decision_id=element.id, decision=element.name, value=value, fired=tuple(run.fired),
            warnings=tuple(at.warnings[before:]), inputs=given, decisions=evaluation.decided(),
            model=self.name, model_hash=self.hash,
        )  # fmt: skip


def compile_decisions(
    xml: bytes | str,
    name: str = "",
    imports: Sequence[bytes | str] = (),
    max_bytes: int = 0,
    lenient: bool = False,
) -> Decisions:
    """Compiles a DMN 1.1 to 1.5 model. `imports` are texts of models that it may import; more than that is no harm.

    name: the file's name, for messages. max_bytes: largest text read, 0 for no limit. lenient: compile what can be
    compiled; what is at fault gives null (conformance suites ask for that). Raises ModelRefused with every fault.
    """
    model, faults = parse_model(xml, name, max_bytes)
    found = list(faults)
    reached = _reached(model, imports, max_bytes)
    found += [fault for _, _, more in reached for fault in more]
    others = [other for _, other, _ in reached]
    try:
        linked, more_faults = link(model, others, name)
        found += more_faults
        found += check_model(linked, name)
    except RecursionError:
        raise ModelRefused([_too_deep(name)]) from None
    found.sort(key=lambda fault: fault.line or 0)
    if not lenient and any(fault.severity == "error" for fault in found):
        raise ModelRefused([f for f in found if f.severity == "error"] + [f for f in found if f.severity != "error"])
    return Decisions(model.name or name, _digest(xml, [text for text, _, _ in reached]), tuple(found), linked)


def _reached(
    model: m.Model, imports: Sequence[bytes | str], max_bytes: int
) -> list[tuple[bytes | str, m.Model, tuple[Fault, ...]]]:
    """Those of the offered models that are imported, directly or through others. The rest is left alone: a file
    that nobody imports may be at fault without harm."""
    offered: dict[str, tuple[bytes | str, m.Model, tuple[Fault, ...]]] = {}
    for text in imports if model.imports else ():
        try:
            other, faults = parse_model(text, "", max_bytes)
        except ModelRefused:
            continue
        offered.setdefault(other.namespace, (text, other, faults))
    wanted = [item.namespace for item in model.imports]
    reached: list[str] = []
    for namespace in wanted:
        if namespace in offered and namespace not in reached and namespace != model.namespace:
            reached.append(namespace)
            wanted.extend(item.namespace for item in offered[namespace][1].imports)
    return [offered[namespace] for namespace in reached]


def _too_deep(file: str) -> Fault:
    return Fault("dmn.too_deep", None, None, "The model is nested too deeply.", "模型嵌套过深。", file=file)


def feel_value(value: Value) -> Value:
    """A host's value as FEEL has it: int and float as Decimal, mappings and sequences through and through."""
    match value:
        case bool() | str() | Decimal() | None:
            return value
        case int():
            return Decimal(value)
        case float():
            return Decimal(repr(value)) if value == value and abs(value) != float("inf") else None
        case Mapping():
            return {str(key): feel_value(item) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [feel_value(item) for item in value]
    return value


def _value(evaluation: Evaluation, linked: Linked, given: Mapping[str, Value]) -> Value:
    element = linked.element
    match element:
        case m.DecisionService():
            for need in linked.needs:
                if need.name in given or need.ident in {r.id for r in element.input_decisions}:
                    evaluation.give(need, given.get(need.name))
            return evaluation.serve(linked, element)
        case m.BusinessKnowledge():
            function = evaluation.value(element.id)
            if not isinstance(function, FunctionValue):
                return None
            return function.call(*(given.get(parameter.name) for parameter in function.parameters))
    return evaluation.value(element.id)


def _digest(xml: bytes | str, imports: Sequence[bytes | str]) -> str:
    digest = hashlib.sha256()
    for text in (xml, *imports):
        data = text.encode() if isinstance(text, str) else text
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()
