"""Codes as people write them. Law: only where a rule of the form says what a code looks like; names stay as typed.

A Chinese keyboard's full-width letters and digits are compatibility characters of the plain ones (Unicode Standard
Annex #15, NFKC). The page reads them alike (web/frontend/src/form/codes.js).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

from engine.forms.patterns import JS_SPACE, found_in, js_pattern
from engine.forms.values import Field


def plain(text: str) -> str:
    """Half-width letters, digits and signs, without blanks around."""
    return unicodedata.normalize("NFKC", text).strip(JS_SPACE)


def meant(field: Field, value: object) -> object:
    """What was meant by a value sent for a field: numbers, telephone numbers, e-mail addresses, and text that a
    pattern refuses as it stands but takes when it is plain, or plain and upper case. Anything else as it stands.
    """
    if not isinstance(value, str) or not value:
        return value
    if field.get("type") == "number":
        return plain(value)
    rules = field.get("validate")
    if field.get("type") != "textfield" or not isinstance(rules, Mapping):
        return value
    if rules.get("validationType") in ("phone", "email"):
        return plain(value)
    pattern = js_pattern(str(rules["pattern"])) if rules.get("pattern") else None
    if pattern is None or found_in(value, pattern):
        return value
    return next((text for text in (plain(value), plain(value).upper()) if found_in(text, pattern)), value)
