"""The `dealflow` command. Law: thin; the outermost room, which starts processes and sets them up.

Exit codes: 0 done · 1 the house or we are at fault, or an expectation is unmet · 2 a model is refused ·
3 what was given cannot be used. What is refused is printed with its place and the way out.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence

import click

from engine import api
from engine.errors import CallerError, DealflowError, ModelError, ModelRefused, SettingsInvalid
from engine.settings import load
from web.cli import (
    batches,
    cases,
    data,
    demonstration,
    documents,
    fields,
    keeping,
    letters,
    limits,
    mails,
    models,
    people,
    reports,
    scorecards,
    serving,
    simulating,
    statistics,
    trying,
    vectors,
)
from web.cli.saying import faults, language, teach_the_libraries, translate, words

__all__ = ["commands", "main"]


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="dealflow", prog_name="dealflow")
def commands() -> None:
    """Dealflow: a BPMN workflow engine, and the project-finance work built on it."""


for module in (
    serving,
    models,
    trying,
    data,
    demonstration,
    keeping,
    statistics,
    simulating,
    cases,
    batches,
    mails,
    letters,
    people,
    documents,
    fields,
    reports,
    scorecards,
    limits,
    vectors,
):
    for command in module.COMMANDS:
        commands.add_command(command)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command and leave with its code."""
    sys.exit(run(list(sys.argv[1:] if arguments is None else arguments)))


def run(arguments: list[str]) -> int:
    """The command's exit code; nothing is raised."""
    # Whoever starts us may hand on a mask under which a server could never be told to stop.
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT, signal.SIGTERM})
    teach_the_libraries()
    translate(commands)
    try:
        found = commands.main(arguments, prog_name="dealflow", standalone_mode=False)
        return found if isinstance(found, int) else 0
    except click.ClickException as error:
        error.show()
        return 3
    except (click.Abort, KeyboardInterrupt):
        click.echo(
            words("\n已中断，未完成的步骤没有保存。", "\nInterrupted; what was not finished is not saved."), err=True
        )
        return 1
    except OSError as error:  # a folder that cannot be made or written
        place, reason = error.filename or "", error.strerror or str(error)
        click.secho(
            words(f"无法读写 {place}（{reason}）", f"{place} cannot be read or written ({reason})"), err=True, fg="red"
        )
        return 1
    except DealflowError as error:
        click.secho(error.text(language()), err=True, fg="red")
        if isinstance(error, ModelRefused):
            click.echo(faults("", error.faults), err=True)
        return 2 if isinstance(error, ModelError) else 3 if isinstance(error, CallerError) else 1
    except Exception:
        told = of_the_tables()
        if told is None:
            raise
        click.secho(told, err=True, fg="red")
        return 1


def of_the_tables() -> str | None:
    """What is wrong with the tables, if anything: a command that meets those of another release fails anywhere."""
    try:
        runtime = api.open_engine(load())
        try:
            api.require_schema(runtime)
        finally:
            runtime.database.dispose()
    except SettingsInvalid as error:
        return error.text(language())
    except Exception:  # the first fault is the one to tell
        return None
    return None
