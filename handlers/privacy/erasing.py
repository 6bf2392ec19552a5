"""Taking a person out of the book. See the room's law for what stays and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import api, audit
from engine.errors import InvalidInput
from engine.execution import runtime_of
from engine.queries import instance, instances
from engine.store import tables as t
from handlers import documents
from handlers.privacy.confidential import FOUND, may_be_erased
from handlers.privacy.finding import CASES, Subject, business_keys, comments_about, files_of, named
from handlers.records import tables as book
from handlers.records.changes import Stamp
from handlers.records.tables import contact as contacts

NOBODY = "已删除"
"""What stands in place of a name."""
_BLANK: Mapping[str, Any] = {
    "title": None, "mobile": None, "email": None, "birthday": None, "preferred_channel": None, "consent": False,
    "consent_at": None,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Erased:
    """How much was erased where, and what is kept: (what, why in English, why in Chinese)."""

    counts: Mapping[str, int]
    kept: tuple[tuple[str, str, str], ...]


def erase(session: Session, subject: Subject, stamp: Stamp) -> Erased:
    """Erase a person. `stamp.why` is the reason, which the audit keeps with the numbers, and no name. InvalidInput
    without a reason."""
    if not stamp.why:
        raise InvalidInput(place="why", reason="is missing", reason_zh="须填写理由")
    counts = {
        "processes": _processes(session, subject),
        "letters": _letters(session, subject),
        "inbound_message": _inbound(session, subject),
        "interaction": _talks(session, subject),
        "comment": _comments(session, subject),
        "inquiry": _inquiries(session, subject),
        "party": _of_clients(session, subject),
        "change_log": _log(session, subject),
        "document": _files(session, subject, stamp),
    }
    for id in subject.contact_ids:
        session.execute(
            contacts.update().where(contacts.c.id == id).values(name=f"{NOBODY} {id % 10_000:04d}", **_BLANK)
        )
    own = book.contact_preference
    session.execute(own.delete().where(own.c.contact_id.in_(subject.contact_ids)))
    told = {name: count for name, count in counts.items() if count} | {"contact": len(subject.contact_ids)}
    first = min(subject.contact_ids)
    audit.append(session, f"contact:{first}", stamp.by, "person_erased", {"why": stamp.why, "rows": told})
    return Erased(told, _kept(session, subject))


def _talks(session: Session, subject: Subject) -> int:
    talks = book.interaction
    named = sa.and_(talks.c.party_id.in_(subject.party_ids), talks.c.person.in_([*subject.names, *subject.marks]))
    where = sa.or_(talks.c.contact_id.in_(subject.contact_ids), named)
    return _count(session.execute(talks.update().where(where).values(person=NOBODY, text="", subject=NOBODY)))


def _comments(session: Session, subject: Subject) -> int:
    """What colleagues wrote stays, without the person's name and marks; the audit keeps a hash, and so holds."""
    found = comments_about(session, subject)
    for row in found:
        text = str(row["text"])
        for word in subject.words:
            text = text.replace(word, NOBODY)
        session.execute(t.comment.update().where(t.comment.c.id == row["id"]).values(text=text))
    return len(found)


def _letters(session: Session, subject: Subject) -> int:
    """Of what was sent the row stays, with template and moment; what still waits is not sent any more."""
    o = t.outbox
    mine = o.c.recipient.in_(subject.marks)
    session.execute(o.update().where(mine, o.c.state.in_(("waiting", "held"))).values(state="dropped"))
    return _count(session.execute(o.update().where(mine).values(recipient=NOBODY, data={}, last_error=None)))


def _inbound(session: Session, subject: Subject) -> int:
    came = book.inbound_message
    where = sa.or_(came.c.sender.in_(subject.marks), came.c.contact_id.in_(subject.contact_ids))
    blank = {"sender": NOBODY, "sender_name": None, "subject": NOBODY, "text": ""}
    return _count(session.execute(came.update().where(where).values(**blank)))


def _inquiries(session: Session, subject: Subject) -> int:
    """What the person is named by in inquiries as they came."""
    rows = session.execute(
        sa.select(book.inquiry.c.id, book.inquiry.c.content).where(book.inquiry.c.party_id.in_(subject.party_ids))
    ).all()
    done = 0
    for row in rows:
        clean = without(row.content or {}, subject)
        if clean != row.content:
            session.execute(book.inquiry.update().where(book.inquiry.c.id == row.id).values(content=clean))
            done += 1
    return done


def _log(session: Session, subject: Subject) -> int:
    """Who changed which field and when stays; the person's values go: of their own entry, and wherever the client's
    entry held their address or number as its own."""
    log = book.change_log
    where = (log.c.subject == "contact", log.c.subject_id.in_(subject.contact_ids))
    done = _count(session.execute(log.update().where(*where).values(before=None, after=None)))
    theirs = (log.c.subject == "party", log.c.subject_id.in_(subject.party_ids))
    for row in session.execute(sa.select(log.c.id, log.c.before, log.c.after).where(*theirs)).all():
        clean = without([row.before, row.after], subject)
        if clean != [row.before, row.after]:
            session.execute(log.update().where(log.c.id == row.id).values(before=clean[0], after=clean[1]))
            done += 1
    return done


def _of_clients(session: Session, subject: Subject) -> int:
    """The person's address or number where it stands as the client's own. Not through the log, which would keep it."""
    own, done = book.party, 0
    for column in (own.c.email, own.c.phone):
        where = (own.c.id.in_(subject.party_ids), column.in_(subject.marks))
        done += _count(session.execute(own.update().where(*where).values({column.name: None})))
    return done


def _files(session: Session, subject: Subject, stamp: Stamp) -> int:
    today = runtime_of(session).now().astimezone(runtime_of(session).zone).date()
    done = 0
    for one in files_of(session, subject):
        if one.removed_at is None and (one.retain_until is None or one.retain_until < today):
            documents.remove(session, one, stamp)
            done += 1
    return done


def _processes(session: Session, subject: Subject) -> int:
    """Cases that still run forget the person: their next letter finds no recipient. So does what handlers answered,
    which is kept so that nothing is done twice. The rest of ended cases goes with the clean-up."""
    done = 0
    for party_id in subject.party_ids:
        for key in business_keys(session, party_id):
            for row in instances(session, business_key=key, size=CASES):
                _answers(session, row.id, subject)
                known = may_be_erased(instance(session, row.id).variables) if row.state == "active" else {}
                clean = {name: without(value, subject) for name, value in known.items()}
                changed = {name: value for name, value in clean.items() if value != known[name]}
                if changed:
                    api.set_variables(session, api.SYSTEM, row.id, changed)
                    done += 1
    return done


def _answers(session: Session, instance_id: int, subject: Subject) -> None:
    work = book.work_done
    mine = work.c.job_key.startswith(f"{instance_id}:", autoescape=True)
    for row in session.execute(sa.select(work.c.job_key, work.c.result).where(mine)).all():
        clean = without(row.result, subject)
        if clean != row.result:
            session.execute(work.update().where(work.c.job_key == row.job_key).values(result=clean))


def without(value: Any, subject: Subject) -> Any:
    """A value in which the person is nobody: a name becomes a mark, an address or number nothing."""
    if isinstance(value, Mapping):
        return {name: without(one, subject) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [without(one, subject) for one in value]
    if isinstance(value, str) and subject.named_in(value):
        return NOBODY if value in subject.names else None
    return value


def _kept(session: Session, subject: Subject) -> tuple[tuple[str, str, str], ...]:
    kept = [
        (
            "history",
            "sealed history of cases: removed whole by the clean-up when its time is over",
            "流程历史已封存：保存期满后由清理整体删除",
        )
    ]
    owner = book.ownership_edge
    owns = sa.select(owner.c.id).where(
        owner.c.owner_name.in_(subject.names), owner.c.owned_party_id.in_(subject.party_ids)
    )
    if session.execute(owns.limit(1)).first() is not None:
        why = "owners of a client are kept for the time that anti-money-laundering law sets"
        kept.append(("ownership_edge", why, "受益所有人信息按反洗钱规定的期限保存"))
    if _under_check(session, subject):
        why = "a check that is still open is decided first"
        kept.append(("screening", why, "审查尚未结束，结束后方可删除"))
    if any(one.removed_at is None for one in files_of(session, subject)):
        kept.append(("document", "documents within their time to be kept", "仍在保存期内的文件"))
    return tuple(kept)


def _under_check(session: Session, subject: Subject) -> bool:
    """Whether a running case of theirs holds a finding of a check that names the person."""
    for party_id in subject.party_ids:
        for key in business_keys(session, party_id):
            for row in instances(session, business_key=key, size=CASES):
                found = instance(session, row.id).variables if row.state == "active" else {}
                if any(True for name in FOUND for _ in named(found.get(name), subject)):
                    return True
    return False


def _count(result: Any) -> int:
    return int(getattr(result, "rowcount", 0))
