"""What comes in beside the forms: a word back on a letter, and signed requests of other programs.

Law: whoever has the link of a letter may answer that letter and nothing else; a program is known by its signature.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, jsonify, render_template, request
from flask_wtf.csrf import CSRFError

from engine.errors import InvalidInput, NotFound
from handlers import feedback
from handlers.channels import signatures
from handlers.inbound import webhooks
from web.errors import open_too_long
from web.extensions import csrf, limiter
from web.scope import is_chinese, language, runtime, written

pages = Blueprint("outside", __name__)


@pages.get(f"{feedback.PATH}<token>")
@limiter.limit("60 per minute")
def answer(token: str) -> Any:
    """The form behind a letter's link."""
    feedback.letter_of(runtime().settings, token)
    return form(token)


def form(token: str, text: str = "", fault: str = "") -> str:
    """The form with what was written, and why it was not taken."""
    return render_template("public/feedback.html", token=token, text=text, fault=fault, done=False)


@pages.post(f"{feedback.PATH}<token>")
@limiter.limit("10 per minute; 60 per hour")
def take_answer(token: str) -> Any:
    """Take what the client wrote to the service desk."""
    text = written("text")
    said = {"kind": request.form.get("kind"), "text": text, "language": language()}
    try:
        runtime().unit(lambda db: feedback.take(db, token, said))
    except InvalidInput as fault:
        return form(token, text, str(fault.fields["reason_zh" if is_chinese() else "reason"])), 422
    return render_template("public/feedback.html", done=True)


@pages.errorhandler(CSRFError)
def come_back(error: CSRFError) -> Any:
    """The form again, with what was written; a link that is not ours is told as one."""
    token = str((request.view_args or {}).get("token", ""))
    try:
        feedback.letter_of(runtime().settings, token)
    except NotFound as unknown:
        return current_app.handle_user_exception(unknown)
    return open_too_long(lambda: form(token, written("text")))


@pages.post("/hooks/<name>")
@csrf.exempt
@limiter.limit("120 per minute")
def hook(name: str) -> Any:
    """Take a signed message of another program: 200 with its matter, also when it came before."""
    signature, body = request.headers.get(signatures.HEADER, ""), request.get_data()
    done = runtime().unit(lambda db: webhooks.take(db, name, signature, body))
    return jsonify(state=done.state, route=done.route, matter_key=done.matter_key)
