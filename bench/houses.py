"""Houses for measurements with worker processes: an empty PostgreSQL database, a case of one nap, the naps taken."""

from __future__ import annotations

import itertools
import os
import resource
import time
from pathlib import Path

import sqlalchemy as sa

from bench.napping import NAPS
from engine import api
from engine.execution import Runtime
from engine.settings import load

CASE = "nap"
MODEL = f"""<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:camunda="http://camunda.org/schema/1.0/bpmn"
 id="d" targetNamespace="bench"><process id="{CASE}" name="小憩" isExecutable="true">
 <startEvent id="start"/><sequenceFlow id="f1" sourceRef="start" targetRef="rest"/>
 <serviceTask id="rest" name="小憩" camunda:type="external" camunda:topic="bench.nap"/>
 <sequenceFlow id="f2" sourceRef="rest" targetRef="end"/><endEvent id="end"/></process></definitions>"""
_numbers = itertools.count(1)


def fresh(server: str, folder: Path, template: str = "template1") -> tuple[Runtime, str]:
    """An engine on a new database of the server with the model deployed, and the database's address.

    template: the database that it is a copy of; one that has the tables already saves making them.
    """
    name = f"bench_{os.getpid()}_{next(_numbers)}"
    admin = sa.create_engine(sa.make_url(server).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE {template}")
    admin.dispose()
    url = sa.make_url(server).set(database=name).render_as_string(hide_password=False)
    runtime = api.open_engine(load(database_url=url, data_dir=folder, handlers=("bench.napping",)))
    api.migrate(runtime)
    with runtime.transaction() as session:
        api.deploy(session, api.SYSTEM, "nap", {"nap.bpmn": MODEL.encode()})
    return runtime, url


def environment(url: str, folder: Path) -> dict[str, str]:
    """What a worker process of that house is started with."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("DEALFLOW_")}
    return ours | {
        "DEALFLOW_DATABASE_URL": url,
        "DEALFLOW_DATA_DIR": str(folder),
        "DEALFLOW_HANDLERS": "bench.napping",
        "DEALFLOW_LANGUAGE": "en",
        NAPS: str(folder / "naps"),
    }


def naps(folder: Path) -> list[tuple[float, str, str, str, int, int]]:
    """Time, word, instance, element, attempt and process of all that was noted, in order."""
    try:
        lines = (folder / "naps").read_text(encoding="ascii").splitlines()
    except FileNotFoundError:
        return []
    found = [line.split() for line in lines]
    return [(float(at), word, who, where, int(n), int(pid)) for at, word, who, where, n, pid in found]


def spent() -> float:
    """Processor seconds of this process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def until(done: int, folder: Path, word: str = "ended", seconds: float = 300.0) -> float:
    """Wait until so many naps ended; returns when (time.time())."""
    limit = time.time() + seconds
    while sum(nap[1] == word for nap in naps(folder)) < done:
        if time.time() > limit:
            raise TimeoutError(f"{done} naps did not end in {seconds} s")
        time.sleep(0.05)
    return max(nap[0] for nap in naps(folder) if nap[1] == word)


def spent_by_database(pgdata: Path) -> float:
    """Processor seconds of a PostgreSQL server and all its processes, those that ended included."""
    parent = (pgdata / "postmaster.pid").read_text().split()[0]
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            pid, (_, ppid, *rest) = stat.parent.name, stat.read_text().rpartition(")")[2].split()
        except OSError:  # it ended meanwhile
            continue
        if parent in (pid, ppid):
            ticks += sum(map(int, rest[9 : 13 if pid == parent else 11]))
    return ticks / os.sysconf("SC_CLK_TCK")


def written(runtime: Runtime) -> int:
    """Bytes that the server has written to its log so far."""
    with runtime.reading() as session:
        return int(session.scalar(sa.text("SELECT pg_current_wal_lsn() - '0/0'")) or 0)
