"""A state as bytes and back. Law: what was written once is read for ever; the first field is the format's number.

The bytes are JSON: a list of lists without names, trailing defaults left out. Values keep their kinds (see
`engine.feel.codec`). Format 1: `[1, next id, flags, tokens, scopes, waits, joins]`, each row in the order of the
class's fields. Format 2 is that of a state of which iterations are kept in parts (see `engine.process.parts`), and
goes on `…, last part drawn, parts away, {what is waited for: parts}]`; each part is `["part-1", tokens, scopes, waits,
joins]`. `tests/golden/` holds states of every format that must decode. A state of the SpiffWorkflow kernel is
the same in an envelope of its own: `["spiff-1", <format 1>, next task id, tree]`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.errors import InternalError
from engine.feel.codec import decode_value, encode_value
from engine.process import waits as w
from engine.process.parts import Range, age, part_of
from engine.process.spiffstate import Row, SpiffState
from engine.process.state import CONDITIONS, SIGNAL, Held, Scope, State, Token

FORMAT = 1
DIVIDED = 2
PART_FORMAT = "part-1"
SPIFF_FORMAT = "spiff-1"
_STARTED, _ENDED = 1, 2

_TOKEN_DEFAULTS = ("", 0, 0, (), -1, None)
_SCOPE_DEFAULTS = (0, (), False, (), None)


@dataclass(frozen=True, slots=True)
class Stored:
    """A state as it is stored: the main part, and the parts in hand by their numbers."""

    body: bytes
    parts: Mapping[int, bytes]


def encode(state: State) -> bytes:
    """Compact bytes of a state, of either kernel, in one piece. PartsNeeded when parts of it are away."""
    if isinstance(state, SpiffState):
        return encode_value([SPIFF_FORMAT, _rows(state), state.following, state.tree])
    state.require_all()
    rows = _rows(state)
    if state.drawn and any(part_of(id) for id in (*state.tokens, *state.scopes)):
        rows = [DIVIDED, *rows[1:], state.drawn, 0, {}]
    return encode_value(rows)


def split(state: State) -> Stored:
    """A state as it is stored. One that was in hand and is not among these parts is over.

    Parts that are away stay as they are stored.
    """
    if isinstance(state, SpiffState) or not state.drawn:
        return Stored(encode(state), {})
    rows, parts = _rows(state), dict[int, list[Any]]()
    for place in (3, 4, 5, 6):
        mine: list[Any] = []
        for id, row in zip(_ids(state, place), rows[place], strict=True):
            part = part_of(id)
            (parts.setdefault(part, [PART_FORMAT, [], [], [], []])[place - 2] if part else mine).append(row)
        rows[place] = mine
    if not parts and not state.away:
        return Stored(encode_value(rows), {})
    ears = {ear: list(away) for ear in state.ears if (away := state.listening(ear))}
    for id, held in state.waits.items():
        if (ear := _ear(held.wait)) and (part := part_of(id)) and part not in (found := ears.setdefault(ear, [])):
            found.append(part)
    rows = [DIVIDED, *rows[1:], state.drawn, state.away + len(parts), ears]
    return Stored(encode_value(rows), {part: encode_value(found) for part, found in sorted(parts.items())})


def _ids(state: State, place: int) -> Iterable[int]:
    return (state.tokens, state.scopes, state.waits, [scope for scope, _ in state.joins])[place - 3]


def _ear(wait: w.Wait) -> str:
    if isinstance(wait, w.SignalWait):
        return SIGNAL + wait.name
    return CONDITIONS if isinstance(wait, w.ConditionWait) else ""


def with_parts(state: State, ranges: Iterable[Range], stored: Mapping[int, bytes]) -> State:
    """The state with these parts of it too; those of the ranges that are not stored are over.

    Parts that were in hand already stay as the state has them. Everything is in the order of ages, as ever.
    """
    found = State()
    for name in State.__slots__:
        setattr(found, name, getattr(state, name))
    found.watch = None
    found.tokens, found.scopes = state.tokens.copy(), state.scopes.copy()
    found.waits, found.joins = state.waits.copy(), state.joins.copy()
    for part, data in sorted(stored.items()):
        if not state.here(part, part):
            kind, *rows = decode_value(data)
            if kind != PART_FORMAT:
                raise InternalError(reason=f"a part of an instance state of unknown format {kind}")
            _fill(found, *rows)
            found.away -= 1
    found.tokens = dict(sorted(found.tokens.items(), key=_by_age))
    found.scopes = dict(sorted(found.scopes.items(), key=_by_age))
    found.waits = dict(sorted(found.waits.items(), key=_by_age))
    found.loaded = (*state.loaded, *ranges) if found.away else ()
    return found


def _by_age(item: tuple[int, Any]) -> int:
    return age(item[0])


def _rows(state: State) -> list[Any]:
    flags = _STARTED * state.started + _ENDED * state.ended
    return [
        FORMAT,
        state.next,
        flags,
        [_token_row(token) for token in state.tokens.values()],
        [_scope_row(scope) for scope in state.scopes.values()],
        [_held_row(held) for held in state.waits.values()],
        [[scope, node, list(tokens)] for (scope, node), tokens in state.joins.items()],
    ]


def decode(data: bytes) -> State:
    """The state that `encode` or `split` wrote, of this format or any before it. InternalError for a later one.

    Of one that was split, the main part alone.
    """
    rows = decode_value(data)
    read = _READERS.get(rows[0]) if isinstance(rows, list) and rows else None
    if read is None:
        raise InternalError(reason=f"an instance state of unknown format {rows[0] if rows else '?'}")
    return read(rows)


def _trimmed(row: list[Any], defaults: tuple[Any, ...]) -> list[Any]:
    """The row without the defaults at its end."""
    for default in reversed(defaults):
        value = row[-1]
        if value is not default and (value.__class__ is not default.__class__ or value != default):
            break
        row.pop()
    return row


def _token_row(t: Token) -> list[Any]:
    return _trimmed([t.id, t.node, t.scope, t.flow, t.stage, t.inner, t.waits, t.index, t.data], _TOKEN_DEFAULTS)


def _scope_row(s: Scope) -> list[Any]:
    return _trimmed(
        [s.id, s.parent, s.owner, s.node, s.kind, s.vars, s.live, s.waits, s.interrupted, s.done, s.data],
        _SCOPE_DEFAULTS,
    )


def _held_row(held: Held) -> list[Any]:
    code, defaults = _WAITS[type(held.wait)]
    fields = [_plain(getattr(held.wait, name)) for name in type(held.wait).__slots__]
    return [code, held.role, held.token, held.scope, held.data, *_trimmed(fields, defaults)]


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) and type(value) is not dict else value


_WAITS: dict[type[Any], tuple[str, tuple[Any, ...]]] = {
    w.UserWait: ("u", (None, None, (), (), None, None, 50, None, {}, {})),
    w.JobWait: ("j", ({}, None, None, None, 50, {})),
    w.TimerWait: ("t", ()),
    w.MessageWait: ("m", ({},)),
    w.SignalWait: ("s", ()),
    w.ConditionWait: ("c", ()),
    w.CallWait: ("p", ("latest", {}, None)),
    w.ThrowWait: ("x", ()),
    w.IncidentWait: ("i", ("",)),
}
"""Kind of wait -> its letter, and the defaults of its last fields."""
_CONDITION = "c"


def _user_wait(fields: list[Any]) -> w.UserWait:
    for position in (5, 6):
        if len(fields) > position:
            fields[position] = tuple(fields[position])
    return w.UserWait(*fields)


_MAKE: dict[str, Callable[[list[Any]], w.Wait]] = {
    "u": _user_wait,
    "j": lambda fields: w.JobWait(*fields),
    "t": lambda fields: w.TimerWait(*fields),
    "m": lambda fields: w.MessageWait(*fields),
    "s": lambda fields: w.SignalWait(*fields),
    "c": lambda fields: w.ConditionWait(*fields),
    "p": lambda fields: w.CallWait(*fields),
    "x": lambda fields: w.ThrowWait(*fields),
    "i": lambda fields: w.IncidentWait(*fields),
}


def _read_1(rows: list[Any]) -> State:
    return _filled(State(), rows)


def _read_spiff_1(rows: list[Any]) -> State:
    _, inner, following, branches = rows
    state = SpiffState()
    _filled(state, inner)
    state.following = following
    state.tree = tuple((owner, tuple(_task_row(*row) for row in tasks)) for owner, tasks in branches)
    return state


def _task_row(id: int, parent: int, name: str, stage: int, token: int, kept: dict[str, Any]) -> Row:
    return id, parent, name, stage, token, kept


def _read_2(rows: list[Any]) -> State:
    state = _filled(State(), rows[:7])
    state.drawn, state.away, ears = rows[7:]
    state.ears = {ear: tuple(parts) for ear, parts in ears.items()}
    return state


def _filled(state: State, rows: list[Any]) -> State:
    _, following, flags, tokens, scopes, waits, joins = rows
    state.next = following
    state.started, state.ended = bool(flags & _STARTED), bool(flags & _ENDED)
    _fill(state, tokens, scopes, waits, joins)
    return state


def _fill(state: State, tokens: list[Any], scopes: list[Any], waits: list[Any], joins: list[Any]) -> None:
    for row in tokens:
        if len(row) > 6:
            row[6] = tuple(row[6])
        state.tokens[row[0]] = Token(*row)
    for row in scopes:
        for position in (7, 9):
            if len(row) > position:
                row[position] = tuple(row[position])
        state.scopes[row[0]] = Scope(*row)
    for code, role, token, scope, data, *fields in waits:
        wait = _MAKE[code](fields)
        state.waits[wait.id] = Held(wait, role, token, scope, data)
        state.watching += code == _CONDITION
    state.joins.update({(scope, node): tuple(ids) for scope, node, ids in joins})


_READERS: dict[int | str, Callable[[list[Any]], State]] = {1: _read_1, 2: _read_2, SPIFF_FORMAT: _read_spiff_1}
"""Format -> reader. A reader is never removed; a new format adds one."""
