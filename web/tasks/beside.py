"""What stands beside the form, read when somebody opens it. Law: what the reader may not see is not told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import render_template

from engine import queries
from engine.queries.decisions import Fired
from engine.queries.reasons import Reason, ToldRule, reasons
from engine.queries.trail import task_trail, written
from handlers import sights
from handlers.reports.vocabulary import word
from web import schemas
from web.changes import changes
from web.formats import value
from web.instances import fields_of
from web.rights import guarded
from web.scope import actor, called, is_chinese, language, runtime, said
from web.tasks.room import pages
from web.words import listed


@pages.get("/<int:task_id>/known")
@guarded("tasks")
def known(task_id: int) -> Any:
    """What was entered and found out before, under the labels of the process's forms."""
    with runtime().reading() as db:
        row = queries.task(db, actor(), task_id).row
        case = queries.instance(db, row.instance_id)
        fields = fields_of(db, case.row.key, case.row.version)
    told, _technical = schemas.sorted_out(fields, sights.without_hidden(actor(), case.variables))
    plain = [(name, item) for name, item in told if not isinstance(item, schemas.Sheet)]
    sheets = [item for _name, item in told if isinstance(item, schemas.Sheet)]
    return render_template("tasks/known.html", plain=plain, sheets=sheets, case=case)


@pages.get("/<int:task_id>/changed")
@guarded("tasks")
def changed(task_id: int) -> Any:
    """What was entered and then entered otherwise, field by field."""
    with runtime().reading() as db:
        row = queries.task(db, actor(), task_id).row
        case = queries.instance(db, row.instance_id).row
        found = changes(written(db, case.id), fields_of(db, case.key, case.version))
    return render_template("parts/changes.html", changes=found)


@pages.get("/<int:task_id>/trail")
@guarded("tasks")
def trail(task_id: int) -> Any:
    """Who took it, gave it back, handed it over, and when."""
    with runtime().reading() as db:
        task = queries.task(db, actor(), task_id)
        entries = task_trail(db, task_id)
    return render_template("tasks/trail.html", task=task, row=task.row, entries=entries)


@pages.get("/<int:task_id>/decided")
@guarded("tasks")
def decided(task_id: int) -> Any:
    """Which rules fired in the case, in words."""
    with runtime().reading() as db:
        row = queries.task(db, actor(), task_id).row
        found = reasons(db, row.instance_id)
        case = queries.instance(db, row.instance_id).row
        fields = fields_of(db, case.key, case.version)
    gone = sights.fields_hidden(actor())
    told = [in_words(one, fields) for one in found if one.row.decision not in gone]
    return render_template("tasks/decided.html", reasons=told)


def in_words(reason: Reason, fields: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """One decision for the page: where, when, what came out, and each rule with what it asked."""
    output = reason.row.output
    columns = columns_of(reason)
    rows = output if isinstance(output, list) else [output]
    return {
        "row": reason.row,
        "name": said(reason.name, reason.english.get(reason.row.decision)),
        "came": [text for row in rows if (text := concluded(row, fields, columns))],
        "rules": [
            {
                "number": fired.rule,
                "table": fired.table if told is None else said(told.decision, reason.english.get(told.decision_id)),
                "asked": [] if told is None else [asked(one, told, reason, fields) for one in told.conditions],
                "remarks": remarks(fired, told, reason),
            }
            for fired, told in reason.rules
        ],
    }


def columns_of(reason: Reason) -> dict[str, str]:
    """Name of a result -> what the tables that decided call it, in the page's language; without English it is left
    out."""
    titles = {
        name: (title, reason.english.get(told.columns.get(name, "")))
        for _fired, told in reason.rules
        if told
        for title, name, _text in told.conclusions
    }
    return {name: said(zh, en) for name, (zh, en) in titles.items() if is_chinese() or en}


def remarks(fired: Fired, told: ToldRule | None, reason: Reason) -> tuple[str, ...]:
    """What stands beside a rule in its table, in the page's language; nothing where nobody translated it."""
    if is_chinese():
        return told.remarks if told is not None else fired.annotations
    english = reason.english.get(told.id) if told is not None else None
    return (english,) if english else ()


SENTENCES = ("text", "reason", "label")
"""Names under which a table's row says its conclusion in words; `<name>_en` is the English of it."""


def concluded(output: Any, fields: Mapping[str, Mapping[str, Any]], columns: Mapping[str, str]) -> str:
    """What a decision gave, in words: its own sentence in the page's language where it has one. `columns`: how its
    author called them."""
    if isinstance(output, list):
        return listed(text for one in output if (text := concluded(one, fields, columns)))
    if not isinstance(output, Mapping):
        return "" if output in (None, "") else value(output)
    output = sights.without_hidden(actor(), output)
    for name in SENTENCES:
        sentence = output.get(name if is_chinese() else f"{name}_en") or output.get(name)
        if sentence:
            return str(sentence)
    colon, then = ("：", "；") if is_chinese() else (": ", "; ")
    called = {name: columns.get(name) or label(name, fields) for name in output}
    said = {
        called[name]: concluded(choice(name, item, fields), fields, columns)
        for name, item in output.items()
        if not str(name).endswith("_en")
    }
    return then.join(f"{name}{colon}{text}" for name, text in said.items() if text)


def asked(
    condition: tuple[str, str, str], told: ToldRule, reason: Reason, fields: Mapping[str, Mapping[str, Any]]
) -> tuple[str, str, Any]:
    """(what was looked at, what the rule wants, what was found) of one condition."""
    column, expression, wants = condition
    english = reason.english.get(told.columns.get(expression, ""))
    name = column if is_chinese() else english or label(expression, fields)
    found = sights.without_hidden(actor(), reason.row.inputs).get(expression)
    return name, wants, None if found is None else choice(expression, found, fields)


def label(name: str, fields: Mapping[str, Mapping[str, Any]]) -> str:
    """What the forms call a variable; else its name with spaces."""
    field = fields.get(name)
    return (schemas.title(field) if field is not None else "") or word(str(name), language()).replace("_", " ")


def choice(name: str, value: Any, fields: Mapping[str, Mapping[str, Any]]) -> Any:
    """A value as its form says it: a choice by its label; a code that no form has by the book's words, a team's or a
    person's id by the name."""
    options = (fields.get(name) or {}).get("values") or ()
    label = next((one.get("label") for one in options if str(one.get("value")) == str(value)), None)
    if label is not None or not isinstance(value, str):
        return value if label is None else label
    said = word(value, language())
    return called(value) if said == value else said
