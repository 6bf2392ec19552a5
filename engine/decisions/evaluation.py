"""One evaluation of a requirements graph: every decision at most once, values where they are required.

Law: an element sees what it requires and nothing else (DMN 1.5 §10.4). One liberty, for tables drawn without
input data: a value that the caller gives under a name which the model declares nowhere is seen by every
decision.
"""

from __future__ import annotations

from collections.abc import Mapping

from engine.decisions import model as m
from engine.decisions.boxed import given_all
from engine.decisions.link import Linked, LinkedModel, Need, alias_of
from engine.decisions.result import Run, Value
from engine.feel import FunctionValue, Parameter

_BUSY = object()


class Evaluation:
    """The values of one model's elements in one run; imported models have their own below it."""

    def __init__(
        self, linked: LinkedModel, inputs: Mapping[str, Value], run: Run, parent: Evaluation | None = None
    ) -> None:
        self.linked = linked
        self.inputs = inputs
        self.run = run
        self.parent = parent
        self.values: dict[str, Value] = {}
        self.below: dict[str, Evaluation] = {}
        self.undeclared = {k: v for k, v in inputs.items() if k not in linked.declared}

    def value(self, ident: str) -> Value:
        """The value of the element with that id."""
        if ident in self.values:
            value = self.values[ident]
            if value is _BUSY:
                self.run.warn(f"“{ident}” requires itself", f"“{ident}”依赖自身")
                return None
            return value
        self.values[ident] = _BUSY
        linked = self.linked.elements[ident]
        match linked.element:
            case m.InputData():
                value = linked.coerce(self._given(linked.element), self.run)
            case m.Decision():
                value = linked.coerce(linked.logic(self._scope(linked), self.run), self.run)
            case m.BusinessKnowledge():
                value = self._knowledge(linked, linked.element)
            case m.DecisionService():
                value = self._service(linked, linked.element)
        self.values[ident] = value
        return value

    def place(self, need: Need) -> Evaluation:
        """The evaluation that holds a required element: this one, or an imported model's."""
        return self if need.source is None else self._imported(need.source)

    def decided(self) -> dict[str, Value]:
        """The decisions that got a value, by name."""
        found: dict[str, Value] = {}
        for ident, value in self.values.items():
            element = self.linked.elements[ident].element
            if isinstance(element, m.Decision):
                found[element.name] = value
        return found

    def _imported(self, source: str) -> Evaluation:
        if source not in self.below:
            alias = alias_of(source)
            given = self.inputs.get(alias) if alias else None
            inputs = dict(given) if isinstance(given, Mapping) else {}
            start = f"{alias}."
            inputs.update((k[len(start) :], v) for k, v in self.inputs.items() if alias and k.startswith(start))
            self.below[source] = Evaluation(self.linked.imports[source], inputs, self.run, self)
        return self.below[source]

    def _given(self, element: m.InputData) -> Value:
        place: Evaluation | None = self
        while place is not None:
            for name in (element.name, element.variable.name, element.id):
                if name in place.inputs:
                    return place.inputs[name]
            place = place.parent
        self.run.warn(f"no value was given for the input “{element.name}”", f"未提供输入“{element.name}”的值")
        return None

    def _scope(self, linked: Linked) -> dict[str, Value]:
        scope: dict[str, Value] = dict(self.undeclared)
        for need in linked.needs:
            value = self.place(need).value(need.ident)
            if need.alias:
                scope[need.alias] = {**scope.get(need.alias, {}), need.name: value}
            else:
                scope[need.name] = value
                if need.outputs:
                    scope[need.ident] = value
                    scope.update(_by_output(need, value))
        return scope

    def _knowledge(self, linked: Linked, element: m.BusinessKnowledge) -> Value:
        scope = self._scope(linked)
        value = linked.logic(scope, self.run)
        scope[element.variable.name] = value  # the function may call itself
        return value

    def _service(self, linked: Linked, element: m.DecisionService) -> FunctionValue:
        """DMN 1.5 §10.4: a function of its input data, then its input decisions."""

        def call(*arguments: Value) -> Value:
            if not given_all(element.name, arguments, linked.needs, self.run):
                return None
            inner = Evaluation(self.linked, {}, self.run)
            for need, value in zip(linked.needs, arguments, strict=True):
                if inner.give(need, value) is None and value is not None:
                    return None
            return inner.serve(linked, element)

        parameters = tuple(Parameter(need.name) for need in linked.needs)
        return FunctionValue(parameters, call, None, element.variable.name)

    def give(self, need: Need, value: Value) -> Value:
        """Sets the value of an element instead of working it out (a service's inputs); the value as its type has it."""
        place = self.place(need)
        linked = place.linked.elements[need.ident]
        place.values[need.ident] = linked.coerce(value, self.run)
        return place.values[need.ident]

    def serve(self, linked: Linked, element: m.DecisionService) -> Value:
        """The service's result: the output decision's value, or a context of several."""
        results = {}
        for reference in element.output_decisions:
            if target := self.linked.elements.get(reference.id):
                results[target.element.variable.name] = self.value(reference.id)
            else:
                for source, other in self.linked.imports.items():
                    if other.model.namespace == reference.namespace and reference.id in other.elements:
                        name = other.elements[reference.id].element.variable.name
                        results[name] = self._imported(source).value(reference.id)
        value = next(iter(results.values())) if len(element.output_decisions) == 1 and results else results
        return linked.coerce(value, self.run)


def _by_output(need: Need, value: Value) -> dict[str, Value]:
    if len(need.outputs) == 1:
        return {need.outputs[0]: value}
    return {name: value.get(name) for name in need.outputs} if isinstance(value, dict) else {}
