"""How a call of this API is made: who asks, what they sent, what they get. Law: one way for all calls.

A call names its scope, the models of its query, body and answer, and a function over the session; everything that HTTP
wants (tokens, exact numbers, pages, ETags, idempotency keys, faults by name) is done here and described once.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, TypeVar

from flask import Blueprint, Response, current_app, request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from spectree import Response as Answers

from engine import api
from engine.errors import InvalidInput, PreconditionFailed, Unreadable
from web import scope
from web.api import problems
from web.api.access import BEARER, caller, spec, unauthorised

M = TypeVar("M", bound=BaseModel)
LONGEST_KEY = 200
MOST = 200
"""Rows of a page."""


class Problem(BaseModel):
    """A fault (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: dict[str, list[str]] | None = None


def _as_written(value: Any) -> Any:
    """A number is no moment: nobody can tell seconds from milliseconds. It is put as a text that pydantic refuses."""
    try:
        float(value)
    except (TypeError, ValueError):
        return value
    return f"number {value}"


Moment = Annotated[datetime, BeforeValidator(_as_written)]
"""A moment that is asked for, as ISO 8601 writes it."""


class Strict(BaseModel):
    """What is sent: nothing that is not known."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Asked(BaseModel):
    """The query of a list."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(50, ge=1, le=MOST, description="At most so many rows.")
    cursor: str | None = Field(None, max_length=400, description="`next` of the page before; the first without it.")


class WriteHeaders(BaseModel):
    """Headers of a write."""

    idempotency_key: str | None = Field(
        None,
        alias="Idempotency-Key",
        max_length=LONGEST_KEY,
        description="Not required. The same key and body get the same answer for 30 days, and nothing happens twice.",
    )
    if_match: str | None = Field(
        None, alias="If-Match", description="The ETag of what was read: 412 when it has changed since."
    )


class ReadHeaders(BaseModel):
    """Headers of a read."""

    if_none_match: str | None = Field(None, alias="If-None-Match", description="An ETag: 304 when it still holds.")


@dataclass(frozen=True)
class Call:
    """One call. `do` gets the session, the caller, the path's parts, the query and the body as asked for.

    `reads`: the call whose ETag a write's If-Match is compared with.
    """

    method: str
    rule: str
    name: str
    scope: str
    tag: str
    answer: type[BaseModel]
    do: Callable[..., Mapping[str, Any] | BaseModel]
    query: type[BaseModel] | None = None
    body: type[BaseModel] | None = None
    reads: Call | None = None
    status: int = 200
    secret: bool = False
    """Its answer is told once and kept nowhere, so an Idempotency-Key counts for nothing."""

    @property
    def writes(self) -> bool:
        return self.method != "GET"


def add(blueprint: Blueprint, calls: Sequence[Call]) -> None:
    """Put calls on the blueprint, described."""
    for call in calls:
        blueprint.add_url_rule(call.rule, call.name, _view(call), methods=[call.method])


def _view(call: Call) -> Callable[..., Any]:
    def view(**path: Any) -> Any:
        if not request.headers.get("Authorization"):
            return unauthorised()
        return _written(call, path) if call.writes else _read(call, path)

    view.__name__, view.__doc__ = call.name, call.do.__doc__
    faults: dict[str, Any] = {f"HTTP_{status}": Problem for status in _faults(call)}
    if not call.writes:
        faults["HTTP_304"] = None
    described = spec.validate(
        query=call.query,
        json=call.body,
        headers=WriteHeaders if call.writes else ReadHeaders,
        resp=Answers(**{f"HTTP_{call.status}": call.answer}, **faults),
        tags=[call.tag],
        security=BEARER,
        skip_validation=True,
        operation_id=call.name,
    )
    return described(view)


def _faults(call: Call) -> list[int]:
    usual = [400, 401, 403, 404, 422, 429, 503]
    return [*usual, 409, 412] if call.writes else usual


def _read(call: Call, path: Mapping[str, Any]) -> Any:
    with scope.runtime().reading() as db:
        who = caller(db, call.scope)
        asked = [_query(call.query)] if call.query is not None else []
        found = _plain(call, call.do(db, who, *asked, **path))
    answer = _json(found, call.status)
    answer.set_etag(etag(found), weak=True)
    return answer.make_conditional(request)


def _written(call: Call, path: Mapping[str, Any]) -> Any:
    key, raw = "" if call.secret else sent_key(), request.get_data()
    status, answer = scope.runtime().unit(lambda db: _done(db, call, path, key, raw))
    return _json(answer, status)


def _done(db: Any, call: Call, path: Mapping[str, Any], key: str, raw: bytes) -> tuple[int, Any]:
    who = caller(db, call.scope)
    content = f"{request.method} {request.path}\n".encode() + raw
    earlier = api.earlier_answer(db, key, content, owner=who.id) if key else None
    if earlier is not None:
        return earlier
    sent = [read_body(call.body, raw)] if call.body is not None else []
    _require_unchanged(db, call, who, path)
    answer = _plain(call, call.do(db, who, *sent, **path))
    if key:
        api.keep_answer(db, key, call.status, answer, owner=who.id)
    return call.status, answer


def _require_unchanged(db: Any, call: Call, who: api.Actor, path: Mapping[str, Any]) -> None:
    if not request.if_match:
        return
    if call.reads is None:
        raise InvalidInput(place="If-Match", reason="this call does not take it", reason_zh="此调用不支持该请求头")
    now = etag(_plain(call.reads, call.reads.do(db, who, **path)))
    if not request.if_match.contains_weak(now):
        raise PreconditionFailed(what=request.path)


def _plain(call: Call, found: Mapping[str, Any] | BaseModel) -> Any:
    """As JSON carries it: amounts as text, moments as ISO 8601."""
    return call.answer.model_validate(found, from_attributes=True).model_dump(mode="json")


def etag(found: Any) -> str:
    """Changes when the representation does."""
    return hashlib.sha256(json.dumps(found, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:32]


def _json(found: Any, status: int) -> Response:
    body = json.dumps(found, ensure_ascii=False)
    return current_app.response_class(body + "\n", status=status, mimetype="application/json")


def _query(model: type[BaseModel]) -> BaseModel:
    """The query. InvalidInput names the first parameter that does not fit."""
    for name, values in request.args.lists():
        if len(values) > 1:
            raise InvalidInput(place=name, reason="it is given more than once", reason_zh="重复给出")
    single = {name: value for name, value in request.args.items() if not name.startswith("fact.")}
    facts = {name.removeprefix("fact."): value for name, value in request.args.items() if name.startswith("fact.")}
    if facts and "facts" in model.model_fields:
        single["facts"] = facts  # type: ignore[assignment]
    try:
        return model.model_validate(single)
    except ValidationError as error:
        raise problems.reason(error.errors()[0]) from error


def read_body(model: type[M], raw: bytes) -> M:
    """The body, exact. Unreadable when it is no JSON; InvalidInput names the first field that does not fit."""
    try:
        found = api.read_json(raw)
    except ValueError as error:
        told = (
            f"{error.msg}, line {error.lineno}, column {error.colno}"
            if isinstance(error, json.JSONDecodeError)
            else str(error)
        )
        at = f"第 {error.lineno} 行第 {error.colno} 列" if isinstance(error, json.JSONDecodeError) else str(error)
        raise Unreadable(
            place="body",
            reason=f"this is not JSON ({told})",
            reason_zh=f"不是有效的 JSON（{at}）",
        ) from error
    try:
        return model.model_validate(found)
    except ValidationError as error:
        raise problems.reason(error.errors()[0]) from error


def sent_key() -> str:
    """The request's idempotency key, empty when it has none; a quoted one (as RFC 8941 writes it) without its quotes.

    Unreadable when it is blank, too long or holds what a header must not.
    """
    given = request.headers.get("Idempotency-Key")
    if given is None:
        return ""
    key = given.strip()
    if len(key) >= 2 and key[0] == key[-1] == '"':
        key = key[1:-1].strip()
    if not key or len(key) > LONGEST_KEY or not (key.isascii() and key.isprintable()):
        raise Unreadable(
            place="Idempotency-Key",
            reason=f"must be 1 to {LONGEST_KEY} printable ASCII characters",
            reason_zh=f"须为 1 至 {LONGEST_KEY} 个可打印的 ASCII 字符",
        )
    return key


def written_cursor(place: Sequence[Any]) -> str:
    """A place of a list as the caller keeps it; what stands in it is nobody's business but ours."""
    return base64.urlsafe_b64encode(json.dumps(place, default=str).encode()).decode().rstrip("=")


def read_cursor(text: str | None, *kinds: Callable[[Any], Any]) -> tuple[Any, ...] | None:
    """The place, its parts read by kinds; None for the first page. InvalidInput for what is no cursor of ours."""
    if text is None:
        return None
    try:
        parts = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        return tuple(kind(part) for kind, part in zip(kinds, parts, strict=True))
    except (ValueError, TypeError) as error:
        raise InvalidInput(
            place="cursor", reason="is not one that a page of this list gave", reason_zh="不是本列表给出的游标"
        ) from error


def page(rows: Sequence[Any], limit: int) -> dict[str, Any]:
    """A page of a list ordered by id, newest first: `limit` rows of the one more that was asked for."""
    shown = rows[:limit]
    return {"items": shown, "next": written_cursor([shown[-1].id]) if len(rows) > limit else None}
