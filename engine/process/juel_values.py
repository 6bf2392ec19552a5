"""What JUEL's operators and methods do with values. Law: pure, Decimal for numbers, no attribute of a Python object.

Operators follow the Unified Expression Language (JSR-245, §1.6-§1.12) with these deviations, all towards exactness:
numbers are Decimal (never double), `+` with a string on either side joins, integers stay integers under + - * %.
Methods are a closed list by the kind of value; what is not listed cannot be called.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation
from typing import Any, Final

Value = Any

DECIMAL128: Final = Context(prec=34, rounding=ROUND_HALF_EVEN, Emin=-6143, Emax=6144)


class CannotEvaluate(Exception):
    """An operation has no meaning for its values; both texts say why. The expression's text is added outside."""

    def __init__(self, en: str, zh: str) -> None:
        super().__init__(en)
        self.en = en
        self.zh = zh


def kind_name(value: Value) -> tuple[str, str]:
    """The kind of a value, for messages, in English and Chinese."""
    if value is None:
        return "null", "空值"
    if isinstance(value, bool):
        return "boolean", "布尔值"
    if isinstance(value, int | Decimal | float):
        return "number", "数字"
    if isinstance(value, str):
        return "string", "文本"
    if isinstance(value, datetime | date | time):
        return "date or time", "日期时间"
    if isinstance(value, Mapping):
        return "context", "结构"
    return ("list", "列表") if isinstance(value, Sequence) else ("value", "值")


def number(value: Value) -> Decimal | int:
    """EL coercion to a number: null is 0, text is read as a number; anything else has no number."""
    if type(value) is int or type(value) is Decimal:
        return value
    if value is None or value == "":
        return 0
    if isinstance(value, bool):
        raise CannotEvaluate("true and false are no numbers", "布尔值不能当作数字")
    if isinstance(value, int | Decimal):
        return value
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, str):
        try:
            return Decimal(value.strip())
        except InvalidOperation:
            pass
    en, zh = kind_name(value)
    shown = f" “{value}”" if isinstance(value, str) else ""
    raise CannotEvaluate(f"the {en}{shown} is no number", f"{zh}{shown}不是数字")


def truth(value: Value) -> bool:
    """EL coercion to a boolean: null and empty text are false, text is true only when it says `true`."""
    if value is True or value is False:
        return bool(value)
    if value is None:
        return False
    if isinstance(value, str):
        return value.strip().lower() == "true"
    en, zh = kind_name(value)
    raise CannotEvaluate(f"a {en} is neither true nor false", f"{zh}不能当作真或假")


def text(value: Value) -> str:
    """EL coercion to text: null is empty, booleans in lower case, numbers without an exponent."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return str(value)


def add(a: Value, b: Value) -> Value:
    """Sum of numbers; with a text on either side, both as text, joined; date and duration."""
    if isinstance(a, str) or isinstance(b, str):
        return text(a) + text(b)
    if isinstance(a, date | timedelta) or isinstance(b, date | timedelta):
        return _temporal(lambda: a + b, "+")
    a, b = number(a), number(b)
    return a + b if type(a) is int and type(b) is int else DECIMAL128.add(Decimal(a), Decimal(b))


def subtract(a: Value, b: Value) -> Value:
    """Difference of numbers, or of dates and durations."""
    if isinstance(a, date | timedelta):
        return _temporal(lambda: a - b, "-")
    a, b = number(a), number(b)
    return a - b if type(a) is int and type(b) is int else DECIMAL128.subtract(Decimal(a), Decimal(b))


def multiply(a: Value, b: Value) -> Value:
    """Product of numbers."""
    a, b = number(a), number(b)
    return a * b if type(a) is int and type(b) is int else DECIMAL128.multiply(Decimal(a), Decimal(b))


def divide(a: Value, b: Value) -> Decimal:
    """Quotient to 34 significant digits, half to even; division by zero fails."""
    divisor = Decimal(number(b))
    if not divisor:
        raise CannotEvaluate("division by zero", "除数为零")
    return DECIMAL128.divide(Decimal(number(a)), divisor)


def modulo(a: Value, b: Value) -> Value:
    """Remainder with the sign of the dividend, as in Java."""
    a, b = number(a), number(b)
    if not b:
        raise CannotEvaluate("division by zero", "除数为零")
    left = DECIMAL128.remainder(Decimal(a), Decimal(b))
    return int(left) if type(a) is int and type(b) is int else left


def negative(a: Value) -> Value:
    """The number with its sign changed."""
    value = number(a)
    return -value if type(value) is int else DECIMAL128.minus(value)


def equal(a: Value, b: Value) -> bool:
    """EL equality: null only equals null; a number and a text compare as numbers; a boolean and a text as booleans."""
    if a is None or b is None:
        return a is b
    if isinstance(a, bool) or isinstance(b, bool):
        if isinstance(a, bool | str) and isinstance(b, bool | str):
            return truth(a) is truth(b)
        return False
    if isinstance(a, str) != isinstance(b, str):
        return _text_equal(a, b) if isinstance(a, str) else _text_equal(b, a)
    try:
        return bool(a == b)
    except TypeError:
        return False


def _text_equal(written: str, other: Value) -> bool:
    if isinstance(other, int | Decimal | float):
        try:
            return number(written) == number(other)
        except CannotEvaluate:
            return False
    return isinstance(other, date | time) and written == text(other)


def compare(a: Value, b: Value) -> int:
    """-1, 0 or 1. Texts compare as texts, dates with dates, all else as numbers; null has no order."""
    if a is None or b is None:
        raise CannotEvaluate("null has no order", "空值不能比较大小")
    if isinstance(a, str) and isinstance(b, str):
        return int(a > b) - int(a < b)
    if isinstance(a, date | time | timedelta) and not isinstance(a, bool):
        return int(_temporal(lambda: (a > b) - (a < b), "<"))
    left, right = number(a), number(b)
    return (left > right) - (left < right)


def empty(value: Value) -> bool:
    """EL `empty`: null, empty text, list or context."""
    return value is None or (isinstance(value, str | Mapping | Sequence) and len(value) == 0)


def _temporal(compute: Callable[[], Value], sign: str) -> Value:
    try:
        return compute()
    except (TypeError, OverflowError):
        raise CannotEvaluate(
            f"“{sign}” does not work between these dates or durations", f"日期或时长之间无法使用“{sign}”"
        ) from None


def item(value: Value, key: Value) -> Value:
    """`value[key]` or `value.key`: an entry of a context (null when absent) or of a list; of null: null."""
    if value is None:
        return None
    if isinstance(value, Mapping):
        return value.get(key)
    if isinstance(value, Sequence) and not isinstance(value, str):
        if isinstance(key, str) and not key.lstrip("-").isdigit():
            raise CannotEvaluate(f"a list has no “{key}”", f"列表没有“{key}”")
        index = int(number(key))
        return value[index] if 0 <= index < len(value) else None
    if isinstance(value, date | time | timedelta) and key in TEMPORAL_FIELDS:
        found = getattr(value, str(key), None)
        if found is not None:
            return found
    en, zh = kind_name(value)
    raise CannotEvaluate(f"a {en} has no “{key}”", f"{zh}没有“{key}”")


TEMPORAL_FIELDS: Final = frozenset({"year", "month", "day", "hour", "minute", "second", "days"})


def _substring(value: str, start: Value, end: Value = None) -> str:
    return value[int(number(start)) : None if end is None else int(number(end))]


def _position(value: Sequence[Value], sought: Value) -> int:
    if isinstance(value, str):
        return value.find(str(sought))
    return next((at for at, entry in enumerate(value) if equal(entry, sought)), -1)


def _get_or_default(value: Mapping[Value, Value], key: Value, default: Value) -> Value:
    return value.get(key, default)


Method = Callable[..., Value]

ANY_METHODS: Final[Mapping[str, Method]] = {
    "equals": equal,
    "toString": text,
}
TEXT_METHODS: Final[Mapping[str, Method]] = {
    "length": len,
    "isEmpty": empty,
    "isBlank": lambda value: not value.strip(),
    "toUpperCase": lambda value: value.upper(),
    "toLowerCase": lambda value: value.lower(),
    "trim": lambda value: value.strip(),
    "contains": lambda value, part: text(part) in value,
    "startsWith": lambda value, part: value.startswith(text(part)),
    "endsWith": lambda value, part: value.endswith(text(part)),
    "equalsIgnoreCase": lambda value, other: value.casefold() == text(other).casefold(),
    "indexOf": _position,
    "substring": _substring,
    "replace": lambda value, old, new: value.replace(text(old), text(new)),
    "concat": lambda value, other: value + text(other),
    "split": lambda value, sign: value.split(text(sign)),
    "compareTo": compare,
}
LIST_METHODS: Final[Mapping[str, Method]] = {
    "size": len,
    "isEmpty": empty,
    "contains": lambda value, sought: _position(value, sought) >= 0,
    "indexOf": _position,
    "get": item,
}
CONTEXT_METHODS: Final[Mapping[str, Method]] = {
    "size": len,
    "isEmpty": empty,
    "get": item,
    "getOrDefault": _get_or_default,
    "containsKey": lambda value, key: key in value,
    "keySet": list,
    "values": lambda value: list(value.values()),
}
NUMBER_METHODS: Final[Mapping[str, Method]] = {
    "intValue": int,
    "longValue": int,
    "doubleValue": Decimal,
    "compareTo": compare,
    "add": add,
    "subtract": subtract,
    "multiply": multiply,
    "divide": divide,
    "negate": negative,
    "abs": abs,
}
BOOLEAN_METHODS: Final[Mapping[str, Method]] = {"booleanValue": truth}
TEMPORAL_METHODS: Final[Mapping[str, Method]] = {
    "isBefore": lambda value, other: compare(value, other) < 0,
    "isAfter": lambda value, other: compare(value, other) > 0,
    "compareTo": compare,
}

METHODS: Final = frozenset().union(
    ANY_METHODS,
    TEXT_METHODS,
    LIST_METHODS,
    CONTEXT_METHODS,
    NUMBER_METHODS,
    BOOLEAN_METHODS,
    TEMPORAL_METHODS,
)
"""Every method name that may stand in an expression; others are refused when the model is deployed."""


def call_method(value: Value, name: str, arguments: Sequence[Value]) -> Value:
    """Call a listed method. Raises CannotEvaluate where that kind of value has none of that name."""
    method = _methods_of(value).get(name) or ANY_METHODS.get(name)
    if method is None or (value is None and name != "equals"):
        en, zh = kind_name(value)
        raise CannotEvaluate(f"a {en} has no method {name}()", f"{zh}没有方法 {name}()")
    try:
        return method(value, *arguments)
    except (TypeError, ValueError, IndexError):
        raise CannotEvaluate(
            f"{name}() does not take these {len(arguments)} argument(s)", f"{name}() 的参数不合适"
        ) from None


def _methods_of(value: Value) -> Mapping[str, Method]:
    if isinstance(value, str):
        return TEXT_METHODS
    if isinstance(value, bool):
        return BOOLEAN_METHODS
    if isinstance(value, int | Decimal | float):
        return NUMBER_METHODS
    if isinstance(value, Mapping):
        return CONTEXT_METHODS
    if isinstance(value, date | time | timedelta):
        return TEMPORAL_METHODS
    return LIST_METHODS if isinstance(value, Sequence) else {}
