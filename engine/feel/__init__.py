"""FEEL, the expression language of DMN 1.5 (chapter 10), complete and exact. Law: pure: text and values in,
values out; no clock, no SQL, no network, no thread. The moment is a value that the host hands in.

    price = compile_expression("amount * (1 + rate)", names={"amount", "rate"})
    price({"amount": Decimal(100), "rate": Decimal("0.05")}, Moment(now=now, zone=zone))   # Decimal("105.00")

`values` says which Python type stands for which FEEL type, `moment` what evaluation may know and where it
notes why a value is null.
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
