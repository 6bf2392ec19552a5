"""The pages over a real engine: a house, its application, and people who sign in."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from engine import api, identity
from tests.house import PASSWORD, House
from tests.web.material import package
from web import create_app
from web.extensions import limiter


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """Pages are tried on SQLite; the engine's own tests hold both databases."""
    return f"sqlite:///{tmp_path / 'web.db'}"


@pytest.fixture
def house(open_house: Callable[..., House]) -> House:
    """A house whose people have passwords, with the book's tables and one small process."""
    house = open_house(handlers=("handlers",), secret_key="for tests alone")
    with house.writing() as session:
        for name in ("li", "wang", "hu", "root"):
            identity.set_password(session, name, PASSWORD)
        api.deploy(session, api.SYSTEM, "offer", package())
    return house


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
            assert found.sign_in(name).status_code == 302
        return found

    return one
