"""One house with deals for all pages of this room."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask.testing import FlaskClient

from handlers import demo
from tests.browser import gallery
from tests.browser.rooms import portfolio
from web import create_app
from web.extensions import limiter


@pytest.fixture(scope="package")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[gallery.Gallery]:
    """A house with an evaluation under way and two loans."""
    found = gallery.Gallery(gallery.build(tmp_path_factory.mktemp("deals")))
    found.rooms = portfolio.furnish(found)
    yield found
    found.house.runtime.database.dispose()


@pytest.fixture(scope="package")
def enter(shown: gallery.Gallery) -> Callable[[str], FlaskClient]:
    """Somebody signed in, by name."""
    app = create_app(runtime=shown.house.runtime)
    app.config["WTF_CSRF_ENABLED"] = False
    inside: dict[str, FlaskClient] = {}

    def one(name: str = "") -> FlaskClient:
        if name not in inside:
            limiter.reset()
            inside[name] = app.test_client()
            if name:
                answer = inside[name].post("/login", data={"name": name, "password": demo.PASSWORD})
                assert answer.status_code == 302
        return inside[name]

    return one
