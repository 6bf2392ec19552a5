"""`import`, `token create`: what comes in, and who may send it."""

from __future__ import annotations

from pathlib import Path

import click

from engine import api
from engine.errors import DatabaseUnavailable, StorageFull
from engine.settings import load
from handlers.inquiries import ImportReport, RowReport, import_inquiries, label
from web.cli.camunda import camunda7
from web.cli.saying import words

SOME_REFUSED, NONE_TAKEN = 1, 3


@click.group("import")
def importing() -> None:
    """Bring files in."""


@importing.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Read and report; start nothing.")
def inquiries(file: Path, dry_run: bool) -> int:
    """Inquiries from a CSV or XLSX file: good rows start cases, bad rows are refused with the reason.

    The same file again adds nothing.

    Exit codes: 0 every row is in (or was before), 1 some rows were refused, 3 none is in or the file was refused.
    """
    runtime = api.open_engine(load())
    api.migrate(runtime)
    try:
        report = import_inquiries(runtime, file, file.name, api.SYSTEM, dry_run=dry_run)
    except (StorageFull, DatabaseUnavailable):
        if not dry_run:
            zh = "导入中断：此前的行已导入，其余未导入。排除原因后请重新导入同一文件，已有的行不会重复。"
            en = (
                "The import ended early: the rows before are in, the others are not. Import the file again afterwards; "
            )
            click.secho(words(zh, f"{en}what is in is not added twice."), fg="yellow", err=True)
        raise
    for row in report.rows:
        _say(row)
    if report.unknown_columns:
        left_out = "、".join(report.unknown_columns), ", ".join(report.unknown_columns)
        click.echo(words(f"未识别的列（已忽略）：{left_out[0]}", f"columns left out: {left_out[1]}"))
    click.echo(_summary(report, dry_run))
    return exit_code(report)


def _summary(report: ImportReport, dry_run: bool) -> str:
    total, ok, duplicate, refused = (report.counts[name] for name in ("total", "ok", "duplicate", "refused"))
    taken, taken_zh = ("would come in", "可导入") if dry_run else ("in", "导入")
    return words(
        f"共 {total} 行：{taken_zh} {ok}，重复 {duplicate}，拒绝 {refused}",
        f"{total} {'row' if total == 1 else 'rows'}: {ok} {taken}, {duplicate} there before, {refused} refused",
    )


def exit_code(report: ImportReport) -> int:
    """0 all in, also when they were before; 1 some refused; 3 none in."""
    counts = report.counts
    if not counts["refused"] and counts["total"]:
        return 0
    return SOME_REFUSED if counts["ok"] or counts["duplicate"] else NONE_TAKEN


def _say(row: RowReport) -> None:
    """Print one row of the report: a line for the row, and one for each reason against it."""
    sign = {"ok": "✓", "duplicate": "=", "refused": "✗"}[row.outcome]
    where = words(f"第 {row.row} 行", f"line {row.row}")
    text = "  ".join(part for part in (row.client_name, row.project_name, row.business_key) if part)
    click.secho(f"{sign} {where}  {text}".rstrip(), fg={"refused": "red"}.get(row.outcome))
    for reason in row.reasons:
        field = label(reason.field, words("zh", "en"))
        named = words(f"{field}：", f"{field}: ") if field else ""
        click.echo(f"    {named}{words(reason.zh, reason.en)}")


@click.group()
def token() -> None:
    """Tokens for programs."""


@token.command("create")
@click.argument("name")
@click.option(
    "--scope",
    default="messages",
    help="What it may do: messages, read, cases, tasks, deploy, decisions, clients, webhooks, engine-rest, "
    "team:ID (a team's rights); several with blanks between.",
)
def create(name: str, scope: str) -> int:
    """Make a token; it is printed once and kept only as a hash."""
    from web.api import SCOPES  # brings in the whole of web

    unknown = [one for one in scope.split() if one not in SCOPES and not one.startswith("team:")]
    if unknown or not scope.split():
        named, known = ", ".join(unknown), ", ".join((*SCOPES, "team:ID"))
        raise click.BadParameter(words(f"没有权限 {named}；可用：{known}", f"no scope {named}; there are {known}"))
    runtime = api.open_engine(load())
    api.migrate(runtime)
    with runtime.transaction() as session:
        made = api.make_token(session, name, scope)
    click.echo(made)
    return 0


importing.add_command(camunda7)

COMMANDS = (importing, token)
