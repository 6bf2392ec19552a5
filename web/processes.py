"""Processes for their owners: definitions, versions, diagrams, what runs, what the last refused save got wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for

from engine import queries
from handlers import segments
from web import schemas, titles
from web.paging import Pages, asked_page
from web.rights import guarded
from web.scope import actor, is_chinese, language, runtime, said
from web.stages import stage_of, stage_words
from web.words import labels

pages = Blueprint("processes", __name__, url_prefix="/processes")

SIZE = 25
STATES = ("active", "completed", "all")


@pages.get("")
@guarded("processes")
def index() -> Any:
    """All definitions, the messages that wait for a process, and the faults of the last refused save."""
    return render_template("processes/index.html", **everything())


@pages.get("/live")
@guarded("processes")
def live() -> Any:
    """The same without what surrounds it, once something was deployed or a save was refused; else 204."""
    with runtime().reading() as db:
        if queries.signature(db) == request.args.get("signature"):
            return "", 204
    return render_template("processes/live.html", **everything())


def everything() -> dict[str, Any]:
    """What the page of all processes shows."""
    with runtime().reading() as db:
        kept, broken = queries.kept_messages(db), queries.incidents(db, open=True)
        return {
            "signature": queries.signature(db),
            "groups": by_stage(queries.definitions(db)),
            "faults": queries.last_faults(db),
            "kept": Pages.of(kept, asked_page("messages"), SIZE),
            "incidents": Pages.of(broken, asked_page("incidents"), SIZE),
        }


def by_stage(rows: list[queries.DefinitionRow]) -> list[tuple[str, list[queries.DefinitionRow]]]:
    """The definitions by stage of the business, each stage with its name."""
    sorted_rows = sorted(rows, key=lambda row: stage_of(row.key))
    return [(stage_words(stage), list(found)) for stage, found in groupby(sorted_rows, lambda row: stage_of(row.key))]


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Running cases of a version that the diagram does not show: how many, and where they stand, in words."""

    version: int
    running: int
    places: tuple[str, ...]


@pages.get("/<key>")
@pages.get("/<key>/<int:version>")
@guarded("processes")
def show(key: str, version: int | None = None) -> Any:
    """One definition: diagram with what waits where, versions, forms and decisions, running instances.

    Without a version the newest diagram and the cases of all versions.
    """
    asked = request.args.get("version", type=int)
    if asked is not None:
        return redirect(url_for("processes.show", key=key, version=asked))
    state = request.args.get("state")
    state = state if state in STATES else "active"
    wanted: dict[str, Any] = {"key": key, "version": version, "state": None if state == "all" else state}
    with runtime().reading() as db:
        found = queries.definition(db, key, version)
        wanted["reach"] = segments.reach(db, actor())
        paged = Pages(asked_page(), SIZE, queries.number_of_instances(db, **wanted))
        running = queries.instances(db, **wanted, page=paged.number, size=SIZE)
        faults = [fault for fault in queries.last_faults(db) if fault.folder == found.row.folder]
        others = elsewhere(db, found)
    return render_template(
        "processes/show.html",
        found=found,
        version=found.version,
        chosen=version,
        running=running,
        faults=faults,
        state=state,
        paged=paged,
        others=others,
        asks=titles.asked(found.xml.decode(), found.names_en),
    )


def elsewhere(db: Any, found: queries.DefinitionDetail) -> dict[int, Elsewhere]:
    """Version -> what runs in it, for all versions but the one shown."""
    running = {one.version: one.running for one in found.row.versions if one.running and one.version != found.version}
    if not running:
        return {}
    stand = queries.tokens(db, found.row.key)
    others = {}
    for version, count in running.items():
        names = queries.element_names(db, found.row.key, version)
        most = sorted(stand.get(version, {}).items(), key=lambda one: (-one[1], one[0]))
        places = tuple(f"{said(*names.get(id, (id, id)))} {tokens}" for id, tokens in most)
        others[version] = Elsewhere(version, count, places)
    return others


@pages.get("/<key>/<int:version>/diagram.bpmn")
@guarded("processes")
def diagram(key: str, version: int) -> Response:
    """The diagram as it was deployed; a version never changes."""
    with runtime().reading() as db:
        xml = queries.definition(db, key, version).xml
    answer = Response(xml, mimetype="application/xml")
    answer.headers["Cache-Control"] = "private, max-age=86400, immutable"
    if request.args.get("download"):
        answer.headers["Content-Disposition"] = f'attachment; filename="{key}-v{version}.bpmn"'
    return answer


@pages.get("/<key>/<int:version>/state.json")
@guarded("processes")
def state(key: str, version: int) -> Any:
    """How many tokens stand at each element: over all running instances of this version, and of all others."""
    with runtime().reading() as db:
        found = queries.definition(db, key, version)
        stand = queries.tokens(db, key)
        faults = [fault for fault in queries.last_faults(db) if fault.folder == found.row.folder]
    answer: dict[str, Any] = {
        "counts": stand.pop(version, {}),
        "elsewhere": added(stand),
        "incidents": list(found.incidents),
        "faults": {f.fault.element: f.fault.text(language()) for f in faults if f.fault.element},
    }
    if not is_chinese():
        answer["names"] = labels(found.xml, found.names_en)
    return jsonify(answer)


def added(stand: Mapping[int, Mapping[str, int]]) -> dict[str, int]:
    """The tokens of several versions by element."""
    found: Counter[str] = Counter()
    for counts in stand.values():
        found.update(counts)
    return dict(found)


@pages.get("/<key>/<int:version>/forms/<form>")
@guarded("processes")
def form(key: str, version: int, form: str) -> Any:
    """A form of the process, as it will look."""
    with runtime().reading() as db:
        found = queries.definition(db, key, version)
        one = queries.form(db, key, form, version)
    schema = schemas.shown(one.schema, one.translations, language())
    title = titles.asked(found.xml.decode(), found.names_en).get(("form", form), form)
    back = url_for("processes.show", key=key, version=version)
    return render_template("processes/form.html", found=found, form=form, title=title, schema=schema, back=back)
