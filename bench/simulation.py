"""How long a what-if run of ten thousand cases takes: shipped processes, people in office hours, decisions by shares.

    .venv/bin/python bench/simulation.py [--cases 10000] [--rounds 3]

Every user task takes one of its group three hours on average (lognormal), the groups have people enough to be busy for
some three quarters of their time, cases come in office hours. The best of the rounds, as other work takes its share.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from engine.process.businesstime import BusinessCalendar
from engine.process.model import Definition
from engine.simulation import Arrivals, Distribution, Doing, Plan, Pool
from engine.simulation.document import model_of
from engine.simulation.running import Run, run

ROOT = Path(__file__).parents[1]
PROCESSES = ("client_intake", "credit_evaluation", "drawdown", "client_maintenance")
HOUR = 3_600.0


def plan_of(model: Definition, cases: int) -> Plan:
    """A plan that keeps people busy and lets no loop turn for ever."""
    calendar = BusinessCalendar()
    tasks = {
        id: Doing(Distribution("lognormal", 3 * HOUR, 3 * HOUR), by=model.lane_groups.get(node.lane or "", "house"))
        for id, node in model.nodes.items()
        if node.type == "userTask"
    }
    people = Counter(doing.by for doing in tasks.values())
    return Plan(
        arrivals=Arrivals(Distribution("exponential", HOUR), calendar),
        pools={name: Pool(4 * number, calendar, 300) for name, number in people.items()},
        doings=tasks,
        cases=cases,
        replications=1,
    )


def main() -> None:
    """A line for each process."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--cases", type=int, default=10_000)
    asked.add_argument("--rounds", type=int, default=3)
    given = asked.parse_args()
    for key in PROCESSES:
        file = ROOT / "bpmn" / key / f"{key}.bpmn"
        model = model_of(file.read_bytes(), str(file), key)
        plan, best, found = plan_of(model, given.cases), (float("inf"), 0.0), None
        for number in range(given.rounds):
            began, cpu = time.perf_counter(), time.process_time()
            found = run(model, plan, number)
            best = min(best, (time.perf_counter() - began, time.process_time() - cpu))
        assert isinstance(found, Run)
        visits = sum(one.visits for one in found.tallies.values())
        told = f"{best[0]:5.1f} s ({best[1]:.1f} s of processor)  {visits / len(found.cycles):5.1f} visits a case"
        print(
            f"{key:20} {given.cases:,} cases  {told}  stuck {found.stuck}",
            flush=True,
        )


if __name__ == "__main__":
    main()
