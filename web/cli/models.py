"""`check`, `deploy`, `export`: the installation and its models."""

from __future__ import annotations

from pathlib import Path

import click

from engine import api, queries, watcher
from engine.errors import DealflowError
from engine.settings import load
from web.cli.saying import faults, words
from web.cli.serving import say_outcome


@click.command()
def check() -> int:
    """Whether this installation would run: settings, database, schema, models. Changes nothing."""
    settings = load()
    click.echo(f"✓ settings: {settings.database_url.split('@')[-1]}, {settings.bpmn_dir}, {settings.zone}")
    runtime = api.open_engine(settings)
    click.echo(f"✓ handlers: {len(runtime.registry.topics)} topics")
    try:
        with runtime.reading() as session:
            found = queries.definitions(session)
    except DealflowError:
        raise
    except Exception as error:
        click.secho(f"✗ database: {error.__class__.__name__}: {str(error).splitlines()[0]}", fg="red")
        click.echo(
            words(
                settings,
                "  先运行 dealflow run 或 dealflow deploy 建立数据表。",
                "  Run `dealflow run` or `dealflow deploy` first: they make the tables.",
            )
        )
        return 1
    click.echo(f"✓ database: {len(found)} processes")
    code = 0
    for folder in watcher.packages(settings.bpmn_dir):
        with runtime.transaction() as session:
            wrong = api.check(session, folder.name, watcher.read_package(folder, settings.max_model_bytes))
        errors = [fault for fault in wrong if fault.severity == "error"]
        click.secho(
            f"{'✗' if errors else '✓'} {folder.name}: {len(errors)} faults, {len(wrong) - len(errors)} warnings",
            fg="red" if errors else None,
        )
        if wrong:
            click.echo(faults(folder.name, wrong, settings.language))
        code = 2 if errors else code
    return code


@click.command()
@click.argument("folder", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--note", default="", help="Why; shown with the version.")
def deploy(folder: Path | None, note: str) -> int:
    """Check and deploy a folder of packages (or one package); refused, nothing that runs changes."""
    settings = load()
    runtime = api.open_engine(settings)
    api.migrate(runtime)
    root = folder or settings.bpmn_dir
    if not root.is_dir():
        raise click.UsageError(f"{root}: no such folder")
    is_package = any(path.suffix in (".bpmn", ".dmn", ".form") for path in root.iterdir() if path.is_file())
    outcomes = (
        [watcher.deploy_folder(runtime, root.resolve(), api.SYSTEM, note)]
        if is_package
        else watcher.deploy_all(runtime, root, api.SYSTEM, note)
    )
    if not outcomes:
        raise click.UsageError(f"{root}: no diagram, table or form in it")
    told = say_outcome(settings)
    for outcome in outcomes:
        told(outcome)
        if outcome.deployed is not None and outcome.deployed.unchanged:
            click.echo(f"= {outcome.folder}: {words(settings, '无变化', 'unchanged')}")
    return 2 if any(outcome.deployed is None for outcome in outcomes) else 0


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def export(folder: Path) -> int:
    """Write the newest deployed models into a folder, a package a subfolder."""
    runtime = api.open_engine(load())
    with runtime.reading() as session:
        found = api.export(session)
    for name, files in sorted(found.items()):
        for file, content in files.items():
            target = (folder / name / file).resolve()
            if not target.is_relative_to(folder.resolve()):
                raise click.UsageError(f"{name}/{file} would be written outside {folder}")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        click.echo(f"{folder / name}: {len(files)}")
    return 0


COMMANDS = (check, deploy, export)
