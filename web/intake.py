"""Inquiries on their way in: public form, REST and import share one door. Law: checked by the process's own form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine import api, forms, queries
from engine.errors import FormInvalid, NotFound
from handlers.records import keys
from web import schemas
from web.scope import language, runtime

PROCESS, FORM, MESSAGE = "client_intake", "inquiry", "inquiry_received"

BESIDE_THE_FORM = ("source", "campaign", "language")
"""What a message may carry beyond the fields of the form."""


def form_of(db: Any, form: str, process: str = PROCESS) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """(schema, English texts) of a deployed form. NotFound when the process or the form is not deployed."""
    found = queries.form(db, process, form)
    return found.schema, found.translations


def labels(db: Any) -> dict[str, dict[str, str]]:
    """Field -> code -> what the intake's forms call it in the page's language: the book's codes are theirs."""
    found: dict[str, dict[str, str]] = {}
    try:
        forms_used = queries.definition(db, PROCESS).forms
    except NotFound:
        return found
    for one in forms_used:
        try:
            schema, words = form_of(db, one)
        except NotFound:
            continue
        for field in schemas.fields(schemas.shown(schema, words, language())):
            for option in field.get("values") or ():
                own = found.setdefault(str(field.get("key")), {})
                own.setdefault(str(option.get("value")), str(option.get("label")))
    return found


def checked(schema: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """What was entered, as the process takes it. FormInvalid names the fields."""
    clean, errors = forms.validate(schema, values, forms.Moment(runtime().now(), runtime().zone))
    if errors:
        raise FormInvalid(errors)
    return clean


def take(
    db: Any,
    who: api.Actor,
    values: Mapping[str, Any],
    *,
    source: str,
    message_id: str | None,
    business_key: str | None = None,
    by_client: bool = False,
) -> tuple[str, Any]:
    """Check an inquiry, give it its number, start the process. Returns (business key, delivery).

    An inquiry that came before (`message_id`) keeps the number it was given then; no other is used up. `by_client`:
    choices that are for staff alone are refused.
    """
    schema, _words = form_of(db, FORM)
    if by_client:
        schema = schemas.for_clients(schema, {})
    clean = checked(schema, values)
    clean |= {name: values[name] for name in BESIDE_THE_FORM if values.get(name) not in (None, "")}
    clean["source"] = clean.get("source") or source
    with db.begin_nested() as attempt:
        reference = business_key or new_reference(db, clean)
        delivery = api.send_message(db, who, MESSAGE, business_key=reference, variables=clean, message_id=message_id)
        if delivery.state == "duplicate":
            attempt.rollback()
            reference = delivery.business_key or reference
    return reference, delivery


def new_reference(db: Any, values: Mapping[str, Any]) -> str:
    """The next number of the book: CL- for an investor, else PJ-."""
    year = runtime().now().astimezone(runtime().zone).year
    prefix = keys.CLIENT if values.get("client_role") == "investor" else keys.PROJECT
    return keys.next_key(db, prefix, year)
