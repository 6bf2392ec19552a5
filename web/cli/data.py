"""`import inquiries`, `token create`: what comes in, and who may send it."""

from __future__ import annotations

from pathlib import Path

import click

from engine import api
from engine.settings import Settings, load
from handlers.inquiries import RowReport, import_inquiries
from web.cli.saying import words


@click.group("import")
def importing() -> None:
    """Bring files in."""


@importing.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Read and report; start nothing.")
def inquiries(file: Path, dry_run: bool) -> int:
    """Inquiries from a CSV or XLSX file: good rows start cases, bad rows are refused with the reason.

    The same file again adds nothing. Leaves with 3 when a row was refused.
    """
    settings = load()
    runtime = api.open_engine(settings)
    api.migrate(runtime)
    report = import_inquiries(runtime, file, file.name, api.SYSTEM, dry_run=dry_run)
    for row in report.rows:
        said(row, settings)
    if report.unknown_columns:
        left_out = ", ".join(report.unknown_columns)
        click.echo(words(settings, f"未识别的列（已忽略）：{left_out}", f"columns left out: {left_out}"))
    counts = report.counts
    click.echo(
        words(
            settings,
            f"共 {counts['total']} 行：导入 {counts['ok']}，重复 {counts['duplicate']}，拒绝 {counts['refused']}",
            f"{counts['total']} rows: {counts['ok']} in, {counts['duplicate']} duplicates, {counts['refused']} refused",
        )
    )
    return 3 if counts["refused"] else 0


def said(row: RowReport, settings: Settings) -> None:
    """Print one row of the report."""
    sign = {"ok": "✓", "duplicate": "=", "refused": "✗"}[row.outcome]
    reasons = "; ".join(f"{reason.field}: {words(settings, reason.zh, reason.en)}" for reason in row.reasons)
    text = f"{sign} {row.row}  {row.client_name} {row.project_name}  {row.business_key or ''} {reasons}".rstrip()
    click.secho(text, fg={"refused": "red"}.get(row.outcome))


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
