"""`models`: scorecards trained, registered, approved by a second person, retired, and watched for drift."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from engine import api
from engine.errors import InvalidInput
from engine.settings import load
from handlers import default_risk
from handlers.records import models
from handlers.records.changes import Stamp
from handlers.records.models import Model
from handlers.scorecards.binning import Band
from handlers.scorecards.card import Card, written
from handlers.scorecards.training import specification, train
from web.cli.saying import words

STATES = {"draft": ("草稿", "draft"), "approved": ("已批准", "approved"), "retired": ("已停用", "retired")}
LEVELS = {"stable": ("稳定", "stable"), "watch": ("需关注", "to be watched"), "moved": ("已漂移", "moved: refit")}
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
who = click.option("--by", required=True, help="Sign-in name of the person who answers for it.")


@click.group("models")
def scorecards() -> None:
    """Scorecards of ability and willingness to pay: they inform people and decide nothing."""


@scorecards.command("train")
@click.argument("SPEC", type=FILE)
@click.argument("DATA", type=FILE)
@click.option("--version", help="How the version is called; else by fingerprints of data and result.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Where the card is written.")
def train_(spec: Path, data: Path, version: str | None, output: Path | None) -> int:
    """Train a card by SPEC (TOML) on the cases of DATA (CSV), and tell how it did on cases it never saw."""
    card = train(specification(spec.read_text("utf-8")), data.read_bytes(), version)
    _tell(card)
    target = output or spec.with_name(f"{card.purpose}-{card.version}.json")
    target.write_bytes(written(card))
    click.echo(words(f"评分卡：{target}", f"card: {target}"))
    return 0


def _tell(card: Card) -> None:
    click.echo(f"{card.purpose} {card.version}")
    for name, zh, en in (("trained_on", "训练样本", "trained on"), ("held_out", "留出样本", "held out")):
        told = card.told[name]
        counts = words(f"{told['rows']} 例，坏 {told['bads']}", f"{told['rows']} cases, {told['bads']} bad")
        click.echo(f"  {words(zh, en)}: {counts}  AUC {told['auc']}  KS {told['ks']}  Brier {told['brier']}")
    for part in card.told["held_out"]["calibration"]:
        said = words("预计", "said"), words("实际", "came")
        click.echo(f"    {part['rows']:>6}  {said[0]} {part['expected']}  {said[1]} {part['observed']}")
    for feature in card.features:
        click.echo(f"  {words(feature.zh, feature.en)}: IV {feature.information}, β {feature.coefficient}")
    for gone in card.told["dropped"]:
        told_why = words(gone["zh"], gone["en"])
        click.secho(words(f"  未采用 {gone['id']}：{told_why}", f"  left out {gone['id']}: {told_why}"), fg="yellow")


@scorecards.command("register")
@click.argument("CARD", type=FILE)
@who
def register(card: Path, by: str) -> int:
    """Put a card into the registry as a draft."""
    runtime = _opened()
    with runtime.transaction() as session:
        model = models.register(session, card.read_bytes(), _stamp(runtime, by))
    _line(model)
    return 0


@scorecards.command("approve")
@click.argument("PURPOSE", type=click.Choice(models.PURPOSES))
@click.argument("VERSION")
@who
@click.option("--comment", help="What it rests on.")
def approve(purpose: str, version: str, by: str, comment: str | None) -> int:
    """Let a version score; not whoever registered it. The version before is retired."""
    runtime = _opened()
    with runtime.transaction() as session:
        model = models.approve(session, purpose, version, _stamp(runtime, by), comment)
    _line(model)
    return 0


@scorecards.command("retire")
@click.argument("PURPOSE", type=click.Choice(models.PURPOSES))
@click.argument("VERSION")
@who
def retire(purpose: str, version: str, by: str) -> int:
    """Let a version score no more; what it scored stays."""
    runtime = _opened()
    with runtime.transaction() as session:
        model = models.retire(session, purpose, version, _stamp(runtime, by))
    _line(model)
    return 0


@scorecards.command("list")
def listed() -> int:
    """All versions, newest first."""
    runtime = _opened()
    with runtime.reading() as session:
        found = models.listed(session)
    for model in found:
        _line(model)
    if not found:
        click.echo(words("尚无登记的模型。", "No model is registered."))
    return 0


@scorecards.command("show")
@click.argument("PURPOSE", type=click.Choice(models.PURPOSES))
@click.argument("VERSION")
def show(purpose: str, version: str) -> int:
    """The model card of a version: what it rests on, how it did, its points, what it is not for."""
    runtime = _opened()
    with runtime.reading() as session:
        model = models.find(session, purpose, version)
        card = models.card(session, model.id)
    _line(model)
    _tell(card)
    for feature in card.features:
        click.echo(words(feature.zh, feature.en))
        for scored in feature.bands:
            click.echo(f"  {_band(scored.band):>24}  {scored.points:>8}")
    for part in ("source", "limits"):
        told = card.told.get(part) or {}
        click.echo(words(str(told.get("zh") or ""), str(told.get("en") or "")))
    for gone in card.told.get("left_out") or ():
        click.echo(f"- {gone['column']}{words('：', ': ')}{words(gone['zh'], gone['en'])}")
    return 0


def _band(band: Band) -> str:
    if band.kind == "missing":
        return words("缺失", "missing")
    if band.kind == "values":
        return ", ".join(band.values)
    low, high = ("" if edge is None else f"{edge:f}" for edge in (band.low, band.high))
    return f"[{low} … {high})"


@scorecards.command("drift")
@click.argument("PURPOSE", type=click.Choice(models.PURPOSES))
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Scores from this day on.")
def drift(purpose: str, since: datetime | None) -> int:
    """How far the scores of the approved version moved from those it was made on: 1 when it should be refitted."""
    runtime = _opened()
    begin = since.replace(tzinfo=runtime.zone) if since is not None else None
    with runtime.reading() as session:
        chosen = models.approved(session, purpose)
        if chosen is None:
            raise InvalidInput(place=purpose, reason="no version is approved", reason_zh="没有已批准的版本")
        found = default_risk.drift(session, chosen[0], begin)
    click.echo(f"{purpose} {chosen[0].version}  PSI {found.psi:.4f}  {words(*LEVELS[found.level])}")
    for band, part in found.parts.items():
        click.echo(f"  {band:>10}  {part:.4f}")
    return 1 if found.level == "moved" else 0


def _opened() -> api.Runtime:
    runtime = api.open_engine(load())
    api.migrate(runtime)
    return runtime


def _stamp(runtime: api.Runtime, by: str) -> Stamp:
    with runtime.reading() as session:
        default_risk.answerable(session, by)
    return Stamp(runtime.now(), by, "command")


def _line(model: Model) -> None:
    signed = model.approved_by or model.registered_by
    click.echo(f"{model.purpose}  {model.version}  {words(*STATES[model.state])}  {signed}  {model.sha256[:12]}")


COMMANDS = (scorecards,)
