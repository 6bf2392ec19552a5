"""What a new process begins with. Law: a template passes every check, and its scenario, before anybody changes it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import quoteattr

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

HEAD = (
    "<?xml version='1.0' encoding='UTF-8'?>\n"
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" '
    'xmlns:di="http://www.omg.org/spec/DD/20100524/DI" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" id="definitions_{key}" '
    'targetNamespace="http://dealflow/bpmn">\n'
)


@dataclass(frozen=True, slots=True)
class Step:
    """An element on the way through a template: kind of element, id, names, what stands inside, where it is drawn."""

    tag: str
    id: str
    name: str
    name_en: str
    at: tuple[int, int]
    attributes: str = ""
    inner: str = ""


@dataclass(frozen=True, slots=True)
class Flow:
    """A way from one step to another, with its points, its name and its condition."""

    source: str
    target: str
    points: tuple[tuple[int, int], ...]
    name: str = ""
    name_en: str = ""
    condition: str = ""


@dataclass(frozen=True, slots=True)
class Template:
    """A process to begin with."""

    id: str
    words: LazyString
    says: LazyString
    steps: tuple[Step, ...]
    flows: tuple[Flow, ...]
    scenario: tuple[dict[str, Any], ...]

    def files(self, key: str, name: str, name_en: str) -> dict[str, str]:
        """The files of a new package."""
        texts: dict[str, Any] = {key: name_en, **{one.id: one.name_en for one in self.steps if one.name_en}}
        texts |= {_flow_id(one): one.name_en for one in self.flows if one.name_en}
        named = [one.id.removeprefix("ut_") for one in self.steps if one.tag == "userTask"]
        forms = {form: form == "approve" for form in named}
        fields: dict[str, Any] = {}
        for form, decided in forms.items():
            fields |= in_english(form, decided=decided)
        played = [{"start": key}, *self.scenario]
        scenario = {"name": name, "people": {"rm": ["li"], "rm_head": ["zhao"]}, "steps": played}
        return {
            f"{key}.bpmn": self._diagram(key, name),
            "i18n/en.json": _json(texts | fields),
            "scenarios/01_goes_through.json": _json(scenario),
            **{f"forms/{form}.form": empty_form(form, decided=decided) for form, decided in forms.items()},
        }

    def _diagram(self, key: str, name: str) -> str:
        body = "".join(_element(one, self.flows) for one in self.steps) + "".join(_sequence(one) for one in self.flows)
        shapes = "".join(_shape(one) for one in self.steps) + "".join(_edge(one) for one in self.flows)
        return (
            HEAD.format(key=key)
            + f'  <process id="{key}" name={quoteattr(name)} isExecutable="true" '
            + 'camunda:candidateStarterGroups="rm,rm_head">\n'
            + body
            + '  </process>\n  <bpmndi:BPMNDiagram id="diagram_1">\n'
            + f'    <bpmndi:BPMNPlane id="plane_1" bpmnElement="{key}">\n{shapes}    </bpmndi:BPMNPlane>\n'
            + "  </bpmndi:BPMNDiagram>\n</definitions>\n"
        )


def _flow_id(one: Flow) -> str:
    return f"f_{one.source}__{one.target}"


def _element(one: Step, flows: tuple[Flow, ...]) -> str:
    named = f" name={quoteattr(one.name)}" if one.name else ""
    ways = "".join(f"      <incoming>{_flow_id(f)}</incoming>\n" for f in flows if f.target == one.id)
    ways += "".join(f"      <outgoing>{_flow_id(f)}</outgoing>\n" for f in flows if f.source == one.id)
    return f'    <{one.tag} id="{one.id}"{named}{one.attributes}>\n{one.inner}{ways}    </{one.tag}>\n'


def _sequence(one: Flow) -> str:
    named = f" name={quoteattr(one.name)}" if one.name else ""
    head = f'    <sequenceFlow id="{_flow_id(one)}"{named} sourceRef="{one.source}" targetRef="{one.target}"'
    if not one.condition:
        return head + " />\n"
    condition = f'<conditionExpression xsi:type="tFormalExpression">{one.condition}</conditionExpression>'
    return f"{head}>\n      {condition}\n    </sequenceFlow>\n"


SIZES = {"userTask": (100, 80), "serviceTask": (100, 80), "exclusiveGateway": (50, 50), "parallelGateway": (50, 50)}


def _shape(one: Step) -> str:
    (x, y), (width, height) = one.at, SIZES.get(one.tag, (36, 36))
    marker = ' isMarkerVisible="true"' if one.tag == "exclusiveGateway" else ""
    label = ""
    if one.tag not in ("userTask", "serviceTask") and one.name:
        bounds = f'<dc:Bounds x="{x + width // 2 - 40}" y="{y + height + 5}" width="80" height="27" />'
        label = f"        <bpmndi:BPMNLabel>\n          {bounds}\n        </bpmndi:BPMNLabel>\n"
    return (
        f'      <bpmndi:BPMNShape id="{one.id}_di" bpmnElement="{one.id}"{marker}>\n'
        f'        <dc:Bounds x="{x}" y="{y}" width="{width}" height="{height}" />\n{label}      </bpmndi:BPMNShape>\n'
    )


def _edge(one: Flow) -> str:
    points = "".join(f'        <di:waypoint x="{x}" y="{y}" />\n' for x, y in one.points)
    id = _flow_id(one)
    return f'      <bpmndi:BPMNEdge id="{id}_di" bpmnElement="{id}">\n{points}      </bpmndi:BPMNEdge>\n'


def _task(id: str, name: str, name_en: str, group: str, at: tuple[int, int], other: str = "") -> Step:
    four = f'          <camunda:property name="notSameUserAs" value="{other}" />\n' if other else ""
    inner = (
        "      <extensionElements>\n        <camunda:properties>\n"
        f'          <camunda:property name="due" value="P2D" />\n{four}'
        "        </camunda:properties>\n      </extensionElements>\n"
    )
    form = id.removeprefix("ut_")
    attributes = f' camunda:formRef="{form}" camunda:formRefBinding="deployment" camunda:candidateGroups="{group}"'
    return Step("userTask", id, name, name_en, at, attributes, inner)


def empty_form(id: str, *, decided: bool = False) -> str:
    """A form with a comment; `decided`: with a choice before it, approve or reject, and the reasons of a refusal."""
    comment: dict[str, Any] = {"id": f"{id}-comment", "type": "textarea", "key": f"{id}_comment", "label": "备注"}
    if not decided:
        return _form(id, [comment])
    chosen = f"{id}_decision"
    choice = {
        "id": f"{id}-decision",
        "type": "radio",
        "key": chosen,
        "label": "审批意见",
        "validate": {"required": True},
        "values": [{"label": "同意", "value": "approve"}, {"label": "不同意", "value": "reject"}],
    }
    reasons = {
        "id": f"{id}-reasons",
        "type": "textarea",
        "key": f"{id}_reasons",
        "label": "不同意的理由",
        "validate": {"required": True},
        "conditional": {"hide": f'={chosen} = null or {chosen} != "reject"'},
    }
    return _form(id, [choice, reasons, comment])


def in_english(id: str, *, decided: bool = False) -> dict[str, Any]:
    """The English texts of such a form, by field."""
    comment = {f"{id}-comment": "Comment"}
    if not decided:
        return comment
    choice = {"label": "Decision", "values": {"approve": "Approve", "reject": "Reject"}}
    return {f"{id}-decision": choice, f"{id}-reasons": "Reasons for the refusal", **comment}


def _form(id: str, fields: list[dict[str, Any]]) -> str:
    return _json({"id": id, "type": "default", "schemaVersion": 19, "components": fields})


def empty_decision(id: str) -> str:
    """A decision table with one input, one output and a rule for everything."""
    return (
        "<?xml version='1.0' encoding='UTF-8'?>\n"
        '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" '
        f'id="definitions_{id}" name="{id}" namespace="http://dealflow/dmn">\n'
        f'  <decision id="{id}" name="{id}">\n    <decisionTable id="table_{id}" hitPolicy="FIRST">\n'
        f'      <input id="in_{id}" label="amount">\n        <inputExpression id="expr_{id}" typeRef="number">\n'
        "          <text>amount</text>\n        </inputExpression>\n      </input>\n"
        f'      <output id="out_{id}" label="result" name="result" typeRef="string" />\n'
        f'      <rule id="rule_{id}_1">\n        <inputEntry id="cell_{id}_1">\n          <text>-</text>\n'
        f'        </inputEntry>\n        <outputEntry id="value_{id}_1">\n          <text>"standard"</text>\n'
        "        </outputEntry>\n      </rule>\n    </decisionTable>\n  </decision>\n</definitions>\n"
    )


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


START = Step("startEvent", "start", "开始", "Start", (160, 122))
APPROVED = "= approve_decision = &quot;approve&quot;"
END = Step("endEvent", "end", "结束", "End", (760, 122))

ONE_TASK = Template(
    "one_task",
    _("One task"),
    _("Somebody starts it, one person does it, done."),
    (START, _task("ut_work", "办理", "Do it", "rm", (300, 100)), Step("endEvent", "end", "结束", "End", (500, 122))),
    (
        Flow("start", "ut_work", ((196, 140), (300, 140))),
        Flow("ut_work", "end", ((400, 140), (500, 140))),
    ),
    ({"complete": "ut_work", "as": "li", "variables": {"work_comment": "完成"}}, {"expect": {"state": ["completed"]}}),
)
FOUR_EYES = Template(
    "four_eyes",
    _("Prepare and approve"),
    _("One prepares, another person approves or sends it back."),
    (
        START,
        _task("ut_prepare", "准备", "Prepare", "rm", (270, 100)),
        _task("ut_approve", "审批", "Approve", "rm_head", (440, 100), "ut_prepare"),
        Step("exclusiveGateway", "gw_agreed", "同意？", "Agreed?", (610, 115), ' default="f_gw_agreed__ut_prepare"'),
        END,
    ),
    (
        Flow("start", "ut_prepare", ((196, 140), (270, 140))),
        Flow("ut_prepare", "ut_approve", ((370, 140), (440, 140))),
        Flow("ut_approve", "gw_agreed", ((540, 140), (610, 140))),
        Flow("gw_agreed", "end", ((660, 140), (760, 140)), "同意", "Agreed", APPROVED),
        Flow("gw_agreed", "ut_prepare", ((635, 115), (635, 50), (320, 50), (320, 100)), "退回", "Sent back"),
    ),
    (
        {"complete": "ut_prepare", "as": "li", "variables": {"prepare_comment": "请审批"}},
        {"complete": "ut_approve", "as": "zhao", "variables": {"approve_decision": "approve"}},
        {"expect": {"state": ["completed"]}},
    ),
)
TEMPLATES = (FOUR_EYES, ONE_TASK)
