"""Fields that a house adds to its records."""

from __future__ import annotations

from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext as _

from engine import api
from engine.errors import InvalidInput, NotFound
from handlers.records import custom
from handlers.records.changes import Stamp
from web.admin.room import done, pages, text
from web.rights import guarded
from web.scope import actor, runtime

RECORDS = ("party", "project", "facility", "contact", "interaction")
"""Records on which a house adds fields here; the command knows all."""


def record_words(record: str) -> str:
    """What a record is called."""
    return {
        "party": _("client"),
        "project": _("project"),
        "facility": _("facility"),
        "contact": _("contact"),
        "interaction": _("contact note"),
    }.get(record, record)


def type_words(type: str) -> str:
    """What a kind of field is called."""
    kinds = {"text": _("text"), "number": _("number"), "date": _("date"), "yes": _("yes or no"), "choice": _("choice")}
    return kinds.get(type, type)


@pages.get("/fields")
@guarded("admin-fields")
def fields() -> Any:
    """All fields, retired ones too, and the form for one more."""
    with runtime().reading() as db:
        rows = custom.every(db)
    words = {"record_words": record_words, "type_words": type_words}
    return render_template("admin/fields.html", rows=rows, records=RECORDS, types=custom.TYPES, **words)


@pages.post("/fields")
@guarded("admin-fields")
def save_field() -> Any:
    """Add a field, or give other words and choices to one that stands."""

    def work(db: Any) -> None:
        record, key = text("record", 30), text("key", 60)
        before = next((one for one in custom.every(db) if (one.record, one.key) == (record, key)), None)
        choices = [choice(line) for line in request.form.get("choices", "")[:4000].splitlines() if line.strip()]
        stamp = Stamp(runtime().now(), actor().id, "web_form")
        required = text("required") == "1"
        label, label_en = text("label"), text("label_en")
        if not label:
            raise InvalidInput(place="label", reason="is needed", reason_zh="须填写名称")
        kind = text("type", 10)
        made = custom.define(db, record, key, kind, label, label_en or label, stamp, choices=choices, required=required)
        told = {"before": before and before.label, "after": made.label, "type": made.type, "required": made.required}
        api.note(db, actor(), f"field:{record}.{key}", "field_set", told)

    return done(work, url_for("admin.fields"))


def choice(line: str) -> dict[str, str]:
    """`value = 中文 = English` as a choice. InvalidInput."""
    parts = [part.strip() for part in line.replace("＝", "=").split("=")]
    if len(parts) == 1:
        parts *= 3
    if len(parts) != 3 or not all(parts):
        raise InvalidInput(place="choices", reason="value = Chinese = English", reason_zh="格式应为 值 = 中文 = 英文")
    return dict(zip(("value", "label", "label_en"), parts, strict=True))


@pages.post("/fields/<record>/<key>/retire")
@guarded("admin-fields")
def retire_field(record: str, key: str) -> Any:
    """Ask for it no more; what stands in it stays."""

    def work(db: Any) -> None:
        if not custom.retire(db, record, key):
            raise NotFound(what="field", id=f"{record}.{key}")
        api.note(db, actor(), f"field:{record}.{key}", "field_retired", {"before": True, "after": False})

    return done(work, url_for("admin.fields"))
