"""Scenarios of a package: played with their coverage on the diagram, and recorded by clicking through."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from flask import jsonify, render_template, request

from engine.api.drafts import PackageDraft
from engine.errors import DealflowError, InvalidInput
from engine.play import plain, trying
from engine.play.library import Library
from engine.play.trying import Tried
from engine.queries import studio as models
from web import titles
from web.rights import guarded, may_act
from web.scope import is_chinese, language, runtime
from web.studio import pages
from web.studio.parts import kind, name_of, opened, opened_in, told


@pages.get("/<folder>/scenarios")
@guarded("studio")
def scenarios(folder: str) -> Any:
    """The scenarios of a package, and the place to click one through."""
    with runtime().reading() as db:
        draft = opened_in(db, folder)
        row = next(iter(models.package_rows(db, folder)), None)
    names = [name for name in draft.files if kind(name) == "scenario"]
    named = titles.of_files(draft.files)
    diagrams = [name for name in draft.files if name.endswith(".bpmn")]
    return render_template(
        "studio/scenarios.html",
        draft=draft,
        title=name_of(row) if row is not None else folder,
        titles={name: named.get(name, "") for name in names},
        diagrams=diagrams,
        editable=may_act("studio"),
    )


def packages(name: str) -> Mapping[str, str]:
    """The files of another package as it runs."""
    with runtime().reading() as db:
        newest = models.deployments(db, name, most=1)
        return models.deployment_files(db, newest[0].id) if newest else {}


@pages.get("/<folder>/scenarios/run.json")
@guarded("studio")
def run_all(folder: str) -> Any:
    """Play the scenarios of the draft: each with its outcome, and what all of them visit together."""
    draft, rows = opened(folder), []
    nodes: set[str] = set()
    flows: set[str] = set()
    every: tuple[set[str], set[str]] = (set(), set())
    libraries: dict[str, Library] = {}
    own = _own_processes(draft)
    for name in (name for name in draft.files if kind(name) == "scenario"):
        done = _played(draft, draft.files[name], libraries)
        for one in (one for one in done.coverage if one.process in own):
            nodes |= one.nodes
            flows |= one.flows
            every[0].update(one.all_nodes)
            every[1].update(one.all_flows)
        rows.append({"name": name, "passed": done.passed, "why": _why(done)})
    return jsonify(
        scenarios=rows,
        visited=sorted(nodes | flows),
        missing=sorted((every[0] - nodes) | (every[1] - flows)),
        nodes=[len(nodes), len(every[0])],
        flows=[len(flows), len(every[1])],
    )


def _own_processes(draft: PackageDraft) -> set[str]:
    texts = {name: text for name, text in draft.files.items() if name.endswith(".bpmn")}
    found = models.compare({}, texts)
    return {change.id for one in found for change in one.changes if change.kind == "process"}


def _played(draft: PackageDraft, text: str, libraries: dict[str, Library]) -> Tried:
    try:
        scenario = trying.scenario_of(text)
        named = json.dumps(scenario.get("files"))
        if named not in libraries:
            libraries[named] = trying.library_of(draft.files, scenario, packages)
    except DealflowError as error:
        return Tried({}, {}, (), False, error=error)
    return trying.try_out(libraries[named], scenario, language())


def _why(done: Tried) -> str:
    if done.error is not None:
        return done.error.text(language())
    if done.refused:
        return told(done.refused)[0]["text"]
    failed = [one for one in done.told.get("instances", ()) if one["state"] == "failed"]
    return "; ".join([*done.told.get("unmet", ()), *(str(one.get("error", {}).get("message", "")) for one in failed)])


@pages.post("/<folder>/play")
@guarded("studio")
def play(folder: str) -> Any:
    """Play the steps that were clicked so far; answers where everything stands and what can be done next."""
    draft, text = opened(folder), request.get_data(as_text=True)
    if len(text) > runtime().settings.max_model_bytes:
        raise InvalidInput(place="scenario", reason="it is too large", reason_zh="场景过大")
    done = _played(draft, text, {})
    forms = _forms(draft)
    answer: dict[str, Any] = {
        "error": done.error.text(language()) if done.error is not None else "",
        "refused": told(done.refused),
        "instances": [],
        "tokens": done.tokens,
        "visited": sorted({id for one in done.coverage for id in one.nodes | one.flows}),
        "now": done.now.isoformat() if done.now is not None else None,
        "unmet": list(done.told.get("unmet", ())),
    }
    for one in done.told.get("instances", ()):
        waiting = [{**wait, "form": forms.get(one["forms"].get(wait["element"], ""))} for wait in one["waiting"]]
        shown = {name: one[name] for name in ("instance", "process", "state", "incidents")}
        answer["instances"].append({**shown, "variables": plain(one["variables"]), "waiting": waiting})
    answer["names"] = _names(draft)
    return jsonify(answer)


def _forms(draft: PackageDraft) -> dict[str, list[dict[str, Any]]]:
    """Form -> its fields, as the page asks for them."""
    found: dict[str, list[dict[str, Any]]] = {}
    for name, text in draft.files.items():
        if name.endswith(".form"):
            try:
                schema = json.loads(text)
            except ValueError:
                continue
            found[str(schema.get("id"))] = [_field(one) for one in _fields(schema.get("components", []))]
    return found


def _fields(components: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found = []
    for one in components:
        if one.get("key") and one.get("type") not in ("button", "text", "html", "image"):
            found.append(one)
        elif one.get("components"):
            found += _fields(one["components"])
    return found


def _field(one: Mapping[str, Any]) -> dict[str, Any]:
    values = [{"value": choice.get("value"), "label": choice.get("label")} for choice in one.get("values") or ()]
    needed = bool((one.get("validate") or {}).get("required"))
    return {
        "key": one["key"],
        "label": one.get("label", ""),
        "type": one.get("type"),
        "values": values,
        "needed": needed,
    }


def _names(draft: PackageDraft) -> dict[str, str]:
    """Element -> its name in the page's language."""
    texts = {name: text for name, text in draft.files.items() if name.endswith(".bpmn")}
    names = {change.id: change.name for one in models.compare({}, texts) for change in one.changes if change.name}
    if not is_chinese() and "i18n/en.json" in draft.files:
        try:
            english = json.loads(draft.files["i18n/en.json"])
        except ValueError:
            return names
        names |= {id: words for id, words in english.items() if isinstance(words, str)}
    return names
