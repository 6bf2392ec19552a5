"""Drafts of packages: what somebody changes before it runs. Law: a draft is one person's, and every save names the one
before it.

A draft holds the files that differ from the deployment it began with. When another deployment of the folder comes in
between, nothing is overwritten: the draft is `stale` until its owner says, file by file, what stays (`rebase`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import definitions, rewriting
from engine.api.processes import _require_owner
from engine.errors import DraftChanged, InvalidInput, NotFound
from engine.execution import runtime_of
from engine.identity import Actor
from engine.ids import new_id
from engine.store import tables as t

d, s = t.package_draft.c, t.draft_step.c
STEPS_KEPT = 200
"""Saves that can be taken back."""
FOLDER = re.compile(r"[a-z][a-z0-9_]{1,62}")
NAME = re.compile(r"(?!.*\.\.)[\w][\w./-]{0,190}\.(bpmn|dmn|form|json|md)")


@dataclass(frozen=True, slots=True)
class PackageDraft:
    """One person's changes to a package. `version` 0: nothing was saved yet."""

    folder: str
    by: str
    base_id: int | None
    """The deployment it began with; None: a package that never ran."""
    version: int
    updated_at: datetime | None
    changed: Mapping[str, str | None]
    """File -> its text; None: it is to go."""
    files: Mapping[str, str]
    """All files of the package as they would be deployed."""
    newest_id: int | None
    """The newest deployment of the folder."""

    @property
    def stale(self) -> bool:
        """Something else was deployed since it began."""
        return self.base_id != self.newest_id

    def content(self) -> dict[str, bytes]:
        """The files as a deployment takes them."""
        return {name: text.encode() for name, text in self.files.items()}


def package_draft(session: Session, actor: Actor, folder: str) -> PackageDraft:
    """The actor's draft of a folder; the newest deployment, unchanged, where they have none. Changes nothing.

    NotFound when the folder was never deployed and the actor has no draft of it.
    """
    _require_owner(actor)
    row, newest = _row(session, actor, folder), definitions.folders(session).get(folder)
    if row is None and newest is None:
        raise NotFound(what="folder", what_zh="流程包", id=folder)
    base = newest if row is None else row.base_id
    changed: Mapping[str, str | None] = {} if row is None else row.files
    files = overlaid(_texts(session, base), changed)
    version, moment = (0, None) if row is None else (row.version, row.updated_at)
    return PackageDraft(folder, actor.id, base, version, moment, changed, files, newest)


def save_package_file(
    session: Session, actor: Actor, folder: str, name: str, text: str | None, *, version: int
) -> PackageDraft:
    """Save one file of the actor's draft (None: the file goes). `version`: of the draft that they saw; DraftChanged
    when it was saved since, in another window. A diagram or table keeps what was not changed as it was written."""
    return save_package_files(session, actor, folder, {name: text}, version=version)


def save_package_files(
    session: Session, actor: Actor, folder: str, files: Mapping[str, str | None], *, version: int
) -> PackageDraft:
    """Save several files at once, as `save_package_file`."""
    before = _begun(session, actor, folder, version)
    base = _texts(session, before.base_id)
    changed = dict(before.changed)
    for name, text in files.items():
        _require_name(name)
        kept = None if text is None else rewriting.kept(base.get(name, before.files.get(name)), text, name)
        changed[name] = kept
        if base.get(name) == kept:
            del changed[name]
    touched = {name for name in files if before.files.get(name) != overlaid(base, changed).get(name)}
    if touched:
        _write(session, before, changed, touched)
    return package_draft(session, actor, folder)


def undo_save(session: Session, actor: Actor, folder: str, *, version: int) -> PackageDraft:
    """Take the last save back. InvalidInput when there is none."""
    before = _begun(session, actor, folder, version)
    row = _row(session, actor, folder)
    last = sa.select(t.draft_step).where(s.draft_id == (row.id if row is not None else 0))
    step = session.execute(last.order_by(s.version.desc()).limit(1)).first()
    if row is None or step is None:
        raise InvalidInput(place="undo", reason="there is no save to take back", reason_zh="没有可以撤销的保存")
    changed = {name: text for name, text in before.changed.items() if name not in step.unchanged} | dict(step.before)
    session.execute(sa.delete(t.draft_step).where(s.draft_id == row.id, s.version == step.version))
    _update(session, row.id, before.version, files=changed)
    return package_draft(session, actor, folder)


def discard_draft(session: Session, actor: Actor, folder: str) -> None:
    """Throw the actor's draft away; nothing when they have none."""
    _require_owner(actor)
    row = _row(session, actor, folder)
    if row is not None:
        session.execute(sa.delete(t.draft_step).where(s.draft_id == row.id))
        session.execute(sa.delete(t.package_draft).where(d.id == row.id))


@dataclass(frozen=True, slots=True)
class Clash:
    """What was deployed since the draft began: files that the other changed, and those that both did."""

    theirs: tuple[str, ...]
    both: tuple[str, ...]


def clash(session: Session, draft: PackageDraft) -> Clash:
    """What stands between a stale draft and its deployment; both empty when it is not stale."""
    if not draft.stale:
        return Clash((), ())
    base, newest = _texts(session, draft.base_id), _texts(session, draft.newest_id)
    theirs = [name for name in sorted({*base, *newest}) if base.get(name) != newest.get(name)]
    both = [name for name in theirs if name in draft.changed and draft.changed[name] != newest.get(name)]
    return Clash(tuple(name for name in theirs if name not in both), tuple(both))


def rebase(session: Session, actor: Actor, folder: str, mine: Mapping[str, bool], *, version: int) -> PackageDraft:
    """Go on from the newest deployment: files that only one changed are that one's; `mine` says of each that both
    changed whether the draft's stays. InvalidInput when it does not speak of one of them."""
    before = _begun(session, actor, folder, version)
    found = clash(session, before)
    unsaid = [name for name in found.both if name not in mine]
    if unsaid:
        raise InvalidInput(place=unsaid[0], reason="say whose change stays", reason_zh="请选择保留哪一方的修改")
    row, newest = _row(session, actor, folder), _texts(session, before.newest_id)
    changed = {n: text for n, text in before.changed.items() if mine.get(n, True) and newest.get(n) != text}
    if row is not None:
        session.execute(sa.delete(t.draft_step).where(s.draft_id == row.id))
        _update(session, row.id, before.version, files=changed, base_id=before.newest_id)
    return package_draft(session, actor, folder)


def begin_package(session: Session, actor: Actor, folder: str, files: Mapping[str, str]) -> PackageDraft:
    """A draft of a package that is not deployed yet. InvalidInput when the folder is taken or no name for one."""
    _require_owner(actor)
    if not FOLDER.fullmatch(folder):
        raise InvalidInput(
            place=folder,
            reason="a folder is named with small letters, digits and _, beginning with a letter",
            reason_zh="流程包名称须以小写字母开头，只含小写字母、数字和下划线",
        )
    if folder in definitions.folders(session) or _row(session, actor, folder) is not None:
        raise InvalidInput(place=folder, reason="this name is taken", reason_zh="该名称已被使用")
    _write_new(session, actor, folder, None)
    return save_package_files(session, actor, folder, files, version=1)


def overlaid(base: Mapping[str, str], changed: Mapping[str, str | None]) -> dict[str, str]:
    """A package's files with a draft's changes over them."""
    merged = {**base, **changed}
    return {name: text for name, text in sorted(merged.items()) if text is not None}


# ── rows ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _row(session: Session, actor: Actor, folder: str) -> Any:
    return session.execute(sa.select(t.package_draft).where(d.folder == folder, d.by == actor.id)).first()


def _texts(session: Session, deployment: int | None) -> dict[str, str]:
    if deployment is None:
        return {}
    return {name: content.decode() for name, content in definitions.files_of(session, deployment).items()}


def _begun(session: Session, actor: Actor, folder: str, version: int) -> PackageDraft:
    found = package_draft(session, actor, folder)
    if found.version != version:
        raise DraftChanged(folder=folder, at=found.updated_at or runtime_of(session).now())
    return found


def _require_name(name: str) -> None:
    if not NAME.fullmatch(name):
        raise InvalidInput(
            place=name,
            reason="a file of a package ends in .bpmn, .dmn, .form, .json or .md and stays inside its folder",
            reason_zh="流程包中的文件须以 .bpmn、.dmn、.form、.json 或 .md 结尾，且位于该文件夹内",
        )


def _write(session: Session, before: PackageDraft, changed: Mapping[str, str | None], touched: set[str]) -> None:
    owner = Actor(before.by)
    row = _row(session, owner, before.folder)
    id = row.id if row is not None else _write_new(session, owner, before.folder, before.base_id)
    start = before.version if row is not None else 1
    earlier = {name: before.changed[name] for name in touched if name in before.changed}
    fresh = [name for name in sorted(touched) if name not in before.changed]
    session.execute(sa.insert(t.draft_step).values(draft_id=id, version=start + 1, before=earlier, unchanged=fresh))
    session.execute(sa.delete(t.draft_step).where(s.draft_id == id, s.version <= start + 1 - STEPS_KEPT))
    _update(session, id, start, files=dict(changed))


def _write_new(session: Session, actor: Actor, folder: str, base: int | None) -> int:
    id, now = new_id(), runtime_of(session).now()
    head = {"id": id, "folder": folder, "by": actor.id, "base_id": base}
    session.execute(sa.insert(t.package_draft).values(**head, version=1, updated_at=now, files={}))
    return id


def _update(session: Session, id: int, version: int, **values: object) -> None:
    """One more version; DraftChanged when another window was faster in this very moment."""
    now = runtime_of(session).now()
    done = session.execute(
        sa.update(t.package_draft).where(d.id == id, d.version == version)
        .values(version=version + 1, updated_at=now, **values)
    )  # fmt: skip
    if getattr(done, "rowcount", 1) != 1:
        raise DraftChanged(folder="", at=now)
