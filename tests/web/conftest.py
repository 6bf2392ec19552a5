"""The pages over a real engine: a house, its application, and people who sign in."""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flask import session
from flask.sessions import SecureCookieSessionInterface
from flask.testing import FlaskClient
from flask_wtf.csrf import generate_csrf
from werkzeug.test import TestResponse

from engine import api, identity
from engine.settings import load
from tests.house import PASSWORD, House, MovableClock, build
from tests.once import made_once
from tests.web.material import package
from web import auth, catalogue, create_app, scope
from web.extensions import limiter


def furnish(folder: Path) -> dict[str, Any]:
    """People who have passwords, the book's tables, one small process; the compiled catalogues."""
    house = build(f"sqlite:///{folder / 'web.db'}", folder, handlers=("handlers",))
    with house.writing() as session:
        for name in ("li", "wang", "hu", "chen", "root", "owen"):
            identity.set_password(session, name, PASSWORD)
        api.deploy(session, api.SYSTEM, "offer", package())
    house.runtime.database.dispose()
    with closing(sqlite3.connect(folder / "web.db")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    catalogue.compiled(folder)
    return {}


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database to be copied for every test, beside the compiled catalogues."""
    return made_once(tmp_path_factory, "house-for-pages", furnish)[0] / "web.db"


@pytest.fixture
def house(furnished: Path, tmp_path: Path) -> Iterator[House]:
    """A furnished house on a copy of its own. Pages are tried on SQLite; the engine's tests hold both databases."""
    shutil.copy(furnished, tmp_path / "web.db")
    shutil.copytree(furnished.parent / "translations", tmp_path / "translations")
    clock = MovableClock()
    settings = load(
        database_url=f"sqlite:///{tmp_path / 'web.db'}",
        data_dir=tmp_path,
        bpmn_dir=tmp_path / "bpmn",
        handlers=("handlers",),
        secret_key="for tests alone",
    )
    runtime = api.open_engine(settings, clock)
    yield House(runtime, clock)
    runtime.database.dispose()


@dataclass
class Visitor:
    """A browser without a screen: keeps cookies, sends the page's CSRF token."""

    client: FlaskClient
    token: str = ""
    pages: list[str] = field(default_factory=list)

    def get(self, path: str, **more: Any) -> TestResponse:
        """Open a page and remember its token."""
        answer = self.client.get(path, **more)
        found = re.search(r'name="csrf-token" content="([^"]+)"', answer.get_data(as_text=True))
        self.token = found[1] if found else self.token
        return answer

    def post(self, path: str, data: dict[str, Any] | None = None, **more: Any) -> TestResponse:
        """Send a form of the page seen last."""
        return self.client.post(path, data={"csrf_token": self.token, **(data or {})}, **more)

    def let_in(self, name: str) -> None:
        """Give the browser what signing in leaves in it, without the three pages that somebody passes on the way."""
        app = self.client.application
        with app.test_request_context("/login", environ_base={"REMOTE_ADDR": "127.0.0.1"}):
            with scope.runtime().transaction() as db:
                known = auth.signed_in(db, str(api.sign_in(db, name, PASSWORD)["id"]))
            auth.let_in(known, "password")
            self.token = generate_csrf()
            signer = SecureCookieSessionInterface().get_signing_serializer(app)
            assert signer is not None
            self.client.set_cookie(app.config["SESSION_COOKIE_NAME"], str(signer.dumps(dict(session))))
        self.client.set_cookie(scope.USUAL, known.language)

    def sign_in(self, name: str, password: str = PASSWORD, next: str = "") -> TestResponse:
        """Sign in through the page."""
        self.get("/login")
        answer = self.post("/login", {"name": name, "password": password, "next": next})
        if answer.status_code == 302:
            self.get("/inbox")
        return answer


@pytest.fixture
def visitor(house: House) -> Callable[[str], Visitor]:
    """A new browser; with a name somebody is signed in."""
    app = create_app(runtime=house.runtime)
    app.config["TESTING"] = False
    limiter.reset()

    def one(name: str = "") -> Visitor:
        found = Visitor(app.test_client())
        if name:
            found.let_in(name)
        return found

    return one
