"""FEEL, the expression language of DMN 1.3 to 1.5 (chapter 10), complete and exact. Law: pure: text and values in,
values out; no clock, no SQL, no network, no thread. The moment is a value that the host hands in.

    price = compile_expression("amount * (1 + rate)", names={"amount", "rate"})
    price({"amount": Decimal(100), "rate": Decimal("0.05")}, Moment(now=now, zone=zone))   # Decimal("105.00")

The path: `lexer` → `names` and `parser` → `nodes` → `compiler` (with `compile_*` and `unary`) → closures over a
`scope`. `values` says which Python type stands for which FEEL type, `moment` what evaluation may know and where it
notes why a value is null, `reasons` all those reasons, `builtins_*` the functions, a chapter each.

Where the standard leaves a choice, or the conformance kit settles one:
- scientific notation (`1.2e3`), names in back quotes and the host's functions are read beyond the standard;
- times, and dates and times, are equal to the second; with and without zone they are never equal, but in order the
  one without is taken to be in the other's zone;
- a date has no difference from a date and time without zone, since it counts as midnight in UTC;
- `substring` may ask for more characters than there are; `years and months duration` takes a date beside a date and
  time; an interval whose start comes after its end is null;
- functions declared `external` are null when called;
- everything is bounded: text, nesting, iteration, and the size of strings, lists and results.
"""

from engine.feel.comparison import compare, equal
from engine.feel.expression import Expression, UnaryTests, compile_expression, compile_unary_tests
from engine.feel.moment import Moment, Notice
from engine.feel.text import to_string
from engine.feel.values import FunctionValue, Parameter, Range, Value, YearsMonths, admit, kind

__all__ = [
    "Expression",
    "FunctionValue",
    "Moment",
    "Notice",
    "Parameter",
    "Range",
    "UnaryTests",
    "Value",
    "YearsMonths",
    "admit",
    "compare",
    "compile_expression",
    "compile_unary_tests",
    "equal",
    "kind",
    "to_string",
]
