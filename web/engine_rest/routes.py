"""Where each resource answers: gathered by its module, put on the blueprints of both prefixes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from flask import Blueprint

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(slots=True)
class Routes:
    """The addresses of one resource, below its path."""

    path: str
    rules: list[tuple[str, str, Callable[..., Any]]] = field(default_factory=list)

    def on(self, method: str, rule: str) -> Callable[[View], View]:
        """The view answers this method at this address."""

        def add(view: View) -> View:
            self.rules.append((method, self.path + rule, view))
            return view

        return add

    def get(self, rule: str) -> Callable[[View], View]:
        """GET."""
        return self.on("GET", rule)

    def post(self, rule: str) -> Callable[[View], View]:
        """POST."""
        return self.on("POST", rule)

    def put(self, rule: str) -> Callable[[View], View]:
        """PUT."""
        return self.on("PUT", rule)

    def delete(self, rule: str) -> Callable[[View], View]:
        """DELETE."""
        return self.on("DELETE", rule)

    def add_to(self, pages: Blueprint) -> None:
        """Put all of it on a blueprint."""
        for method, rule, view in self.rules:
            name = f"{view.__module__.rpartition('.')[2]}:{view.__name__}:{method}:{rule}".replace(".", "_")
            pages.add_url_rule(rule, name, view, methods=[method])
