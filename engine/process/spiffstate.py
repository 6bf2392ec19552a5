"""An instance on the SpiffWorkflow kernel: the common state, and SpiffWorkflow's tree as rows. Law: plain data.

What a node waits for, its variables and its place in the nesting are kept as on the native kernel; where tokens stand
between gateways is SpiffWorkflow's tree, cut down to what lives. Nothing here imports SpiffWorkflow.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from engine.process.state import State

Row: TypeAlias = tuple[int, int, str, int, int, dict[str, Any]]
"""Task id, parent's id (0: the first), name of its specification, its state, our token (0: none), what it remembers."""
Branch: TypeAlias = tuple[int, tuple[Row, ...]]
"""The task that owns the workflow (0: the process), and the workflow's tasks, parents first."""


class SpiffState(State):
    """One instance on the SpiffWorkflow kernel. Treat as a value."""

    __slots__ = ("following", "tree")

    def __init__(self) -> None:
        super().__init__()
        self.tree: tuple[Branch, ...] = ()
        self.following = 1
        """The next task's id."""
