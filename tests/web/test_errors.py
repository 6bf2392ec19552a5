"""Engine errors as answers: a status by whose fault it is, told in the language of whoever asked."""

import pytest
import sqlalchemy as sa

from engine import errors as e
from engine.store import tables as t
from tests.house import House
from web import create_app
from web.errors import outward, status_of

TABLE = [
    (e.NotFound(what="task", id=1), 404),
    (e.Forbidden(reason="no"), 403),
    (e.FourEyes(person="li", other="x"), 403),
    (e.SignInRefused(), 401),
    (e.AlreadyHandled(what="x", by="li", at="now"), 409),
    (e.AmbiguousMessage(name="m", count=2), 409),
    (e.WaitClosed(wait=1), 409),
    (e.Unreadable(place="body", reason="b"), 400),
    (e.DuplicateKey(key="k"), 422),
    (e.KeyInUse(key="k"), 409),
    (e.FormInvalid({"a": [("required", {})]}), 422),
    (e.InvalidInput(place="a", reason="b"), 422),
    (e.ModelRefused([]), 422),
    (e.StorageFull(reason="disk"), 507),
    (e.DatabaseUnavailable(reason="down"), 503),
    (e.SettingsInvalid(place="x", reason="y"), 503),
    (e.HandlerInputMissing(topic="t", names="n"), 500),
    (e.InternalError(reason="x"), 500),
]


@pytest.mark.parametrize(("error", "status"), TABLE, ids=lambda one: type(one).__name__)
def test_a_status_says_whose_fault_it_is(error: e.DealflowError, status: int) -> None:
    assert status_of(error) == status


def every(kind: type[e.DealflowError]) -> list[type[e.DealflowError]]:
    return [kind, *(one for child in kind.__subclasses__() for one in every(child))]


@pytest.mark.parametrize("kind", every(e.CallerError), ids=lambda kind: kind.__name__)
def test_what_the_caller_did_is_never_answered_as_our_fault(kind: type[e.DealflowError]) -> None:
    made = kind.__new__(kind)
    assert 400 <= status_of(made) < 500


@pytest.mark.parametrize("kind", every(e.OperatorError), ids=lambda kind: kind.__name__)
def test_what_the_house_must_mend_is_answered_as_unavailable(kind: type[e.DealflowError]) -> None:
    assert status_of(kind.__new__(kind)) in (503, 507)


@pytest.mark.parametrize("kind", [e.DatabaseUnavailable, *e.DatabaseUnavailable.__subclasses__(), e.StorageFull])
@pytest.mark.parametrize("tongue", ["zh", "en"])
def test_where_the_database_is_stays_in_the_house(kind: type[e.DealflowError], tongue: str) -> None:
    told = outward(kind(reason="connection to server at 10.0.0.5, port 5432 failed"), tongue)
    assert "10.0.0.5" not in told and ("日志" if tongue == "zh" else "log") in told


def test_a_program_is_told_to_come_back_soon_when_the_house_cannot_work_and_not_otherwise(house: House) -> None:
    client = create_app(runtime=house.runtime).test_client()
    assert "Retry-After" not in client.get("/api/v1/openapi.json").headers
    with house.writing() as session:
        session.execute(sa.text("DELETE FROM alembic_version"))
    answer = client.get("/readyz")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")


def test_who_was_overtaken_is_asked_to_try_again_and_a_fault_of_ours_stays_one(house: House) -> None:
    """On PostgreSQL another may have written the same name in between; SQLite has one writer: there it is our fault."""

    def same_name_twice() -> None:
        with house.writing() as session:
            for _ in range(2):
                session.execute(sa.insert(t.team).values(id="twice", name="twice", name_en="", strategy="queue"))

    app = create_app(runtime=house.runtime)
    [open_to_all] = [rule.endpoint for rule in app.url_map.iter_rules() if rule.rule == "/readyz"]
    app.view_functions[open_to_all] = same_name_twice
    answer = app.test_client().get("/readyz", headers={"Accept": "application/json"})
    overtaken = house.runtime.database.dialect.name == "postgresql"
    assert (answer.status_code, answer.get_json()["code"]) == (
        (503, "Contended") if overtaken else (500, "InternalError")
    )
