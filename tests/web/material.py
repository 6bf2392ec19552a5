"""A small process with a form in both languages, for the page tests."""

from __future__ import annotations

import json

from tests.engine.diagrams import HEAD, flows

BPMN = (
    HEAD
    + '<message id="m1" name="offer_asked"/>'
    + '<process id="offer" name="报价" isExecutable="true">'
    + "<extensionElements><camunda:properties>"
    + '<camunda:property name="facts" value="client_name,project_name,amount,currency"/>'
    + "</camunda:properties></extensionElements>"
    + '<startEvent id="start"/><startEvent id="arrives"><messageEventDefinition messageRef="m1"/></startEvent>'
    + '<userTask id="assess" name="测算报价" camunda:candidateGroups="rm" '
    + 'camunda:formRef="assess" camunda:formRefBinding="latest">'
    + "<documentation>先看现金流，再定价格。</documentation>"
    + '<extensionElements><camunda:properties><camunda:property name="due" value="P2D"/>'
    + '<camunda:property name="assign" value="{assign}"/></camunda:properties></extensionElements></userTask>'
    + '<userTask id="check" name="复核" camunda:candidateGroups="rm_head">'
    + '<extensionElements><camunda:properties><camunda:property name="notSameUserAs" value="assess"/>'
    + '<camunda:property name="assign" value="queue"/>'
    + "</camunda:properties></extensionElements></userTask>"
    + '<endEvent id="end"/>'
    + flows("start>assess", "arrives>assess", "assess>check", "check>end")
    + "</process></definitions>"
)

FORM = {
    "id": "assess",
    "type": "default",
    "schemaVersion": 19,
    "components": [
        {
            "id": "f_price",
            "type": "number",
            "key": "price",
            "label": "报价",
            "serializeToString": True,
            "decimalDigits": 2,
            "validate": {"required": True, "min": 1},
        },
        {
            "id": "f_advice",
            "type": "select",
            "key": "advice",
            "label": "建议",
            "values": [{"label": "继续", "value": "go"}, {"label": "放弃", "value": "stop"}],
            "validate": {"required": True},
        },
        {
            "id": "f_reason",
            "type": "textarea",
            "key": "reason",
            "label": "理由",
            "conditional": {"hide": '=advice != "stop"'},
            "validate": {"required": True, "minLength": 5},
        },
        {"id": "f_until", "type": "datetime", "subtype": "date", "key": "valid_until", "dateLabel": "有效期"},
    ],
}

ENGLISH = {
    "offer": "Offer",
    "assess": "Work out the offer",
    "assess.documentation": "Cash flow first, then the price.",
    "check": "Check",
    "f_price": "Price",
}


def package(assign: str = "queue") -> dict[str, bytes]:
    """The files of the package; `assign` is how `assess` finds its person."""
    return {
        "offer.bpmn": BPMN.replace("{assign}", assign).encode(),
        "assess.form": json.dumps(FORM, ensure_ascii=False).encode(),
        "i18n/en.json": json.dumps(ENGLISH).encode(),
    }
