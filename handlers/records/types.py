"""Column types of the book. Law: money and rates are Decimal from end to end; a float never enters a row."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine


class Exact(TypeDecorator[Decimal]):
    """A Decimal with a fixed number of places, rounded half up when written (as amounts are throughout).

    PostgreSQL keeps numeric(digits, places); SQLite, whose numbers are binary floats, keeps the text. Floats
    are refused: what they stand for is known to their author only.
    """

    impl = sa.Numeric
    cache_ok = True

    def __init__(self, digits: int, places: int) -> None:
        super().__init__(digits, places)
        self.digits = digits
        self.places = places

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(sa.String(self.digits + 2))
        return dialect.type_descriptor(sa.Numeric(self.digits, self.places))

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, Decimal | int):
            raise TypeError(f"an exact number is a Decimal or an int, not {type(value).__name__}")
        number = Decimal(value)
        if not number.is_finite():
            raise ValueError(f"not a number that can be kept: {value}")
        if number.adjusted() >= self.digits - self.places:
            raise ValueError(f"{value} has more than {self.digits - self.places} digits before the point")
        rounded = number.quantize(Decimal(1).scaleb(-self.places), ROUND_HALF_UP)
        return format(rounded, "f") if dialect.name == "sqlite" else rounded

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value)


Money = Exact(20, 2)
"""An amount in the unit of its currency (yuan, dollar), to the cent."""

Rate = Exact(18, 10)
"""A share or rate as a fraction of one: 0.25 is 25 %."""
