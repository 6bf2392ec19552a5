"""Two versions of a package side by side: painted on the diagrams and told in words."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Response, jsonify, render_template, request
from flask_babel import gettext as _

from engine.api import deploying
from engine.errors import NotFound
from engine.queries import studio as models
from engine.queries.studio import Change, FileChange
from web import titles
from web.rights import guarded
from web.scope import is_chinese, runtime
from web.studio import pages
from web.studio.parts import kind, name_of, opened_in

SHOWN = 120
"""Changes of one file that a page tells in words; how many more there are is told."""


@dataclass(frozen=True, slots=True)
class Line:
    """One difference in words."""

    how: str
    id: str
    what: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """The differences of a file in words, and what its elements are called."""

    name: str
    title: str
    how: str
    kind: str
    lines: tuple[Line, ...]
    more: int
    names: dict[str, str]


def words_between(old: Mapping[str, str], new: Mapping[str, str]) -> list[Told]:
    """Files that differ, in words: things added and removed, properties changed; what was only moved is counted."""
    texts = _names(old) | _names(new)
    called = titles.of_files({**old, **new})
    return [_file(one, texts, called.get(one.name, one.name)) for one in models.compare(old, new)]


def _file(found: FileChange, texts: dict[str, str], title: str) -> Told:
    shown = [change for change in found.changes if change.how != "moved"]
    lines = [_line(change, found, texts) for change in shown[:SHOWN]]
    moved = sum(change.how == "moved" for change in found.changes)
    if moved:
        lines.append(Line("moved", "", _("%(num)s elements were only moved in the drawing", num=moved)))
    names = {change.id: texts.get(change.id) or change.name for change in found.changes}
    return Told(found.name, title, found.how, kind(found.name), tuple(lines), max(0, len(shown) - SHOWN), names)


POINTERS = ("sourceRef", "targetRef", "default", "notSameUserAs")
"""Properties that name other elements."""


def _line(change: Change, file: FileChange, texts: dict[str, str]) -> Line:
    name = texts.get(change.id) or file.names.get(change.id) or change.id
    if name == change.id and change.id in file.ends:
        name = " → ".join(_place(end, file, texts) for end in file.ends[change.id])
    elif name == change.id and change.kind.endswith("Gateway"):
        name = _place(change.id, file, texts)
    what = f"{kind_words(change.kind)} {name}".strip()
    if change.how != "changed":
        return Line(change.how, change.id, what, change.after or change.before)
    both = change.before, change.after
    if change.what in POINTERS:
        told = " → ".join(_place(id, file, texts) if id else "—" for id in both)
    else:
        told = " → ".join(map(_short, both))
    colon = "：" if is_chinese() else ": "
    return Line("changed", change.id, what, f"{property_words(change.what)}{colon}{told}" if change.what else told)


def _place(id: str, file: FileChange, texts: dict[str, str]) -> str:
    """An end of a flow; a gateway without a name by what comes before it."""
    known = texts.get(id) or file.names.get(id)
    before = next((source for source, target in file.ends.values() if target == id), None)
    if known or before is None:
        return f"“{known or id}”"
    return _("after “%(name)s”", name=texts.get(before) or file.names.get(before) or before)


def _short(text: str) -> str:
    if not text:
        return "—"
    return f"“{text[:160]}…”" if len(text) > 160 else f"“{text}”"


def kind_words(what: str) -> str:
    """A kind of element, in words."""
    return {
        "userTask": _("task"),
        "serviceTask": _("automatic step"),
        "sendTask": _("sending step"),
        "businessRuleTask": _("decision step"),
        "scriptTask": _("script"),
        "callActivity": _("called process"),
        "subProcess": _("sub-process"),
        "exclusiveGateway": _("gateway"),
        "parallelGateway": _("parallel gateway"),
        "inclusiveGateway": _("inclusive gateway"),
        "eventBasedGateway": _("event gateway"),
        "startEvent": _("start"),
        "endEvent": _("end"),
        "boundaryEvent": _("boundary event"),
        "intermediateCatchEvent": _("waiting event"),
        "intermediateThrowEvent": _("sending event"),
        "sequenceFlow": _("flow"),
        "process": _("process"),
        "lane": _("lane"),
        "participant": _("pool"),
        "rule": _("row"),
        "input": _("input"),
        "output": _("output"),
        "decision": _("decision"),
        "decisionTable": _("table"),
        "field": _("field"),
        "form": _("form"),
        "text": _("English text"),
        "message": _("message"),
        "error": _("error"),
        "signal": _("signal"),
    }.get(what, what)


def property_words(what: str) -> str:
    """A property, in words; as the file has it where there are none."""
    return {
        "name": _("name"),
        "formRef": _("form"),
        "candidateGroups": _("team"),
        "assignee": _("person"),
        "topic": _("work"),
        "decisionRef": _("decision"),
        "calledElement": _("process"),
        "due": _("due"),
        "notSameUserAs": _("four eyes with"),
        "reminderPolicy": _("reminders"),
        "assign": _("given out by"),
        "conditionExpression": _("condition"),
        "documentation": _("guidance"),
        "sourceRef": _("from"),
        "targetRef": _("to"),
        "default": _("default flow"),
        "label": _("label"),
        "validate required": _("required"),
        "timerEventDefinition timeDuration": _("after"),
        "timerEventDefinition timeDate": _("at"),
    }.get(what, what)


# ── the page ───────────────────────────────────────────────────────────────────────────────────────────────────


def side(db: Any, folder: str, which: str) -> tuple[dict[str, str], str]:
    """The files of one side and what it is called: a deployment by its id, `draft`, or `request-<id>`."""
    if which == "draft":
        return dict(opened_in(db, folder).files), _("your draft")
    if which.startswith("request-"):
        found = [one for one in deploying.requests(db, folder) if f"request-{one.id}" == which]
        if not found:
            raise NotFound(what="request", what_zh="部署申请", id=which)
        return {name: content.decode() for name, content in found[0].files.items()}, _("as requested")
    for row in models.deployments(db, folder):
        if str(row.id) == which:
            versions = ", ".join(_("version %(number)s", number=version) for _key, version in row.processes[:1])
            return models.deployment_files(db, row.id), versions or row.note
    raise NotFound(what="deployment", what_zh="部署", id=which)


@pages.get("/<folder>/compare")
@guarded("studio")
def comparison(folder: str) -> Any:
    """Two versions: the diagrams side by side with what differs painted, and everything in words."""
    with runtime().reading() as db:
        history = models.deployments(db, folder)
        newest = str(history[0].id) if history else "draft"
        old, new = request.args.get("old", newest), request.args.get("new", "draft")
        before, old_words = side(db, folder, old)
        after, new_words = side(db, folder, new)
        row = next(iter(models.package_rows(db, folder)), None)
    found = models.compare(before, after)
    words = words_between(before, after)
    diagrams = [one.name for one in found if one.name.endswith(".bpmn") and one.how == "changed"]
    counted = Counter(change.how for one in found for change in one.changes)
    return render_template(
        "studio/compare.html",
        folder=folder,
        title=name_of(row) if row is not None else folder,
        changes=words,
        diagrams=diagrams,
        counted=counted,
        history=history,
        old=old,
        new=new,
        old_words=old_words,
        new_words=new_words,
    )


@pages.get("/<folder>/sides/<which>/<path:name>")
@guarded("studio")
def one_side(folder: str, which: str, name: str) -> Response:
    """One file of a side."""
    with runtime().reading() as db:
        files, _words = side(db, folder, which)
    if name not in files:
        raise NotFound(what="file", id=name)
    return Response(files[name], mimetype="application/xml")


@pages.get("/<folder>/marks.json")
@guarded("studio")
def painted(folder: str) -> Any:
    """What is painted on both diagrams: element -> added, removed, changed or moved; English names for labels."""
    name = request.args.get("name", "")
    with runtime().reading() as db:
        before, _old = side(db, folder, request.args.get("old", ""))
        after, _new = side(db, folder, request.args.get("new", ""))
    found = [one for one in models.compare(before, after) if one.name == name]
    marks: dict[str, str] = {}
    for change in (change for one in found for change in one.changes):
        if marks.get(change.id) in (None, "moved"):
            marks[change.id] = change.how
    return jsonify(marks=marks, names=_names(before) | _names(after))


def _names(files: Mapping[str, str]) -> dict[str, str]:
    if is_chinese() or "i18n/en.json" not in files:
        return {}
    try:
        texts = json.loads(files["i18n/en.json"])
    except ValueError:  # a draft that is being written
        return {}
    return {id: text for id, text in texts.items() if isinstance(text, str)}
