"""All built-in functions of FEEL (DMN 1.5 §10.3.4), one module a chapter; importing them declares them."""

from __future__ import annotations

from typing import Final

from engine.feel import (
    builtins_contexts,
    builtins_conversion,
    builtins_dates,
    builtins_lists,
    builtins_numbers,
    builtins_ranges,
    builtins_strings,
)
from engine.feel.builtin import BUILTINS, Builtin

CHAPTERS: Final = (
    builtins_conversion,
    builtins_strings,
    builtins_lists,
    builtins_numbers,
    builtins_dates,
    builtins_ranges,
    builtins_contexts,
)

COMPOUND_NAMES: Final = tuple(name for name in BUILTINS if " " in name)
"""The names with blanks, which the parser must know."""

__all__ = ["BUILTINS", "CHAPTERS", "COMPOUND_NAMES", "Builtin"]
