"""`batches`, `jobs`, `process`: what is worked off, what failed for good, and which processes rest."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import click

from engine import api
from engine.batches import run_batches
from engine.errors import InvalidInput
from engine.queries.batches import BatchRow, Reason, batch, batch_items
from engine.queries.batches import batches as all_batches
from engine.queries.deadletters import dead_letter_groups, dead_letters
from engine.queries.selection import Failures, Selection
from engine.settings import load
from web.cli.saying import language, words

STATES = {
    "running": ("进行中", "running"),
    "paused": ("已暂停", "paused"),
    "cancelled": ("已取消", "cancelled"),
    "finished": ("已完成", "finished"),
    "waiting": ("等待", "waiting"),
    "done": ("成功", "done"),
    "failed": ("失败", "failed"),
    "dropped": ("未执行", "dropped"),
}


def begin(runtime: api.Runtime, kind: str, meant: Selection, parameters: dict[str, Any], why: str, here: bool) -> int:
    """Begin a batch, and with `here` work it off with its progress on one line. The exit code: 0 when none failed."""
    given = {name: value for name, value in parameters.items() if value not in (None, {}, [])}
    with runtime.transaction() as session:
        id = api.start_batch(session, api.SYSTEM, kind, meant, given, why)
    with runtime.reading() as session:
        total = batch(session, id).row.total
    click.echo(words(f"批量操作 {id}：共 {total} 项", f"batch {id}: {total} items"))
    if not here:
        click.echo(
            words(f"由运行中的服务处理；dealflow batches show {id}", f"Workers do it; dealflow batches show {id}")
        )
        return 0
    while run_batches(runtime):
        with runtime.reading() as session:
            click.echo("\r" + _progress(batch(session, id).row), nl=False)
    click.echo()
    return _report(runtime, id)


def _progress(row: BatchRow) -> str:
    counts = row.done, row.failed, row.left
    return words("成功 {}，失败 {}，剩余 {}".format(*counts), "{} done, {} failed, {} left".format(*counts))


def reason_lines(reasons: Sequence[Reason]) -> list[str]:
    """Each reason with its number and some of the cases."""
    return [
        f"  {one.count} × {one.told(language())}  ({', '.join(map(str, one.instances))}"
        + (", …)" if one.count > len(one.instances) else ")")
        for one in reasons
    ]


def _report(runtime: api.Runtime, id: int) -> int:
    with runtime.reading() as session:
        found = batch(session, id)
    click.echo(f"{_line(found.row, runtime)}")
    for line in reason_lines(found.reasons):
        click.echo(line)
    return 1 if found.row.failed else 0


def _line(row: BatchRow, runtime: api.Runtime) -> str:
    at = row.created_at.astimezone(runtime.zone).strftime("%Y-%m-%d %H:%M")
    head = f"{row.id}  {row.kind}  {words(*STATES[row.state])}  {at}  {row.started_by}"
    return f"{head}  {_progress(row)}  {row.why}".rstrip()


@click.group("batches", invoke_without_command=True)
@click.pass_context
def batches(ctx: click.Context) -> int:
    """What is done to many cases, and how far it is. Without a verb: list it."""
    if ctx.invoked_subcommand is not None:
        return 0
    runtime = api.open_engine(load())
    with runtime.reading() as session:
        found = all_batches(session)
    for row in found:
        click.echo(_line(row, runtime))
    if not found:
        click.echo(words("没有批量操作。", "There is no batch."))
    return 0


@batches.command("show")
@click.argument("id", type=int)
@click.option("--items", is_flag=True, help="Every item with its outcome.")
def show(id: int, items: bool) -> int:
    """One batch: how far, and why items failed."""
    runtime = api.open_engine(load())
    code = _report(runtime, id)
    page = 1
    while items:
        with runtime.reading() as session:
            rows = batch_items(session, id, page=page)
        for row in rows:
            told = row.text_zh if language() == "zh" else row.text
            click.echo(f"{row.instance_id}  {row.business_key or '-'}  {words(*STATES[row.state])}  {told}".rstrip())
        page, items = page + 1, bool(rows)
    return code


def _steer(verb: Any, id: int) -> int:
    runtime = api.open_engine(load())
    with runtime.transaction() as session:
        verb(session, api.SYSTEM, id)
    return _report(runtime, id) and 0


@batches.command("pause")
@click.argument("id", type=int)
def pause(id: int) -> int:
    """Begin no further items until it is resumed."""
    return _steer(api.pause_batch, id)


@batches.command("resume")
@click.argument("id", type=int)
def resume(id: int) -> int:
    """Let a paused batch go on."""
    return _steer(api.resume_batch, id)


@batches.command("cancel")
@click.argument("id", type=int)
def cancel(id: int) -> int:
    """Give up what is not done yet; what is done stands."""
    return _steer(api.cancel_batch, id)


@batches.command("repeat")
@click.argument("id", type=int)
def repeat(id: int) -> int:
    """Try again what failed."""
    return _steer(api.repeat_batch, id)


def variables(pairs: tuple[str, ...]) -> dict[str, Any]:
    """NAME=JSON… as a mapping; numbers exactly, what is not JSON as text."""
    found: dict[str, Any] = {}
    for one in pairs:
        name, text = pair(one)
        try:
            found[name] = json.loads(text, parse_float=Decimal)
        except ValueError:
            found[name] = text
    return found


def pair(text: str) -> tuple[str, str]:
    """NAME=VALUE in its two parts."""
    name, sign, value = text.partition("=")
    if not sign or not name.strip():
        raise InvalidInput(place=text, reason="write it as NAME=VALUE", reason_zh="请写成“名称=值”的形式")
    return name.strip(), value


# ── jobs ───────────────────────────────────────────────────────────────────────────────────────────────────────


@click.group()
def jobs() -> None:
    """Work without attempts left: see it by cause or one by one, correct it, try it again."""


def failures(command: Any) -> Any:
    """The options that say which failed jobs are meant."""
    options = (
        click.option("--id", "ids", type=int, multiple=True, help="A job; several times for several."),
        click.option("--process", "key", help="All of a process."),
        click.option("--version", type=int, help="Only those of cases that run this version."),
        click.option("--at", "element", help="Only those of this element."),
        click.option("--topic", help="Only those of this topic."),
        click.option("--error", help="Only those with this error."),
        click.option("--business-key", help="Only those of cases with this business key."),
    )
    for option in reversed(options):
        command = option(command)
    return command


@jobs.command("failed")
@click.option("--each", is_flag=True, help="One by one, with cause and stack.")
@failures
def failed(each: bool, **given: Any) -> int:
    """What failed for good, by cause."""
    runtime = api.open_engine(load())
    with runtime.reading() as session:
        meant = Failures(**given)
        groups = dead_letter_groups(session, meant)
        letters = dead_letters(session, meant, size=1_000) if each else []
    for group in groups:
        since = group.oldest.astimezone(runtime.zone).strftime("%Y-%m-%d %H:%M")
        place = f"{group.key}  {group.element}  {group.topic}  {group.code}"
        click.echo(words(f"{group.count} ×  {place}  自 {since}", f"{group.count} ×  {place}  since {since}"))
    for letter in letters:
        told = letter.text_zh if language() == "zh" else letter.text
        case = f"{letter.job_id}  {letter.instance_id}  {letter.business_key or '-'}  v{letter.version}"
        counts = letter.attempts, letter.times
        tries = words("尝试 {} 次，共失败 {} 轮".format(*counts), "{} attempts, failed {} times".format(*counts))
        click.echo(f"\n{case}  {letter.element}  {tries}\n  {told}\n{letter.stack or ''}".rstrip())
    if not groups:
        click.echo(words("没有失败的作业。", "No job has failed for good."))
    return 0


@jobs.command("retry")
@click.option("--set", "values", multiple=True, metavar="NAME=JSON", help="A variable to correct first.")
@click.option("--input", "given_inputs", multiple=True, metavar="NAME=JSON", help="An input of this work alone.")
@click.option("--retries", type=int, help="How many attempts it gets; as many as before by default.")
@click.option("--why", default="", help="The reason; kept in the audit.")
@click.option("--here", is_flag=True, help="Work it off in this command and wait, without a worker.")
@failures
def retry(
    values: tuple[str, ...], given_inputs: tuple[str, ...], retries: int | None, why: str, here: bool, **given: Any
) -> int:
    """Try failed work again, with corrected variables or inputs."""
    runtime = api.open_engine(load())
    parameters = {"variables": variables(values), "inputs": variables(given_inputs), "retries": retries}
    return begin(runtime, "retry", Failures(**given), parameters, why, here)


# ── processes that rest ────────────────────────────────────────────────────────────────────────────────────────


@click.group("process")
def resting() -> None:
    """Let a process rest: nothing is started of it until it is resumed."""


def _turn(verb: Any, key: str, version: int | None, why: str) -> int:
    runtime = api.open_engine(load())
    with runtime.transaction() as session:
        versions = verb(session, api.SYSTEM, key, version, why)
    told = ", ".join(f"v{one}" for one in versions)
    click.echo(f"{key} {told}" if versions else words("没有变化", "nothing has changed"))
    return 0


@resting.command("suspend")
@click.argument("key")
@click.option("--version", type=int, help="One version; all by default.")
@click.option("--why", default="", help="The reason; kept in the audit.")
def suspend_process(key: str, version: int | None, why: str) -> int:
    """Start nothing of it: by hand it is refused, messages are kept, its timers rest. Running cases go on."""
    return _turn(api.suspend_process, key, version, why)


@resting.command("resume")
@click.argument("key")
@click.option("--version", type=int, help="One version; all by default.")
@click.option("--why", default="", help="The reason; kept in the audit.")
def resume_process(key: str, version: int | None, why: str) -> int:
    """Let it be started again; what was kept for it is delivered now."""
    return _turn(api.resume_process, key, version, why)


COMMANDS = (batches, jobs, resting)
