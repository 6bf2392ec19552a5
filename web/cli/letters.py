"""`mail preview`, `log`, `read`, `receive`, and `channel`: letters before, after and on their way; other channels."""

from __future__ import annotations

import json
import threading
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from engine import api
from engine.errors import InvalidInput
from engine.queries.mails import delivery_log, newest_unsent
from engine.settings import load
from handlers import letters
from handlers.channels import chat, posting, signatures
from handlers.channels.preview import preview, templates
from handlers.channels.rendering import render
from handlers.inbound import Received
from handlers.inbound.post import empty, listening, take
from handlers.records import endpoints
from handlers.records.changes import Stamp
from web.cli.mails import mail
from web.cli.saying import words


@mail.command("preview")
@click.argument("template", required=False)
@click.option("--data", default="{}", help="Values in place of the samples, as JSON.")
def show(template: str | None, data: str) -> int:
    """Show a letter in both languages, with sample data; without a name: list the templates."""
    if template is None:
        click.echo("\n".join(templates()))
        return 0
    for text in preview(load(), template, _json(data)):
        click.secho(f"── {text.language} ──  {text.subject}", bold=True)
        click.echo(text.body)
    return 0


def _json(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        raise InvalidInput(place="--data", reason=f"is no JSON: {error}", reason_zh=f"不是 JSON：{error}") from error
    if not isinstance(found, dict):
        raise InvalidInput(place="--data", reason="is no object", reason_zh="不是 JSON 对象")
    return found


@mail.command("log")
@click.argument("key", required=False)
@click.option("--to", default=None, help="Messages to this address or person.")
@click.option("--limit", default=50, show_default=True, help="How many at most.")
def log(key: str | None, to: str | None, limit: int) -> int:
    """What became of every message of a case (KEY) or to somebody, attempt by attempt."""
    runtime = api.open_engine(load())
    with runtime.reading() as session:
        found = delivery_log(session, recipient=to, business_key=key, limit=limit)

    def at(moment: datetime) -> str:
        return moment.astimezone(runtime.zone).strftime("%Y-%m-%d %H:%M:%S")

    for one in found:
        case = one.business_key or "-"
        click.echo(f"{at(one.created_at)}  {one.state}  {one.channel}  {one.recipient}  {one.template}  {case}")
        for tried in one.attempts:
            click.echo(f"    {at(tried.at)}  #{tried.attempt}  {tried.outcome}  {tried.detail or ''}".rstrip())
    return 0


@mail.command("read")
@click.argument("address")
def read(address: str) -> int:
    """The newest mail to ADDRESS that has not left, as it is written: how to its link without a mail server."""
    runtime = api.open_engine(load())
    with runtime.reading() as session:
        found = newest_unsent(session, address)
        own, house = letters.own(session), letters.signature(session)
    if found is None:
        click.echo(words(f"没有等待寄给 {address} 的邮件。", f"No mail waits for {address}."))
        return 3
    text = render(runtime.settings, found.template, found.language, found.data, own, house)
    click.secho(f"── {found.recipient} ──  {text.subject}", bold=True)
    click.echo(text.body)
    return 0


@mail.command("receive")
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--drop", type=click.Path(exists=True, file_okay=False, path_type=Path), help="A maildir or folder.")
@click.option("--listen", default=None, metavar="HOST:PORT", help="Take mail over SMTP until stopped.")
def incoming(files: tuple[Path, ...], drop: Path | None, listen: str | None) -> int:
    """Take mail in: FILES, what lies in a folder, or over SMTP. Each mail reaches its matter once."""
    if not files and drop is None and listen is None:
        raise click.UsageError(words("请给出文件、--drop 或 --listen", "Name files, or give --drop or --listen"))
    runtime = api.open_engine(load())
    for one in files:
        _told(str(one), take(runtime, one.read_bytes()))
    if drop is not None:
        for place, done in empty(runtime, drop):
            _told(place.name, done)
    if listen is not None:
        host, _, port = listen.rpartition(":")
        if not host or not port.isdigit():
            raise click.UsageError(words("--listen 应为 HOST:PORT", "--listen wants HOST:PORT"))
        with listening(runtime, host, int(port), lambda done: _told(listen, done)):
            click.echo(words(f"正在 {listen} 接收邮件，Ctrl+C 停止", f"taking mail on {listen}; Ctrl+C stops it"))
            threading.Event().wait()
    return 0


def _told(place: str, done: Received) -> None:
    click.echo(f"{place}  {done.route}  {done.matter_key or '-'}  {done.state}")


@click.group(invoke_without_command=True)
@click.pass_context
def channel(ctx: click.Context) -> int:
    """Endpoints of other programs, group robots and the SMS gateway. Without a verb: list them."""
    if ctx.invoked_subcommand is not None:
        return 0
    with api.open_engine(load()).reading() as session:
        known = endpoints.every(session)
        if not known:
            click.echo(words("尚无端点。", "There is no endpoint yet."))
        for one in known:
            state = words("启用", "on") if one.active else words("停用", "off")
            click.echo(f"{one.name}  {one.channel}  {state}  {one.url.partition('://')[0]}://…")
    return 0


@channel.command("add")
@click.argument("name")
@click.argument("kind", type=click.Choice(endpoints.CHANNELS))
@click.argument("url")
def add(name: str, kind: str, url: str) -> int:
    """Keep an endpoint, or a new address of it, and tell its signing key, which is shown this once."""
    checked = chat.checked(url) if kind == "chat" else posting.checked(url)
    runtime = api.open_engine(load())
    with runtime.transaction() as session:
        made = endpoints.put(session, name, kind, checked, Stamp(runtime.now(), "cli", "cli"))
    click.echo(words(f"已登记 {name}", f"{name} is kept"))
    if kind != "chat":
        key = signatures.key(runtime.settings, kind, name, made.generation)
        click.echo(words(f"签名密钥（只显示这一次）：{key}", f"signing key, shown this once: {key}"))
    return 0


@channel.command("off")
@click.argument("name")
def off(name: str) -> int:
    """Send nothing there any more."""
    runtime = api.open_engine(load())
    with runtime.transaction() as session:
        done = endpoints.switch_off(session, name)
    click.echo(words("已停用", "switched off") if done else words("没有启用中的该端点", "no such endpoint is on"))
    return 0 if done else 3


COMMANDS = (channel,)
