"""Answers as data: what a task or a message is filled with, from texts that may be FEEL. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from engine.feel import Expression, Moment, compile_expression

HERE = Path(__file__).parent


@lru_cache
def book(name: str) -> Mapping[str, Any]:
    """One of the files of answers."""
    return dict(json.loads((HERE / f"{name}.json").read_text("utf-8")))


def spoken(value: Any, seen: Mapping[str, Any], moment: Moment) -> Any:
    """A value with its expressions evaluated over what is seen, and its days counted from the moment's date."""
    if isinstance(value, Mapping):
        return {name: spoken(one, seen, moment) for name, one in value.items()}
    if isinstance(value, list):
        return [spoken(one, seen, moment) for one in value]
    if isinstance(value, str) and value.startswith("@day "):
        return (_today(moment) + timedelta(days=int(value[5:]))).isoformat()
    if isinstance(value, str) and value.startswith("="):
        return _compiled(value[1:].strip(), frozenset(seen))(dict(seen), moment)
    return value


def _today(moment: Moment) -> date:
    return moment.now.astimezone(moment.zone).date()


@lru_cache(maxsize=2000)
def _compiled(text: str, names: frozenset[str]) -> Expression:
    return compile_expression(text, names=names)
