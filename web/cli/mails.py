"""`mail`: what did not go out by itself, and a person's word on it."""

from __future__ import annotations

import click

from engine import api
from engine.api.mails import drop_mails, send_mails
from engine.queries.mails import MailRow, mails
from engine.settings import load
from web.cli.saying import words


@click.group(invoke_without_command=True)
@click.pass_context
def mail(ctx: click.Context) -> int:
    """Mail that did not go out by itself: held because it is old, or refused for good. Without a verb: list it."""
    if ctx.invoked_subcommand is not None:
        return 0
    runtime = api.open_engine(load())
    with runtime.reading() as session:
        found = mails(session, "held", "failed")
    for row in found:
        click.echo(_line(row, runtime))
    if not found:
        click.echo(words("没有留存或投递失败的邮件。", "No mail is held, none has failed."))
        return 0
    click.echo(
        words(
            "\n寄出：dealflow mail send 编号…（或 --all）；作废：dealflow mail drop 编号…（或 --all）",
            "\nSend them: dealflow mail send ID… (or --all); never send them: dealflow mail drop ID… (or --all)",
        )
    )
    return 0


def _line(row: MailRow, runtime: api.Runtime) -> str:
    state = {"held": words("留存", "held"), "failed": words("失败", "failed")}[row.state]
    at = row.created_at.astimezone(runtime.zone).strftime("%Y-%m-%d %H:%M")
    case, reason = row.business_key or "-", f"  {row.reason}" if row.reason else ""
    return f"{row.id}  {state}  {at}  {row.channel}  {row.recipient}  {row.template}  {case}{reason}"


@mail.command("send")
@click.argument("ids", nargs=-1, type=int, metavar="[ID]...")
@click.option("--all", "everything", is_flag=True, help="All that is held; failed mail is named one by one.")
def send(ids: tuple[int, ...], everything: bool) -> int:
    """Give held or failed mail to the mail server after all."""
    return _decided(ids, everything, send=True)


@mail.command("drop")
@click.argument("ids", nargs=-1, type=int, metavar="[ID]...")
@click.option("--all", "everything", is_flag=True, help="All that is held; failed mail is named one by one.")
def drop(ids: tuple[int, ...], everything: bool) -> int:
    """Never send held or failed mail."""
    return _decided(ids, everything, send=False)


def _decided(ids: tuple[int, ...], everything: bool, *, send: bool) -> int:
    if bool(ids) == everything:
        raise click.UsageError(words("请给出编号，或用 --all", "Name mails by their ids, or give --all"))
    runtime = api.open_engine(load())
    with runtime.transaction() as session:
        chosen = [row.id for row in mails(session, "held")] if everything else list(ids)
        count = (send_mails if send else drop_mails)(session, api.SYSTEM, chosen)
    if send:
        click.echo(words(f"{count} 封将由运行中的服务寄出", f"{count} will be sent by the running server"))
    else:
        click.echo(words(f"{count} 封已作废", f"{count} dropped"))
    return 0 if count == len(chosen) else 3


COMMANDS = (mail,)
