"""Large parallel bodies: their parts, and what iterations keep there until the body's end. Law: the body stays small.

A result or a record of what can be compensated lies in the part of its iteration, in a scope of the kind `part`; the
body gathers them in one go when it ends. See `engine.process.parts`.
"""

from __future__ import annotations

from typing import Any

from engine.process import parts
from engine.process.native.run import Run
from engine.process.state import Scope, Token


def divide(run: Run, body: Scope, times: int, keeps: bool) -> None:
    """Give a new body of so many iterations its parts, if it is large. keeps: iterations leave something behind."""
    if times <= parts.LARGE:
        return
    first, last = run.draw(-(-times // parts.CHUNK))
    body.data = {**body.data, "parts": [first, last], "chunk": parts.CHUNK, "keeps": keeps}
    if keeps:
        for part in range(first, last + 1):
            kept = Scope(parts.first_id(part), body.id, 0, body.node, "part", {}, data=[])
            run.scopes[kept.id] = kept
            run.mine.add(kept.id)


def parts_of(scope: Scope) -> parts.Range | None:
    """First and last part of a large body; None for any other scope."""
    found = scope.data.get("parts") if scope.kind == "body" else None
    return (found[0], found[1]) if found else None


def place_of(body: Scope, index: int) -> int:
    """Near what an iteration draws its ids."""
    found = parts_of(body)
    return parts.first_id(found[0] + index // body.data["chunk"]) if found else body.id


def keep_result(run: Run, token: Token, value: Any) -> None:
    """The output of one iteration of a large body."""
    kept = run.scope(parts.first_id(parts.part_of(token.id)))
    kept.data = [*kept.data, [token.index, value]]


def keep_record(run: Run, token: Token, body: Scope, record: dict[str, Any]) -> bool:
    """What undoing an iteration of a large body takes, in the order of completion. False: the body is not large."""
    if parts_of(body) is None:
        return False
    kept = run.scope(parts.first_id(parts.part_of(token.id)))
    kept.done = (*kept.done, {**record, "at": body.data["done"]})
    return True


def gather(run: Run, body: Scope) -> None:
    """The body ends: it takes what its iterations left, and has parts no more. PartsNeeded when that is away."""
    found = parts_of(body)
    if found is None:
        return
    gather_records(run, body)
    kept = take_kept(run, body)
    data = {key: value for key, value in body.data.items() if key not in ("parts", "chunk", "keeps", "collects")}
    if body.data.get("collects"):
        data["out"] = [None] * data["n"]
        for scope in kept:
            for index, value in scope.data:
                data["out"][index] = value
    body.data = data


def gather_records(run: Run, body: Scope) -> None:
    """Bring the records of what can be compensated into the body, in the order of completion."""
    kept = [run.scope(id) for id in _kept(run, body)]
    found = sorted((record for scope in kept for record in scope.done), key=lambda record: record["at"])
    for scope in kept:
        scope.done = ()
    body.done = (*body.done, *({key: record[key] for key in record if key != "at"} for record in found))


def take_kept(run: Run, body: Scope) -> list[Scope]:
    """Take away the scopes in which a large body's iterations keep something."""
    return [run.scopes.pop(id) for id in _kept(run, body)]


def _kept(run: Run, scope: Scope) -> list[int]:
    found = parts_of(scope)
    if found is None or not scope.data["keeps"]:
        return []
    run.before.require(*found)
    ids = [parts.first_id(part) for part in range(found[0], found[1] + 1)]
    return [id for id in ids if id in run.scopes]
