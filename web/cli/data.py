"""`import inquiries`, `token create`: what comes in, and who may send it."""

from __future__ import annotations

from pathlib import Path

import click

from engine import api
from engine.settings import load


@click.group("import")
def importing() -> None:
    """Bring files in."""


@importing.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def inquiries(file: Path) -> int:
    """Inquiries from a CSV or XLSX file: good rows start cases, bad rows are refused with the reason.

    The same file again adds nothing.
    """
    from web.cli.importing import import_inquiries

    return import_inquiries(load(), file)


@click.group()
def token() -> None:
    """Tokens for programs."""


@token.command("create")
@click.argument("name")
@click.option("--scope", default="messages", show_default=True, help="What it may do; several with blanks between.")
def create(name: str, scope: str) -> int:
    """Make a token; it is printed once and kept only as a hash."""
    runtime = api.open_engine(load())
    api.migrate(runtime)
    with runtime.transaction() as session:
        made = api.make_token(session, name, scope)
    click.echo(made)
    return 0


COMMANDS = (importing, token)
