"""BPMN XML in, checked and compiled definitions out. Law: nothing is silently ignored; all faults are told at once.

`read_bpmn` is the door. A file is refused when it holds anything that the engine would not run as BPMN 2.0 says.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from engine.errors import Fault, ModelRefused
from engine.process.definition.compile import definition_of
from engine.process.definition.dangling import dangling
from engine.process.definition.data import DataNames
from engine.process.definition.dialects import ignored
from engine.process.definition.process import read_process
from engine.process.definition.reading import Reading, begin
from engine.process.definition.xml import (
    BPMN,
    Element,
    children,
    flag,
    inside,
    is_bpmn,
    line_of,
    local,
    parse,
    reference,
)
from engine.process.model import Definition
from engine.process.rules import check
from engine.process.rules.draft import Draft, Known
from engine.process.rules.starts import message_starts, shared
from engine.process.schema import check_schema


@dataclass(frozen=True, slots=True)
class Models:
    """What a file gives: its executable processes, warnings, and the names it declares."""

    definitions: tuple[Definition, ...]
    warnings: tuple[Fault, ...] = ()
    messages: frozenset[str] = frozenset()
    signals: frozenset[str] = frozenset()
    errors: Mapping[str, str] = field(default_factory=dict)
    """Error code -> name."""
    escalations: Mapping[str, str] = field(default_factory=dict)

    def definition(self, key: str) -> Definition:
        """The process of that id. Raises KeyError."""
        return {found.key: found for found in self.definitions}[key]


def read_bpmn(
    xml: bytes | str,
    *,
    file: str = "",
    topics: Collection[str] | None = None,
    decisions: Collection[str] | None = None,
    processes: Collection[str] | None = None,
    forms: Collection[str] | None = None,
    callable_decisions: Collection[str] = (),
    functions: Collection[str] = (),
    schema_check: bool = True,
    checked: bool = False,
    limit: int = 10_000_000,
) -> Models:
    """Read, check and compile a BPMN 2.0 file.

    topics, decisions, processes, forms: what exists beside the file; None means not known, so not checked.
    callable_decisions: ids that a call activity means as decisions. functions: what expressions may call beside the
    built-in ones. checked: the file passed when it was deployed; neither schema nor rules are asked again, so that
    what runs goes on running under stricter rules. limit: bytes (or characters) at most; a larger file is refused
    unparsed. Raises ModelRefused with every fault found.
    """
    root = parse(xml, file=file, limit=limit)
    reading = begin(root, file)
    called_by_name = {process.get("id") for process in children(root, "process")} | set(processes or ())
    reading.decisions = (frozenset(callable_decisions) | frozenset(decisions or ())) - called_by_name
    reading.functions |= frozenset(functions)
    reading.names |= {name for name in reading.functions if not name.isidentifier()}
    reading.sketch, reading.checked = topics is None, checked
    faults = check_schema(root, file) if schema_check and not checked else []
    _references(reading, _duplicate_ids(reading))
    dangling(reading)
    drafts = _drafts(reading, Known(topics, decisions, processes, forms))
    for draft, _, _ in drafts:
        reading.faults += [] if checked else check(draft, file)
    faults += _once(reading.faults)
    warnings = [one for one in faults if one.severity == "warning"] + ignored(root, file)
    refused = [one for one in faults if one.severity == "error"]
    if refused:
        raise ModelRefused(sorted(refused, key=lambda one: one.line or 0))
    return Models(
        definitions=tuple(definition_of(draft, process, names) for draft, process, names in drafts),
        warnings=tuple(sorted(warnings, key=lambda one: one.line or 0)),
        messages=_names(reading, "message"),
        signals=_names(reading, "signal"),
        errors=_codes(reading, "error", "errorCode"),
        escalations=_codes(reading, "escalation", "escalationCode"),
    )


def process_ids(xml: bytes | str, *, file: str = "", limit: int = 10_000_000) -> frozenset[str]:
    """The ids of the executable processes of a file, without reading further. Raises ModelRefused for no BPMN."""
    root = parse(xml, file=file, limit=limit)
    marked = (process.get("id") for process in children(root, "process") if flag(process, "isExecutable"))
    return frozenset(key for key in marked if key)


def _drafts(reading: Reading, known: Known) -> list[tuple[Draft, Element, DataNames]]:
    """The executable processes as drafts; the rest of the file is judged on the way."""
    _conversations(reading)
    executable = list(_executable(reading))
    found: list[tuple[Draft, Element, DataNames]] = []
    seen: set[str] = set()
    for process in executable:
        key = process.get("id") or ""
        if not key:
            reading.report("missing-id", None, line_of(process), type="process")
        if key in seen:
            reading.report("duplicate-process", key, line_of(process), id=key)
        seen.add(key)
        draft, names = read_process(reading, process, known)
        found.append((draft, process, names))
    if not reading.checked:
        reading.faults += shared(start for draft, _, _ in found for start in message_starts(draft, reading.file))
    homes = _homes(reading)
    for draft, _, _ in found:
        draft.homes = homes
        draft.local_processes = seen
        draft.broken = reading.broken
    return found


def _homes(reading: Reading) -> dict[str, str]:
    """For every element of the file that stands in a process: which one."""
    return {
        key: process.get("id") or ""
        for process in children(reading.root, "process")
        for element in process.iter(f"{{{BPMN}}}*")
        if (key := element.get("id"))
    }


def _executable(reading: Reading) -> Iterator[Element]:
    processes = children(reading.root, "process")
    if not processes and not reading.faults:
        reading.report("no-process", None, line_of(reading.root))
    marked = [process for process in processes if flag(process, "isExecutable")]
    for process in processes:
        if process in marked:
            yield process
            continue
        rule = "not-executable-skipped" if marked else "not-executable"
        key = process.get("id")
        reading.report(rule, key, line_of(process), name=process.get("name") or key)


_TALKS: Mapping[str, str] = {
    "choreography": "choreography", "globalChoreographyTask": "choreography", "globalConversation": "conversation",
    "conversation": "conversation", "callConversation": "conversation", "subConversation": "conversation",
}  # fmt: skip


def _conversations(reading: Reading) -> None:
    for element in reading.root:
        if not is_bpmn(element):
            continue
        found = [element] if local(element) in _TALKS else [one for one in element if local(one) in _TALKS]
        if local(element) not in _TALKS and local(element) != "collaboration":
            continue
        for one in found:
            kind = _TALKS[local(one)]
            reading.report(kind, one.get("id"), line_of(one), kind=local(one))


def _duplicate_ids(reading: Reading) -> Collection[str]:
    """All ids of the file; those that stand twice are noted."""
    first: dict[str, int] = {}
    for element in reading.root.iter(f"{{{BPMN}}}*"):
        key = element.get("id")
        if not key:
            continue
        if key in first:
            reading.report("duplicate-id", key, line_of(element), id=key, first=first[key])
        else:
            first[key] = line_of(element)
    return first


def _references(reading: Reading, ids: Collection[str]) -> None:
    """Arrows that no rule of a process looks at: associations, message flows, participants."""
    for tag, ends in _ARROWS.items():
        for element in inside(reading.root, tag):
            for end in ends:
                ref = reference(element.get(end))
                if ref and ref not in ids:
                    reading.report(
                        "reference-dangling",
                        element.get("id"),
                        line_of(element),
                        ref=ref,
                        kind=end,
                        kind_zh=end,
                    )
    homes = _homes(reading)
    owners = {participant.get("id"): reference(participant.get("processRef"))
              for participant in inside(reading.root, "participant")}  # fmt: skip
    kinds = _kinds(reading)
    for element in inside(reading.root, "messageFlow"):
        refs = [reference(element.get(end)) or "" for end in ("sourceRef", "targetRef")]
        source, target = (homes.get(ref) or owners.get(ref) or (ref if ref in owners else None) for ref in refs)
        for end, ref in zip(("source", "target"), refs, strict=True):
            told = _NO_MESSAGES.get((end, kinds.get(ref, "")))
            if told is not None and not reading.checked:
                key = element.get("id")
                reading.report("message-flow-end", key, line_of(element), id=key, problem=told[0], problem_zh=told[1])
        if source is not None and source == target:
            key = element.get("id")
            reading.report("message-flow-inside", key, line_of(element), id=key)


_GATEWAY_TALKS = ("leads to or from a gateway, which neither sends nor receives", "连接到网关，而网关不收发消息")
_NO_MESSAGES: Mapping[tuple[str, str], tuple[str, str]] = {
    ("source", "startEvent"): ("begins at a start event, which sends nothing", "从开始事件引出，而开始事件不发送消息"),
    ("target", "endEvent"): ("leads to an end event, which receives nothing", "指向结束事件，而结束事件不接收消息"),
    **{(end, f"{kind}Gateway"): _GATEWAY_TALKS for end in ("source", "target")
       for kind in ("exclusive", "inclusive", "parallel", "complex", "eventBased")},
}  # fmt: skip
"""End of a message flow and kind of element there -> why that cannot be (BPMN 2.0 §7.6.2)."""


def _kinds(reading: Reading) -> dict[str, str]:
    return {key: local(element) for element in reading.root.iter(f"{{{BPMN}}}*") if (key := element.get("id"))}


_ARROWS: Mapping[str, tuple[str, ...]] = {
    "association": ("sourceRef", "targetRef"),
    "messageFlow": ("sourceRef", "targetRef", "messageRef"),
    "participant": ("processRef",),
}


def _once(faults: list[Fault]) -> list[Fault]:
    """The same fault at the same place is told once."""
    return list(dict.fromkeys(faults))


def _names(reading: Reading, kind: str) -> frozenset[str]:
    return frozenset(root.name for root in reading.roots.values() if root.kind == kind and root.name)


def _codes(reading: Reading, kind: str, attribute: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for root in reading.roots.values():
        if root.kind == kind:
            code = (root.element.get(attribute) or "").strip() or root.name
            if code:
                found[code] = root.name or code
    return found


__all__ = ["Models", "process_ids", "read_bpmn"]
