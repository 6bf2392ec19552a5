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
from collections.abc import Sequence
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
IDLE, FATAL_ERROR, PIPELINE_SYNC = pq.TransactionStatus.IDLE, pq.ExecStatus.FATAL_ERROR, pq.ExecStatus.PIPELINE_SYNC


def _listed(values: list[Any]) -> bytes | None:
    """An array of numbers; others have quotes and more."""
    plain = all(type(value) is int for value in values)
    return b"{%s}" % b",".join([b"%d" % value for value in values]) if plain else None


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
        value, form = given[name], TEXT
        kind = type(value)
        written: bytes | None
        if kind is str:
            written = None if "\x00" in value else value.encode()  # psycopg says what is wrong with it
        elif value is None:
            values.append(None)
            formats.append(TEXT)
            continue
        elif kind is int:
            written = b"%d" % value
        elif kind is bytes:
            written, form = value, BINARY
        elif kind is datetime:
            written = value.isoformat().encode()
        elif kind is bool:
            written = b"t" if value else b"f"
        elif kind is psycopg.Binary:
            written, form = bytes(value.obj), BINARY
        else:
            written = _listed(value) if kind is list else None
        if written is None:
            return None
        values.append(written)
        formats.append(form)
    return query, values, formats


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
        pgconn, places, new = self.pgconn, list[int](), dict[str, bytes]()
        place = self._begun(new)
        for (text, _), written in zip(said, all_written, strict=True):
            assert written is not None
            place += self._send(text, *written, new)
            places.append(place - 1)
        pgconn.pipeline_sync()
        results = self._ended(new)
        return [Answer(results[at], self.transformer) for at in places]

    def _exchanged(
        self, text: str, query: bytes, values: Sequence[bytes | None], formats: Sequence[pq.Format], commits: bool
    ) -> Answer:
        new: dict[str, bytes] = {}
        place = self._begun(new) + self._send(text, query, values, formats, new)
        if commits:
            self._send("COMMIT", b"COMMIT", (), (), new)
        self.pgconn.pipeline_sync()
        return Answer(self._ended(new)[place - 1], self.transformer)

    def _begun(self, new: dict[str, bytes]) -> int:
        """The BEGIN on its way, where no transaction is open; how many answers come before what follows."""
        begins = self.pgconn.transaction_status == IDLE
        self.pgconn.enter_pipeline_mode()
        answers = self._close() if self.forgotten or len(self.names) >= _MOST else 0
        if begins:
            text = "BEGIN READ ONLY" if self.driver.read_only else "BEGIN"
            answers += self._send(text, text.encode(), (), (), new)
        return answers

    def _send(
        self,
        text: str,
        query: bytes,
        values: Sequence[bytes | None],
        formats: Sequence[pq.Format],
        new: dict[str, bytes],
    ) -> int:
        """A statement on its way, prepared before when it is `new`; how many answers it gets, its own the last."""
        name, answers = self.names.get(text) or new.get(text), 1
        if name is None:
            self.made += 1
            name = new[text] = b"said_%d" % self.made
            self.pgconn.send_prepare(name, query)
            answers = 2
        self.pgconn.send_query_prepared(name, values, formats, result_format=BINARY)
        return answers

    def _ended(self, new: dict[str, bytes]) -> list[Any]:
        """All answers; the first fault among them is raised."""
        results = self._results()
        self.pgconn.exit_pipeline_mode()
        self.names |= new
        for result in results:
            if result.status == FATAL_ERROR:
                self.forgotten = True  # some of the new may be prepared: all are closed, there or not
                raise error_from_result(result)
        return results

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
            elif result.status == PIPELINE_SYNC:
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
