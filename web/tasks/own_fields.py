"""The house's own fields in a task's form: asked as its last group, kept with the record they belong to.

A user task with the property `customFields` (`party`, `project`, or both) asks for the fields that the house added to
them. Law: what the task's own form says stays as deployed; own fields are checked, and kept in the same unit of work.
Where two records have a field of the same key, the first named is asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from engine import api, forms, queries
from engine.errors import FormInvalid, InvalidInput
from handlers import custom as own
from handlers.records import custom
from handlers.records.changes import Stamp
from handlers.records.custom import Field
from web.cases import Case
from web.errors import spoken
from web.scope import runtime

PROPERTY = "customFields"


@dataclass(frozen=True, slots=True)
class OwnFields:
    """The fields that a task asks for: (kind of record, id) -> fields, and what stands in them, as forms name it."""

    of: Mapping[tuple[str, int], tuple[Field, ...]] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def every(self) -> list[Field]:
        """All of them, in the order in which they are asked."""
        return [one for fields in self.of.values() for one in fields]

    @property
    def names(self) -> frozenset[str]:
        """What the form calls them."""
        return frozenset(f"{own.PREFIX}{one.key}" for one in self.every)

    def added_to(self, schema: Mapping[str, Any] | None) -> dict[str, Any] | None:
        """A form with the fields as its last group; without any as it is."""
        if not self.of:
            return None if schema is None else dict(schema)
        return own.extended(schema or {"type": "default", "id": "own_fields", "components": []}, self.every)

    def words(self, translations: Mapping[str, Any]) -> dict[str, Any]:
        """English texts with those of the fields."""
        return {**translations, **own.texts(self.every)}


def asked(session: Session, task: queries.TaskDetail, case: Case) -> OwnFields:
    """The own fields that a task asks for; none where its case has no such record yet."""
    wanted = [one.strip() for one in task.properties.get(PROPERTY, "").split(",") if one.strip()]
    subjects = {
        "party": case.client.party.id if case.client else None,
        "project": case.project.project.id if case.project else None,
    }
    found: dict[tuple[str, int], tuple[Field, ...]] = {}
    values: dict[str, Any] = {}
    taken: set[str] = set()
    for record in wanted:
        subject = subjects.get(record)
        fields = tuple(one for one in custom.fields_of(session, record) if one.key not in taken) if subject else ()
        if subject is None or not fields:
            continue
        taken |= {one.key for one in fields}
        found[record, subject] = fields
        values |= {
            f"{own.PREFIX}{key}": value
            for key, value in custom.values_of(session, record, subject).items()
            if key in {one.key for one in fields}
        }
    return OwnFields(found, values)


def keep(session: Session, fields: OwnFields, actor: api.Actor, sent: Mapping[str, Any]) -> None:
    """Check what was entered in the own fields and write it to their records. FormInvalid names the fields."""
    if not fields.of:
        return
    schema = {"components": own.components(fields.every)}
    clean, errors = forms.validate(schema, sent, forms.Moment(runtime().now(), runtime().zone))
    if errors:
        raise FormInvalid(errors)
    stamp = Stamp(runtime().now(), actor.id, "form")
    for (record, subject), own_fields in fields.of.items():
        given = {one.key: clean.get(f"{own.PREFIX}{one.key}") for one in own_fields}
        try:
            custom.put(session, record, subject, given, stamp)
        except InvalidInput as fault:
            place = f"{own.PREFIX}{str(fault.fields.get('place', '')).removeprefix('custom.')}"
            raise FormInvalid({place: [("pattern_text", {"text": spoken(fault)})]}) from fault
