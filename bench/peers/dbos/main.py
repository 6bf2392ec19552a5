"""B1 and B2 as durable functions of DBOS: each computation a step, the person a message that is waited for.

A start returns when the workflow is stored and runs on its own; a completion sends the message and waits for the end.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from dbos import DBOS, SetWorkflowID, WorkflowHandle

from bench import contract


@DBOS.step()
def fee(amount: int) -> float:
    return amount * 2 / 100


@DBOS.step()
def net(amount: int, charge: float) -> float:
    return amount - charge


@DBOS.step()
def double(amount: int) -> int:
    return amount * 2


@DBOS.workflow()
def b1(amount: int, customer: str) -> dict[str, Any]:
    values: dict[str, Any] = {"amount": amount, "customer": customer, "fee": fee(amount)}
    if amount > 100:
        values |= DBOS.recv("approve", timeout_seconds=3600)
        values |= {"net": net(amount, values["fee"]), "double": double(amount)}
    return values


@DBOS.workflow()
def b2(amount: int, customer: str) -> dict[str, Any]:
    return {"amount": amount, "customer": customer, "fee": fee(amount)}


class Dbos:
    """One client: a process with its executor."""

    batch = 1

    def __init__(self, url: str) -> None:
        DBOS(
            config={
                "name": "bench",
                "system_database_url": url,
                "executor_id": f"bench-{os.getpid()}",
                "log_level": "WARNING",
            }
        )
        DBOS.launch()
        self.what = f"DBOS {version('dbos')}"
        self.open: dict[str, WorkflowHandle[Any]] = {}
        self.ended = self.begun = 0

    def start(self, model: str, count: int) -> Sequence[str]:
        self.begun += 1
        name = f"{os.getpid()}-{self.begun}"
        with SetWorkflowID(name):
            handle = DBOS.start_workflow(b1 if model == "B1" else b2, **contract.VARIABLES)
        if model == "B2":
            handle.get_result()
            self.ended += 1
        else:
            self.open[name] = handle
        return [name]

    def tasks(self, instances: Sequence[str]) -> Sequence[str]:
        return instances

    def complete(self, tasks: Sequence[str]) -> None:
        [name] = tasks
        DBOS.send(name, {"approved": True}, topic="approve")
        result = self.open.pop(name).get_result()
        if result["double"] != 300:
            raise RuntimeError(f"{name} ended with {result}")
        self.ended += 1

    def left(self) -> int:
        return self.begun - self.ended


if __name__ == "__main__":
    answers = contract.own_output()
    contract.serve(Dbos(sys.argv[1]), answers)
    os._exit(0)
