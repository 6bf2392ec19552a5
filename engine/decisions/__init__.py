"""DMN 1.1 to 1.5: a file becomes a checked model, the model compiled decisions, the decisions values.

Law of the room: pure. XML text and values come in, values go out; no clock (the caller's `Moment` brings it),
no file, no database, no network. A model is compiled once and is frozen afterwards.
"""

from engine.decisions.compile import Decisions, compile_decisions
from engine.decisions.result import DecisionResult, FiredRule
from engine.decisions.telling import ToldRule

__all__ = ["DecisionResult", "Decisions", "FiredRule", "ToldRule", "compile_decisions"]
