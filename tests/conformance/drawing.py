"""Diagrams in a few words: flows as arrows, elements as calls, ids that say their kind.

`process("p", "s -> u1 -> x1; x1 -> t1 [n > 1]; x1 -> e")`: an id that no call describes is taken by its first
letter: s start, e end, t none task, u user task, x exclusive, p parallel, o inclusive gateway. A flow is named
`source_target` unless `#name` follows; `[…]` is its condition. Root elements (messages, signals…) come by use.
"""

from __future__ import annotations

import itertools
import re
from xml.sax.saxutils import escape, quoteattr

_HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    ' xmlns:camunda="http://camunda.org/schema/1.0/bpmn" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"'
    ' targetNamespace="http://dealflow/conformance" id="defs">\n'
)
_KINDS = {
    "s": "startEvent",
    "e": "endEvent",
    "t": "task",
    "u": "userTask",
    "x": "exclusiveGateway",
    "p": "parallelGateway",
    "o": "inclusiveGateway",
}
_NAMES = {
    "attached": "attachedToRef",
    "cancel": "cancelActivity",
    "interrupt": "isInterrupting",
    "by_event": "triggeredByEvent",
    "undoes": "isForCompensation",
}


def tag(name: str, id: str = "", /, *inside: str, **attributes: object) -> str:
    """An element; `camunda_topic` is `camunda:topic`, true and false are as XML has them."""
    parts = [f"<{name}"] + ([f" id={quoteattr(id)}"] if id else [])
    for key, value in attributes.items():
        if value is not None:
            text = str(value).lower() if isinstance(value, bool) else str(value)
            shown = _NAMES.get(key, re.sub(r"^(camunda|zeebe|xsi)_", r"\1:", key))
            parts.append(f" {shown}={quoteattr(text)}")
    return "".join(parts) + (">" + "".join(inside) + f"</{name}>" if inside else "/>")


def extensions(*inside: str) -> str:
    return tag("extensionElements", "", *inside)


def script(id: str, code: str, *inside: str, **attributes: object) -> str:
    return tag("scriptTask", id, *inside, f"<script>{escape(code)}</script>", scriptFormat="python", **attributes)


def service(id: str, topic: str | None = None, *inside: str, **attributes: object) -> str:
    return tag("serviceTask", id, *inside, camunda_type="external", camunda_topic=topic or id, **attributes)


def user(id: str, *inside: str, **attributes: object) -> str:
    return tag("userTask", id, *inside, **attributes)


def call(id: str, called: str, *inside: str, **attributes: object) -> str:
    return tag("callActivity", id, *inside, calledElement=called, **attributes)


def share_all() -> str:
    """Every variable in and out of a call."""
    return extensions('<camunda:in variables="all"/><camunda:out variables="all"/>')


def start(id: str, *definitions: str, **attributes: object) -> str:
    return tag("startEvent", id, *definitions, **attributes)


def end(id: str, *definitions: str, **attributes: object) -> str:
    return tag("endEvent", id, *definitions, **attributes)


def catch(id: str, *definitions: str, **attributes: object) -> str:
    return tag("intermediateCatchEvent", id, *definitions, **attributes)


def throw(id: str, *definitions: str, **attributes: object) -> str:
    return tag("intermediateThrowEvent", id, *definitions, **attributes)


def boundary(id: str, host: str, *definitions: str, **attributes: object) -> str:
    return tag("boundaryEvent", id, *definitions, attached=host, **attributes)


def message(name: str) -> str:
    return tag("messageEventDefinition", messageRef=f"msg_{name}")


def signal(name: str) -> str:
    return tag("signalEventDefinition", signalRef=f"sig_{name}")


def error(code: str = "") -> str:
    return tag("errorEventDefinition", errorRef=f"err_{code}" if code else None)


def escalation(code: str = "") -> str:
    return tag("escalationEventDefinition", escalationRef=f"esc_{code}" if code else None)


def timer(kind: str, text: str) -> str:
    """kind: Duration, Date or Cycle."""
    return f'<timerEventDefinition><time{kind} xsi:type="tFormalExpression">{text}</time{kind}></timerEventDefinition>'


def conditional(text: str) -> str:
    condition = f'<condition xsi:type="tFormalExpression">{escape(text)}</condition>'
    return f"<conditionalEventDefinition>{condition}</conditionalEventDefinition>"


def link(name: str) -> str:
    return tag("linkEventDefinition", name=name)


def compensate(activity: str | None = None) -> str:
    return tag("compensateEventDefinition", activityRef=activity)


CANCEL = "<cancelEventDefinition/>"
TERMINATE = "<terminateEventDefinition/>"


def many(
    times: str = "", of: str = "", each: str | None = None, until: str = "", *inside: str, **attributes: object
) -> str:
    """Multi-instance: `times` or over collection `of`, element variable `each`, completion condition `until`."""
    parts = list(inside)
    if times:
        parts.insert(0, f'<loopCardinality xsi:type="tFormalExpression">{times}</loopCardinality>')
    if until:
        parts.append(f'<completionCondition xsi:type="tFormalExpression">{escape(until)}</completionCondition>')
    fields = {"camunda_collection": of or None, "camunda_elementVariable": each, **attributes}
    return tag("multiInstanceLoopCharacteristics", "", *parts, **fields)


def again(condition: str = "", **attributes: object) -> str:
    inside = f'<loopCondition xsi:type="tFormalExpression">{escape(condition)}</loopCondition>' if condition else ""
    return tag("standardLoopCharacteristics", "", *([inside] if inside else []), **attributes)


def content(flows: str, elements: tuple[str, ...]) -> str:
    """Flow nodes first, then flows, then associations (`a ..> b`), as the schema orders them."""
    arrows: list[str] = []
    dotted: list[str] = []
    named: list[str] = []
    for part in filter(None, (part.strip() for part in flows.split(";"))):
        if "..>" in part:
            source, target = (side.strip() for side in part.split("..>"))
            line = tag("association", f"{source}__{target}", sourceRef=source, targetRef=target)
            dotted.append(line.replace("/>", ' associationDirection="One"/>'))
            continue
        match = re.fullmatch(r"([^#\[]+)(?:#\s*(\w+)\s*)?(?:\[(.*)\])?", part, re.S)
        assert match, part
        chain = [id.strip() for id in match[1].split("->")]
        named += chain
        for source, target in itertools.pairwise(chain):
            condition = match[3]
            inside = (
                [f'<conditionExpression xsi:type="tFormalExpression">{escape(condition)}</conditionExpression>']
                if condition
                else []
            )
            id = match[2] or f"{source}_{target}"
            arrows.append(tag("sequenceFlow", id, *inside, sourceRef=source, targetRef=target))
    known = {match[1] for element in elements if (match := re.search(r'id="([^"]+)"', element))}
    implied = [tag(_KINDS[id[0]], id) for id in dict.fromkeys(named) if id not in known]
    heads = [e for e in elements if e.startswith(("<laneSet", "<ioSpecification", "<extensionElements", "<property"))]
    tails = [e for e in elements if e.startswith(("<completionCondition", "<textAnnotation"))]
    rest = [e for e in elements if e not in heads and e not in tails]
    return "\n".join([*heads, *implied, *rest, *arrows, *dotted, *tails])


def sub(id: str, flows: str, *elements: str, loop: str = "", kind: str = "subProcess", **attributes: object) -> str:
    return tag(kind, id, *([loop] if loop else []), content(flows, elements), **attributes)


def event_sub(id: str, flows: str, *elements: str) -> str:
    return sub(id, flows, *elements, by_event=True)


def process(id: str, flows: str, *elements: str, executable: bool = True) -> str:
    return tag("process", id, "\n", content(flows, elements), "\n", isExecutable=executable)


def diagram(*parts: str) -> str:
    """A whole file: the processes and other roots, and what they refer to."""
    body = "\n".join(parts)
    roots = []
    for kind, prefix, extra in (
        ("message", "msg", ""),
        ("signal", "sig", ""),
        ("error", "err", "errorCode"),
        ("escalation", "esc", "escalationCode"),
    ):
        for name in sorted(set(re.findall(rf'(?:Ref|Event|>)="?{prefix}_(\w+)', body))):
            if f'<{kind} id="{prefix}_{name}"' not in body:
                roots.append(tag(kind, f"{prefix}_{name}", name=name, **({extra: name} if extra else {})))
    return _HEAD + "\n".join([*roots, body]) + "\n</definitions>"
