"""What reading one file knows and collects. Law: a fault never stops the reading; all of them are told at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from engine.errors import Fault, ModelError
from engine.process.definition.xml import Element, child, children, content, inside, line_of, local, reference
from engine.process.expressions import HOST_FUNCTIONS, compile_condition, compile_expression, compile_formula
from engine.process.model import Expr
from engine.process.rules.catalogue import fault

Sort = Literal["value", "formula", "condition"]
_COMPILERS: Final = {"value": compile_expression, "formula": compile_formula, "condition": compile_condition}


@dataclass(slots=True)
class Named:
    """A root element that others refer to by id: message, signal, error, escalation, item, resource…"""

    id: str
    kind: str
    name: str
    element: Element
    line: int


@dataclass(slots=True)
class Reading:
    """One file on its way into definitions: the roots by id, the faults so far, and the names with blanks in them."""

    root: Element
    file: str
    roots: dict[str, Named] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    broken: set[str] = field(default_factory=set)
    """Ids of elements with an expression that cannot be read."""
    functions: frozenset[str] = HOST_FUNCTIONS
    sketch: bool = False
    """Nobody said what handlers there are: work without a name waits to be done by hand."""
    checked: bool = False
    """The file passed when it was deployed: what later versions refuse beside the flow is passed over."""
    decisions: Collection[str] = ()
    """Decisions that a call activity may call by name."""
    compiled: dict[tuple[str, str | None, str], Expr] = field(default_factory=dict)
    """Equal texts are compiled once."""
    correlation: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Message id -> correlation property's name -> path into the message (BPMN 2.0 §8.4.2)."""
    subscribed: Mapping[str, str] = field(default_factory=dict)
    """Correlation property's name -> path into the data of the process that is being read."""

    def report(self, rule: str, element: str | None, line: int, **fields: object) -> None:
        """Note a fault (or warning) of that rule at that element."""
        self.faults.append(fault(rule, element, line, file=self.file, **fields))

    def expression(
        self,
        text: str | None,
        element: str,
        line: int,
        *,
        language: str | None = None,
        sort: Sort = "value",
    ) -> Expr | None:
        """The compiled expression; None for no text or (noted) for one that cannot be read."""
        if text is None or not text.strip():
            return None
        known = (text, language, sort)
        if known in self.compiled:
            return self.compiled[known]
        compile_one = _COMPILERS[sort]
        try:
            self.compiled[known] = compile_one(text, names=self.names, functions=self.functions, language=language)
            return self.compiled[known]
        except ModelError as error:
            self.broken.add(element)
            self.report("expression-invalid", element, line, reason=error.text("en"), reason_zh=error.text("zh"))
            return None

    def condition(self, holder: Element | None, element: str) -> Expr | None:
        """The condition that an expression element holds."""
        return self._held(holder, element, "condition")

    def formula(self, holder: Element | None, element: str) -> Expr | None:
        """The value that an expression element holds, where bare text is FEEL."""
        return self._held(holder, element, "formula")

    def _held(self, holder: Element | None, element: str, sort: Sort) -> Expr | None:
        if holder is None:
            return None
        text = content(holder)
        if not text:
            self.broken.add(element)
            self.report("expression-empty", element, line_of(holder))
            return None
        return self.expression(text, element, line_of(holder), language=holder.get("language"), sort=sort)

    def value(self, holder: Element | None, element: str) -> Expr | None:
        """The value that an expression element holds."""
        if holder is None:
            return None
        return self.expression(content(holder), element, line_of(holder), language=holder.get("language"))

    def binding(
        self, kind: str | None, version: str | None, tag: str | None, element: str, line: int, what: str, what_zh: str
    ) -> str:
        """latest | deployment | version:N | tag:X, from the attributes of either dialect; what cannot be read is noted
        (and means the latest)."""
        asked = (kind or "latest").strip()
        needed = {"latest": "-", "deployment": "-", "version": version, "versionTag": tag}.get(asked)
        number = (version or "").strip()
        if not needed or (asked == "version" and not number.isdecimal()):
            if not self.checked:
                told = f"{asked} {number}".strip()
                self.report("binding-unreadable", element, line, value=told, what=what, what_zh=what_zh)
            return "latest"
        return {"version": f"version:{number}", "versionTag": f"tag:{tag}"}.get(asked, asked)

    def named(self, ref: str | None, kind: str, element: str, line: int) -> Named | None:
        """The root element behind a reference; a reference to nothing, or to another kind, is noted."""
        key = reference(ref)
        if key is None:
            return None
        found = self.roots.get(key)
        if found is None or found.kind != kind:
            self.report("reference-dangling", element, line, ref=key, kind=kind, kind_zh=KINDS_ZH.get(kind, kind))
            return None
        return found


KINDS_ZH: Mapping[str, str] = {
    "message": "消息",
    "signal": "信号",
    "error": "错误",
    "escalation": "升级",
    "resource": "资源",
    "operation": "操作",
    "dataObject": "数据对象",
    "dataStore": "数据存储",
    "flow node": "流程节点",
    "activity": "活动",
    "sequenceFlow": "顺序流",
    "process": "流程",
    "eventDefinition": "事件定义",
    "itemDefinition": "数据项定义",
    "lane element": "泳道元素",
}

ROOT_KINDS: Collection[str] = frozenset(
    {"message", "signal", "error", "escalation", "itemDefinition", "dataStore", "resource", "globalTask",
     "globalUserTask", "globalScriptTask", "globalBusinessRuleTask", "globalManualTask", "interface",
     "correlationProperty", "messageEventDefinition", "timerEventDefinition", "signalEventDefinition",
     "errorEventDefinition", "escalationEventDefinition", "conditionalEventDefinition", "linkEventDefinition",
     "compensateEventDefinition", "cancelEventDefinition", "terminateEventDefinition"}
)  # fmt: skip


def begin(root: Element, file: str) -> Reading:
    """A reading that knows the root elements."""
    reading = Reading(root, file)
    for element in root:
        kind = local(element)
        key = element.get("id")
        if kind in ROOT_KINDS and key:
            reading.roots[key] = Named(key, kind, (element.get("name") or "").strip(), element, line_of(element))
        if kind == "interface":
            for operation in children(element, "operation"):
                key = operation.get("id")
                if key:
                    name = operation.get("name") or ""
                    reading.roots[key] = Named(key, "operation", name, operation, line_of(operation))
    reading.correlation = _correlation(reading)
    return reading


def _correlation(reading: Reading) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for root in reading.roots.values():
        if root.kind != "correlationProperty":
            continue
        for entry in children(root.element, "correlationPropertyRetrievalExpression"):
            message = reference(entry.get("messageRef"))
            path = content(child(entry, "messagePath")) or content(child(entry, "formalExpression"))
            if message and path:
                found.setdefault(message, {})[root.name or root.id] = path
    return found


def subscriptions(reading: Reading, process: Element) -> dict[str, str]:
    """What a process subscribes with: correlation property's name -> path into its data."""
    found: dict[str, str] = {}
    for entry in inside(process, "correlationPropertyBinding"):
        key = reference(entry.get("correlationPropertyRef")) or ""
        root = reading.roots.get(key)
        path = content(child(entry, "dataPath"))
        if path:
            found[(root.name or root.id) if root else key] = path
    return found
