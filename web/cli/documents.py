"""`document`: what is filed about a matter, brought out, and checked against what was filed."""

from __future__ import annotations

import hashlib
from pathlib import Path

import click

from engine import api
from engine.settings import load
from handlers import documents
from handlers.records import documents as filed
from handlers.records.documents import Document
from web.cli.saying import words


@click.group()
def document() -> None:
    """What is filed: list it, bring it out, check a file against it."""


@document.command("list")
@click.argument("key")
def listed(key: str) -> int:
    """The documents of a business KEY, newest first."""
    with api.open_engine(load()).reading() as session:
        lines = [_line(one) for one in filed.of_subjects(session, [key])]
    for line in lines or [words(f"{key} 名下没有归档文件。", f"Nothing is filed under {key}.")]:
        click.echo(line)
    return 0


@document.command("get")
@click.argument("id")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="Where to write it.")
def bring(id: str, out: Path) -> int:
    """Write the document ID into a file; refused when what is stored is not what was filed."""
    with api.open_engine(load()).reading() as session:
        out.write_bytes(documents.content(session, filed.get(session, id)))
    return 0


@document.command("check")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def check(file: Path) -> int:
    """Whether FILE is, byte for byte, a document that was filed: 0 with what it is, 1 when it is none."""
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    with api.open_engine(load()).reading() as session:
        found = filed.with_hash(session, digest)
    for one in found:
        click.echo(_line(one))
    if not found:
        click.echo(words(f"没有 SHA-256 为 {digest} 的文件", f"no document has the SHA-256 {digest}"))
    return 0 if found else 1


def _line(one: Document) -> str:
    gone = words("  已删除", "  removed") if one.removed_at else ""
    head = f"{one.id}  {one.subject_key}  {one.kind}  {one.name}  v{one.version}"
    return f"{head}  {one.created_at:%Y-%m-%d}  {one.sha256}{gone}"


COMMANDS = (document,)
