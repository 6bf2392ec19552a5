"""`person export`, `person erase`: what the house holds of somebody, handed out or taken away."""

from __future__ import annotations

import json
import zipfile
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import click

from engine import api
from engine.settings import load
from handlers import documents
from handlers.privacy import collect, erase, find
from handlers.privacy.finding import files_of
from handlers.records.changes import Stamp
from web.cli.saying import words


@click.group()
def person() -> None:
    """What the house holds of a client's person: hand it out, take it away."""


@person.command("export")
@click.argument("address")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="A ZIP file.")
def export(address: str, out: Path) -> int:
    """Write everything about the person with an e-mail ADDRESS or telephone number into a file: JSON and documents."""
    runtime = api.open_engine(load())
    with runtime.reading() as session, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        subject = find(session, address)
        held = collect(session, subject)
        archive.writestr("data.json", json.dumps(held, ensure_ascii=False, indent=1, default=_plain))
        for one in files_of(session, subject):
            if one.removed_at is None:
                archive.writestr(f"documents/{one.id}-{one.name}", documents.content(session, one))
    for name, rows in held.items():
        click.echo(f"{name}  {len(rows)}")
    return 0


@person.command("erase")
@click.argument("address")
@click.option("--why", required=True, help="The reason, which the audit keeps.")
@click.option("--by", default="cli", help="Who decided it.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def take_away(address: str, why: str, by: str, yes: bool) -> int:
    """Erase the person with an e-mail ADDRESS or telephone number. What must be kept is told, with its reason."""
    runtime = api.open_engine(load())
    question = words(f"删除后无法恢复。确定删除 {address}？", f"This cannot be undone. Erase {address}?")
    if not yes and not click.confirm(question):
        return 3
    with runtime.transaction() as session:
        done = erase(session, find(session, address), Stamp(runtime.now(), by, "cli", why=why))
    for name, count in done.counts.items():
        click.echo(f"{name}  {count}")
    for what, en, zh in done.kept:
        click.echo(words(f"保留 {what}：{zh}", f"kept {what}: {en}"))
    return 0


def _plain(value: object) -> object:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else repr(value)


COMMANDS = (person,)
