"""Data objects, stores, properties and input/output specifications (BPMN 2.0 §10.4). Law: data are variables by name.

A data object's variable is named by the object's name, else by its reference's name, else by its id.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.process.definition.reading import KINDS_ZH, Reading
from engine.process.definition.xml import Element, child, children, content, inside, line_of, reference
from engine.process.expressions import Variable
from engine.process.model import Expr, Param


@dataclass(slots=True)
class DataNames:
    """Which variable each data element of a process stands for, by the element's id."""

    variables: dict[str, str] = field(default_factory=dict)
    stores: set[str] = field(default_factory=set)

    def variable(self, ref: str | None) -> str | None:
        """The variable behind a reference; a reference to nothing names the variable itself."""
        key = reference(ref)
        return None if key is None else self.variables.get(key, key)


def read_data_names(reading: Reading, process: Element) -> DataNames:
    """Collect the names of everything in the process that holds data."""
    found = DataNames()
    objects = {entry.get("id") or "": entry for entry in inside(process, "dataObject")}
    titles: dict[str, str] = {}
    for entry in inside(process, "dataObjectReference"):
        target = reference(entry.get("dataObjectRef")) or ""
        if target and target not in objects:
            _dangling(reading, entry, target, "dataObject")
        titles.setdefault(target, (entry.get("name") or "").strip())
    for key, entry in objects.items():
        found.variables[key] = (entry.get("name") or "").strip() or titles.get(key) or key
    for entry in inside(process, "dataObjectReference"):
        target = reference(entry.get("dataObjectRef")) or ""
        key = entry.get("id") or ""
        found.variables[key] = found.variables.get(target) or (entry.get("name") or "").strip() or key
    for entry in inside(process, "dataStoreReference"):
        _store(reading, entry, found)
    for tag in ("property", "dataInput", "dataOutput", "inputDataItem", "outputDataItem"):
        for entry in inside(process, tag):
            item = entry.get("id")
            if item:
                found.variables[item] = (entry.get("name") or "").strip() or item
    reading.names |= {name for name in found.variables.values() if not name.isidentifier()}
    return found


def _store(reading: Reading, entry: Element, found: DataNames) -> None:
    key = entry.get("id") or ""
    target = reference(entry.get("dataStoreRef"))
    root = reading.roots.get(target or "")
    if target and (root is None or root.kind != "dataStore"):
        _dangling(reading, entry, target, "dataStore")
    name = (root.name if root else "") or (entry.get("name") or "").strip() or target or key
    found.variables[key] = name
    if target:
        found.variables.setdefault(target, name)
    found.stores.add(name)


def _dangling(reading: Reading, entry: Element, target: str, kind: str) -> None:
    reading.report(
        "reference-dangling", entry.get("id"), line_of(entry), ref=target, kind=kind, kind_zh=KINDS_ZH[kind]
    )


def read_properties(holder: Element, names: DataNames) -> dict[str, Expr | None]:
    """The `property` elements of a process or activity: names without a value as yet."""
    return {
        names.variables[key]: None
        for entry in children(holder, "property")
        if (key := entry.get("id")) in names.variables
    }


def read_associations(
    reading: Reading, element: Element, owner: str, names: DataNames
) -> tuple[tuple[Param, ...], tuple[Param, ...]]:
    """Data input and output associations as mappings."""
    found: list[tuple[Param, ...]] = []
    looped = set(loop_ends(element).values())
    for tag in ("dataInputAssociation", "dataOutputAssociation"):
        params: list[Param] = []
        for entry in children(element, tag):
            if entry in looped:
                continue
            params.extend(_association(reading, entry, owner, names))
        found.append(tuple(params))
    return found[0], found[1]


def loop_ends(element: Element) -> dict[str, Element]:
    """The associations that feed a multi-instance's collections through the activity's own data input and output:
    they belong to the whole activity, not to each instance."""
    several = child(element, "multiInstanceLoopCharacteristics")
    found: dict[str, Element] = {}
    if several is None:
        return found
    for ref, tag, end in (
        ("loopDataInputRef", "dataInputAssociation", "targetRef"),
        ("loopDataOutputRef", "dataOutputAssociation", "sourceRef"),
    ):
        key = reference(content(child(several, ref)))
        for entry in children(element, tag):
            if key and reference(content(child(entry, end))) == key:
                found[ref] = entry
    return found


def _association(reading: Reading, entry: Element, owner: str, names: DataNames) -> list[Param]:
    for end in (*children(entry, "sourceRef"), *children(entry, "targetRef")):
        key = reference(content(end))
        if key and key not in names.variables:
            reading.report(
                "reference-dangling", owner, line_of(end), ref=key, kind="data element", kind_zh="数据元素"
            )
    target = names.variable(content(child(entry, "targetRef")))
    assignments = children(entry, "assignment")
    if assignments:
        return [param for one in assignments if (param := _assignment(reading, one, owner, names, target))]
    transformation = child(entry, "transformation")
    sources = [names.variable(content(source)) for source in children(entry, "sourceRef")]
    if target is None:
        return []
    if transformation is not None:
        value = reading.formula(transformation, owner)
        return [] if value is None else [Param(target, value)]
    source = next((name for name in sources if name), None)
    return [] if source is None or source == target else [Param(target, Variable(source))]


def _assignment(
    reading: Reading, entry: Element, owner: str, names: DataNames, target: str | None
) -> Param | None:
    """`from` is an expression (bare text is FEEL), `to` names a data element; empty, it is the association's target."""
    value = reading.formula(child(entry, "from"), owner)
    written = content(child(entry, "to")).removeprefix("=").removeprefix("${").removesuffix("}").strip()
    name = names.variable(written) if written else target
    return None if value is None or name is None else Param(name, value)


def read_input_sets(element: Element, names: DataNames) -> tuple[tuple[str, ...], ...]:
    """The names that each input set asks for; optional and while-executing inputs are not asked for."""
    specification = child(element, "ioSpecification")
    if specification is None:
        return ()
    sets: list[tuple[str, ...]] = []
    several = child(element, "multiInstanceLoopCharacteristics")
    looped = set() if several is None else {content(child(several, "loopDataInputRef"))}
    for entry in children(specification, "inputSet"):
        free = looped | {
            content(ref)
            for tag in ("optionalInputRefs", "whileExecutingInputRefs")
            for ref in children(entry, tag)
        }
        wanted = [content(ref) for ref in children(entry, "dataInputRefs") if content(ref) not in free]
        sets.append(tuple(names.variables.get(key, key) for key in wanted))
    return () if any(not one for one in sets) else tuple(sets)
