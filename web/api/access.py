"""Who calls, and the page that describes the calls."""

from __future__ import annotations

from typing import Any

from flask import request
from spectree import SecurityScheme, SecuritySchemeData, SpecTree
from spectree.models import SecureType

from engine import api
from engine.errors import Forbidden
from web.errors import problem
from web.scope import language

BEARER: dict[str, list[str]] = {"token": []}

spec = SpecTree(
    "flask",
    title="Dealflow",
    version="v1",
    path="served-by-ourselves",  # routes below this path would be left out
    mode="strict",
    page_templates={},
    security_schemes=[
        SecurityScheme(
            name="token",
            data=SecuritySchemeData(
                type=SecureType.HTTP,
                scheme="bearer",
                description="Made by `dealflow token create NAME --scope messages`.",
            ),
        )
    ],
)


def caller(db: Any, scope: str) -> api.Actor:
    """Who stands behind the request's token. Forbidden when it lacks the scope, or there is none."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    found = api.token_holder(db, token.strip(), scope) if kind.lower() == "bearer" and token else None
    if found is None:
        raise Forbidden(
            reason=f"a bearer token with the scope “{scope}” is needed",
            reason_zh=f"需要具有“{scope}”权限的令牌",
        )
    return found


def unauthorised() -> Any:
    """401 for a request without a token."""
    words = {"zh": "需要令牌（Authorization: Bearer …）。", "en": "A token is needed (Authorization: Bearer …)."}
    answer = problem(401, "Unauthorized", words[language()], "TokenMissing")
    answer.headers["WWW-Authenticate"] = "Bearer"
    return answer
