"""Engine errors as answers: a status by whose fault it is, told in the language of whoever asked."""

import pytest

from engine import errors as e
from web.errors import status_of

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
