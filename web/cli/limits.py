"""`limits`: what a group of clients may owe at most, set by a person who answers for it, and what is promised of it."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal, InvalidOperation

import click

from engine import api
from engine.errors import Forbidden, InvalidInput
from engine.settings import load
from handlers.records import limits, parties
from handlers.records.changes import Stamp
from handlers.records.limits import Limit
from web.cli.saying import words

MAY = frozenset({"risk_officer", "approver"})
"""Teams whose members may set a line."""
KINDS = {
    "reserve": ("占用", "reserved"), "use": ("使用", "used"), "restore": ("恢复", "restored"),
    "repay": ("归还", "repaid"), "release": ("释放", "released"),
}  # fmt: skip
DAY = click.DateTime(["%Y-%m-%d"])


@click.group("limits")
def group() -> None:
    """Credit lines of groups of clients, and the limits promised within them."""


@group.command("line")
@click.argument("AMOUNT")
@click.option("--client", help="CL-…: the group of this client; without it the house's default.")
@click.option("--currency", default="CNY", help="Of the amount.")
@click.option("--from", "since", type=DAY, help="First day; else today.")
@click.option("--until", type=DAY, help="Last day; else until another line is set.")
@click.option("--note", help="What it rests on.")
@click.option("--by", required=True, help="Sign-in name of the person who answers for it.")
def line(
    amount: str,
    client: str | None,
    currency: str,
    since: datetime | None,
    until: datetime | None,
    note: str | None,
    by: str,
) -> int:
    """Set the most that a group of clients may owe; of several lines the latest holds."""
    runtime = _opened()
    today = runtime.now().astimezone(runtime.zone).date()
    with runtime.transaction() as session:
        actor = api.actor(session, by)
        if not (actor.is_admin or actor.teams & MAY):
            raise Forbidden(
                reason="only risk officers and approvers set lines", reason_zh="仅风险和审批人员可以设定授信总额"
            )
        party = parties.get(session, client) if client else None
        limits.set_line(
            session,
            party.id if party else None,
            _amount(amount),
            currency.upper(),
            since.date() if since else today,
            Stamp(runtime.now(), by, "command"),
            until.date() if until else None,
            note,
        )
    return _group(runtime, client, today) if client else 0


@group.command("show")
@click.argument("KEY")
def show(key: str) -> int:
    """The line and the limits of a client's group (CL-…), or the movements of a project's limit (PJ-…)."""
    runtime = _opened()
    if key.startswith("CL-"):
        return _group(runtime, key, runtime.now().astimezone(runtime.zone).date())
    with runtime.reading() as session:
        held = limits.get(session, key)
        moved = limits.entries_of(session, held.id)
    _line(held, runtime.now().astimezone(runtime.zone).date())
    for one in moved:
        when = one["at"].astimezone(runtime.zone).strftime("%Y-%m-%d %H:%M")
        click.echo(f"  {when}  {words(*KINDS[one['kind']])}  {one['amount']:>18,}  {one['key']}")
    return 0


def _group(runtime: api.Runtime, client: str, day: date) -> int:
    with runtime.reading() as session:
        head = limits.head_of(session, parties.get(session, client).id)
        ceiling, owed = limits.ruling_line(session, head, day), limits.exposure(session, head, day)
        promised = limits.of_group(session, head)
    if ceiling is None:
        click.echo(words("没有授信总额：不能占用额度。", "No line is set: nothing can be promised."))
    elif ceiling.over(day):
        told = f"{ceiling.currency} {ceiling.amount:,}"
        until = ceiling.valid_until
        click.echo(words(f"授信总额 {told} 已于 {until} 到期：不能占用额度。",
                         f"line {told} expired on {until}: nothing can be promised"))  # fmt: skip
    else:
        room = max(ceiling.amount - owed, Decimal(0))
        told = f"{ceiling.currency} {ceiling.amount:,}"
        click.echo(words(f"授信总额 {told}，可用 {room:,}", f"line {told}, room {room:,}"))
    for one in promised:
        _line(one, day)
    return 0


def _line(one: Limit, day: date) -> None:
    promised, used = words("额度", "promised"), words("已用", "used")
    gone = words(f"  已于 {one.ends} 到期", f"  expired on {one.ends}") if one.expired(day) else ""
    click.echo(f"  {one.facility}  {one.currency}  {promised} {one.amount:,}  {used} {one.used:,}{gone}")


def _amount(text: str) -> Decimal:
    try:
        amount = Decimal(text.replace(",", ""))
    except InvalidOperation:
        raise InvalidInput(place="AMOUNT", reason=f"not a number: {text}", reason_zh=f"不是数字：{text}") from None
    return amount


def _opened() -> api.Runtime:
    runtime = api.open_engine(load())
    api.migrate(runtime)
    return runtime


COMMANDS = (group,)
