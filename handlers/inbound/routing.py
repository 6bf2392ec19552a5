"""What a message from outside is about. Pure. A person may sort it otherwise later; nothing is refused here.

By the mailbox it was sent to first (`complaints@`, `inquiry@` …), then by its words. Somebody whom we do not know and
who names no complaint asks for financing; of a client, what is neither is for a person to read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

Route = Literal["inquiry", "complaint", "suggestion", "reply", "unsorted"]

MAILBOXES: Mapping[str, Route] = {
    "complaint": "complaint",
    "complaints": "complaint",
    "tousu": "complaint",
    "feedback": "suggestion",
    "suggestion": "suggestion",
    "suggestions": "suggestion",
    "inquiry": "inquiry",
    "inquiries": "inquiry",
    "financing": "inquiry",
}
"""Local part of the address (what follows a plus does not count) -> route."""

WORDS: tuple[tuple[Route, tuple[str, ...]], ...] = (
    ("complaint", ("投诉", "不满", "complaint", "complain ", "dissatisfied")),
    ("suggestion", ("建议", "意见反馈", "suggestion", "feedback")),
    ("inquiry", ("融资咨询", "申请融资", "项目贷款", "融资需求", "financing request", "loan inquiry", "inquiry")),
)
"""Words of the subject or the first lines, the first that fits; case does not matter."""

_KEY = re.compile(r"\b(?:PJ|CL|FA|CO|AL|CP|SV)-\d{4}-\d{4,}\b")
_FIRST = 500


def route_of(mailbox: str, subject: str, text: str, *, known: bool) -> Route:
    """The route of a message that belongs to no running matter. `known`: the sender is in the book."""
    named = MAILBOXES.get(mailbox.partition("@")[0].partition("+")[0].strip().lower())
    if named is not None:
        return named
    said = f"{subject}\n{text[:_FIRST]}".lower()
    for route, words in WORDS:
        if any(word in said for word in words):
            return route
    return "unsorted" if known else "inquiry"


def key_in(subject: str) -> str | None:
    """The business key that a subject quotes, as our letters do."""
    found = _KEY.search(subject.upper())
    return found[0] if found else None
