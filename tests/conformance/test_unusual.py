"""Unusual but legal files run like any other: other prefixes, encodings, makers' marks, comments, forms of writing."""

# One case a line reads best as a table.
# ruff: noqa: E501

from __future__ import annotations

import re
from pathlib import Path

import pytest

from engine.play import play
from tests.conformance.drawing import boundary, timer, user
from tests.conformance.flows import one, xor

_PLAIN = one("s -> u1 -> e")
_CHOICE = one("s -> x; x -> u1 [= true]; x -> e#d; u1 -> e", xor("x", "d"))
_FEEL_URI = 'language="https://www.omg.org/spec/DMN/20191111/FEEL/"'
_TYPED = 'xsi:type="tFormalExpression"'
_ERROR = one(
    "s -> u1 -> e; b -> e9",
    '<boundaryEvent id="b" attachedToRef="u1"><errorEventDefinition errorRef="er"/></boundaryEvent>',
)


def prefixed(model: str, prefix: str) -> str:
    moved = re.sub(r"<(/?)(\w)", rf"<\1{prefix}:\2", model).replace("xmlns=", f"xmlns:{prefix}=", 1)
    return moved.replace('"tFormalExpression"', f'"{prefix}:tFormalExpression"')


def within(model: str, text: str) -> str:
    """The text as the user task's content."""
    return model.replace('<userTask id="u1"/>', f'<userTask id="u1">{text}</userTask>')


def on_border(kind: str, text: str) -> str:
    return one("s -> u1 -> e; b -> e9", user("u1"), boundary("b", "u1", timer(kind, text), cancel=False))


_FILES = {
    "the prefix bpmn": prefixed(_CHOICE, "bpmn"),
    "the prefix semantic": prefixed(_CHOICE, "semantic"),
    "a byte order mark": "\ufeff" + _PLAIN,
    "comments and instructions": _PLAIN.replace("<process", "<?note here?><!-- a --><process").replace("</process>", "<!-- b --></process><!-- c -->"),
    "a condition in CDATA": _CHOICE.replace("= true", "<![CDATA[= 1 < 2 and 3 > 2]]>"),
    "a condition without a type": _CHOICE.replace(_TYPED, ""),
    "a condition that names FEEL by DMN's address": _CHOICE.replace(_TYPED, f"{_TYPED} {_FEEL_URI}").replace("= true", "true"),
    "a condition that is explained": _CHOICE.replace("= true", "<documentation>why</documentation>= true"),
    "a condition over several lines": _CHOICE.replace("= true", "\n   = true\n  "),
    "an unknown maker": within(_PLAIN, '<extensionElements><acme:a xmlns:acme="urn:acme" acme:b="1"><acme:c>t</acme:c></acme:a></extensionElements>'),
    "flows listed by qualified names": within(_PLAIN, "<incoming>x:s_u1</incoming><outgoing>x:u1_e</outgoing>").replace('id="defs"', 'id="defs" xmlns:x="http://dealflow/conformance"'),
    "executable as 1": _PLAIN.replace('isExecutable="true"', 'isExecutable="1"'),
    "an import and a relationship": _PLAIN.replace("<process", '<import importType="http://www.w3.org/2001/XMLSchema" location="a.xsd" namespace="urn:a"/><process'),
    "root events that nobody names": _PLAIN.replace("<process", '<message id="mm"/><signal id="si"/><error id="er"/><escalation id="es"/><process'),
    "an error without a code, caught": _ERROR.replace("<process", '<error id="er" name="n"/><process'),
    "no end and no start event": one("u1 -> t"),
    "a moment with a named zone as Java writes it": on_border("Date", "2027-01-01T00:00:00+08:00[Asia/Shanghai]"),
    "a cycle from a moment to a moment": on_border("Cycle", "R3/2027-01-01T00:00:00Z/2027-01-02T00:00:00Z"),
    "a cycle until a moment": on_border("Cycle", "R3/PT10M/2027-01-01T00:00:00Z"),
    "a cron line of five fields": on_border("Cycle", "0 9 * * MON-FRI"),
}  # fmt: skip


@pytest.mark.parametrize("name", _FILES)
def test_it_runs(name: str) -> None:
    assert finished(_FILES[name])


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "iso-8859-1", "windows-1252", "gb18030"])
def test_a_file_runs_in_any_encoding(encoding: str, tmp_path: Path) -> None:
    name = "客户" if encoding.startswith(("utf", "gb")) else "Prüfung"
    declared = encoding.removesuffix("-sig")
    file = tmp_path / "model.bpmn"
    text = f'<?xml version="1.0" encoding="{declared}"?>' + _PLAIN.replace('id="u1"', f'id="u1" name="{name}"')
    file.write_bytes(text.encode(encoding))
    assert finished(file)


def test_a_cycle_from_a_moment_to_a_moment_repeats_at_that_distance() -> None:
    model = on_border("Cycle", "R2/2026-01-06T09:00:00+08:00/2026-01-06T11:00:00+08:00")
    report = play([model], {"steps": [{"start": "p"}, {"advance": "P2D"}]})
    assert [e["at"][:16] for e in report["trace"] if (e["event"], e["element"]) == ("enter", "b")] == [
        "2026-01-06T09:00",
        "2026-01-06T11:00",
    ]


def finished(file: str | Path) -> bool:
    report = play([file], {"steps": [{"start": "p"}, {"complete": "u1"}]})
    return not report["refused"] and [one["state"] for one in report["instances"]] == ["completed"]
