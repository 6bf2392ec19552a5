"""What a request asks: parameters of the address and of the body alike. Law: what is not understood is refused.

Camunda's lists take the same filters as GET (texts) and as POST (JSON). `Asked` reads both; at the end `done()` refuses
a filter that nobody took, for a filter that is silently left out answers another question.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from flask import request

from engine import api
from web.engine_rest.answers import invalid, unsupported
from web.engine_rest.values import read_moment
from web.scope import runtime

MOST_RESULTS = 2_000
"""A list is never longer; ask for the rest by firstResult."""
LARGEST = 10**15
PAGING = {"sortBy", "sortOrder", "sorting", "firstResult", "maxResults"}
HARMLESS = {"withoutTenantId", "deserializeValues", "deserializeValue", "includeAssignedTasks"} | {
    "disableBinaryFetching", "disableCustomObjectDeserialization", "includeDeploymentsWithoutTenantId",
    "includeProcessDefinitionsWithoutTenantId", "includeDecisionDefinitionsWithoutTenantId",
    "includeJobsWithoutTenantId", "includeJobDefinitionsWithoutTenantId",
}  # fmt: skip
"""Say nothing here: there is one tenant, and nothing is a Java object."""


def body() -> dict[str, Any]:
    """The request's JSON object, with exact numbers; an empty one when there is no body."""
    raw = request.get_data()
    if not raw.strip():
        return {}
    try:
        found = api.read_json(raw)
    except ValueError as error:
        raise invalid(f"Cannot parse the request: {error}") from error
    if not isinstance(found, dict):
        raise invalid("Cannot parse the request: an object is needed")
    return found


class Asked:
    """The filters of one request."""

    def __init__(self, sent: Mapping[str, Any] | None = None) -> None:
        self.sent = dict(request.args.items()) | body() if sent is None else dict(sent)
        """Filters of the body lie over those of the address, where paging stands."""
        self.taken: set[str] = set(HARMLESS) | PAGING
        self.zone = runtime().zone

    def get(self, name: str) -> Any:
        """A filter as it was sent; None when it was not."""
        self.taken.add(name)
        return self.sent.get(name)

    def text(self, name: str) -> str | None:
        """A text."""
        value = self.get(name)
        return None if value is None else str(value)

    def texts(self, name: str) -> tuple[str, ...]:
        """A list: JSON, or with commas between."""
        value = self.get(name)
        if value is None:
            return ()
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        if not isinstance(value, list):
            raise invalid(f"Cannot set query parameter '{name}' to value '{value}': a list is needed")
        return tuple(str(part) for part in value)

    def flag(self, name: str) -> bool | None:
        """Yes or no."""
        value = self.get(name)
        if value is None:
            return None
        if str(value).lower() not in ("true", "false"):
            raise invalid(f"Cannot set query parameter '{name}' to value '{value}': Cannot convert to boolean")
        return str(value).lower() == "true"

    def number(self, name: str) -> int | None:
        """A whole number."""
        value = self.get(name)
        return None if value is None else whole(name, value)

    def id(self, name: str) -> int | None:
        """One of our ids; one that cannot be ours finds nothing."""
        value = self.get(name)
        return None if value is None else id_of(value)

    def ids(self, *names: str) -> tuple[int, ...]:
        """Ids from a filter for one and a filter for several."""
        return tuple(id_of(text) for name in names for text in self.texts(name))

    def moment(self, name: str) -> datetime | None:
        """A moment."""
        value = self.get(name)
        return None if value is None else read_moment(str(value).replace(" ", "+"), self.zone, name)

    def order(self, known: Mapping[str, Any]) -> tuple[tuple[str, bool], ...]:
        """How the list is sorted: names, each with whether it falls."""
        sent = self.sent.get("sorting")
        if sent:
            pairs: Sequence[Mapping[str, Any]] = objects(self.sent, "sorting")
        else:
            pairs = [self.sent] if self.sent.get("sortBy") else []
        found = []
        for pair in pairs:
            name, way = pair.get("sortBy"), pair.get("sortOrder", "asc")
            if not isinstance(name, str) or name not in known:
                raise invalid(f"Cannot set query parameter 'sortBy' to value '{name}'")
            if way not in ("asc", "desc"):
                raise invalid(f"Cannot set query parameter 'sortOrder' to value '{way}'")
            found.append((str(name), way == "desc"))
        return tuple(found)

    @property
    def sorts(self) -> bool:
        """Whether the list is to be sorted, so that all of it has to be known."""
        return bool(self.sent.get("sorting") or self.sent.get("sortBy"))

    @property
    def first(self) -> int:
        """How many results are passed over."""
        return max(0, whole("firstResult", self.sent.get("firstResult") or 0))

    @property
    def most(self) -> int:
        """How many results are wanted at most."""
        sent = self.sent.get("maxResults")
        return min(MOST_RESULTS, max(0, whole("maxResults", sent))) if sent not in (None, "") else MOST_RESULTS

    def done(self) -> None:
        """501 for a filter that nobody took."""
        for name, value in self.sent.items():
            if name not in self.taken and value not in (None, [], {}, ""):
                raise unsupported(f"The filter '{name}'")


def whole(name: str, value: object) -> int:
    """A whole number from a text or a number. 400 otherwise, or when no span or priority is as large."""
    try:
        found = int(str(value))
    except ValueError as error:
        raise invalid(f"Cannot set query parameter '{name}' to value '{value}': Cannot convert to Integer") from error
    if abs(found) > LARGEST:
        raise invalid(f"Cannot set query parameter '{name}' to value '{value}': too large")
    return found


def id_of(text: object) -> int:
    """One of our ids from its text; 0, which nothing has, when it cannot be one."""
    value = str(text)
    return int(value) if value.isascii() and value.isdigit() and len(value) < 20 and int(value) < 2**63 else 0


def definition_of(text: object) -> int:
    """The id behind `key:version:id`; 0 when it cannot be one."""
    return id_of(str(text).rpartition(":")[2])


def definition_id(key: str, version: int, id: int) -> str:
    """A definition's id as Camunda writes it."""
    return f"{key}:{version}:{id}"


def required(sent: Mapping[str, Any], name: str) -> Any:
    """A part of the body that must be there."""
    if sent.get(name) is None:
        raise invalid(f"'{name}' is required")
    return sent[name]


def items(sent: Mapping[str, Any], name: str) -> list[Any]:
    """A part of the body that is a list; an empty one when it is not there."""
    found = sent.get(name) or []
    if not isinstance(found, list):
        raise invalid(f"'{name}' must be a list")
    return found


def objects(sent: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """A part of the body that is a list of objects."""
    found = items(sent, name)
    if not all(isinstance(one, Mapping) for one in found):
        raise invalid(f"'{name}' must be a list of objects")
    return found
