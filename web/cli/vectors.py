"""`vectors`: worked examples of a file, recomputed by the product's own functions and compared."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from handlers.vectors import Outcome, read, recompute
from web.cli.saying import words

SIGNS = {"passed": ("✓", "green"), "failed": ("✗", "red"), "absent": ("·", "yellow")}


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the outcomes as JSON.")
def vectors(file: Path, as_json: bool) -> int:
    """Recompute the worked examples of FILE and compare: 0 when all agree, 1 when one differs or cannot be computed."""
    outcomes = recompute(read(file.read_bytes()))
    if as_json:
        click.echo(json.dumps([asdict(one) for one in outcomes], ensure_ascii=False, indent=2))
    else:
        for one in outcomes:
            _say(one)
        _summary(outcomes)
    return 0 if all(one.state == "passed" for one in outcomes) else 1


def _say(one: Outcome) -> None:
    sign, colour = SIGNS[one.state]
    absent = words("：尚无此计算", ": not yet there") if one.state == "absent" else ""
    click.secho(f"{sign} {one.id} {one.kind}{absent}", fg=colour)
    if one.refused is not None:
        click.echo(f"    {words(*one.refused)}")
    for told in zip(one.differences_zh, one.differences, strict=True):
        click.echo(f"    {words(*told)}")


def _summary(outcomes: list[Outcome]) -> None:
    passed, failed, absent = (
        [one.id for one in outcomes if one.state == state] for state in ("passed", "failed", "absent")
    )
    click.echo(
        words(
            f"一致 {len(passed)}，不一致 {len(failed)}，尚无 {len(absent)}（共 {len(outcomes)}）",
            f"{len(passed)} agree, {len(failed)} differ, {len(absent)} not yet there (of {len(outcomes)})",
        )
    )
    if absent:
        listed = (words("、", ", ")).join(absent)
        click.echo(words(f"尚无：{listed}", f"not yet there: {listed}"))


COMMANDS = (vectors,)
