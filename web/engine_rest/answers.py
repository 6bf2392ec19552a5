"""What goes out: JSON with exact numbers, and faults as Camunda says them. Law: every fault has a body and a status.

The form of a fault is that of the Camunda Platform 7 REST API, “Error Handling”: `{"type": …, "message": …}`, where
`type` is the simple name of the exception that the original would have thrown.
"""

from __future__ import annotations

from typing import Any

import orjson
import structlog
from flask import Blueprint, Response
from flask_limiter import RateLimitExceeded
from werkzeug.exceptions import HTTPException

from engine import api
from engine import errors as e
from web.errors import outward

log = structlog.get_logger("engine_rest")


class Refused(Exception):
    """A request that is answered with a fault: `status`, `kind` (Camunda's name of it), a message in English."""

    def __init__(self, status: int, kind: str, message: str, **more: Any) -> None:
        self.status, self.kind, self.more = status, kind, more
        super().__init__(message)


def invalid(message: str) -> Refused:
    """400: a parameter or a body that cannot be used."""
    return Refused(400, "InvalidRequestException", message)


def missing(what: str, id: object) -> Refused:
    """404: nothing of that kind has that id."""
    return Refused(404, "InvalidRequestException", f"{what} with id {id} does not exist")


def unsupported(what: str) -> Refused:
    """501: Camunda has it, this engine does not."""
    return Refused(501, "NotSupportedException", f"{what} is not supported; docs/migrating-from-camunda7.md tells why")


def said(value: Any, status: int = 200) -> Response:
    """A value as JSON; a Decimal keeps all of its digits."""
    return Response(orjson.dumps(value, default=_exact), status, mimetype="application/json")


def nothing() -> Response:
    """204: done, and there is nothing to say."""
    return Response(status=204)


def _exact(value: object) -> object:
    from decimal import Decimal

    if isinstance(value, Decimal):
        return orjson.Fragment(format(value, "f").encode())
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def fault(status: int, kind: str, message: str, **more: Any) -> Response:
    """A fault's answer."""
    return said({"type": kind, "message": message, **more}, status)


KINDS: tuple[tuple[type[e.DealflowError], int, str], ...] = (
    (e.NotFound, 404, "InvalidRequestException"),
    (e.SignInRefused, 401, "AuthenticationException"),
    (e.Forbidden, 403, "AuthorizationException"),
    (e.Unreadable, 400, "JsonMappingException"),
    (e.FormInvalid, 400, "FormFieldValidationException"),
    (e.InvalidInput, 400, "InvalidRequestException"),
    (e.LockLost, 400, "BadUserRequestException"),
    (e.AmbiguousMessage, 400, "MismatchingMessageCorrelationException"),
    (e.NotAwaited, 400, "MismatchingMessageCorrelationException"),
    (e.ProcessSuspended, 400, "SuspendedEntityInteractionException"),
    (e.ModelRefused, 400, "ParseException"),
    (e.DocumentTooLarge, 413, "RestException"),
    (e.Contended, 503, "OptimisticLockingException"),
    (e.CallerError, 400, "ProcessEngineException"),
    (e.ModelError, 500, "ProcessEngineException"),
    (e.StorageFull, 507, "RestException"),
    (e.OperatorError, 503, "RestException"),
)
"""The engine's error -> status and name; the first that fits."""


def of(error: e.DealflowError) -> Response:
    """An error of the engine in Camunda's form."""
    status, kind = next(((s, k) for cls, s, k in KINDS if isinstance(error, cls)), (500, "ProcessEngineException"))
    if status >= 500:
        stack = {} if isinstance(error, e.OperatorError) else {"exc_info": error}
        log.error("request failed", code=error.code, reason=str(error), **stack)
    more: dict[str, Any] = {}
    if isinstance(error, e.ModelRefused):
        more["details"] = problems(error.faults)
    return fault(status, kind, outward(error, "en"), **more)


def problems(faults: Any) -> dict[str, Any]:
    """What stands against a deployment, as Camunda's ParseException lists it: by resource, with line and element."""
    found: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for one in faults:
        lists = found.setdefault(one.file or "process.bpmn", {"errors": [], "warnings": []})
        lists["errors" if one.severity == "error" else "warnings"].append(
            {
                "message": one.text("en"),
                "line": one.line or 0,
                "column": 0,
                "mainBpmnElementId": one.element,
                "bpmnElementIds": [one.element] if one.element else [],
            }
        )
    return found


def register(pages: Blueprint) -> None:
    """Answer every fault of these pages in Camunda's form."""

    @pages.errorhandler(Refused)
    def refused(error: Refused) -> Response:
        answer = fault(error.status, error.kind, str(error), **error.more)
        if error.status == 401:
            answer.headers["WWW-Authenticate"] = 'Basic realm="default", Bearer'
        return answer

    @pages.errorhandler(e.DealflowError)
    def engine_error(error: e.DealflowError) -> Response:
        return of(error)

    @pages.errorhandler(RateLimitExceeded)
    def too_many(error: RateLimitExceeded) -> Response:
        return fault(429, "RestException", "Too many requests; wait a minute, then go on.")

    @pages.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> Response:
        return fault(error.code or 500, "RestException", error.description or error.name)

    @pages.errorhandler(Exception)
    def unexpected(error: Exception) -> Response:
        if api.overtaken(error):
            return of(e.Contended(reason=str(error)))
        log.error("request failed", reason=repr(error), exc_info=error)
        return fault(500, "RestException", "This is our fault; nothing of the request was saved.")
