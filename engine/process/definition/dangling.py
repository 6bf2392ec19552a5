"""References that no other reader follows: each names an element of this file, of the kind that it asks for.

Flow nodes, sequence flows, root events and what an arrow connects are looked at where they are read; here stand data
(BPMN 2.0 §10.4), services (§8.4.1), correlation (§8.4.2), categories (§8.4.3) and resources (§8.4.17). Collections
of loops are free: Camunda's users write a variable or an expression there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.process.definition.reading import KINDS_ZH, Reading
from engine.process.definition.xml import BPMN, Element, content, is_bpmn, line_of, local, reference

_ANY = frozenset[str]()
_MARKS: Mapping[str, frozenset[str]] = {
    "itemSubjectRef": frozenset({"itemDefinition"}),
    "itemRef": frozenset({"itemDefinition"}),
    "structureRef": frozenset({"itemDefinition"}),
    "operationRef": frozenset({"operation"}),
    "categoryValueRef": frozenset({"categoryValue"}),
    "correlationPropertyRef": frozenset({"correlationProperty"}),
    "correlationKeyRef": frozenset({"correlationKey"}),
    "parameterRef": frozenset({"resourceParameter"}),
    "partitionElementRef": _ANY,
}
"""Attribute -> kinds of element that it may name."""
_CHILDREN: Mapping[str, frozenset[str]] = {
    "operationRef": frozenset({"operation"}),
    "inMessageRef": frozenset({"message"}),
    "outMessageRef": frozenset({"message"}),
    "dataInputRefs": frozenset({"dataInput"}),
    "optionalInputRefs": frozenset({"dataInput"}),
    "whileExecutingInputRefs": frozenset({"dataInput"}),
    "dataOutputRefs": frozenset({"dataOutput"}),
    "optionalOutputRefs": frozenset({"dataOutput"}),
    "whileExecutingOutputRefs": frozenset({"dataOutput"}),
    "inputSetRefs": frozenset({"inputSet"}),
    "outputSetRefs": frozenset({"outputSet"}),
    "categoryValueRef": frozenset({"categoryValue"}),
    "correlationPropertyRef": frozenset({"correlationProperty"}),
    "supportedInterfaceRef": frozenset({"interface"}),
}
"""Child element -> kinds of element that its text may name."""
_MESSAGES = frozenset({"correlationPropertyRetrievalExpression"})


def dangling(reading: Reading) -> None:
    """Note each reference of the kinds above that leads to nothing, or to an element of another kind."""
    kinds: dict[str, str] = {}
    for element in reading.root.iter(f"{{{BPMN}}}*"):
        key = element.get("id")
        if key:
            kinds[key] = local(element)
    for element in reading.root.iter(f"{{{BPMN}}}*"):
        for name, wanted, ref in _named(element):
            if ref not in kinds or (wanted and kinds[ref] not in wanted):
                kind = next(iter(wanted)) if len(wanted) == 1 else name
                reading.report(
                    "reference-dangling",
                    _owner(element),
                    line_of(element),
                    ref=ref,
                    kind=kind,
                    kind_zh=KINDS_ZH.get(kind, kind),
                )


def _named(element: Element) -> Iterator[tuple[str, frozenset[str], str]]:
    name = local(element)
    if name in _CHILDREN:
        ref = reference(content(element))
        if ref:
            yield name, _CHILDREN[name], ref
    for mark, wanted in _MARKS.items():
        if mark == "structureRef" and name == "itemDefinition":  # names a type of the outside world
            continue
        ref = reference(element.get(mark))
        if ref:
            yield mark, wanted, ref
    if name in _MESSAGES:
        ref = reference(element.get("messageRef"))
        if ref:
            yield "message", frozenset({"message"}), ref


_NODES = ("Task", "Event", "Gateway", "ubProcess", "Activity")


def _owner(element: Element) -> str | None:
    """The element that people see: the flow node around it, else the nearest that has an id."""
    nearest: str | None = None
    at: Element | None = element
    while at is not None and is_bpmn(at):
        key = at.get("id")
        if key and nearest is None:
            nearest = key
        if key and (local(at).endswith(_NODES) or local(at) in ("task", "transaction")):
            return key
        at = at.getparent()
    return nearest
