"""Reads of `/api/v1` at a fixed rate: `python -m bench.reads [--rate 100] [--seconds 20] [--house FOLDER]`.

`dealflow serve` is started as a user starts it, on a house that is there (`--house`: a folder with dealflow.db, such
as one that `dealflow demo` filled) or on the small book that a first `dealflow run` makes. This process asks, the
server is another. The rate is kept whatever the answers take (open loop, `bench.answers`): a late answer delays nobody
else's question, and counts from the moment at which it was due. Beside the clock stands the server's processor time for
each answer, which says more on a machine that does other work too.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench.answers import READS, asked
from tests.stories.served import dealflow, environment, free_port

TICKS = os.sysconf("SC_CLK_TCK")


def processor(root: int) -> float:
    """Seconds of processor that the process and all that it started have used, this one itself left out (Linux)."""
    parents, used = dict[int, int](), dict[int, int]()
    for place in Path("/proc").glob("[0-9]*/stat"):
        try:
            parts = place.read_text().rpartition(")")[2].split()
        except OSError:  # it has just ended
            continue
        parents[int(place.parent.name)], used[int(place.parent.name)] = int(parts[1]), int(parts[11]) + int(parts[12])
    below = {root}
    while grown := {one for one, parent in parents.items() if parent in below} - below:
        below |= grown
    return sum(used[one] for one in below - {root} if one in used) / TICKS


def percentile(found: Sequence[float], share: float) -> float:
    """The value below which this share lies."""
    ordered = sorted(found)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def furnish(folder: Path, house: Path | None) -> None:
    """A copy of the house, or a new one with the small book."""
    if house is not None:
        shutil.copytree(house, folder, dirs_exist_ok=True)
    else:
        with dealflow(folder, free_port()):
            pass


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--house", type=Path, help="folder of a house (its files are copied)")
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        furnish(folder, told.house)
        command = [str(Path(sys.executable).with_name("dealflow")), "token", "create", "reads", "--scope", "read"]
        made = subprocess.run(command, env=environment(folder), capture_output=True, text=True, check=True)
        token = made.stdout.split()[-1]
        with dealflow(folder, port, "serve"):
            asked(port, token, told.rate, 2)  # connections, statements and pages of files that everybody has later
            before, load = processor(os.getpid()), os.getloadavg()[0]
            found = asked(port, token, told.rate, told.seconds)
            spent = processor(os.getpid()) - before
            print(f"load {load:.1f} before, {os.getloadavg()[0]:.1f} after; {len(READS)} kinds of reads in turn\n")
    middle, late, latest = (percentile(found, share) for share in (0.5, 0.95, 0.99))
    print("| a second | answers | median ms | 95 % | 99 % | longest | processor ms an answer |")
    print("|---|---|---|---|---|---|---|")
    print(
        f"| {told.rate} | {len(found)} | {middle:.1f} | {late:.1f} | {latest:.1f} | {max(found):.1f} "
        f"| {spent / len(found) * 1000:.2f} |"
    )


if __name__ == "__main__":
    main()
