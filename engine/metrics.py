"""What a process counts of itself, for Prometheus. Law: counting never fails, waits or asks the database.

The names are an interface: docs/operations.md lists them. What the database knows (queues, incidents) is asked when
somebody looks (`engine.queries.queue`).
"""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

STEP = Histogram(
    "dealflow_step_seconds",
    "From the beginning of a unit of work to its rows, without the commit",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
)
JOBS = Counter("dealflow_jobs", "Attempts at jobs by what became of them", ("topic", "outcome"))
LATENESS = Histogram(
    "dealflow_timer_lateness_seconds",
    "From the moment of a timer to its firing",
    buckets=(0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 60.0, 600.0, 3600.0),
)
SWEPT = Gauge("dealflow_sweep_lag_seconds", "Since this process last looked for due work")
HANDS = Gauge("dealflow_handlers_running", "Handlers that run in this process just now")
