"""From a checked draft to a `Definition`. Law: only what passed the rules comes here."""

from __future__ import annotations

from engine.process.definition.data import DataNames
from engine.process.definition.dialects import attributes, extension
from engine.process.definition.people import starters
from engine.process.definition.process import lane_names
from engine.process.definition.xml import Element, children, content
from engine.process.model import Definition, ScopeSpec
from engine.process.rules.draft import Draft


def definition_of(draft: Draft, process: Element, names: DataNames) -> Definition:
    """The compiled process."""
    marks = attributes(process)
    tag = extension(process, "zeebe", "versionTag")
    lanes, groups = lane_names(process)
    work = [node.work for node in draft.nodes.values() if node.work is not None]
    forms = {node.user.form for node in draft.nodes.values() if node.user is not None and node.user.form}
    thrown = [event.topic for node in draft.nodes.values() for event in node.events if event.topic]
    return Definition(
        key=draft.key,
        name=(process.get("name") or "").strip() or draft.key,
        scope=draft.scopes.get(draft.key, ScopeSpec()),
        nodes=draft.nodes,
        flows=draft.flows,
        version_tag=marks.get("versionTag") or (tag.get("value") if tag is not None else None),
        lanes=lanes,
        lane_groups=groups,
        properties=draft.properties,
        documentation="\n".join(filter(None, map(content, children(process, "documentation")))),
        candidate_starters=starters(process, marks),
        history_ttl=marks.get("historyTimeToLive"),
        data_stores=frozenset(names.stores),
        topics=frozenset([one.topic for one in work if one.topic] + thrown),
        decisions=frozenset(one.decision for one in work if one.decision),
        calls=frozenset(node.call.called for node in draft.nodes.values() if node.call and node.call.called),
        forms=frozenset(forms),
        listeners=draft.listeners,
    )
