"""The arithmetic of project finance: one subject a file, values in, values out.

Law: pure. No clock, no database, no file; Decimal with 34 digits inside and ROUND_HALF_UP where a number leaves (the
docstring says to which place), Fraction where exactness asks it; never a float. What is missing is refused with the
reason in both languages, never taken for nought and never for compliant. Formulas, sources and places: docs/domain.md.
"""
