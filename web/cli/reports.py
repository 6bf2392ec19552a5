"""`report`: a report of a kind into a file."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import click

from engine import api
from engine.settings import load
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


COMMANDS = (report,)
