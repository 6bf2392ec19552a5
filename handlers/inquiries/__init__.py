"""A file of inquiries into the process: every row is sent as the message `inquiry_received`, or told why not.

Law: one transaction a row, so that a bad row, a crash or a full disk costs no good one; a row's identity is its
message id, so that the same file (or the same row in another file) adds nothing the second time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Protocol, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import api, forms
from engine.errors import CallerError, DealflowError, FormInvalid, InvalidInput, ModelError
from engine.execution import Runtime
from engine.store import tables as engine_tables
from handlers.inquiries import columns, rows, sheets
from handlers.inquiries.columns import NAMES, label
from handlers.inquiries.rows import Reading, Reason
from handlers.records import keys

__all__ = ["ImportReport", "RowReport", "import_inquiries", "label"]

MESSAGE = "inquiry_received"
Outcome = Literal["ok", "duplicate", "refused"]


@dataclass(frozen=True, slots=True)
class RowReport:
    """What became of one row. `row` is its line in the file (the header is usually 1)."""

    row: int
    outcome: Outcome
    client_name: str
    project_name: str
    business_key: str | None = None
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What became of a file."""

    filename: str
    kind: str
    """utf-8, utf-16, gb18030 or xlsx."""
    rows: tuple[RowReport, ...]
    unknown_columns: tuple[str, ...]
    """Headers that mean nothing to us; their columns were left out."""

    @property
    def counts(self) -> Mapping[str, int]:
        """ok, duplicate, refused, total."""
        found = Counter(row.outcome for row in self.rows)
        return {name: found[name] for name in ("ok", "duplicate", "refused")} | {"total": len(self.rows)}


class Send(Protocol):
    """`engine.api.send_message`."""

    def __call__(
        self,
        session: Session,
        actor: api.Actor,
        name: str,
        *,
        business_key: str | None = None,
        variables: Mapping[str, object] | None = None,
        message_id: str | None = None,
    ) -> api.Delivery: ...


def import_inquiries(
    runtime: Runtime,
    source: Path | bytes,
    filename: str,
    actor: api.Actor,
    *,
    dry_run: bool = False,
    send: Send = api.send_message,
) -> ImportReport:
    """Read a CSV or XLSX file of inquiries and send each good row once.

    `source` is a path or the bytes; `filename` tells the kind and appears in messages. `dry_run` reads and reports,
    and sends nothing. InvalidInput when the file as a whole cannot be read or its header is wrong; an OperatorError
    (full disk, dead database) ends the import with the rows so far in, and the file can simply be imported again.
    """
    most = runtime.settings.max_upload_bytes
    sheet = sheets.read(sheets.content_of(source, filename, most), filename, most)
    layout = columns.layout(sheet.header, filename)
    seen: dict[object, int] = {}
    reports = []
    for line, cells in sheet.rows:
        reading = rows.read(cells, layout)
        report = _refused(line, reading) if reading.reasons else _twice(line, reading, seen)
        if report is None:
            report = _sent(runtime, actor, line, reading, dry_run, send)
        if report.outcome != "refused":
            for key in (reading.identity, reading.matter):
                if key is not None:
                    seen.setdefault(key, line)
        reports.append(report)
    return ImportReport(filename, sheet.kind, tuple(reports), layout.unknown)


def _report(line: int, outcome: Outcome, reading: Reading, *reasons: Reason, key: str | None = None) -> RowReport:
    client, project = (str(reading.values.get(field) or "") for field in ("client_name", "project_name"))
    return RowReport(line, outcome, client, project, key, reasons)


def _refused(line: int, reading: Reading) -> RowReport:
    return _report(line, "refused", reading, *reading.reasons)


def _twice(line: int, reading: Reading, seen: Mapping[object, int]) -> RowReport | None:
    """A row about what an earlier row of the file is about."""
    first = seen.get(reading.identity)
    if first is None and reading.matter is not None:
        first = seen.get(reading.matter)
    if first is None:
        return None
    reason = Reason("row", f"与第 {first} 行重复", f"the same as line {first}")
    return _report(line, "duplicate", reading, reason)


def _sent(runtime: Runtime, actor: api.Actor, line: int, reading: Reading, dry_run: bool, send: Send) -> RowReport:
    try:
        with runtime.transaction() as session:
            known = _imported_before(session, reading.identity)
            if known is not None:
                return _imported(line, reading, known)
            if dry_run:
                return _report(line, "ok", reading)
            key = _next_key(session, runtime, reading.values)
            delivery = send(
                session, actor, MESSAGE, business_key=key, variables=_variables(reading), message_id=reading.identity
            )
            if delivery.state == "duplicate":
                return _imported(line, reading, None)
        return _report(line, "ok", reading, key=key)
    except (CallerError, ModelError) as error:
        return _report(line, "refused", reading, *_told(error))


def _imported(line: int, reading: Reading, known: tuple[str | None, datetime] | None) -> RowReport:
    key = known[0] if known else None
    reason = Reason(
        "row",
        f"此前已导入（{key}）" if key else "此前已导入",
        f"was imported before ({key})" if key else "was imported before",
    )
    return _report(line, "duplicate", reading, reason, key=key)


def _imported_before(session: Session, identity: str) -> tuple[str | None, datetime] | None:
    """(business key, when) of the message that this row was sent as, in an earlier import."""
    message = engine_tables.message.c
    found = session.execute(
        sa.select(message.business_key, message.received_at).where(message.message_id == identity)
    ).first()
    return None if found is None else (found.business_key, found.received_at)


def _next_key(session: Session, runtime: Runtime, values: Mapping[str, Any]) -> str:
    prefix = keys.CLIENT if values["client_role"] == "investor" else keys.PROJECT
    return keys.next_key(session, prefix, runtime.now().astimezone(runtime.zone).year)


def _variables(reading: Reading) -> Mapping[str, Any]:
    return {name: value for name, value in reading.values.items() if value is not None}


def _told(error: DealflowError) -> tuple[Reason, ...]:
    """An error of the engine as reasons, by field where it names one that people know."""
    if isinstance(error, FormInvalid):
        return tuple(
            Reason(field, *(forms.message(code, params, tongue) for tongue in ("zh", "en")))
            for field, faults in error.errors.items()
            for code, params in cast("Sequence[tuple[str, dict[str, object]]]", faults)
        )
    place = str(error.fields.get("place"))
    if isinstance(error, InvalidInput) and place in NAMES:
        reason = str(error.fields["reason"])
        return (Reason(place, str(error.fields.get("reason_zh", reason)), reason),)
    return (Reason("row", error.text("zh"), error.text("en")),)
