"""Schemas and data on which the server and the form in the page must agree: one list for both tests.

A case: (name, components, data, broken rules by place). The names of rules are codes of `engine.forms.MESSAGES`.
"""

from __future__ import annotations

from typing import Any

Case = tuple[str, list[dict[str, Any]], dict[str, Any], dict[str, list[str]]]


def field(type: str, key: str = "a", **more: Any) -> dict[str, Any]:
    """One component; `validate` entries may be given as `v_required=True`."""
    rules = {name[2:]: more.pop(name) for name in list(more) if name.startswith("v_")}
    found = {"type": type, "key": key, "id": f"f_{key}", "label": key, **more}
    return {**found, "validate": rules} if rules else found


CHOICES = [{"label": "One", "value": "one"}, {"label": "Two", "value": "two"}]
EMAIL = field("textfield", v_validationType="email")
PHONE = field("textfield", v_validationType="phone")
MONEY = field("number", serializeToString=True, decimalDigits=2, v_min=1, v_max=1000)
HIDDEN = [
    field("select", "a", values=CHOICES),
    field("textfield", "b", v_required=True, conditional={"hide": '=a != "two"'}),
]
CHAIN = [
    field("select", "a", values=CHOICES),
    field("select", "b", values=CHOICES, conditional={"hide": '=a != "two"'}),
    field("textfield", "c", v_required=True, conditional={"hide": '=b != "one"'}),
]
GROUP = [
    field("checkbox", "open"),
    {
        "type": "group",
        "id": "g",
        "path": "g",
        "conditional": {"hide": "=not(open)"},
        "components": [field("textfield", "x", v_required=True)],
    },
]
ROWS = [
    {
        "type": "dynamiclist",
        "id": "l",
        "path": "rows",
        "isRepeating": True,
        "components": [field("textfield", "n", v_required=True), field("number", "pct", v_max=100)],
    }
]
THIS_ROW = [
    {
        "type": "dynamiclist",
        "id": "l",
        "path": "rows",
        "isRepeating": True,
        "components": [
            field("checkbox", "pep"),
            field("textfield", "why", v_required=True, conditional={"hide": "=not(this.pep)"}),
        ],
    }
]

CASES: list[Case] = [
    ("empty required text", [field("textfield", v_required=True)], {}, {"a": ["required"]}),
    ("blank is something", [field("textfield", v_required=True)], {"a": " "}, {}),
    ("required number zero", [field("number", v_required=True)], {"a": 0}, {}),
    ("required number missing", [field("number", v_required=True)], {}, {"a": ["required"]}),
    ("required checkbox off", [field("checkbox", v_required=True)], {"a": False}, {"a": ["required"]}),
    ("required checkbox on", [field("checkbox", v_required=True)], {"a": True}, {}),
    ("required list empty", [field("checklist", values=CHOICES, v_required=True)], {"a": []}, {"a": ["required"]}),
    ("required select", [field("select", values=CHOICES, v_required=True)], {}, {"a": ["required"]}),
    ("choice of another list", [field("select", values=CHOICES, v_required=True)], {"a": "x"}, {"a": ["required"]}),
    ("choice", [field("radio", values=CHOICES, v_required=True)], {"a": "two"}, {}),
    ("choices from data", [field("select", valuesKey="o", v_required=True)], {"a": "x", "o": ["x", "y"]}, {}),
    ("default counts", [field("textfield", defaultValue="x", v_required=True)], {}, {}),
    ("default is wrong", [field("number", defaultValue=5, v_max=3)], {}, {"a": ["max"]}),
    ("too short", [field("textfield", v_minLength=3)], {"a": "ab "}, {"a": ["min_length"]}),
    ("short counts no blanks", [field("textfield", v_minLength=3)], {"a": " abc "}, {}),
    ("empty is not too short", [field("textfield", v_minLength=3)], {"a": ""}, {}),
    ("too long", [field("textarea", v_maxLength=3)], {"a": "abcd"}, {"a": ["max_length"]}),
    ("length in UTF-16", [field("textfield", v_maxLength=2)], {"a": "𠀀𠀀"}, {"a": ["max_length"]}),
    ("Chinese length", [field("textfield", v_minLength=5)], {"a": "理由太短"}, {"a": ["min_length"]}),
    ("pattern", [field("textfield", v_pattern="^[0-9A-Z]{4}$")], {"a": "12a4"}, {"a": ["pattern"]}),
    ("pattern holds", [field("textfield", v_pattern="^[0-9A-Z]{4}$")], {"a": "12A4"}, {}),
    ("pattern anywhere", [field("textfield", v_pattern="[0-9]")], {"a": "x1"}, {}),
    ("digits are ASCII", [field("textfield", v_pattern="^\\d+$")], {"a": "\uff11\uff12"}, {"a": ["pattern"]}),
    (
        "pattern and length",
        [field("textfield", v_pattern="^x", v_minLength=3)],
        {"a": "y"},
        {"a": ["pattern", "min_length"]},
    ),
    (
        "own words",
        [field("textfield", v_pattern="^x", v_patternErrorMessage="x!")],
        {"a": "y"},
        {"a": ["pattern_text"]},
    ),
    ("e-mail", [EMAIL], {"a": "li@example.com"}, {}),
    ("e-mail without domain", [EMAIL], {"a": "li@"}, {"a": ["email"]}),
    ("e-mail without dot", [EMAIL], {"a": "li@localhost"}, {}),
    ("e-mail with blank", [EMAIL], {"a": "li @example.com"}, {"a": ["email"]}),
    ("Chinese mobile", [PHONE], {"a": "+8613800138000"}, {}),
    ("number without country", [PHONE], {"a": "13800138000"}, {"a": ["phone"]}),
    ("number with blanks", [PHONE], {"a": "+86 138 0013 8000"}, {"a": ["phone"]}),
    ("German number", [PHONE], {"a": "+4930664040900"}, {}),
    ("00 for +", [PHONE], {"a": "0085221234567"}, {}),
    ("money", [MONEY], {"a": "12.34"}, {}),
    ("money too fine", [MONEY], {"a": "12.345"}, {"a": ["decimals"]}),
    ("money, trailing zero", [MONEY], {"a": "12.340"}, {}),
    ("money too small", [MONEY], {"a": "0.5"}, {"a": ["min"]}),
    ("money too large", [MONEY], {"a": "1000.01"}, {"a": ["max"]}),
    ("no number is none", [MONEY], {"a": "abc"}, {}),
    ("whole number", [field("number", decimalDigits=0)], {"a": 1.5}, {"a": ["integer"]}),
    ("whole number holds", [field("number", decimalDigits=0)], {"a": 15}, {}),
    ("step", [field("number", increment="0.25")], {"a": 1.3}, {"a": ["step"]}),
    ("step holds", [field("number", increment="0.25")], {"a": 1.75}, {}),
    ("bound by FEEL", [field("number", "m"), field("number", v_max="=m * 2")], {"m": 3, "a": 7}, {"a": ["max"]}),
    ("bound by FEEL holds", [field("number", "m"), field("number", v_max="=m * 2")], {"m": 3, "a": 6}, {}),
    ("bound of nothing", [field("number", v_max="=missing")], {"a": 6}, {}),
    ("hidden is not required", HIDDEN, {"a": "one"}, {}),
    ("shown is required", HIDDEN, {"a": "two"}, {"b": ["required"]}),
    ("nothing chosen hides", HIDDEN, {}, {}),
    ("chain of hiding", CHAIN, {"a": "two", "b": "one"}, {"c": ["required"]}),
    ("chain hidden at its head", CHAIN, {"a": "one", "b": "two"}, {}),
    ("group hidden", GROUP, {"open": False}, {}),
    ("group shown", GROUP, {"open": True}, {"g.x": ["required"]}),
    (
        "rows",
        ROWS,
        {"rows": [{"n": "x", "pct": 50}, {"n": "", "pct": 101}]},
        {"rows.1.n": ["required"], "rows.1.pct": ["max"]},
    ),
    ("no rows", ROWS, {"rows": []}, {}),
    ("one row to begin with", ROWS, {}, {"rows.0.n": ["required"]}),
    ("condition in a row", THIS_ROW, {"rows": [{"pep": True}, {"pep": False}]}, {"rows.0.why": ["required"]}),
    ("date", [field("datetime", subtype="date", v_required=True)], {"a": "2026-02-28"}, {}),
    (
        "a moment is no date",
        [field("datetime", subtype="date", v_required=True)],
        {"a": "2026-02-28T10:00"},
        {"a": ["required"]},
    ),
    ("no date", [field("datetime", subtype="date", v_required=True)], {"a": "soon"}, {"a": ["required"]}),
    ("time", [field("datetime", subtype="time", v_required=True)], {"a": "14:30"}, {}),
    ("moment", [field("datetime", subtype="datetime", v_required=True)], {"a": "2026-02-28T10:00"}, {}),
    ("disabled is not checked", [field("textfield", disabled=True, v_required=True)], {}, {}),
    ("read-only is checked", [field("textfield", readonly=True, v_required=True)], {}, {"a": ["required"]}),
    (
        "condition with and",
        [field("number", "n"), field("textfield", v_required=True, conditional={"hide": "=n > 3 and n < 9"})],
        {"n": 5},
        {},
    ),
    (
        "condition over text",
        [field("textfield", "t"), field("textfield", v_required=True, conditional={"hide": "=string length(t) = 0"})],
        {"t": "x"},
        {"a": ["required"]},
    ),
    (
        "condition in list",
        [
            field("select", "s", values=CHOICES),
            field("textfield", v_required=True, conditional={"hide": '=list contains(["one"], s)'}),
        ],
        {"s": "one"},
        {},
    ),
]
