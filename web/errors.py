"""Errors as answers. Law: the engine names a fault, a status is chosen here, once; a page speaks the person's language,
a program gets problem+json (RFC 9457).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, cast
from urllib.parse import urlsplit, urlunsplit

import structlog
from flask import Flask, Response, current_app, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_limiter import RateLimitExceeded
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from engine import api, forms
from engine import errors as e
from web import notices
from web.formats import moment
from web.scope import called, is_fragment, language, wants_json

log = structlog.get_logger("web")

STATUS: tuple[tuple[type[Exception], int], ...] = (
    (e.NotFound, 404),
    (e.Forbidden, 403),
    (e.SignInRefused, 401),
    (e.Unreadable, 400),
    (e.PreconditionFailed, 412),
    (e.DuplicateKey, 422),
    (e.FormInvalid, 422),
    (e.InvalidInput, 422),
    (e.CallerError, 409),
    (e.ModelRefused, 422),
    (e.StorageFull, 507),
    (e.OperatorError, 503),
)
"""First match counts. Everything else of the caller's is a conflict with what has happened meanwhile."""

SOON = 5
"""Seconds after which a program may ask again when the house cannot work just now."""


def status_of(error: e.DealflowError) -> int:
    """The HTTP status of an engine error."""
    return next((status for kind, status in STATUS if isinstance(error, kind)), 500)


def field_messages(error: e.FormInvalid, tongue: str | None = None) -> dict[str, list[str]]:
    """Field -> sentences, as the form in the page takes them."""
    tongue = tongue or language()
    found: dict[str, list[str]] = {}
    for place, problems in error.errors.items():
        pairs = cast("list[tuple[str, dict[str, object]]]", problems)
        found[place] = [forms.message(code, params, tongue) for code, params in pairs]
    return found


def problem(status: int, title: str, detail: str, code: str, **more: Any) -> Response:
    """An answer in RFC 9457's form; the API describes its types where they point to."""
    kind = f"{request.root_path}/api/v1/problems#{code}" if request.path.startswith("/api/") else "about:blank"
    answer = jsonify({"type": kind, "title": title, "status": status, "detail": detail, "code": code, **more})
    answer.status_code = status
    answer.mimetype = "application/problem+json"
    return answer


def spoken(error: e.DealflowError) -> str:
    """A fault in the page's language, with people and moments as pages write them."""
    notices.point_at(error, language())
    return outward(error, language(), **{name: _spoken(name, value) for name, value in error.fields.items()})


def outward(error: e.DealflowError, tongue: str, /, **told: object) -> str:
    """A fault for whoever asked: of the database without its driver's words, which name hosts, ports and folders. They
    stand in the log and on the operators' health port. `told`: facts that are said otherwise."""
    if isinstance(error, (e.DatabaseUnavailable, e.StorageFull)):
        told["reason"] = "原因见服务器日志" if tongue.startswith("zh") else "the server's log says why"
    return error.text(tongue, **told)


def _spoken(name: str, value: object) -> object:
    if isinstance(value, datetime):
        return moment(value)
    if name == "place":
        fields = {"password": _("Password"), "id": _("User name"), "name": _("Name"), "email": _("E-mail")}
        return fields.get(str(value), value)
    return called(value) if name in ("by", "person") and isinstance(value, str) else value


def page(status: int, title: str, text: str) -> tuple[str, int]:
    """The same for people: a fragment for htmx, else a page with the way on."""
    template = "errors/fragment.html" if is_fragment() else "errors/page.html"
    return render_template(template, status=status, title=title, text=text), status


def stood_on() -> str:
    """The page with the form that is being refused, where what was typed comes back (page/resend.js); empty where there
    is none to go back to."""
    came = urlsplit(request.referrer or "")
    if request.method != "POST" or wants_json() or is_fragment() or came.netloc != request.host:
        return ""
    known = current_app.url_map.bind_to_environ(request.environ)
    path = came.path.removeprefix(request.root_path)
    there = current_user.is_authenticated and known.test(path, "GET")
    return urlunsplit(("", "", came.path, came.query, "")) if there else ""


def titles() -> dict[int, str]:
    """What a page calls a status."""
    return {
        400: _("The request cannot be read"),
        401: _("Please sign in"),
        403: _("Not allowed"),
        404: _("Not found"),
        405: _("Not possible here"),
        409: _("Somebody was faster"),
        413: _("Too large"),
        422: _("Something needs another look"),
        429: _("Too many attempts"),
        503: _("Out of order for a moment"),
        507: _("No room left"),
    }


def answer(status: int, text: str, code: str, **more: Any) -> Any:
    """One fault, said to whoever asked."""
    title = titles().get(status, _("Something went wrong"))
    if wants_json():
        return problem(status, title, text, code, **more)
    return page(status, title, text)


def ask_again_soon(response: Response) -> Response:
    """When to ask again: what counts requests writes the end of its minute into every answer, which is true of a 429
    alone."""
    if response.status_code == 503:
        response.headers["Retry-After"] = str(SOON)
    elif response.status_code != 429:
        response.headers.pop("Retry-After", None)
    return response


def register(app: Flask) -> None:
    """Tell the application how faults are answered."""
    app.after_request_funcs.setdefault(None, []).insert(0, ask_again_soon)  # the first one runs last

    @app.errorhandler(e.DealflowError)
    def engine_error(error: e.DealflowError) -> Any:
        status = status_of(error)
        if status >= 500:
            # What the operators must mend is said in a line: its stack says nothing, and a minute has many requests.
            stack = {} if isinstance(error, e.OperatorError) else {"exc_info": error}
            log.error("request failed", path=request.path, code=error.code, reason=str(error), **stack)
        if status in (404, 413, 422) and (stood := stood_on()):
            flash(spoken(error), "danger")
            return redirect(stood, 303)
        more: dict[str, Any] = {}
        if isinstance(error, e.FormInvalid):
            more["errors"] = field_messages(error)
        if isinstance(error, e.ModelRefused):
            more["faults"] = [
                {"file": f.file, "element": f.element, "line": f.line, "rule": f.rule, "text": f.text(language())}
                for f in error.faults
            ]
        return answer(status, outward(error, language()) if wants_json() else spoken(error), error.code, **more)

    @app.errorhandler(CSRFError)
    def stale_form(error: CSRFError) -> Any:
        if not current_user.is_authenticated:
            return signed_out()
        text = _("This page is too old to be sent. Reload it and try again; what you entered is kept.")
        return answer(400, text, "StaleForm")

    @app.errorhandler(RateLimitExceeded)
    def too_many(error: RateLimitExceeded) -> Any:
        return answer(429, _("Please wait a minute, then try again."), "TooManyRequests")

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> Any:
        status = error.code or 500
        if status < 400:
            return error
        texts = {
            404: _("There is nothing at this address. It may have moved, or the link is incomplete."),
            405: _("This address does not take that kind of request."),
            413: _("What was sent is larger than this installation accepts."),
        }
        if status == 413 and (stood := stood_on()):
            large = e.InvalidInput(place="file", reason=texts[413], reason_zh=texts[413])
            notices.point_at(large, language())
            flash(texts[413], "danger")
            return redirect(stood, 303)
        return answer(status, texts.get(status) or own_words(error), error.name.replace(" ", ""))

    @app.errorhandler(Exception)
    def unexpected(error: Exception) -> Any:
        if api.overtaken(error):
            return engine_error(e.Contended(reason=str(error)))
        log.error("request failed", path=request.path, reason=repr(error), exc_info=error)
        text = _("This is our fault, not yours. Nothing of the last step was saved; the operators can see it.")
        return answer(500, text, "InternalError")


def own_words(error: HTTPException) -> str:
    """What a refusal of ours says; the framework's own sentence is English, and not for readers."""
    own = error.description if error.description != type(error).description else None
    return own or _("The request could not be answered as it was sent.")


def open_too_long(form: Callable[[], Any]) -> AnyResponse:
    """A form of people without an account again, with what was entered, and why it was not taken: the browser has
    forgotten the page's session. 400, so that nobody takes it for done."""
    flash(_("This page was open for too long. Look through what you entered, then send it again."), "warning")
    shown = current_app.make_response(form())
    if shown.status_code == 200:
        shown.status_code = 400
    return shown


def signed_out() -> Response | AnyResponse | tuple[str, int]:
    """Nobody is signed in (any more): programs and htmx get 401, people the sign-in page and their way back."""
    text = _("Your session has ended. Sign in again; what you entered is kept in this browser.")
    if wants_json():
        return problem(401, titles()[401], text, "SignedOut")
    if is_fragment():
        return page(401, titles()[401], text)
    back = request.full_path.rstrip("?") if request.method == "GET" else request.form.get("page", "")
    if request.method != "GET" and not back:
        back = request.path.rsplit("/", 1)[0] if request.path.startswith("/tasks/") else ""
    return redirect(url_for("auth.sign_in_page", next=back or None, expired=1 if request.method != "GET" else None))
