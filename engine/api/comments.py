"""What people say about a case and what they hang on it. Law: said once, for the whole team; nothing is rewritten.

A comment belongs to a case, perhaps to one of its tasks; everybody who may open the case reads it. Whom it names
(`@li`, `@李雷`, `@compliance`) gets a notice, and so does whoever has the task. The audit keeps a comment's hash, not
its words: what is said of a person can be taken away again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import audit, definitions, identity, notices
from engine.api.tasks import require
from engine.errors import Forbidden, InvalidInput, NotFound
from engine.execution import runtime_of
from engine.identity import Actor
from engine.ids import new_id
from engine.rights import may
from engine.store import tables as t

LONGEST = 4000
CHANNELS = ("in_app", "email")


def comment(session: Session, actor: Actor, instance_id: int, text: str, task_id: int | None = None) -> int:
    """Say something about a case, at one of its tasks if that is named; returns the comment's id.

    NotFound for a case or task that is none; Forbidden for a task that the actor may not see; InvalidInput without
    words, or with more than 4,000 letters.
    """
    words = text.strip()
    if not words:
        raise InvalidInput(place="text", reason="write a few words", reason_zh="请填写内容")
    return _say(session, actor, instance_id, words, task_id, None)


def attach(
    session: Session,
    actor: Actor,
    instance_id: int,
    file: Mapping[str, object],
    text: str = "",
    task_id: int | None = None,
) -> int:
    """Hang a file on a case: `file` says which (document, name, size, sha256); the house keeps its bytes.

    Returns the comment's id. Errors as `comment`, but words are not needed.
    """
    kept = {name: file[name] for name in ("document", "name", "size", "sha256")}
    return _say(session, actor, instance_id, text.strip(), task_id, kept)


def withdraw_comment(session: Session, actor: Actor, comment_id: int) -> None:
    """Take one's own words back (an administrator: anybody's): that something was said stays, what was said goes."""
    c = t.comment.c
    row = session.execute(sa.select(t.comment).where(c.id == comment_id, c.withdrawn_at.is_(None))).first()
    if row is None:
        raise NotFound(what="comment", what_zh="备注", id=comment_id)
    if row.by != actor.id and not actor.is_admin:
        raise Forbidden(reason="only its author takes a comment back", reason_zh="备注只能由本人撤回")
    gone = {"text": "", "mentions": [], "withdrawn_at": runtime_of(session).now()}
    session.execute(sa.update(t.comment).where(c.id == comment_id).values(gone))
    audit.append(session, f"instance:{row.instance_id}", actor.id, "comment_withdrawn", {"comment": str(comment_id)})


def _say(
    session: Session, actor: Actor, instance_id: int, words: str, task_id: int | None, file: Mapping[str, Any] | None
) -> int:
    if len(words) > LONGEST:
        raise InvalidInput(place="text", reason=f"more than {LONGEST} letters", reason_zh=f"不得超过 {LONGEST} 字")
    case = session.execute(sa.select(t.instance).where(t.instance.c.id == instance_id)).mappings().first()
    if case is None:
        raise NotFound(what="instance", id=instance_id)
    task = _task(session, actor, instance_id, task_id) if task_id is not None else None
    named = mentioned(session, words)
    said_as = new_id()
    row: dict[str, Any] = {
        "id": said_as,
        "instance_id": instance_id,
        "task_id": task_id,
        "at": runtime_of(session).now(),
        "by": actor.id,
        "text": words,
        "mentions": sorted(named),
        "file": dict(file) if file is not None else None,
    }
    session.execute(sa.insert(t.comment).values(row))
    _tell(session, actor, dict(case), task, row, named)
    digest = hashlib.sha256(words.encode()).hexdigest()
    said = {"comment": str(said_as), "sha256": digest, "mentions": sorted(named), "task": str(task_id or "")}
    if file is not None:
        said |= {"file": file["sha256"], "name": file["name"]}
    audit.append(session, f"instance:{instance_id}", actor.id, "commented" if file is None else "attached", said)
    return said_as


def _task(session: Session, actor: Actor, instance_id: int, task_id: int) -> Mapping[str, Any]:
    found = sa.select(t.user_task).where(t.user_task.c.id == task_id, t.user_task.c.instance_id == instance_id)
    row = session.execute(found).mappings().first()
    if row is None:
        raise NotFound(what="task", id=task_id)
    task = dict(row)
    require(session, actor, task, "see")
    return task


_PEOPLE = sa.select(t.person.c.id, t.person.c.name, t.person.c.name_en).where(t.person.c.active.is_(True))
_TEAMS = sa.select(t.team.c.id, t.team.c.name, t.team.c.name_en, t.membership.c.person_id).join(t.membership)


def mentioned(session: Session, words: str) -> set[str]:
    """Sign-in names of the active people whom `@` names: by sign-in name, by name in either language, or by team.

    After each `@` the longest name counts, whatever follows it: in Chinese no space does.
    """
    after = [part.casefold() for part in words.split("@")[1:]]
    if not after:
        return set()
    people, meant = session.execute(_PEOPLE).all(), dict[str, set[str]]()
    active = {row.id for row in people}
    called = [(row.id, row) for row in people] + [(row.person_id, row) for row in session.execute(_TEAMS)]
    for who, row in called:
        for name in (row.id, row.name, row.name_en):
            if name and who in active:
                meant.setdefault(name.casefold(), set()).add(who)
    fitting = (max((name for name in meant if _begins(part, name)), key=len, default="") for part in after)
    return {who for name in fitting for who in meant.get(name, ())}


def _begins(text: str, name: str) -> bool:
    """Whether the text begins with the name as a word: `@li` is not meant by `@lima`."""
    rest = text[len(name) :][:1]
    return text.startswith(name) and not (name[-1].isascii() and rest.isascii() and (rest.isalnum() or rest == "_"))


def _tell(
    session: Session,
    actor: Actor,
    case: Mapping[str, Any],
    task: Mapping[str, Any] | None,
    row: Mapping[str, Any],
    named: Iterable[str],
) -> None:
    """A notice to those who are named and, in the page alone, to whoever has the task."""
    about = task if task is not None else _as_task(session, case)
    author = session.execute(sa.select(t.person.c.name, t.person.c.name_en).where(t.person.c.id == actor.id)).first()
    more = {
        "by": author.name if author is not None else actor.id,
        "by_en": (author.name_en or author.name) if author is not None else actor.id,
        "text": row["text"] or (row["file"] or {}).get("name", ""),
    }
    base = runtime_of(session).settings.base_url.rstrip("/")
    to_case, to_task = (
        {"path": path, "link": f"{base}{path}"}
        for path in (f"/instances/{case['id']}#talk", f"/tasks/{about['id']}#talk")
    )
    occasion = f"comment:{row['id']}"
    for who in sorted(set(named) - {actor.id}):
        opens = task is not None and "see" in may(session, identity.actor(session, who), task)
        notices.announce(session, about, who, "mentioned", CHANNELS, occasion, more | (to_task if opens else to_case))
    holder = task["assignee"] if task is not None and task["state"] == "open" else None
    if holder and holder != actor.id and holder not in named:
        notices.announce(session, about, holder, "commented", ("in_app",), occasion, more | to_task)


def _as_task(session: Session, case: Mapping[str, Any]) -> Mapping[str, Any]:
    """The case as a letter speaks of a task: nobody's, without a due date."""
    package = definitions.package(session, case["definition_id"])
    of_case = {name: case[name] for name in ("business_key", "facts", "definition_id")}
    own = {"id": None, "instance_id": case["id"], "element": package.key, "name": package.definition.name}
    return {**of_case, **own, "due_at": None, "assignee": None}
