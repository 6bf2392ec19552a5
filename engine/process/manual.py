"""The page docs/bpmn.md, written from the tables that the reader itself uses. Law: no sentence here that a table knows.

`python -m engine.process.manual > docs/bpmn.md`; a test holds that the page is up to date.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import import_module

from engine.process.definition.dialects import (
    ATTRIBUTES,
    CAMUNDA_NAMESPACES,
    ELEMENTS,
    ENTRIES,
    ZEEBE_ELEMENTS,
)
from engine.process.doing import DOES
from engine.process.doing import ELEMENTS as AROUND
from engine.process.expressions import HOST_FUNCTIONS
from engine.process.juel_values import METHODS
from engine.process.rules import RULES
from engine.process.support import NAMES, RUNS, spoken

_HEAD = """# What is read, run and refused

This page is written by `python -m engine.process.manual` from the engine's own tables and, in a checkout, from the
conformance cases: each is played, and stands as a proof of an element that its tokens have entered.

## Elements

A proof is a case of `tests/conformance/test_conformance.py`, the most direct one where there are others.
`pytest tests/conformance -k "<case>"` plays it.

| element | 元素 | runs | what is done | 行为 | proof |
|---|---|---|---|---|---|"""

_AROUND = """
## What stands around them

| element | what is done | 行为 | proof |
|---|---|---|---|"""

_ATTRIBUTES = """
## Attributes of the camunda: family

Also under the names {names}. An attribute that is not listed is reported at deployment as ignored.
`asyncBefore` (also `async`) and `asyncAfter` end the transaction: a job goes on, with `failedJobRetryTimeCycle` and
`jobPriority`. `exclusive="false"` lets a job run beside others of its case. A form of the own
package comes before the newest of its name, unless it is bound to a version or a version tag.

| BPMN element | attributes |
|---|---|"""

_ELEMENTS = """
## Extension elements

| stands in | read from the camunda: family |
|---|---|"""

_ZEEBE = """
| stands in | read from `zeebe:` |
|---|---|"""

_ENTRIES = """
| extension element, or what stands in it | attributes |
|---|---|"""

_REST = """
Message correlation: properties `correlate.<key>` with an expression on the event or receive task, `zeebe:subscription`
on the message, or BPMN's own correlation properties. What a thrown message carries are its input mappings.

## Listeners

What runs at the border of an element, in the file's order; the element waits for each.

| listener | events | what it does |
|---|---|---|
| `zeebe:executionListener` | `start`, `end` | a job of its `type`; a handler or an external worker does it |
| `zeebe:taskListener` | `creating`, `completing` | the same, before the task is there, before its outputs are mapped |
| `camunda:executionListener` | `start`, `end`, on flows `take` | `${{execution.setVariable("x", …)}}`, or a script |
| `camunda:taskListener` | `create`, `complete` | `${{task.setVariable("x", …)}}`, or a script |

`start` comes when the inputs are mapped, before the work and before boundary events are armed; `end` when the outputs
are mapped and the boundary events are gone. What a `start` job of an activity returns is the activity's own, as an
input is; any other goes outwards. A repeated activity is listened to at each iteration. An event that has happened
before it is entered (start and boundary events, what stands behind an event gateway) and a choosing or joining gateway
hear `start` and `end` together, before they are left. `end` is not heard when an element is cancelled. Scripts are
Python: assignments at once, more than that in the sandbox (not on flows). Java code, other events, other expressions
and other languages are refused; `play` without handlers warns and leaves them out.

Listeners of the process itself: `start` when its variables are there, before its event sub-processes listen and
anything is entered; `end` when nothing is left in it, or it was terminated. When it is cancelled or fails, what `end`
assigns is assigned; jobs are not waited for, which is why a script there must be plain assignments. A job carries the
process's id as its element.

## Where the standard leaves room

- Two inclusive joins that can each still be reached from the other wait for each other for ever, as the letter of
  §13.4.3 has it.
- An instance that begins behind an instantiating event gateway has passed the gateway: it is entered and left first.
- An activity whose input sets are not filled has been entered and waits; its boundary events guard it once it begins.
- What throws an error or an escalation needs its code; what catches one without a code catches every one.
- An error out of a called process brings along what the call maps out, and nothing else; an escalation the same, as
  far as the called process has come by itself, beside what it carries (as Camunda 7 does).
- What a call began is cancelled before the caller takes another step.
- An inclusive gateway always takes a flow without a condition; an exclusive one refuses it beside others.
- A gateway whose flows its `gatewayDirection` excludes is refused; one that has too few for it is told.
- A cancel end event stands in its transaction or in an event sub-process of that; deeper down it is refused.
- One message starts one process: a file, a package or a deployment beside others that says otherwise is refused.
- Conversations are for people only; choreographies are refused.
- Of two timers due at one moment the one set earlier comes first (a cycle is set anew when it fires); of two set
  together, that of the event drawn first.

## Expressions

`= …` is FEEL, `${{…}}` and `#{{…}}` are JUEL, alone or inside text; anything else is a literal. Conditions may be bare
FEEL. Beside the built-in functions: {functions}.

Methods that JUEL may call: {methods}; and `execution.getVariable`, `hasVariable`, `businessKey`, `processInstanceId`.

## Rules

| rule | weight | says | 说明 |
|---|---|---|---|"""


def manual(proven: Mapping[str, Sequence[str]]) -> str:
    """The whole page. proven: feature, or `<element>`, -> the cases that prove it."""
    return "\n".join(_lines(proven)) + "\n"


def _elements(proven: Mapping[str, Sequence[str]]) -> Iterator[str]:
    yield _HEAD
    for group in NAMES:
        for feature, runs in RUNS.items():
            if feature.startswith(group + "."):
                (en, zh), (does, does_zh) = spoken(feature), DOES.get(feature, ("", ""))
                proof = _proof(proven.get(feature, ()))
                yield f"| {en} | {zh} | {'yes' if runs else 'not yet'} | {does} | {does_zh} | {proof} |"
    yield _AROUND
    for element, (does, does_zh) in AROUND.items():
        yield f"| `{element}` | {does} | {does_zh} | {_proof(proven.get(f'<{element}>', ()))} |"


def _proof(cases: Sequence[str]) -> str:
    """The case that proves most directly; how many more there are would change with every case that is added."""
    return f"{cases[0]}{' and others' if len(cases) > 1 else ''}" if cases else "—"


def _lines(proven: Mapping[str, Sequence[str]]) -> Iterator[str]:
    yield from _elements(proven)
    others = [f"`{name}:`" for name in CAMUNDA_NAMESPACES.values() if name != "camunda"]
    yield _ATTRIBUTES.format(names=", ".join(others))
    for element, marks in ATTRIBUTES.items():
        if marks:
            yield f"| {element} | {_listed(marks)} |"
    yield _ELEMENTS
    for element, entries in ELEMENTS.items():
        yield f"| {element} | {_listed(entries)} |"
    yield _ZEEBE
    for element, entries in ZEEBE_ELEMENTS.items():
        yield f"| {element} | {_listed(entries)} |"
    yield _ENTRIES
    for entry, marks in ENTRIES.items():
        if marks:
            yield f"| `{entry}` | {_listed(marks)} |"
    yield _REST.format(
        functions=_listed(f"{name}()" for name in HOST_FUNCTIONS),
        methods=_listed(f"{name}()" for name in METHODS),
    )
    for rule in RULES.values():
        yield f"| {rule.id} | {rule.severity} | {_cell(rule.en, rule.hint_en)} | {_cell(rule.zh, rule.hint_zh)} |"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names))


def _cell(message: str, hint: str) -> str:
    return f"{message} {hint}".replace("{{", "{").replace("}}", "}").replace("|", "\\|")


if __name__ == "__main__":
    sys.stdout.write(manual(import_module("tests.conformance.coverage").proven()))
