"""`report`: a report of a kind into a file; `report-order`: reports that come by themselves."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import click

from engine import api
from engine.settings import load
from handlers.records import report_orders
from handlers.records.changes import Stamp
from handlers.reports.ordering import KINDS, Ordered, build
from handlers.reports.typesetting import GENERIC, exists, pdf
from web.cli.saying import words

_DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.command()
@click.argument("kind", type=click.Choice(KINDS))
@click.argument("key", default="")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="FILE.pdf or FILE.xlsx.")
@click.option("--language", type=click.Choice(("zh", "en")), default=None, help="Language of the report.")
@click.option("--since", type=_DAY, default=None, help="First day reported on.")
@click.option("--until", type=_DAY, default=None, help="Last day reported on.")
def report(kind: str, key: str, out: Path, language: str | None, since: datetime | None, until: datetime | None) -> int:
    """Write a report of KIND about KEY (a client, project, facility or test date) into a file."""
    if out.suffix not in (".pdf", ".xlsx"):
        raise click.UsageError(words("--out 应以 .pdf 或 .xlsx 结尾", "--out ends in .pdf or .xlsx"))
    runtime = api.open_engine(load())
    chosen = language or runtime.settings.language
    asked = Ordered(kind, key, chosen, _day(since), _day(until))
    with runtime.reading() as session:
        made = build(session, asked)
    if out.suffix == ".xlsx":
        from handlers.reports.sheets import xlsx  # brings openpyxl, for which no start waits

        content = xlsx(made, chosen, runtime.settings.tzinfo, runtime.settings.mail_from.partition("<")[0].strip())
    else:
        content = pdf(runtime.settings, kind if exists(runtime.settings, kind) else GENERIC, made, chosen)
    out.write_bytes(content)
    click.echo(f"{out}  {len(content)} B  {words('内容', 'content')} SHA-256 {made.sha256()}")
    return 0


def _day(moment: datetime | None) -> date | None:
    return None if moment is None else moment.date()


@click.group("report-order", invoke_without_command=True)
@click.pass_context
def ordering(ctx: click.Context) -> int:
    """Reports that come by themselves. Without a verb: list them."""
    if ctx.invoked_subcommand is not None:
        return 0
    with api.open_engine(load()).reading() as session:
        for one in report_orders.every(session):
            state = words("启用", "on") if one.active else words("停用", "off")
            to = ", ".join(one.recipients)
            click.echo(f"{one.name}  {one.kind} {one.subject_key}  {one.frequency}  {one.next_on}  {state}  {to}")
    return 0


@ordering.command("add")
@click.argument("name")
@click.argument("kind", type=click.Choice(KINDS))
@click.argument("key", default="")
@click.option("--every", type=click.Choice(report_orders.FREQUENCIES), default="monthly", show_default=True)
@click.option("--to", multiple=True, required=True, help="An address, a sign-in name or team:GROUP; repeat it.")
@click.option("--format", "form", type=click.Choice(report_orders.FORMATS), default="pdf", show_default=True)
@click.option("--language", type=click.Choice(("zh", "en")), default=None, help="Language of the report.")
def order(name: str, kind: str, key: str, every: str, to: tuple[str, ...], form: str, language: str | None) -> int:
    """Order the report KIND about KEY under a NAME; the same name again changes the order."""
    runtime = api.open_engine(load())
    now = runtime.now()
    with runtime.transaction() as session:
        made = report_orders.put(
            session, name, kind, key, to, every, Stamp(now, "cli", "cli"), today=now.astimezone(runtime.zone).date(),
            language=language or runtime.settings.language, format=form,
        )  # fmt: skip
    click.echo(words(f"首次发送：{made.next_on}", f"first sent on {made.next_on}"))
    return 0


@ordering.command("stop")
@click.argument("name")
def stop(name: str) -> int:
    """Send it no more."""
    with api.open_engine(load()).transaction() as session:
        done = report_orders.stop(session, name)
    click.echo(words("已停用", "stopped") if done else words("没有启用中的该报告", "no such report is on"))
    return 0 if done else 3


COMMANDS = (report, ordering)
