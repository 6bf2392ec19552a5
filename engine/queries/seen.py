"""A text in the business facts that a reader is shown. Law: what somebody may not see is not found by its value either;
a search that found it would tell it.

Facts are asked one by one, by name, for in their bytes a value stands beside the others.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles

from engine.feel.codec import encode_value


def stands_in_shown(facts: Any, text: str, unseen: Collection[str], *, whatever_case: bool = False) -> Any:
    """Whether a text stands in the value of one of the facts, those named in `unseen` left aside, as a condition.

    facts: the column. whatever_case: the text is lower-case, and the values are read so too.
    """
    names = "\n".join(["", *sorted(unseen), ""])
    piece = encode_value(text)[1:-1].decode()
    found = [_Shown(sa.type_coerce(facts, sa.LargeBinary), sa.literal(names), sa.literal(piece))]
    if whatever_case:
        found.append(_ShownLower(sa.type_coerce(facts, sa.LargeBinary), sa.literal(names), sa.literal(piece)))
    return sa.or_(*found)


class _Shown(sa.sql.functions.GenericFunction[bool]):
    """Whether a piece stands in the value of a fact whose name is not among the lines of `names`."""

    type = sa.Boolean()
    inherit_cache = True
    name = "stands_in_shown"
    value_sqlite, value_postgresql = "json_quote(f.value)", "f.value::text"


class _ShownLower(_Shown):
    inherit_cache = True
    name = "stands_in_shown_lower"
    value_sqlite, value_postgresql = "lower(json_quote(f.value))", "lower(f.value::text)"


@compiles(_Shown)
@compiles(_ShownLower)
def _shown(element: _Shown, compiler: Any, **kw: Any) -> str:
    facts, names, piece = (compiler.process(one, **kw) for one in element.clauses)
    if compiler.dialect.name == "sqlite":
        rows, key = f"json_each(CAST({facts} AS TEXT)) AS f", "char(10) || f.key || char(10)"
        where = f"instr({names}, {key}) = 0 AND instr({element.value_sqlite}, {piece}) > 0"
    else:
        rows, key = f"json_each(convert_from({facts}, 'UTF8')::json) AS f", "chr(10) || f.key || chr(10)"
        where = f"position({key} in {names}) = 0 AND position({piece} in {element.value_postgresql}) > 0"
    return f"EXISTS (SELECT 1 FROM {rows} WHERE {where})"
