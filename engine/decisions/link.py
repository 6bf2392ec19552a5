"""Models joined: hrefs resolved to elements, imports to models, every element's logic compiled.

Law: after linking nothing is looked up by href or namespace any more; what cannot be found is a fault.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from engine.decisions import model as m
from engine.decisions.boxed import LogicCompiler
from engine.decisions.result import Logic, nothing
from engine.decisions.types import Coerce, Types
from engine.errors import Fault


@dataclass(frozen=True, slots=True)
class Need:
    """A required element: the import it is reached through (a key of `imports`; None for the model itself), the
    alias before its name in scope ("" for none), its name, its id. `outputs`: a table without a variable is also
    seen by its id and the names of its output columns, as Camunda's modeler has it.
    """

    source: str | None
    alias: str
    name: str
    ident: str
    outputs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Linked:
    """An element with its logic. For an input `logic` is unused; for knowledge it gives the function."""

    element: m.DrgElement
    needs: tuple[Need, ...]
    logic: Logic
    coerce: Coerce


@dataclass(frozen=True, slots=True)
class LinkedModel:
    """One model, its elements by id, and the models it imports by alias (by `#namespace` where the import has no
    name: its elements are then named like the model's own).
    """

    model: m.Model
    elements: Mapping[str, Linked]
    imports: Mapping[str, LinkedModel]
    declared: frozenset[str]
    types: Types

    def find(self, name_or_id: str) -> Linked | None:
        """A decision, service or knowledge model by id, else by name (a decision before the others)."""
        if found := self.elements.get(name_or_id):
            return found
        named = [e for e in self.elements.values() if name_or_id in (e.element.name, e.element.variable.name)]
        order = (m.Decision, m.DecisionService, m.BusinessKnowledge, m.InputData)
        return min(named, key=lambda e: order.index(type(e.element)), default=None)


def link(model: m.Model, imported: Sequence[m.Model], file: str = "") -> tuple[LinkedModel, list[Fault]]:
    """`model` with the models it may import. Faults: unknown references, unreadable logic."""
    faults: list[Fault] = []
    return _link(model, {other.namespace: other for other in imported}, file, faults, ()), faults


def _link(
    model: m.Model, known: Mapping[str, m.Model], file: str, faults: list[Fault], path: tuple[str, ...]
) -> LinkedModel:
    imports: dict[str, LinkedModel] = {}
    for wanted in model.imports:
        if wanted.namespace in path:
            continue
        if "dmn" not in wanted.import_type.lower():
            faults.append(_foreign_import(wanted, file))
            continue
        other = known.get(wanted.namespace)
        if other is None:
            faults.append(_missing_import(wanted, file))
        else:
            imports[wanted.name or f"#{wanted.namespace}"] = _link(other, known, file, faults, (*path, model.namespace))
    linker = _Linker(model, imports, file)
    linked = linker.link()
    faults += linker.logic.faults
    return linked


def alias_of(source: str | None) -> str:
    """What stands before the names of an import: nothing where it has no name."""
    return "" if source is None or source.startswith("#") else source


def _foreign_import(wanted: m.Import, file: str) -> Fault:
    return Fault(
        "dmn.import_type", wanted.name, wanted.line,
        f"The import “{wanted.name}” is of type {wanted.import_type or '?'}; only DMN models are imported.",
        f"导入“{wanted.name}”的类型为 {wanted.import_type or '?'}，仅支持导入 DMN 模型。", file=file,
    )  # fmt: skip


def _missing_import(wanted: m.Import, file: str) -> Fault:
    return Fault(
        "dmn.import_missing", wanted.name, wanted.line,
        f"The imported model “{wanted.name}” ({wanted.namespace}) is not among the files.",
        f"找不到导入的模型“{wanted.name}”（{wanted.namespace}）。",
        "Deploy both files together.", "请将两个文件一起部署。", file=file,
    )  # fmt: skip


class _Linker:
    """Compiles the elements of one model."""

    def __init__(self, model: m.Model, imports: Mapping[str, LinkedModel], file: str) -> None:
        self.model = model
        self.imports = imports
        self.sources = {linked.model.namespace: source for source, linked in imports.items()}
        self.types = Types(model, [(alias_of(source), linked.types) for source, linked in imports.items()], file)
        self.logic = LogicCompiler(self.types, _member_names(model, imports), file)
        self.own = {element.id: element for element in model.elements()}
        self.logic.ids.update((element.name, element.id) for element in model.elements())

    def link(self) -> LinkedModel:
        self._duplicates()
        elements = {element.id: self._element(element) for element in self.model.elements()}
        self._cycles(elements)
        self.logic.faults += self.types.faults
        declared = frozenset(name for e in self.own.values() for name in (e.name, e.variable.name, e.id)) | frozenset(
            self.imports
        )
        self._not_required(elements)
        return LinkedModel(self.model, elements, self.imports, declared, self.types)

    def _element(self, element: m.DrgElement) -> Linked:
        what, type_ref = element.name, element.variable.type_ref
        match element:
            case m.InputData():
                return Linked(element, (), nothing, self.types.coercer(type_ref, what))
            case m.Decision():
                needs = self._needs(
                    element,
                    (*element.required_inputs, *element.required_decisions, *element.required_knowledge),
                )
                logic = self.logic.logic(_with_type(element), self._names(needs), element.name)
                return Linked(element, needs, logic, self.types.coercer(type_ref, what))
            case m.BusinessKnowledge():
                needs = self._needs(element, element.required_knowledge)
                result = self.types.result_of(type_ref)
                return Linked(element, needs, self._knowledge(element, needs, result), _unchanged)
            case m.DecisionService():
                needs = self._needs(element, (*element.input_data, *element.input_decisions))
                outputs = self._needs(element, (*element.output_decisions, *element.encapsulated_decisions))
                del outputs  # only looked up: unknown references are faults
                return Linked(element, needs, nothing, self.types.coercer(self.types.result_of(type_ref), what))

    def _knowledge(self, element: m.BusinessKnowledge, needs: tuple[Need, ...], result: str) -> Logic:
        if element.function is None:
            return nothing
        names = self._names(needs) | {element.variable.name}
        return self.logic.function(element.function, names, element.name, element.variable.name, result)

    def _names(self, needs: Iterable[Need]) -> frozenset[str]:
        return frozenset(
            name for need in needs for name in ((need.alias,) if need.alias else (need.name, *_more_names(need)))
        )

    def _needs(self, owner: m.DrgElement, references: Iterable[m.Reference]) -> tuple[Need, ...]:
        return tuple(need for reference in references if (need := self.need(owner, reference)) is not None)

    def need(self, owner: m.DrgElement, reference: m.Reference) -> Need | None:
        """The element behind an href; None, with a fault, when there is none."""
        source = self.sources.get(reference.namespace) if reference.namespace else None
        known: Mapping[str, m.DrgElement] = {}
        if not reference.namespace:
            known = self.own
        elif source is not None:
            known = {ident: linked.element for ident, linked in self.imports[source].elements.items()}
        target = known.get(reference.id)
        if target is None:
            self.logic.fault(
                "dmn.unknown_reference", owner.id, reference.line,
                f"{owner.name}: nothing has the id “{reference.id}” that it requires.",
                f"{owner.name}：找不到所需的元素“{reference.id}”。",
                "Draw the requirement again.", "请重新绘制该依赖连线。",
            )  # fmt: skip
            return None
        return Need(source, alias_of(source), target.variable.name, target.id, _outputs(target))

    def _not_required(self, elements: Mapping[str, Linked]) -> None:
        """Names of our own elements that logic looks up and does not require: null when it runs."""
        names = {e.variable.name for e in self.own.values()} - self.logic.members
        for linked in elements.values():
            element = linked.element
            seen = self.logic.free.get(element.name, set())
            for name, line in sorted((n, line) for n, line in seen if n in names and n != element.variable.name):
                self.logic.fault(
                    "dmn.not_required", element.id, line,
                    f"{element.name}: “{name}” is used but not required, so it is null here.",
                    f"{element.name}：使用了“{name}”但没有依赖连线，其值将为空。",
                    "Draw the requirement.", "请补画依赖连线。", severity="warning",
                )  # fmt: skip

    def _duplicates(self) -> None:
        """Two elements of one id cannot be told apart; two of one name are found by id only."""
        seen: dict[str, str] = {}
        for element in self.model.elements():
            if self.own[element.id] is not element:
                self.logic.fault(
                    "dmn.duplicate_id", element.id, element.line,
                    f"{element.name}: the id “{element.id}” is used twice.", f"{element.name}:id“{element.id}”重复。",
                )  # fmt: skip
            elif seen.setdefault(element.name, element.id) != element.id:
                self.logic.fault(
                    "dmn.duplicate_name", element.id, element.line,
                    f"Two elements are called “{element.name}”.", f"有两个元素同名“{element.name}”。",
                    severity="warning",
                )  # fmt: skip

    def _cycles(self, elements: Mapping[str, Linked]) -> None:
        """Decisions that require each other have no value (DMN 1.5 §6.3.7: requirements are acyclic)."""
        done: set[str] = set()
        for start in elements:
            for ring in _rings(elements, start, done, ()):
                names = " → ".join(elements[ident].element.name for ident in ring)
                first = elements[ring[0]].element
                self.logic.fault(
                    "dmn.cycle", first.id, first.line,
                    f"These require each other in a circle: {names}.", f"以下元素相互依赖，形成循环：{names}。",
                )  # fmt: skip


def _rings(
    elements: Mapping[str, Linked], ident: str, done: set[str], path: tuple[str, ...]
) -> Iterator[tuple[str, ...]]:
    if ident in path:
        if not isinstance(elements[ident].element, m.BusinessKnowledge):  # a function may call itself
            yield (*path[path.index(ident) :], ident)
        return
    if ident in done or isinstance(elements[ident].element, m.DecisionService):
        return
    for need in elements[ident].needs:
        if need.source is None:
            yield from _rings(elements, need.ident, done, (*path, ident))
    done.add(ident)


def _outputs(target: m.DrgElement) -> tuple[str, ...]:
    if not isinstance(target, m.Decision) or target.variable.written:
        return ()
    logic = target.logic
    return tuple(o.name for o in logic.outputs if o.name) if isinstance(logic, m.DecisionTable) else ()


def _more_names(need: Need) -> tuple[str, ...]:
    return (need.ident, *need.outputs) if need.outputs else ()


def _unchanged(value: object, run: object) -> object:
    return value


def _with_type(decision: m.Decision) -> m.Boxed | None:
    """The decision's logic; a table without a type of its own takes the variable's."""
    logic = decision.logic
    if isinstance(logic, m.DecisionTable) and not logic.type_ref:
        return replace(logic, type_ref=decision.variable.type_ref)
    return logic


def _member_names(model: m.Model, imports: Mapping[str, LinkedModel]) -> Iterator[str]:
    """Every name that may stand behind a dot: components, entries, columns, outputs, imported variables."""
    for item in model.items:
        yield from _components(item)
    for decision in model.decisions:
        yield from _entries(decision.logic)
    for knowledge in model.knowledge:
        yield from _entries(knowledge.function)
    for service in model.services:
        yield from (d.variable.name for d in model.decisions for r in service.output_decisions if r.id == d.id)
    for linked in imports.values():
        yield from (element.variable.name for element in linked.model.elements())
        yield from _member_names(linked.model, linked.imports)


def _components(item: m.ItemDefinition) -> Iterator[str]:
    for component in item.components:
        yield component.name
        yield from _components(component)


def _entries(box: m.Boxed | None) -> Iterator[str]:
    match box:
        case m.Context(entries=entries):
            for entry in entries:
                yield entry.name
                yield from _entries(entry.value)
        case m.Relation(columns=columns):
            yield from (column.name for column in columns)
        case m.DecisionTable(outputs=outputs):
            yield from (output.name or output.label for output in outputs)
        case m.Function(body=body) | m.Iterator(body=body):
            yield from _entries(body)
        case m.ListOf(items=items):
            for item in items:
                yield from _entries(item)
        case m.Conditional(then=then, otherwise=otherwise):
            yield from _entries(then)
            yield from _entries(otherwise)
        case m.Filter(source=source):
            yield from _entries(source)
        case _:
            return
