"""`check`, `deploy`, `export`, `layout`: the installation and its models."""

from __future__ import annotations

from pathlib import Path

import click

from engine import api, queries, watcher
from engine.errors import DealflowError, SettingsInvalid
from engine.settings import load
from handlers.records import limits
from web.cli.saying import faults, language, words
from web.cli.serving import say_outcome, shown_database


@click.command()
def check() -> int:
    """Whether this installation would run: settings, database, schema, models. Changes nothing."""
    settings = load()
    facts = f"{shown_database(settings)}, {settings.bpmn_dir}, {settings.zone}"
    click.echo(words(f"✓ 设置：{facts}", f"✓ settings: {facts}"))
    runtime = api.open_engine(settings)
    topics = len(runtime.registry.topics)
    click.echo(words(f"✓ 处理程序：{topics} 个主题", f"✓ handlers: {topics} topics"))
    try:
        api.require_schema(runtime)
    except SettingsInvalid as error:
        reason = words(str(error.fields["reason_zh"]), str(error.fields["reason"]))
        click.secho(words(f"✗ 数据库：{reason}", f"✗ database: {reason}"), fg="red")
        return 1
    with runtime.reading() as session:
        found = queries.definitions(session)
        ceiling = limits.line_of(session, None, runtime.now().astimezone(runtime.zone).date())
    click.echo(words(f"✓ 数据库：{len(found)} 个流程", f"✓ database: {len(found)} processes"))
    if ceiling is None:
        click.secho(
            words(
                "⚠ 授信额度：本机构尚无默认额度，没有自身额度的集团不能占用；用 dealflow limits line 设定",
                "⚠ limits: the house has no default line, so nothing can be promised to a group without a line of its "
                "own; set it with dealflow limits line",
            ),
            fg="yellow",
        )
    code = 0
    limit = settings.max_model_bytes
    folders = {one.name: watcher.read_package(one, limit) for one in watcher.packages(settings.bpmn_dir)}
    with runtime.transaction() as session:
        checked = api.check_folders(session, folders)
    for folder, wrong in checked.items():
        errors = [fault for fault in wrong if fault.severity == "error"]
        sign, count, warned = "✗" if errors else "✓", len(errors), len(wrong) - len(errors)
        told = words(
            f"{sign} {folder}：{count} 处错误，{warned} 处警告",
            f"{sign} {folder}: {count} {'fault' if count == 1 else 'faults'}, "
            f"{warned} {'warning' if warned == 1 else 'warnings'}",
        )
        click.secho(told, fg="red" if errors else None)
        if wrong:
            click.echo(faults(folder, wrong))
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
        raise click.UsageError(words(f"{root}：没有此文件夹", f"{root}: no such folder"))
    is_package = any(path.suffix in (".bpmn", ".dmn", ".form") for path in root.iterdir() if path.is_file())
    outcomes = (
        [watcher.deploy_folder(runtime, root.resolve(), api.SYSTEM, note)]
        if is_package
        else watcher.deploy_all(runtime, root, api.SYSTEM, note)
    )
    if not outcomes:
        raise click.UsageError(
            words(f"{root}：其中没有流程图、决策表或表单", f"{root}: no diagram, table or form in it")
        )
    for outcome in outcomes:
        say_outcome(outcome)
        if outcome.deployed is not None and outcome.deployed.unchanged:
            click.echo(f"= {outcome.folder}: {words('无变化', 'unchanged')}")
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
                outside = words(
                    f"{name}/{file} 会写到 {folder} 之外", f"{name}/{file} would be written outside {folder}"
                )
                raise click.UsageError(outside)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        click.echo(f"{folder / name}: {len(files)}")
    return 0


@click.command()
@click.argument("diagrams", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--again", is_flag=True, help="Draw anew what has a drawing already.")
def layout(diagrams: tuple[Path, ...], again: bool) -> int:
    """Draw diagrams that have no drawing, in place: from left to right, lanes as bands."""
    code = 0
    for path in diagrams:
        try:
            drawn = api.arrange(path.read_bytes(), str(path), again=again)
        except DealflowError as refused:
            click.secho(f"✗ {refused.text(language())}", fg="red", err=True)
            code = 2
            continue
        path.write_bytes(drawn)
        click.echo(f"✓ {path}")
    return code


COMMANDS = (check, deploy, export, layout)
