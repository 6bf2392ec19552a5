"""What if: a process run many times over with people who are busy, before anything is changed.

Law: pure. A plan and a seed go in, figures come out; the same seed gives the same figures. Time is seconds from the
beginning of the run, as floats: these are statistics, never money that is owed.

`plan` says what is run, `network` makes it of a checked model, `running` is the discrete-event run (Banks, Carson,
Nelson, Nicol: Discrete-Event System Simulation, ch. 3), `result` gathers replications into means with confidence
intervals (ch. 11), `document` reads and writes a plan as JSON.
"""

from engine.simulation.plan import Arrivals, Distribution, Doing, Plan, Pool
from engine.simulation.result import Comparison, Estimate, Result, compared, simulate

__all__ = [
    "Arrivals",
    "Comparison",
    "Distribution",
    "Doing",
    "Estimate",
    "Plan",
    "Pool",
    "Result",
    "compared",
    "simulate",
]
