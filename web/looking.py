"""Pages as somebody reads them who acts nowhere. Law: auditors open every page (`web.rights`), and a form that the
table would refuse them stands there with what is set in it, but closed and without its buttons.

The table itself is asked, form by form, so that no template has to remember it. Forms cannot nest (HTML, 4.10.3), so
that the next end tag is a form's own.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, request
from flask_login import current_user
from markupsafe import Markup
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from web.rights import may_act
from web.scope import actor

FORM = re.compile(r'(<form\b(?=[^>]*\bmethod="post")[^>]*>)(.*?)(</form>)', re.S | re.I)
ACTION = re.compile(r'\baction="([^"]*)"')
OPENED, CLOSED = '<fieldset class="df-looks" disabled>', "</fieldset>"


def add_to(app: Flask) -> None:
    """Close to auditors the forms of acts that are not theirs."""
    app.after_request(close)


def close(answer: Response) -> Response:
    """The page with such forms closed; any other answer as it is."""
    if answer.mimetype != "text/html" or answer.is_streamed or not current_user.is_authenticated:
        return answer
    if "auditor" in actor().teams and not actor().is_admin:
        answer.set_data(FORM.sub(_closed, answer.get_data(as_text=True)))
    return answer


def _closed(form: re.Match[str]) -> str:
    begun, within, end = form.groups()
    action = ACTION.search(begun)
    return form[0] if _is_theirs(action[1] if action else "") else f"{begun}{OPENED}{within}{CLOSED}{end}"


def _is_theirs(action: str) -> bool:
    """Whether whoever is signed in may send a form there: by the view's page in the table."""
    path = urlsplit(Markup(action).unescape()).path or request.path
    try:
        endpoint, _arguments = current_app.create_url_adapter(request).match(path, "POST")  # type: ignore[union-attr]
    except (HTTPException, RequestRedirect):
        return True
    page = getattr(current_app.view_functions[endpoint], "page", None)
    return page is None or may_act(page)
