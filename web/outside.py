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
from web.scope import language, runtime

pages = Blueprint("outside", __name__)


@pages.get(f"{feedback.PATH}<token>")
@limiter.limit("60 per minute")
def answer(token: str) -> Any:
    """The form behind a letter's link."""
    feedback.letter_of(runtime().settings, token)
    return render_template("public/feedback.html", token=token, text="", refused=False, done=False)


@pages.post(f"{feedback.PATH}<token>")
@limiter.limit("10 per minute; 60 per hour")
def take_answer(token: str) -> Any:
    """Take what the client wrote to the service desk."""
    said = {"kind": request.form.get("kind"), "text": request.form.get("text"), "language": language()}
    try:
        runtime().unit(lambda db: feedback.take(db, token, said))
    except InvalidInput:
        page = render_template("public/feedback.html", token=token, text=said["text"], refused=True, done=False)
        return page, 422
    return render_template("public/feedback.html", token=token, text="", refused=False, done=True)


@pages.errorhandler(CSRFError)
def come_back(error: CSRFError) -> Any:
    """The form again, with what was written; a link that is not ours is told as one."""
    token = str((request.view_args or {}).get("token", ""))
    try:
        feedback.letter_of(runtime().settings, token)
    except NotFound as unknown:
        return current_app.handle_user_exception(unknown)
    written = {"text": request.form.get("text", ""), "refused": False, "done": False}
    return open_too_long(lambda: render_template("public/feedback.html", token=token, **written))


@pages.post("/hooks/<name>")
@csrf.exempt
@limiter.limit("120 per minute")
def hook(name: str) -> Any:
    """Take a signed message of another program: 200 with its matter, also when it came before."""
    signature, body = request.headers.get(signatures.HEADER, ""), request.get_data()
    done = runtime().unit(lambda db: webhooks.take(db, name, signature, body))
    return jsonify(state=done.state, route=done.route, matter_key=done.matter_key)
