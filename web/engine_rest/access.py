"""Who calls: a person with name and password, or a program with a token. Law: rights are those of the pages.

A person's rights are looked up at every request. That a password fits is remembered for a minute, as a keyed hash, for
clients send it with every request and checking it takes a tenth of a second on purpose.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar, cast

from flask import g, request

from engine import api
from engine.errors import NotFound, SignInRefused
from engine.queries.administration import password_mark
from engine.queries.programs import PROGRAM
from handlers import sights
from web import rights
from web.auth import single_sign_on
from web.engine_rest.answers import Refused
from web.scope import runtime

Value = TypeVar("Value")
REMEMBERED = 60.0
MOST = 1_000


@dataclass(slots=True)
class Passwords:
    """Which names and passwords were found to fit, and until when. One is checked at a time: each takes 64 MB."""

    key: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    until: dict[bytes, float] = field(default_factory=dict)
    checking: threading.Lock = field(default_factory=threading.Lock)

    def fits(self, name: str, password: str) -> bool:
        """Whether the password is the person's; a failed try is counted, as on the sign-in page."""
        with runtime().reading() as db:
            mark = password_mark(db, name)  # a password that was changed since fits no longer
        digest = hmac.digest(self.key, f"{name}\0{mark}\0{password}".encode(), hashlib.sha256)
        if self.until.get(digest, 0.0) > time.monotonic():
            return True
        with self.checking:
            if self.until.get(digest, 0.0) > time.monotonic():  # somebody else just found out
                return True
            refused: SignInRefused | None = None
            with runtime().transaction() as db:
                try:
                    api.sign_in(db, name, password)
                except SignInRefused as found:  # counted: committed as well
                    refused = found
            if refused is None:
                if len(self.until) >= MOST:
                    self.until.clear()
                self.until[digest] = time.monotonic() + REMEMBERED
        return refused is None


_passwords = Passwords()


def admit() -> None:
    """Find out who calls, before anything else; 401 when nobody does."""
    found = _bearer() if request.headers.get("Authorization", "").lower().startswith("bearer ") else _basic()
    if sights.segment(found) is not None:  # its lists know no segments
        raise Refused(403, "AuthorizationException", f"The user with id '{found.id}' is not shown the whole house.")
    g.actor = found


def actor() -> api.Actor:
    """Who calls."""
    return cast(api.Actor, g.actor)


def fits(name: str, password: str) -> bool:
    """Whether the password is the person's."""
    return _passwords.fits(name[:200], password[:1000])


def _basic() -> api.Actor:
    sent = request.authorization
    name, password = (
        (sent.username or "", sent.password or "") if sent is not None and sent.type == "basic" else ("", "")
    )
    if not name or not fits(name, password):
        raise _unknown()
    with runtime().reading() as db:
        try:
            found = api.actor(db, name)
        except NotFound as error:
            raise _unknown() from error
    if single_sign_on().get("only") and not found.is_admin:  # as on the sign-in page
        raise _unknown()
    return found


def _bearer() -> api.Actor:
    token = request.headers["Authorization"].partition(" ")[2].strip()
    with runtime().reading() as db:
        found = api.token_holder(db, token, PROGRAM)
    if found is None:
        raise _unknown()
    return found


def _unknown() -> Refused:
    return Refused(
        401,
        "AuthenticationException",
        "Sign in: Basic with a person's name and password, or Bearer with a token of the scope engine-rest.",
    )


def seen(variables: Mapping[str, Value]) -> dict[str, Value]:
    """Variables, without those that the caller may not see on pages either (`handlers.sights`)."""
    return sights.without_hidden(actor(), variables)


def require_operator(case: object) -> None:
    """Lists over the whole house of what failed are for process owners and auditors; of one case, for all."""
    who = actor()
    if not case and not (rights.allows(rights.PAGES["operations"].read, who) or "auditor" in who.teams):
        raise Refused(403, "AuthorizationException", f"The user with id '{who.id}' may ask this by processInstanceId.")


def require_owner() -> None:
    """Only process owners and administrators go on."""
    who = actor()
    if not (who.is_admin or "process_owner" in who.teams):
        raise Refused(403, "AuthorizationException", f"The user with id '{who.id}' is no process owner.")
