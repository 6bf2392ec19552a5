"""The engine's sides of a handler's context that are not under test here: who is chosen, what is posted."""

from collections.abc import Iterable, Mapping
from datetime import datetime


class Choosing:
    """A directory with fixed teams, which chooses as the engine's does: keep, else the first not excluded."""

    def __init__(self) -> None:
        self.teams: dict[str, tuple[str, ...]] = {}
        self.absent: set[str] = set()

    def members(self, team: str) -> tuple[str, ...]:
        return tuple(person for person in self.teams.get(team, ()) if person not in self.absent)

    def choose(
        self, team: str, *, strategy: str | None, keep: str | None, exclude: Iterable[str]
    ) -> tuple[str | None, Mapping[str, object]]:
        barred = set(exclude)
        free = [person for person in self.members(team) if person not in barred]
        if keep in free:
            return keep, {
                "rule": "keep_owner",
                "en": f"{keep} keeps the client",
                "zh": f"保留原客户经理 {keep}",
            }
        if not free:
            return None, {"rule": "nobody", "en": f"nobody in {team}", "zh": f"{team} 无可用人员"}
        return free[0], {"rule": strategy or "least_busy", "en": "least busy", "zh": "任务最少"}


class Posted:
    """An outbox that only remembers."""

    def __init__(self) -> None:
        self.messages: list[dict[str, object]] = []

    def add(
        self,
        channel: str,
        recipient: str,
        template: str,
        data: Mapping[str, object],
        *,
        dedupe_key: str,
        language: str | None = None,
        not_before: datetime | None = None,
    ) -> str:
        if any(one["dedupe_key"] == dedupe_key for one in self.messages):
            return "duplicate"
        self.messages.append(
            {
                "channel": channel,
                "recipient": recipient,
                "template": template,
                "data": dict(data),
                "dedupe_key": dedupe_key,
                "language": language,
                "not_before": not_before,
            }
        )
        return "waiting"
