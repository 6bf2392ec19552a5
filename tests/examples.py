"""How many generated cases a property is tried on: few at every run, many with LONG_TESTS=1."""

import os


def cases(few: int, many: int) -> int:
    """`few`, or with LONG_TESTS `many`."""
    return many if "LONG_TESTS" in os.environ else few
