"""One message begins one process: it is for one receiver, and two are an error when it comes (BPMN 2.0 §13.5.1).

Law: the same rule for processes of a file, of a package, of a folder of packages and for those that run already.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from engine.errors import Fault
from engine.process.beginnings import Graph, begins, events_of
from engine.process.rules.catalogue import fault


class Process(Graph, Protocol):
    """A process, read or compiled."""

    @property
    def key(self) -> str:
        """Its id."""


@dataclass(frozen=True, slots=True)
class MessageStart:
    """A place that begins a process by a message. `process`: its id, `called`: how people know it."""

    message: str
    process: str
    element: str
    name: str = ""
    line: int | None = None
    file: str = ""
    called: str = ""


def message_starts(process: Process, file: str = "", called: str = "") -> Iterator[MessageStart]:
    """Where messages with a fixed name begin the process: start events, receive tasks, behind event gateways."""
    for node in process.nodes.values():
        if node.scope != process.key or not begins(process, node.id):
            continue
        for event in events_of(process, node.id):
            if event.kind == "message" and event.ref and event.ref_expr is None:
                name = " ".join(node.name.split())
                yield MessageStart(event.ref, process.key, node.id, name, node.line, file, called)


def shared(starts: Iterable[MessageStart], taken: Iterable[MessageStart] = ()) -> Iterator[Fault]:
    """A fault for each place whose message begins another process already: of `taken`, or earlier among `starts`."""
    first: dict[str, MessageStart] = {}
    for one in taken:
        first.setdefault(one.message, one)
    for one in starts:
        other = first.setdefault(one.message, one)
        if other.process != one.process:
            told = {"message": one.message, "other": other.name or other.element}
            where = f"{other.called} ({other.process})" if other.called not in ("", other.process) else other.process
            yield fault("start-message-shared", one.element, one.line, file=one.file,
                        name=one.name or one.element, process=where, **told)  # fmt: skip
