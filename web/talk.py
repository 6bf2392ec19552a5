"""What people say about a case, with the files that they hang on it. Law: every page of a case shows the same talk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup, escape

from engine import api, queries
from engine.errors import DealflowError, DocumentTooLarge, InvalidInput
from handlers import case_files, segments
from handlers.records.documents import Document
from web.documents import may_open
from web.errors import spoken, status_of
from web.rights import guarded
from web.scope import actor, is_fragment, names, runtime, said

pages = Blueprint("talk", __name__, url_prefix="/instances/<int:instance_id>/comments")


@dataclass(frozen=True, slots=True)
class Talk:
    """What was said in a case, oldest first, its files, and whom one may name."""

    instance_id: int
    task_id: int | None
    comments: Sequence[queries.CommentRow]
    files: Sequence[Document]
    people: Sequence[tuple[str, str]]
    text: str = ""
    fault: str = ""

    @property
    def others(self) -> list[Document]:
        """Files of the case that no comment tells of: letters that came in, reports that were made."""
        told = {str(one.file["document"]) for one in self.comments if one.file}
        return [one for one in self.files if str(one.id) not in told]

    @property
    def number(self) -> int:
        """How many comments and files there are."""
        return len(self.comments) + len(self.others)

    @property
    def mark(self) -> str:
        """Another one when somebody said something, took it back, or filed something."""
        return f"{len(self.comments)}-{sum(one.withdrawn for one in self.comments)}-{len(self.files)}"


def talk_of(
    db: Any, instance_id: int, task_id: int | None = None, text: str = "", fault: str = "", offered: bool = True
) -> Talk:
    """The talk of a case, at one of its tasks if that is named; `offered`: with whom one may name. Forbidden for a case
    of other teams."""
    segments.require_case(db, actor(), instance_id)
    found = case_files.of_cases(db, queries.tree(db, instance_id))
    return Talk(
        instance_id,
        task_id,
        queries.comments(db, instance_id),
        [one for one in found if may_open(one)],
        may_be_named(db, instance_id) if offered else [],
        text,
        fault,
    )


def may_be_named(db: Any, instance_id: int) -> list[tuple[str, str]]:
    """The people and teams that a comment on the case may name: those that see it, as `require_readers` asks."""
    people = queries.people(db)
    barred = segments.barred(db, people, instance_id)
    named = [(one.id, said(one.name, one.name_en)) for one in people if one.active and one.id not in barred]
    whole = [one for one in queries.teams(db) if barred.isdisjoint(one.members)]
    return [*named, *((one.id, said(one.name, one.name_en)) for one in whole)]


@pages.get("")
@guarded("talk")
def show(instance_id: int) -> Any:
    """The talk alone, for a page that shows it already."""
    with runtime().reading() as db:
        talk = talk_of(db, instance_id, request.args.get("task", type=int))
    return render_template("parts/talk.html", talk=talk, fresh=True)


@pages.get("/news")
@guarded("talk")
def news(instance_id: int) -> Any:
    """Asked for every few seconds: nothing when nothing was added, else what was said and filed."""
    with runtime().reading() as db:
        talk = talk_of(db, instance_id, request.args.get("task", type=int), offered=False)
    if talk.mark == request.args.get("mark"):
        return make_response("", 204)
    return render_template("parts/talk_said.html", talk=talk, fresh=True)


@pages.post("")
@guarded("talk")
def add(instance_id: int) -> Any:
    """Say something, hang a file on the case, or both."""
    task_id, text = request.form.get("task", type=int), request.form.get("text", "")
    file = request.files.get("file")
    with runtime().reading() as db:
        segments.require_case(db, actor(), instance_id)
    try:
        with runtime().reading() as db:
            segments.require_readers(db, text, instance_id)
        if file is not None and file.filename:
            name, content = file.filename, file.stream.read()
            runtime().unit(
                lambda db: case_files.take(
                    db, actor(), instance_id, name, content, runtime().now(), text=text, task_id=task_id
                )
            )
        else:
            runtime().unit(lambda db: api.comment(db, actor(), instance_id, text, task_id))
    except (InvalidInput, DocumentTooLarge) as fault:
        return refused(instance_id, task_id, text, fault)
    return back(instance_id, task_id)


def refused(instance_id: int, task_id: int | None, text: str, fault: DealflowError) -> Any:
    """What was written stands there again, with the reason."""
    reason = fault.fields.get("reason_zh" if said("zh", "en") == "zh" else "reason") or spoken(fault)
    if not is_fragment():
        flash(str(reason), "danger")
        return back(instance_id, task_id)
    with runtime().reading() as db:
        talk = talk_of(db, instance_id, task_id, text, str(reason))
    return render_template("parts/talk.html", talk=talk, fresh=True), status_of(fault)


@pages.post("/<int:comment_id>/withdraw")
@guarded("talk")
def withdraw(instance_id: int, comment_id: int) -> Any:
    """Take one's own words back."""
    runtime().unit(lambda db: api.withdraw_comment(db, actor(), comment_id))
    if not is_fragment():
        flash(_("Your comment was taken back."), "success")
    return back(instance_id, request.form.get("task", type=int))


def back(instance_id: int, task_id: int | None) -> Any:
    """To the talk, where it was opened."""
    if is_fragment():
        with runtime().reading() as db:
            return render_template("parts/talk.html", talk=talk_of(db, instance_id, task_id), fresh=True)
    if task_id is not None:
        return redirect(url_for("tasks.show", task_id=task_id, _anchor="talk"))
    return redirect(url_for("instances.show", instance_id=instance_id, _anchor="talk"))


def worded(comment: queries.CommentRow) -> Markup:
    """A comment's words with those it names made to stand out by their names; everything else as it was typed."""
    text, called = comment.text, names()
    marks = {f"@{one}" for who in comment.mentions for one in (who, called.get(who, who))}
    out, at = Markup(), 0
    while at < len(text):
        mark = max((one for one in marks if text.startswith(one, at)), key=len, default="")
        if mark:
            out += Markup('<span class="df-mention">@{}</span>').format(called.get(mark[1:], mark[1:]))
        else:
            out += escape(text[at])
        at += len(mark) or 1
    return out
