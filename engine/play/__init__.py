"""Run models in memory on a virtual clock. Law: the server's own core; no store, no wall clock.

`play` runs one scenario, `test_folder` all scenarios under a folder with coverage, `decide` one decision; `main_play`
and `main_test` are the same as commands. Formats: docs/play.md.
"""

from engine.decisions.tck import main as main_tck
from engine.play.deciding import decide
from engine.play.folder import test_folder
from engine.play.report import exit_code
from engine.play.run import play
from engine.play.terminal import main_decide, main_play, main_test
from engine.play.values import plain, read_scenario

__all__ = [
    "decide",
    "exit_code",
    "main_decide",
    "main_play",
    "main_tck",
    "main_test",
    "plain",
    "play",
    "read_scenario",
    "test_folder",
]
