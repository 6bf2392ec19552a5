"""`demo`: years of a house, lived through the engine, to look at and to try things on."""

from __future__ import annotations

import time

import click

from engine import api, log, queries, watcher
from engine.settings import load
from handlers import demo as people
from handlers.demonstration import years
from handlers.demonstration.investors import ADDRESSES
from web.cli.saying import words

MOST_YEARS = 5


@click.command()
@click.option("--years", "span", type=click.IntRange(1, MOST_YEARS), default=3, help="How many years up to now.")
@click.option("--inquiries", type=click.IntRange(1, 2000), default=75, help="How many inquiries come in.")
@click.option("--seed", type=int, default=1, help="The same number gives the same years.")
def demo(span: int, inquiries: int, seed: int) -> int:
    """Fill an empty database with years of work: everything asked, answered, decided and paid through the processes."""
    settings = load()
    log.configure(settings.log_format, "ERROR")
    if not watcher.packages(settings.bpmn_dir):
        none = words(
            f"{settings.bpmn_dir}/ 中没有流程包；请在其所在目录运行，或设置 DEALFLOW_BPMN_DIR。",
            f"no process packages in {settings.bpmn_dir}/: run it where they are, or set DEALFLOW_BPMN_DIR.",
        )
        raise click.UsageError(none)
    clock, until = years.beginning(settings, span)
    runtime = api.open_engine(settings, clock)
    api.migrate(runtime)
    with runtime.reading() as session:
        if queries.instances(session, size=1):
            full = words("数据库里已有流程实例；请用空数据库。", "there are cases already: use an empty database.")
            raise click.UsageError(full)
    began = time.monotonic()
    with runtime.transaction() as session:
        people.seed(session, clock())
    watcher.deploy_all(runtime, settings.bpmn_dir, api.SYSTEM)
    start = clock.at.date()
    with click.progressbar(length=365 * span, label=words("经营", "Living")) as bar:
        told = years.live(runtime, clock, until, inquiries, seed, lambda day: bar.update((day - start).days - bar.pos))
    seconds = int(time.monotonic() - began)
    click.echo(
        words(
            f"{told.days} 个工作日：询价 {told.inquiries} 件，办理任务 {told.tasks} 个，外部答复 {told.answers} 次，"
            f"用时 {seconds} 秒。",
            f"{told.days} working days: {told.inquiries} inquiries, {told.tasks} tasks done, "
            f"{told.answers} answers from outside, in {seconds} s.",
        )
    )
    click.echo(
        words(
            "一份答复来了两次，第二次无人接收：页面“异常”里有这一条，可以照着说明处理；其余都已办妥。",
            "One answer came twice and nobody awaited the second: it stands among the incidents, to try mending on; "
            "the rest went as it should.",
        )
    )
    fund = ADDRESSES[0]
    click.echo(
        words(
            f"投资者门户：打开 /portal/in，填 {fund}，再运行 dealflow mail read {fund}，打开其中的链接。",
            f"The investors' portal: open /portal/in, give {fund}, run dealflow mail read {fund}, open its link.",
        )
    )
    for place, why in told.stuck.items():
        click.secho(f"  ! {place}: {why}", fg="yellow")
    return 0


COMMANDS = (demo,)
