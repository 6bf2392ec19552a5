"""Rules on what a process names outside its flow: handlers, decisions, called processes, forms, tasks, lanes."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterator

from engine.process.rules.draft import Draft, Finding, found


def _near(name: str, known: Collection[str]) -> dict[str, str]:
    """The names that may have been meant, as the end of the hint in both languages; nothing when there are none."""
    meant = difflib.get_close_matches(name, list(known), n=3)
    return {"near": f" Near: {', '.join(meant)}", "near_zh": f"相近：{'、'.join(meant)}"} if meant else {"near": ""}


def topics(draft: Draft) -> Iterator[Finding]:
    """A topic has a handler, unless an external worker fetches it."""
    known = draft.known.topics
    if known is None:
        return
    for node in draft.nodes.values():
        named = [node.work.topic] if node.work and node.work.topic and not node.work.external else []
        for topic in [*named, *(event.topic for event in node.events if event.topic)]:
            if topic not in known:
                yield found("topic-unknown", node, topic=topic, **_near(topic, known))


def decisions(draft: Draft) -> Iterator[Finding]:
    """A decision exists."""
    known = draft.known.decisions
    for node in draft.nodes.values():
        decision = node.work.decision if node.work else None
        if known is not None and decision is not None and decision not in known:
            yield found("decision-unknown", node, decision=decision, **_near(decision, known))


def calls(draft: Draft) -> Iterator[Finding]:
    """A called process exists, in this file or beside it."""
    known = draft.known.processes
    for node in draft.of_type("callActivity"):
        call = node.call
        if known is None or call is None or call.called is None or call.target_kind != "process":
            continue
        if call.called not in known and call.called not in draft.local_processes:
            everything = {*known, *draft.local_processes}
            yield found("call-unknown", node, called=call.called, **_near(call.called, everything))


def forms(draft: Draft) -> Iterator[Finding]:
    """A form that is named by its id exists; keys that name a place (`embedded:…`, paths) are the host's business."""
    known = draft.known.forms
    for node in draft.of_type("userTask", "startEvent"):
        form = node.user.form if node.user else None
        if known is None or not form or not re.fullmatch(r"[\w.\-]+", form):
            continue
        if form not in known:
            yield found("form-unknown", node, form=form, **_near(form, known))


def four_eyes(draft: Draft) -> Iterator[Finding]:
    """`notSameUserAs` names user tasks of the same process (`process:task`: of one that calls it or is called)."""
    tasks = [node.id for node in draft.of_type("userTask")]
    for node in draft.of_type("userTask"):
        for ref in re.split(r"[\s,;\uff0c\uff1b、]+", node.properties.get("notSameUserAs", "").strip()):
            if ref and ":" not in ref and (ref not in draft.nodes or draft.nodes[ref].type != "userTask"):
                yield found("four-eyes-unknown", node, ref=ref, **_near(ref, tasks))


def lanes(draft: Draft) -> Iterator[Finding]:
    """A lane holds elements of its own process."""
    for lane in draft.lanes:
        for ref in lane.refs:
            if ref not in draft.nodes and ref not in draft.others:
                yield Finding("lane-dangling", lane.id, lane.line, {"ref": ref})


def shared_lanes(draft: Draft) -> Iterator[Finding]:
    """The lanes of one lane set part its elements: each stands in one of them (§10.7)."""
    first: dict[tuple[int, str], str] = {}
    for lane in draft.lanes:
        for ref in dict.fromkeys(lane.holds):
            other = first.setdefault((lane.set, ref), lane.id)
            if other != lane.id and ref in draft.nodes:
                node = draft.nodes[ref]
                facts = {"name": node.name or ref, "lane": lane.id, "other": other}
                yield Finding("lane-twice", lane.id, lane.line, facts)


CHECKS = (topics, decisions, calls, forms, four_eyes, lanes, shared_lanes)
