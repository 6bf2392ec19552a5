"""Who gets a task in a play: named in the model, else the least busy of those who may, in turn; four eyes kept.

Property `notSameUserAs` names elements (comma-separated) whose completer may not do this task.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from engine.process.model import Definition
from engine.process.waits import UserWait


@dataclass(slots=True)
class People:
    """Groups with their members, and what each person holds."""

    groups: Mapping[str, Sequence[str]] = field(default_factory=dict)
    load: dict[str, int] = field(default_factory=dict)
    turn: dict[str, int] = field(default_factory=dict)
    """Person -> when this one was last given a task."""
    turns: int = 0

    def assign(self, wait: UserWait, definition: Definition, excluded: Iterable[str]) -> str | None:
        """The person for a task, counted as busy with it from now; None when nobody may."""
        barred = set(excluded)
        person = wait.assignee if wait.assignee and wait.assignee not in barred else None
        if person is None:
            free = [one for one in self._candidates(wait, definition) if one not in barred]
            person = min(free, key=lambda one: (self.load.get(one, 0), self.turn.get(one, 0)), default=None)
        if person is not None:
            self.load[person] = self.load.get(person, 0) + 1
            self.turns += 1
            self.turn[person] = self.turns
        return person

    def _candidates(self, wait: UserWait, definition: Definition) -> list[str]:
        groups = wait.candidate_groups or self._lane_groups(wait, definition)
        members = [person for group in groups for person in self.groups.get(group, ())]
        return list(dict.fromkeys([*wait.candidate_users, *members]))

    def _lane_groups(self, wait: UserWait, definition: Definition) -> tuple[str, ...]:
        if not wait.lane:
            return ()
        group = definition.lane_groups.get(wait.lane)
        name = definition.lanes.get(wait.lane)
        return tuple(one for one in (group, wait.lane, name) if one and one in self.groups)[:1]

    def release(self, person: str | None) -> None:
        """The person holds one task less."""
        if person is not None and self.load.get(person):
            self.load[person] -= 1


def barred_by(wait: UserWait, completed: Mapping[str, str]) -> list[str]:
    """Who did what this task may not be done by: element -> completer, looked up by the property."""
    names = wait.properties.get("notSameUserAs", "")
    return [completed[name.strip()] for name in names.split(",") if name.strip() in completed]
