"""Handlers of the load, as an installation has them: some fail now and then, all write rows of their own."""

from __future__ import annotations

import os
import random
import time
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from engine.registry import handles
from engine.store.tables import Id

rows = sa.Table(
    "chaos_row",
    sa.MetaData(),
    sa.Column("job_key", sa.String(80), nullable=False),
    sa.Column("instance_id", Id, nullable=False),
    sa.Column("element", sa.String(40), nullable=False),
)
"""What the transactional handlers write: no key is unique, so that a second writing shows."""
OUTSIDE = "CHAOS_OUTSIDE"
"""Names the file that stands for the world outside."""


def _row(ctx: Any) -> None:
    values = {"job_key": ctx.job_key, "instance_id": int(ctx.instance), "element": ctx.element}
    ctx.session.execute(sa.insert(rows).values(values))


@handles("chaos.book", transactional=True, attempts=50, backoff="PT1S")
def book(ctx: Any) -> dict[str, object]:
    """Write a row with the step; one time in twenty, fail behind it."""
    _row(ctx)
    if random.random() < 0.05:
        raise RuntimeError("not now")
    return {f"booked_{ctx.element}": True}


@handles("chaos.pull", attempts=50, backoff="PT1S")
def pull(ctx: Any) -> dict[str, object]:
    """Tell the world outside, by the key that it can tell repetitions by; one time in twenty, fail behind it."""
    time.sleep(0.01)
    with open(os.environ[OUTSIDE], "a", encoding="ascii") as world:
        world.write(f"{ctx.job_key} {ctx.instance} {ctx.element}\n")
    if random.random() < 0.05:
        raise RuntimeError("not now")
    return {f"pulled_{ctx.element}": ctx.attempt}


@handles("chaos.tell", transactional=True, attempts=50, backoff="PT1S")
def tell(ctx: Any) -> None:
    """Write a row and a mail with the step."""
    _row(ctx)
    data = {"client_name": ctx.business_key}
    ctx.outbox.add("email", "client@example.com", TEMPLATE, data, dedupe_key=f"told:{ctx.instance}")


TEMPLATE = "inquiry_received"


def told(folder: Path) -> list[tuple[str, str, str]]:
    """What the world outside heard: (key, instance, element), in the order of hearing."""
    world = folder / "outside"
    lines = world.read_text(encoding="ascii").splitlines() if world.exists() else []
    return [(key, instance, element) for key, instance, element in map(str.split, lines)]
