"""After the storm: is everything there that was promised, and once? Each finding is a sentence."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import verification
from engine.store import figures as f
from engine.store import tables as t
from handlers.channels.email import message_id
from tests.chaos import diagrams, work
from tests.chaos.processes import Journal

Rows = Sequence[Mapping[str, Any]]


def all_rows(session: Session, table: sa.Table, *where: Any) -> Rows:
    """Rows of a table as mappings."""
    return [dict(row) for row in session.execute(sa.select(table).where(*where)).mappings()]


def journals(folder: Path) -> list[dict[str, Any]]:
    """What the clients asked for and were told."""
    return [
        line
        for path in sorted(folder.glob("journal-*"))
        for line in Journal(folder, int(path.name.split("-")[1])).read()
    ]


class Findings:
    """What stands in the database, read once, and what is wrong with it."""

    def __init__(self, session: Session, folder: Path, delivered: Sequence[str], mail_from: str) -> None:
        self.session, self.folder, self.mail_from = session, folder, mail_from
        self.delivered = Counter(delivered)
        self.lines = journals(folder)
        self.instances = {row["id"]: row for row in all_rows(session, t.instance)}
        self.cleaned = {row["instance_id"]: row for row in all_rows(session, t.cleaned)}
        self.tasks = all_rows(session, t.user_task)
        self.entered = self._entered()
        self.booked = Counter((row["instance_id"], row["element"]) for row in all_rows(session, work.rows))
        self.told = Counter((int(instance), element) for _, instance, element in work.told(folder))
        self.outbox = all_rows(session, t.outbox)

    def _entered(self) -> dict[int, Counter[str]]:
        """Instance -> how often the history says that each element was entered."""
        found: dict[int, Counter[str]] = defaultdict(Counter)
        for row in self.session.execute(sa.select(t.history.c.instance_id, t.history.c.events)):
            found[row.instance_id].update(event[1] for event in row.events if event[0] == "e")
        return found

    def all(self) -> list[str]:
        """Everything that is wrong."""
        looks = (
            self.faults, self.starts, self.ends, self.elements, self.nothing_left, self.people, self.handlers,
            self.messages, self.mails, self.reminders, self.chains, self.figures,
        )  # fmt: skip
        return [finding for look in looks for finding in look()]

    def figures(self) -> Iterator[str]:
        """What was counted beside the storm is what history says, and the clean-up's cases are counted too."""
        kept: Counter[str] = Counter()
        for row in self.session.execute(sa.select(t.history.c.instance_id, t.history.c.events)):
            passed = (event for event in row.events if event[0] == "e" and not event[2].startswith(f"{event[1]}#"))
            kept.update(event[1] for event in passed)
        counted: Counter[str] = Counter()
        for row in all_rows(self.session, f.element, f.element.c.settled.is_(False)):
            counted[row["element"]] += row["entered"]
        if kept != +counted:
            yield f"figures of elements are not those of the history: {(kept - counted) or (counted - kept)}"
        begun = sum(row["cases"] for row in all_rows(self.session, f.case, f.case.c.what == "started"))
        if begun != len(self.instances) + len(self.cleaned):
            yield f"{begun} cases are counted, {len(self.instances)} are here and {len(self.cleaned)} went"
        if any(
            self.session.execute(
                sa.select(sa.func.sum(f.element.c.present), sa.func.sum(f.element.c.present_since))
            ).one()
        ):
            yield "figures say that somebody is still somewhere"

    def of(self, key: str) -> list[Mapping[str, Any]]:
        """Instances of a process that are still kept."""
        return [row for row in self.instances.values() if row["key"] == key]

    def faults(self) -> Iterator[str]:
        """What a process met that nobody expects."""
        path = self.folder / "faults"
        if path.exists():
            yield f"a client met a fault: {path.read_text(encoding='utf-8')[-2000:]}"
        for log in sorted(self.folder.glob("*.log")):
            text = log.read_text(encoding="utf-8", errors="replace")
            for sign in ("InternalError", "IntegrityError", "FaultIgnored", "written by somebody else"):
                if sign in text:
                    at = text.index(sign)
                    yield f"{log.name} says {sign}: …{text[max(0, at - 1500) : at + 500]}"

    def starts(self) -> Iterator[str]:
        """Each start that was acknowledged stands, and each that was asked for began one case at most."""
        for key in ("order", "brief"):
            began: dict[str, list[int]] = defaultdict(list)
            for row in self.of(key):
                began[row["business_key"]].append(row["id"])
            for business_key, ids in began.items():
                if len(ids) != 1:
                    yield f"{business_key} was started {len(ids)} times as {key}: {ids}"
            for line in self.lines:
                if line["kind"] == "started" and line[key] not in self.instances and line[key] not in self.cleaned:
                    yield f"{key} {line['number']} was acknowledged as {line[key]} and is not there"
        asked = {line["number"] for line in self.lines if line["kind"] == "starting"}
        for row in self.of("order"):
            if int(row["business_key"][2:]) not in asked:
                yield f"{row['business_key']} was never asked for"
        both = self.instances.keys() & self.cleaned.keys()
        if both:
            yield f"cleaned away, and still there: {sorted(both)}"

    def ends(self) -> Iterator[str]:
        """Every instance has ended, as its diagram says."""
        for row in self.instances.values():
            if row["state"] != "completed":
                yield f"{row['key']} {row['business_key']} ({row['id']}) is {row['state']}"
        orders = {row["id"] for row in self.of("order")}
        shipped = Counter(row["parent_id"] for row in self.of("ship"))
        archived = Counter(row["business_key"] for row in self.of("archive"))
        for id in orders:
            if shipped[id] != 1:
                yield f"order {id} was shipped {shipped[id]} times"
            if archived[self.instances[id]["business_key"]] != 1:
                yield f"order {id} was archived {archived[self.instances[id]['business_key']]} times"
        if len(shipped) > len(orders) or len(archived) > len(orders):
            yield f"{len(orders)} orders, but {len(shipped)} shipped and {len(archived)} archived"

    def elements(self) -> Iterator[str]:
        """Every order went through each of its elements once."""
        for row in self.of("order"):
            entered = self.entered[row["id"]]
            wrong = {name: entered[name] for name in diagrams.ENDS_ONCE if entered[name] != 1}
            if wrong or entered["paid"] + entered["late"] != 1:
                yield f"order {row['id']} entered {dict(entered)}"

    def nothing_left(self) -> Iterator[str]:
        """No row waits for anything any more."""
        for table in (t.timer, t.subscription, t.job, t.call, t.incident):
            which = [table.c.instance_id.is_not(None)]
            if table is t.incident:
                which.append(t.incident.c.resolved_at.is_(None))
            left = all_rows(self.session, table, *which)
            if left:
                yield f"{len(left)} rows left in {table.name}, e.g. {left[0]}"
        unfinished = all_rows(self.session, t.batch, t.batch.c.state != "finished")
        if unfinished:
            yield f"{len(unfinished)} batches are not finished, e.g. {unfinished[0]}"
        for table, names in ((t.candidate, "task_id"), (t.task_draft, "task_id")):
            left = all_rows(self.session, table, table.c[names].in_([task["id"] for task in self.tasks]))
            if left:
                yield f"{len(left)} rows left in {table.name}"

    def people(self) -> Iterator[str]:
        """No task is lost or doubled, and a completion that was acknowledged is the one that stands."""
        raised = Counter((task["instance_id"], task["element"]) for task in self.tasks)
        expected = {(row["id"], "ask") for row in self.of("order")} | {(row["id"], "check") for row in self.of("ship")}
        if set(raised) != expected or set(raised.values()) - {1}:
            odd = [place for place in expected | set(raised) if raised[place] != 1]
            yield f"tasks that were not raised once: {[(place, raised[place]) for place in odd][:5]}"
        stands = {task["id"]: task for task in self.tasks}
        for task in self.tasks:
            if task["state"] != "completed" or not (task["entered"] or {}).get("token"):
                yield f"task {task['id']} is {task['state']} with {task['entered']}"
        for line in self.lines:
            if line["kind"] == "completed":
                task = stands.get(line["task"])
                if task is None or task["entered"] != {"token": line["token"]} or task["completed_by"] != line["by"]:
                    yield f"acknowledged {line}, but there stands {task and task['entered']}"

    def handlers(self) -> Iterator[str]:
        """Rows of transactional handlers and steps agree; the world outside heard everything at least once."""
        for name, elements, heard, once in (
            ("booked", diagrams.BOOKED, self.booked, True),
            ("told outside", diagrams.PULLED, self.told, False),
        ):
            for key, places in elements.items():
                for row in self.of(key):
                    for place in places:
                        times, steps = heard[row["id"], place], self.entered[row["id"]][place]
                        if (times != steps) if once else (times < steps or (times and not steps)):
                            yield f"{key} {row['id']}: {place} was {name} {times} times and entered {steps} times"
            known = {id for id, _ in heard}
            unknown = known - self.instances.keys() - self.cleaned.keys()
            if unknown:
                yield f"{name}, but there is no such instance: {sorted(unknown)[:5]}"
        for id in self.cleaned:
            if self.booked[id, "jot"] != 1:
                yield f"the brief case {id} was booked {self.booked[id, 'jot']} times"

    def messages(self) -> Iterator[str]:
        """A message reached its order, or its order went the other way; never both, never neither."""
        order_of = {row["business_key"]: row["id"] for row in self.of("order")}
        for row in all_rows(self.session, t.message, t.message.c.name == "paid"):
            order = order_of.get(row["business_key"])
            took = order is not None and self.entered[order]["paid"] == 1
            if (row["state"] == "delivered") != took or (took and row["instance_id"] != order):
                yield f"message {row['message_id']} is {row['state']}, and its order took it: {took}"
            if row["state"] not in ("delivered", "kept"):
                yield f"message {row['message_id']} is {row['state']}"

    def mails(self) -> Iterator[str]:
        """Each message of the outbox went once, or once for each attempt that its row owns up to."""
        mine = set()
        for row in self.outbox:
            if row["state"] != "sent":
                yield f"{row['channel']} {row['dedupe_key']} is {row['state']}: {row['last_error']}"
            if row["channel"] == "email":
                id = message_id(row["dedupe_key"], self.mail_from)
                mine.add(id)
                if not 1 <= self.delivered[id] <= row["attempts"]:
                    yield f"{row['dedupe_key']} was delivered {self.delivered[id]} times in {row['attempts']} attempts"
        owned = "".join(log.read_text(encoding="utf-8", errors="replace") for log in self.folder.glob("*.log"))
        for row in self.outbox:
            id = message_id(row["dedupe_key"], self.mail_from)
            if self.delivered[id] > 1 and not re.search(
                f"message_may_come_twice.*{re.escape(row['dedupe_key'])} ", owned
            ):
                yield f"{row['dedupe_key']} was delivered {self.delivered[id]} times, and nobody said so"
        strangers = self.delivered.keys() - mine
        if strangers:
            yield f"delivered, but in no outbox: {sorted(strangers)[:3]}"
        told = Counter(row["instance_id"] for row in self.outbox if row["dedupe_key"].startswith("told:"))
        for row in self.of("order"):
            if told[row["id"]] != 1:
                yield f"order {row['id']} wrote {told[row['id']]} letters"
        bells = self.session.scalar(sa.select(sa.func.count()).select_from(t.notification))
        queued = sum(row["channel"] == "in_app" for row in self.outbox)
        if bells != queued:
            yield f"{queued} notifications were queued and {bells} written"

    def reminders(self) -> Iterator[str]:
        """A reminder that was sent stands in the outbox once for each channel; one that was not, not at all."""
        keys = Counter(
            tuple(row["dedupe_key"].split(":")[1:5]) for row in self.outbox if row["dedupe_key"][:5] == "task:"
        )
        for row in all_rows(self.session, t.reminder):
            for channel in ("in_app", "email"):
                sent = keys[str(row["task_id"]), row["step"], str(row["occurrence"]), channel]
                if sent != (row["state"] == "sent"):
                    yield f"the reminder {row['step']} of {row['task_id']} is {row['state']}, by {channel} sent {sent}×"
            if row["state"] == "planned":
                yield f"the reminder {row['step']} of {row['task_id']} is still planned"

    def chains(self) -> Iterator[str]:
        """History, decisions, audit and seals are whole."""
        for broken in verification.verify(self.session).broken:
            yield f"verify: {broken.en}"

    def summary(self) -> dict[str, object]:
        """Figures of the run."""
        twice = sum(count > 1 for count in self.delivered.values())
        outside = sum(count > 1 for count in self.told.values())
        return {
            "orders": len(self.of("order")),
            "tasks": len(self.tasks),
            "mails": sum(self.delivered.values()),
            "mails that came twice (killed between sending and noting)": twice,
            "handlers outside that ran again": outside,
            "cleaned away": len(self.cleaned),
            "steps": sum(1 for _ in self.session.execute(sa.select(t.history.c.seq))),
        }
