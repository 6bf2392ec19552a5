"""`cases`: suspend, resume, cancel, set, move, migrate, restart, export, import. Law: many are a batch, told by item.

What is meant is said by options (see `wanted`); a dry run tells what would happen. Running workers work the batch off;
with --here this command does it itself and waits.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from engine import api, transfer
from engine.queries.selection import RUNNING, Cases, number
from engine.settings import load
from web.cli.batches import begin, pair, reason_lines, variables
from web.cli.saying import language, words

ENDED = ("completed", "terminated", "cancelled", "failed")


@click.group()
def cases() -> None:
    """Steer cases: one by its id, or thousands by process, version, element, error or business key."""


def wanted(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say which cases are meant."""
    options = (
        click.option("--id", "ids", type=int, multiple=True, help="A case; several times for several."),
        click.option("--process", "key", help="All of a process."),
        click.option("--version", type=int, help="Only those that run this version."),
        click.option("--at", "element", help="Only those that wait at this element."),
        click.option("--incident", help="Only those with an open incident of this code."),
        click.option("--business-key", help="Only those with this business key."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def doing(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of everything that is done to many."""
    options = (
        click.option("--why", default="", help="The reason; kept in the audit."),
        click.option("--dry-run", is_flag=True, help="Say what would happen; change nothing."),
        click.option("--here", is_flag=True, help="Work it off in this command and wait, without a worker."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def _selection(given: dict[str, Any], *, state: tuple[str, ...] = RUNNING) -> Cases:
    names = ("ids", "key", "version", "element", "incident", "business_key")
    return Cases(state=state, **{name: given.pop(name) for name in names})


def _batch(kind: str, meant: Cases, parameters: dict[str, Any], why: str, dry_run: bool, here: bool) -> int:
    runtime = api.open_engine(load())
    if dry_run:
        with runtime.reading() as session:
            count = number(session, meant)
        click.echo(words(f"涉及 {count} 个流程实例，未作任何更改。", f"{count} cases are meant; nothing was changed."))
        return 0
    return begin(runtime, kind, meant, parameters, why, here)


@cases.command()
@wanted
@doing
def suspend(why: str, dry_run: bool, here: bool, **given: Any) -> int:
    """Hold cases: nothing happens in them until they are resumed."""
    return _batch("suspend", _selection(given, state=("active",)), {}, why, dry_run, here)


@cases.command()
@wanted
@doing
def resume(why: str, dry_run: bool, here: bool, **given: Any) -> int:
    """Let suspended cases go on; what became due or arrived meanwhile happens now."""
    return _batch("resume", _selection(given, state=("suspended",)), {}, why, dry_run, here)


@cases.command()
@wanted
@doing
def cancel(why: str, dry_run: bool, here: bool, **given: Any) -> int:
    """End cases with all that stands open in them; --why is asked for."""
    if not why:
        raise click.UsageError(words("请用 --why 说明原因", "Say why, with --why"))
    return _batch("cancel", _selection(given), {"reason": why}, why, dry_run, here)


@cases.command("set")
@click.argument("values", nargs=-1, required=True, metavar="NAME=JSON...")
@wanted
@doing
def set_values(values: tuple[str, ...], why: str, dry_run: bool, here: bool, **given: Any) -> int:
    """Set variables; what is not JSON is taken as text."""
    return _batch("set_variables", _selection(given), {"variables": variables(values)}, why, dry_run, here)


@cases.command()
@click.option("--from", "source", required=True, help="The element whose token is taken away.")
@click.option("--to", "target", required=True, help="The element that is entered.")
@wanted
@doing
def move(source: str, target: str, why: str, dry_run: bool, here: bool, **given: Any) -> int:
    """Move tokens from one element to another."""
    meant = _selection(given)
    if dry_run and len(meant.ids) == 1:
        runtime = api.open_engine(load())
        with runtime.reading() as session:
            for change in api.preview_token_move(session, api.SYSTEM, meant.ids[0], source, target):
                click.echo(change.text(language()))
        return 0
    return _batch("move", meant, {"source": source, "target": target, "why": why}, why, dry_run, here)


@cases.command()
@click.option("--to", "target", type=int, help="The version they are to run; the newest by default.")
@click.option("--map", "pairs", multiple=True, metavar="OLD=NEW", help="An element whose id has changed.")
@wanted
@doing
def migrate(target: int | None, pairs: tuple[str, ...], why: str, dry_run: bool, here: bool, **given: Any) -> int:
    """Carry cases over to another version. With --dry-run: how many can follow, and why the others cannot."""
    meant, mapping = _selection(given), dict(pair(one) for one in pairs)
    if not dry_run:
        return _batch("migrate", meant, {"version": target, "mapping": mapping}, why, False, here)
    runtime = api.open_engine(load())
    with runtime.reading() as session:
        told = api.preview_migrations(session, api.SYSTEM, meant, target, mapping)
    click.echo(
        words(
            f"到版本 {told.version}：{told.can} 个可以迁移，{told.cannot} 个不能",
            f"To version {told.version}: {told.can} can follow, {told.cannot} cannot",
        )
    )
    for line in reason_lines(told.reasons):
        click.echo(line)
    return 0 if told.can else 3


@cases.command()
@click.option("--begin", "at", multiple=True, required=True, help="Where it begins; may be given several times.")
@click.option("--set", "values", multiple=True, metavar="NAME=JSON", help="A variable laid over the old ones.")
@click.option("--to", "target", type=int, help="The version that it runs; that of the old case by default.")
@wanted
@doing
def restart(
    at: tuple[str, ...], values: tuple[str, ...], target: int | None, why: str, dry_run: bool, here: bool, **given: Any
) -> int:
    """Go on with ended cases: new ones, begun at an element with the old variables; what is not done is said."""
    meant = _selection(given, state=ENDED)
    if dry_run and len(meant.ids) == 1:
        runtime = api.open_engine(load())
        with runtime.reading() as session:
            for change in api.preview_restart(session, api.SYSTEM, meant.ids[0], at, version=target):
                click.echo(change.text(language()))
        return 0
    parameters: dict[str, Any] = {"at": list(at), "version": target, "variables": variables(values)}
    return _batch("restart", meant, parameters, why, dry_run, here)


# ── to a file and from it ──────────────────────────────────────────────────────────────────────────────────────


@cases.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--ended", is_flag=True, help="Ended ones as well.")
@click.option("--suspend", "suspended", is_flag=True, help="Hold them here, so that they go on in one place only.")
@wanted
def export_cases(file: Path, ended: bool, suspended: bool, **given: Any) -> int:
    """Write cases to a file that another installation reads: state, tasks, timers, history, decisions, audit."""
    meant = _selection(given, state=(*RUNNING, *ENDED) if ended or given["ids"] else RUNNING)
    runtime = api.open_engine(load())
    made = transfer.export_file(runtime, api.SYSTEM, file, meant, suspended=suspended)
    click.echo(
        words(
            f"已写出 {made.trees} 个流程实例（含其调用的流程）到 {file}，校验值 {made.sha256}",
            f"{made.trees} cases (with what they called) are in {file}, SHA-256 {made.sha256}",
        )
    )
    return 0 if made.trees else 3


@cases.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--if-there",
    type=click.Choice(["refuse", "skip", "copy"]),
    default="refuse",
    help="A case that is here already: refuse the file, leave it out, or bring it in with a new id.",
)
def import_cases(file: Path, if_there: Any) -> int:
    """Bring in cases that another installation wrote; their processes must be deployed here with the same content."""
    runtime = api.open_engine(load())
    done = transfer.import_file(runtime, api.SYSTEM, file, if_there=if_there)
    counts = done.instances, done.tasks, done.timers, done.jobs, len(done.skipped)
    click.echo(
        words(
            "导入流程实例 {} 个、任务 {} 个、定时 {} 个、作业 {} 个；跳过 {} 个".format(*counts),
            "{} cases are in, with {} tasks, {} timers, {} jobs; {} were here before".format(*counts),
        )
    )
    if done.unknown_people:
        people = sorted(done.unknown_people)
        click.echo(words(f"此处没有这些办理人：{'、'.join(people)}", f"nobody here is called {', '.join(people)}"))
    return 0


COMMANDS = (cases,)
