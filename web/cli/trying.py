"""`play`, `test`, `decide`, `tck`: run models without a database. All of it is engine.play's."""

from __future__ import annotations

import click

from engine import play as player
from web.cli.saying import language

PASSED_ON = {"ignore_unknown_options": True, "help_option_names": []}


def _passed_on(name: str, entry: str, help: str, *, speaks: bool = True) -> click.Command:
    """A command that hands its arguments to one of engine.play's own."""

    @click.command(name, context_settings=PASSED_ON, help=help, short_help=help)
    @click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
    def command(arguments: tuple[str, ...]) -> int:
        try:
            return int(getattr(player, entry)(list(arguments), **({"language": language()} if speaks else {})))
        except SystemExit as left:  # argparse: 0 for --help, 2 for a wrong argument
            return 3 if left.code else 0

    return command


play = _passed_on("play", "main_play", "Run a model in memory on a virtual clock: FILES… --scenario S.json.")
test = _passed_on("test", "main_test", "Play every scenario under a folder, with coverage.")
decide = _passed_on("decide", "main_decide", "Evaluate one decision: FILES… --decision NAME --input JSON.")
tck = _passed_on("tck", "main_tck", "Run a folder of the DMN conformance kit.", speaks=False)

COMMANDS = (play, test, decide, tck)
