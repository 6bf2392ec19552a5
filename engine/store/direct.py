"""PostgreSQL by libpq itself, for what every step says. Law: the same connection and transaction, fewer journeys.

psycopg brings each statement, the BEGIN and the COMMIT to the server on a journey of its own. Here the BEGIN travels
with the first statement of a transaction and the COMMIT with its last (pipeline mode; PostgreSQL documentation, 34.5),
and values go by the shortest way: what is not a whole number (or a list of them), text, bytes, moment, truth or nothing
is left to psycopg.
Nobody waits in libpq: the socket is looked at first, so that other threads go on.
"""

from __future__ import annotations

import re
import select
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

import psycopg
from psycopg import pq
from psycopg.adapt import Transformer
from psycopg.errors import error_from_result

_PLACE = re.compile(r"%\((\w+)\)s|%%")
_CLOSES = 170000
"""The libpq that can close a prepared statement by its name, there or not."""
_MOST = 200
"""Statements that stay prepared on a connection."""
TEXT, BINARY = pq.Format.TEXT, pq.Format.BINARY


def _text(value: str) -> bytes | None:
    return None if "\x00" in value else value.encode()  # psycopg says what is wrong with it


def _listed(values: list[Any]) -> bytes | None:
    """An array of numbers; others have quotes and more."""
    plain = all(type(value) is int for value in values)
    return b"{%s}" % b",".join([b"%d" % value for value in values]) if plain else None


_DUMPS: Mapping[type, tuple[Callable[[Any], bytes | None], pq.Format]] = {
    int: (lambda value: b"%d" % value, TEXT),
    str: (_text, TEXT),
    bytes: (lambda value: value, BINARY),
    psycopg.Binary: (lambda value: bytes(value.obj), BINARY),
    list: (_listed, TEXT),
    bool: (lambda value: b"t" if value else b"f", TEXT),
    datetime: (lambda value: value.isoformat().encode(), TEXT),
}


@lru_cache(maxsize=1024)
def _numbered(text: str) -> tuple[bytes, tuple[str, ...]]:
    """A statement with `$1` for `%(name)s`, and the names in the order of their numbers."""
    names: dict[str, int] = {}

    def place(found: re.Match[str]) -> str:
        name = found.group(1)
        return "%" if name is None else f"${names.setdefault(name, len(names) + 1)}"

    return _PLACE.sub(place, text).encode(), tuple(names)


def _written(text: str, given: Any) -> tuple[bytes, list[bytes | None], list[pq.Format]] | None:
    """A statement and its values as the server takes them; None when a value is not of those that go this way."""
    query, names = _numbered(text)
    values: list[bytes | None] = []
    formats: list[pq.Format] = []
    for name in names:
        value = given[name]
        if value is None:
            values.append(None)
            formats.append(TEXT)
            continue
        dump = _DUMPS.get(type(value))
        written = dump[0](value) if dump is not None else None
        if dump is None or written is None:
            return None
        values.append(written)
        formats.append(dump[1])
    return query, values, formats


def _raise_first(results: Sequence[Any]) -> None:
    for result in results:
        if result.status == pq.ExecStatus.FATAL_ERROR:
            raise error_from_result(result)


class Answer:
    """What a statement gave: rows, or how many it touched."""

    __slots__ = ("result", "transformer")

    def __init__(self, result: Any, transformer: Any) -> None:
        self.result, self.transformer = result, transformer

    @property
    def rowcount(self) -> int:
        """How many rows it touched or gave."""
        return int(self.result.command_tuples or 0)

    def fetchall(self) -> list[Any]:
        """All rows."""
        if self.result.status != pq.ExecStatus.TUPLES_OK:
            return []
        self.transformer.set_pgresult(self.result, set_loaders=True, format=BINARY)
        found: list[Any] = self.transformer.load_rows(0, self.result.ntuples, tuple)
        return found

    def fetchone(self) -> Any:
        """The first row, or None."""
        found = self.fetchall()
        return found[0] if found else None


class Direct:
    """One driver's connection, by libpq."""

    __slots__ = ("driver", "forgotten", "looker", "made", "names", "pgconn", "transformer")

    def __init__(self, driver: psycopg.Connection[Any]) -> None:
        self.driver, self.pgconn = driver, driver.pgconn
        self.names: dict[str, bytes] = {}
        """What is prepared, by its text."""
        self.made, self.forgotten = 0, False
        self.transformer: Any = Transformer(driver)
        self.looker = select.poll()
        self.looker.register(self.pgconn.socket, select.POLLIN)

    def able(self) -> bool:
        """Whether the connection is in its usual state: one that was set up in another way is left to psycopg."""
        one = self.driver
        usual = not one.autocommit and one.isolation_level is None and one.deferrable is None
        return usual and one.prepare_threshold is not None and one.info.encoding == "utf-8"

    def is_between(self) -> bool:
        """Whether it was left between a question and its answer."""
        return self.pgconn.pipeline_status != pq.PipelineStatus.OFF

    def say(self, text: str, given: Any, *, commits: bool = False) -> Answer | None:
        """A statement, begun with a transaction where none is open and followed by the COMMIT when it is the last.

        None: nothing was said, because a value is not of those that go this way. Errors are psycopg's.
        """
        written = _written(text, given)
        return None if written is None else self._exchanged(text, *written, commits)

    def say_all(self, said: Sequence[tuple[str, Any]]) -> list[Answer] | None:
        """Statements behind each other on one journey; None as `say`. The first that fails is raised."""
        all_written = [_written(text, given) for text, given in said]
        if None in all_written:
            return None
        pgconn, places, made = self.pgconn, list[int](), dict[str, bytes]()
        begins = pgconn.transaction_status == pq.TransactionStatus.IDLE
        pgconn.enter_pipeline_mode()
        place = self._close() if self.forgotten or len(self.names) >= _MOST else 0
        if begins:
            pgconn.send_query_params(b"BEGIN", None)
            place += 1
        for (text, _), written in zip(said, all_written, strict=True):
            assert written is not None
            query, values, formats = written
            name = self.names.get(text) or made.get(text)
            if name is None:
                self.made += 1
                name = made[text] = b"said_%d" % self.made
                pgconn.send_prepare(name, query)
                place += 1
            pgconn.send_query_prepared(name, values, formats, result_format=BINARY)
            places.append(place)
            place += 1
        pgconn.pipeline_sync()
        results = self._results()
        pgconn.exit_pipeline_mode()
        _raise_first(results)
        self.names |= made
        return [Answer(results[at], self.transformer) for at in places]

    def _exchanged(
        self, text: str, query: bytes, values: Sequence[bytes | None], formats: Sequence[pq.Format], commits: bool
    ) -> Answer:
        pgconn = self.pgconn
        begins = pgconn.transaction_status == pq.TransactionStatus.IDLE
        pgconn.enter_pipeline_mode()
        closed = self._close() if self.forgotten or len(self.names) >= _MOST else 0
        if begins:
            pgconn.send_query_params(b"BEGIN READ ONLY" if self.driver.read_only else b"BEGIN", None)
        name = self.names.get(text)
        is_new = name is None
        if name is None:
            self.made += 1
            name = b"said_%d" % self.made
            pgconn.send_prepare(name, query)
        pgconn.send_query_prepared(name, values, formats, result_format=BINARY)
        if commits:
            pgconn.send_query_params(b"COMMIT", None)
        pgconn.pipeline_sync()
        results = self._results()
        pgconn.exit_pipeline_mode()
        _raise_first(results)
        self.names[text] = name
        return Answer(results[closed + begins + is_new], self.transformer)

    def _results(self) -> list[Any]:
        """What the server answers, to the end of what was sent."""
        pgconn, found = self.pgconn, list[Any]()
        while pgconn.flush():
            self.looker.modify(pgconn.socket, select.POLLIN | select.POLLOUT)
            self.looker.poll()
            self.looker.modify(pgconn.socket, select.POLLIN)
            pgconn.consume_input()
        while True:
            while pgconn.is_busy():
                self.looker.poll()
                pgconn.consume_input()
            result = pgconn.get_result()
            if result is None:
                if pgconn.status == pq.ConnStatus.BAD:
                    raise psycopg.OperationalError(pgconn.get_error_message())
            elif result.status == pq.ExecStatus.PIPELINE_SYNC:
                return found
            else:
                found.append(result)

    def _close(self) -> int:
        """Begin anew: psycopg gave up what was prepared, ours too, or there is too much; how many answers follow."""
        names, self.names, self.forgotten = list(self.names.values()), {}, False
        if pq.version() < _CLOSES:
            return 0
        for name in names:
            self.pgconn.send_close_prepared(name)
        return len(names)
