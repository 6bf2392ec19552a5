"""`field`: what a house adds to its records, without a developer."""

from __future__ import annotations

import click

from engine import api
from engine.errors import InvalidInput
from engine.settings import load
from handlers.records import custom, parties, projects
from handlers.records.changes import Stamp
from web.cli.saying import language, words


@click.group(invoke_without_command=True)
@click.pass_context
def field(ctx: click.Context) -> int:
    """Fields of the house's own on clients (party), projects and other records. Without a verb: list them."""
    if ctx.invoked_subcommand is not None:
        return 0
    with api.open_engine(load()).reading() as session:
        for one in custom.every(session):
            label = one.label if language() == "zh" else one.label_en
            state = "" if one.active else words("  停用", "  retired")
            choices = "/".join(choice["value"] for choice in one.choices)
            click.echo(f"{one.record}.{one.key}  {one.type}  {label}  {choices}{state}".rstrip())
    return 0


@field.command("add")
@click.argument("record")
@click.argument("key")
@click.argument("kind", type=click.Choice(custom.TYPES))
@click.option("--label", required=True, help="In Chinese.")
@click.option("--label-en", required=True, help="In English.")
@click.option("--choice", "choices", multiple=True, metavar="VALUE=ZH=EN", help="One choice; repeat it.")
@click.option("--required", is_flag=True, help="It may not be left empty.")
def add(record: str, key: str, kind: str, label: str, label_en: str, choices: tuple[str, ...], required: bool) -> int:
    """Add a field to a kind of RECORD, or change the words and choices of the one with that KEY."""
    runtime = api.open_engine(load())
    with runtime.transaction() as session:
        stamp = Stamp(runtime.now(), "cli", "cli")
        given = [_choice(one) for one in choices]
        custom.define(session, record, key, kind, label, label_en, stamp, choices=given, required=required)
    click.echo(words(f"{record}.{key} 已登记", f"{record}.{key} is there"))
    return 0


def _choice(text: str) -> dict[str, str]:
    parts = text.split("=")
    if len(parts) != 3 or not all(parts):
        raise InvalidInput(place="--choice", reason="VALUE=ZH=EN is wanted", reason_zh="格式应为 值=中文=英文")
    return dict(zip(("value", "label", "label_en"), parts, strict=True))


@field.command("retire")
@click.argument("record")
@click.argument("key")
def retire(record: str, key: str) -> int:
    """Ask for it no more; what stands in it stays."""
    with api.open_engine(load()).transaction() as session:
        done = custom.retire(session, record, key)
    click.echo(words("已停用", "retired") if done else words("没有启用中的该字段", "no such field is in use"))
    return 0 if done else 3


@field.command("set")
@click.argument("business_key")
@click.argument("key")
@click.argument("value", default="")
@click.option("--why", default=None, help="Kept with the change.")
def put(business_key: str, key: str, value: str, why: str | None) -> int:
    """Write VALUE into the field KEY of a client or project; without a value: empty it."""
    runtime = api.open_engine(load())
    with runtime.transaction() as session:
        project = business_key.startswith("PJ-")
        subject = projects.get(session, business_key).id if project else parties.get(session, business_key).id
        stamp = Stamp(runtime.now(), "cli", "cli", why=why)
        custom.put(session, "project" if project else "party", subject, {key: value or None}, stamp)
    return 0


COMMANDS = (field,)
