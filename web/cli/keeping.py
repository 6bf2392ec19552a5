"""`verify`, `seal`, `cleanup`: what happened is whole, shown to be so, and let go when its time is over."""

from __future__ import annotations

import click

from engine import api, cleanup, seals, verification
from engine.errors import InvalidInput
from engine.settings import load
from handlers import documents
from handlers.records.changes import Stamp
from web.cli.saying import language, words


@click.command()
@click.option("--anchor", metavar="NUMBER:HASH", help="A seal as it was written down elsewhere.")
def verify(anchor: str | None) -> int:
    """Compute every chain and seal again and name rows that are not what was written.

    Leaves with 1 when something is broken.
    """
    runtime = api.open_engine(load())
    with runtime.reading() as session:
        verdict = verification.verify(session, anchor=_anchor(anchor))
    for broken in verdict.broken:
        click.secho(f"✗ {broken.text(language())}", fg="red")
    click.echo(_summary(verdict))
    return 1 if verdict.broken else 0


def _summary(verdict: verification.Verdict) -> str:
    counts = f"{verdict.rows:,}", f"{verdict.chains:,}", f"{verdict.seals:,}"
    if verdict.broken:
        return words(
            "已核对 {} 条记录、{} 条链、{} 个封存：发现被改动之处，请保全数据库副本并追查".format(*counts),
            "{} rows, {} chains, {} seals: not whole. Keep a copy of the database and look into it".format(*counts),
        )
    return words(
        "✓ 已核对 {} 条记录、{} 条链、{} 个封存：全部完整".format(*counts),
        "✓ {} rows, {} chains, {} seals: whole".format(*counts),
    )


def _anchor(text: str | None) -> tuple[int, str] | None:
    if text is None:
        return None
    number, _, digest = text.partition(":")
    try:
        bytes.fromhex(digest)
        return int(number), digest
    except ValueError:
        raise InvalidInput(
            place="--anchor",
            reason="write it as `dealflow seal` printed it, NUMBER:HASH",
            reason_zh="请按 dealflow seal 打印的格式填写，即“序号”与“哈希”以半角冒号相连",
        ) from None


@click.command()
def seal() -> int:
    """Seal what happened until a minute ago, and print the last seal: keep it where nobody here can change it."""
    runtime = api.open_engine(load())
    api.migrate(runtime)
    last = runtime.unit(lambda session: seals.make(session) or seals.newest(session))
    if last is None:
        click.echo(words("还没有可封存的记录", "nothing to seal yet"))
        return 0
    click.echo(f"{last.number}:{last.hash.hex()}")
    return 0


@click.command("cleanup")
@click.option("--dry-run", is_flag=True, help="Say what would go; remove nothing.")
def clean_up(dry_run: bool) -> int:
    """Let go of ended cases whose time to live is over; it also happens by itself at night."""
    runtime = api.open_engine(load())
    api.migrate(runtime)
    if dry_run:
        with runtime.reading() as session:
            found = cleanup.count(session)
        for (key, version), number in sorted(found.items()):
            click.echo(f"  {key} v{version}  {number:,}")
        total = sum(found.values())
        click.echo(words(f"可清理 {total:,} 个已结束的案件", f"{total:,} ended cases may go"))
        return 0
    runtime.unit(seals.make)
    gone = 0
    while batch := cleanup.sweep(runtime, any_hour=True):
        gone += batch
    click.echo(words(f"已清理 {gone:,} 个案件", f"{gone:,} cases went"))
    stamp = Stamp(runtime.now(), "cleanup", "cleanup", why="retain_until")
    today = runtime.now().astimezone(runtime.zone).date()
    if removed := runtime.unit(lambda session: documents.remove_over(session, today, stamp)):
        click.echo(
            words(f"已删除 {removed:,} 份超过保存期的文件", f"{removed:,} documents past their time are removed")
        )
    if finished := runtime.unit(documents.finish_removals):
        click.echo(
            words(f"已补删 {finished:,} 份此前未能删除的文件", f"{finished:,} files that were to go before are removed")
        )
    return 0


COMMANDS = (verify, seal, clean_up)
