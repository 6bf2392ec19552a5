"""Who a person is in the book, and everything that names them. Reads only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.errors import NotFound
from engine.queries import instance, instances
from engine.store import tables as t
from handlers import names
from handlers.privacy.confidential import may_be_told, said_by_compliance
from handlers.records import documents, parties, preferences
from handlers.records import tables as book
from handlers.records.tables import contact as contacts

CASES = 200
"""How many cases of a client are looked through."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A person: their entries as contacts, the clients these are at, and what identifies them."""

    contact_ids: tuple[int, ...]
    party_ids: tuple[int, ...]
    names: frozenset[str]
    marks: frozenset[str]
    """Addresses and numbers, as the book keeps them."""

    def named_in(self, value: object) -> bool:
        """Whether a text is the person's name or one of their marks."""
        if not isinstance(value, str):
            return False
        keyed = names.email_key(value) or names.phone_key(value) or value
        return value in self.names or keyed in self.marks

    @property
    def words(self) -> tuple[str, ...]:
        """How somebody who writes about the person names them, longest first: a number also without its country."""
        plain = {mark.removeprefix("+86") for mark in self.marks}
        return tuple(sorted({*self.names, *self.marks, *plain}, key=lambda one: (-len(one), one)))


def find(session: Session, address: str) -> Subject:
    """By e-mail address or telephone number. NotFound when nobody in the book has it."""
    found = preferences.reached_by(session, address)
    if not found:
        raise NotFound(what="person", what_zh="联系人", id=address)
    ids = tuple(one.contact_id for one in found)
    rows = session.execute(
        sa.select(contacts.c.name, contacts.c.email, contacts.c.mobile).where(contacts.c.id.in_(ids))
    ).all()
    marks = {mark for row in rows for mark in (row.email, row.mobile) if mark}
    return Subject(
        ids,
        tuple(dict.fromkeys(parties.get(session, one.party_id).id for one in found)),
        frozenset(row.name for row in rows),
        frozenset(marks),
    )


def pointing(column: sa.Column[Any]) -> Iterator[tuple[sa.Table, str]]:
    """Every column of the book that points at a contact: also those of tables that are added later."""
    for table in book.metadata.sorted_tables:
        for one in table.columns:
            if any(key.column is column for key in one.foreign_keys):
                yield table, one.name


def collect(session: Session, subject: Subject) -> dict[str, Any]:
    """Everything that the house holds of a person, by where it stands: to be handed out (JSON; amounts as text). What
    the law forbids to tell a client is left out without a word of it (see `confidential`)."""
    made: dict[str, Any] = {"contact": _rows(session, contacts, contacts.c.id.in_(subject.contact_ids))}
    for table, column in pointing(contacts.c.id):
        made[table.name] = _rows(session, table, table.c[column].in_(subject.contact_ids))
    talks = book.interaction
    spoken = sa.or_(talks.c.contact_id.in_(subject.contact_ids), _with(talks, subject))
    made["interaction"] = _rows(session, talks, spoken)
    made["inbound_message"] = _rows(session, book.inbound_message, book.inbound_message.c.sender.in_(subject.marks))
    owner = book.ownership_edge
    made["ownership_edge"] = _rows(
        session, owner, owner.c.owner_name.in_(subject.names), owner.c.owned_party_id.in_(subject.party_ids)
    )
    log = book.change_log
    made["change_log"] = _rows(session, log, log.c.subject == "contact", log.c.subject_id.in_(subject.contact_ids))
    made["letters"] = _rows(session, t.outbox, t.outbox.c.recipient.in_(subject.marks))
    made["inquiry"] = [
        row
        for row in _rows(session, book.inquiry, book.inquiry.c.party_id.in_(subject.party_ids))
        if any(subject.named_in(value) for value in (row["content"] or {}).values())
    ]
    made["comment"] = comments_about(session, subject, sa.not_(said_by_compliance()))
    made["processes"] = list(_in_processes(session, subject))
    return {name: rows for name, rows in made.items() if rows}


def comments_about(session: Session, subject: Subject, *only: sa.ColumnElement[bool]) -> list[dict[str, Any]]:
    """What colleagues wrote about the person beside cases of their clients."""
    keys = {key for party_id in subject.party_ids for key in business_keys(session, party_id)}
    said = t.comment.c.text
    named_there = sa.or_(*(said.contains(word, autoescape=True) for word in subject.words))
    query = sa.select(t.comment, t.instance.c.business_key.label("case")).join(t.instance)
    found = session.execute(query.where(t.instance.c.business_key.in_(keys), named_there, *only))
    return [dict(row) for row in found.mappings()]


def files_of(session: Session, subject: Subject) -> tuple[documents.Document, ...]:
    """What the person sent in."""
    return tuple(one for id in subject.contact_ids for one in documents.of_contact(session, id))


def _rows(session: Session, table: sa.Table, *where: Any) -> list[dict[str, Any]]:
    return [dict(row) for row in session.execute(sa.select(table).where(*where)).mappings()]


def _with(talks: sa.Table, subject: Subject) -> sa.ColumnElement[bool]:
    """Talks that name the person at one of their clients."""
    named = talks.c.person.in_([*subject.names, *subject.marks])
    return sa.and_(talks.c.party_id.in_(subject.party_ids), named)


def _in_processes(session: Session, subject: Subject) -> Iterator[dict[str, Any]]:
    """Where cases of the person's clients name them: process, case, path, value."""
    for party_id in subject.party_ids:
        for key in business_keys(session, party_id):
            for row in instances(session, business_key=key, size=CASES):
                for path, value in named(may_be_told(row.key, instance(session, row.id).variables), subject):
                    yield {"process": row.key, "case": key, "state": row.state, "path": path, "value": value}


def business_keys(session: Session, party_id: int) -> Sequence[str]:
    """The keys of a client and its matters."""
    project = sa.select(book.project.c.business_key).join(
        book.party_role, book.party_role.c.project_id == book.project.c.id
    )
    asked = sa.select(book.inquiry.c.business_key).where(book.inquiry.c.party_id == party_id)
    found = session.execute(project.where(book.party_role.c.party_id == party_id).union(asked)).scalars().all()
    return list(dict.fromkeys([parties.get(session, party_id).business_key, *found]))


def named(value: object, subject: Subject, path: str = "") -> Iterator[tuple[str, str]]:
    """Paths in a value at which the person is named."""
    if isinstance(value, Mapping):
        for name, one in value.items():
            yield from named(one, subject, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list | tuple):
        for number, one in enumerate(value):
            yield from named(one, subject, f"{path}[{number}]")
    elif isinstance(value, str) and subject.named_in(value):
        yield path, value
