"""The worker: jobs, timers, reminders, mail. Law: every duty is one function that returns how much it did.

Nothing here holds state: what is due is a row, and a worker that dies is missed by nobody.
"""

from __future__ import annotations

import importlib
import os
import socket
import threading
from collections.abc import Callable, Mapping
from functools import lru_cache, partial

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import (
    batches,
    cleanup,
    firing,
    forwarding,
    handling,
    leadership,
    leases,
    notices,
    outbox,
    reminders,
    schedule,
    seals,
)
from engine.api.messages import awaited_names, deliver_one, expire_kept, send_message
from engine.errors import DatabaseUnavailable, StorageFull, WaitClosed
from engine.execution import Runtime
from engine.idempotency import KEPT, forget_old
from engine.identity import SYSTEM
from engine.log import logger
from engine.outbox import Channel
from engine.statistics import keeping
from engine.store import Prepared
from engine.store import tables as t
from engine.store.dates import schedule as calendar_row
from engine.store.feeds import event_subscription
from engine.subscriptions import Mail, kept_for

log = logger("worker")
BATCH = 50
KEEPING_SECONDS = 120.0
"""How long the one who seals may be silent."""


def process_name() -> str:
    """Host and process: who leads a duty."""
    return f"{socket.gethostname()}:{os.getpid()}"


def worker_name() -> str:
    """Host, process and thread: who holds a lease."""
    return f"{process_name()}:{threading.get_ident()}"


def channels(runtime: Runtime) -> Mapping[str, Channel]:
    """The channels that the handlers packages bring (`<package>.channels.CHANNELS`)."""
    found: dict[str, Channel] = runtime.cache.setdefault("channels", {})
    if not found:
        for name in runtime.settings.handlers:
            try:
                module = importlib.import_module(f"{name}.channels")
            except ModuleNotFoundError:
                continue
            found.update(module.CHANNELS)
    return found


def run_once(runtime: Runtime) -> int:
    """Every duty once; returns how much was done, 0 when there was nothing."""
    return sum(duty(runtime) for duty in _duties().values())


def _duties() -> Mapping[str, Callable[[Runtime], int]]:
    return {
        "due": run_due,
        "jobs": run_jobs,
        "reminders": reminders.sweep,
        "digests": notices.send_digests,
        "forwarding": forwarding.run,
        "outbox": lambda runtime: outbox.sweep(runtime, channels(runtime)),
        "schedule": run_scheduled,
        "kept": run_kept,
        "batches": batches.run_batches,
    }


def drain(runtime: Runtime, most: int = 10_000) -> int:
    """Work until nothing is due (or `most` was done): tests and the end of commands."""
    total = 0
    while total < most and (ready := _ready(runtime)):
        done = sum(duty(runtime) for name, duty in _duties().items() if name in ready)
        if done == 0:
            break
        total += done
    return total


def _ready(runtime: Runtime) -> frozenset[str]:
    """Names of the duties for which something lies ready: one look, so that a quiet moment costs next to nothing.

    It may name a duty that then finds nothing (what it needs is held by somebody); it never leaves one out.
    """
    reachable = tuple(name for name in channels(runtime) if name != "email" or runtime.settings.smtp_url)
    now = runtime.now()
    with runtime.reading() as session:
        row = _look(reachable).one(session, {"now": now, "old": now - KEPT})
    return frozenset(name for name, found in (row or {}).items() if found)


@lru_cache
def _look(reachable: tuple[str, ...]) -> Prepared:
    now, old = (sa.bindparam(name, type_=t.Moment) for name in ("now", "old"))
    job, letter, kept = t.job.c, t.outbox.c, t.message.c
    ready = sa.and_(job.state == "ready", job.due_at <= now)
    silent = sa.and_(job.state == "leased", job.lease_until < now)
    awaited = sa.exists().where(t.subscription.c.name == kept.name, t.subscription.c.kind == "message")
    found = {
        "due": sa.or_(sa.exists().where(t.timer.c.due_at <= now), sa.exists().where(ready)),
        "jobs": sa.exists().where(sa.or_(ready, silent)),
        "reminders": sa.exists().where(t.reminder.c.state == "planned", t.reminder.c.due_at <= now),
        "digests": sa.exists().where(t.digest_line.c.state == "waiting", t.digest_line.c.due_at <= now),
        "forwarding": sa.exists(sa.select(event_subscription.c.name)),
        "outbox": sa.exists().where(
            letter.state == "waiting",
            letter.due_at <= now,
            sa.or_(sa.false(), *(letter.channel == name for name in reachable)),
        ),
        "schedule": sa.exists().where(calendar_row.c.state == "waiting", calendar_row.c.due_at <= now),
        "kept": sa.or_(
            sa.exists().where(kept.state == "kept", sa.or_(kept.expires_at <= now, awaited)),
            sa.exists().where(t.idempotency.c.at < old),
        ),
        "batches": sa.exists().where(t.batch.c.state == "running"),
    }
    return Prepared(sa.select(*(one.label(name) for name, one in found.items())))


# ── what is due ────────────────────────────────────────────────────────────────────────────────────────────────


def run_due(runtime: Runtime, limit: int = firing.BATCH) -> int:
    """Do one batch of what is due inside transactions: timers and work that needs nothing but the database."""
    return firing.sweep(runtime, limit)


def run_jobs(runtime: Runtime, limit: int = BATCH) -> int:
    """Claim due jobs and work on them one after the other; returns how many were worked on."""
    claimed = runtime.unit(lambda session: leases.claim(session, worker_name(), limit))
    for job in claimed:
        handling.outside(runtime, job)
    return len(claimed)


# ── messages ───────────────────────────────────────────────────────────────────────────────────────────────────


def run_scheduled(runtime: Runtime, limit: int = BATCH) -> int:
    """Send the messages whose date has come, one transaction each; returns how many were sent."""
    with runtime.reading() as session:
        due = schedule.due(session, limit)
    return sum(send_scheduled(runtime, one) for one in due)


def send_scheduled(runtime: Runtime, one: schedule.Scheduled) -> bool:
    """The row is closed behind the sending; when it was cancelled meanwhile, nothing of the sending stays."""

    def send(session: Session) -> None:
        send_message(
            session,
            SYSTEM,
            one.message,
            business_key=one.business_key,
            variables=one.variables,
            message_id=f"schedule:{one.id}",
        )
        if not schedule.mark_sent(session, one.id):
            raise WaitClosed(wait=one.id)

    try:
        runtime.unit(send)
    except WaitClosed:
        return False
    except (StorageFull, DatabaseUnavailable):
        raise
    except Exception as error:  # one message that its receiver cannot take does not hold up the others
        log.error("scheduled_message_failed", schedule=one.id, name=one.message, exc_info=error)
        reason = error
        runtime.unit(lambda session: schedule.postpone(session, one, reason))
        return False
    return True


def run_kept(runtime: Runtime) -> int:
    """Deliver kept messages that somebody awaits by now, one transaction each; late ones become incidents."""
    with runtime.reading() as session:
        waiting = [kept for name in awaited_names(session) for kept in kept_for(session, name)]
    done = sum(_deliver(runtime, id, mail) for id, mail in waiting)
    runtime.unit(forget_old)
    return done + runtime.unit(expire_kept)


def _deliver(runtime: Runtime, id: int, mail: Mail) -> bool:
    try:
        return runtime.unit(lambda session: deliver_one(session, SYSTEM, id, mail))
    except (StorageFull, DatabaseUnavailable):
        raise
    except Exception as error:  # one message that its receiver cannot take does not hold up the others
        log.error("kept_message_failed", message=id, name=mail.name, exc_info=error)
        return False


# ── keeping ────────────────────────────────────────────────────────────────────────────────────────────────────


def run_statistics(runtime: Runtime) -> int:
    """Bring the figures up to date with the history. One worker does; two would only do it twice for nothing."""
    leading = partial(leadership.lead, duty="statistics", holder=process_name(), seconds=KEEPING_SECONDS)
    return keeping.keep_up(runtime) if runtime.unit(leading) else 0


def run_keeping(runtime: Runtime) -> int:
    """Seal what happened and, at night, let go of what is over. Only one worker of a house does."""
    leading = partial(leadership.lead, duty="keeping", holder=process_name(), seconds=KEEPING_SECONDS)
    if not runtime.unit(leading):
        return 0
    done = 1 if runtime.unit(seals.make) else 0
    while batch := cleanup.sweep(runtime):
        done += batch
        if not runtime.unit(leading):
            break
    return done
