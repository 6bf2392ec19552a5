"""Where mail comes from: files, a folder that another program fills, or an SMTP listener of our own.

Law: a mail is taken (250, or moved away) only once it is committed; what we cannot store just now stays with whoever
brought it. The listener takes mail for this house and sends none on: it stands behind the house's own mail server.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from engine.errors import OperatorError
from engine.execution import Runtime
from engine.log import logger
from handlers.inbound.mail import read
from handlers.inbound.receiving import Received, receive

log = logger("inbound")


def take(runtime: Runtime, content: bytes) -> Received:
    """One mail in one transaction."""
    incoming = read(content, runtime.now())
    done = runtime.unit(lambda session: receive(session, incoming))
    log.info("mail_received", route=done.route, matter=done.matter_key, state=done.state)
    return done


def waiting(folder: Path) -> tuple[Path, ...]:
    """Mails that lie in a folder, oldest first: a maildir's `new`, else its own `.eml` files."""
    new = folder / "new"
    found = new.iterdir() if new.is_dir() else folder.glob("*.eml")
    return tuple(sorted((one for one in found if one.is_file()), key=lambda one: (one.stat().st_mtime, one.name)))


def empty(runtime: Runtime, folder: Path) -> Iterator[tuple[Path, Received]]:
    """Take what lies in a folder; a taken mail is moved to `cur` (a maildir's) or `done`."""
    away = folder / "cur" if (folder / "new").is_dir() else folder / "done"
    away.mkdir(exist_ok=True)
    for one in waiting(folder):
        done = take(runtime, one.read_bytes())
        name = f"{one.name}:2,S" if away.name == "cur" else one.name
        one.replace(away / name)
        yield one, done


@contextmanager
def listening(
    runtime: Runtime, host: str, port: int, told: Callable[[Received], None] = lambda _: None
) -> Iterator[tuple[str, int]]:
    """An SMTP listener (aiosmtpd) while the context lasts; gives its address."""
    from aiosmtpd.controller import Controller

    class Taker:
        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
            try:
                told(take(runtime, envelope.content))
            except OperatorError as error:
                log.warning("mail_not_received", error=str(error))
                return "451 4.3.0 not now, please try again"
            return "250 2.0.0 OK"

    most = runtime.settings.max_upload_bytes
    controller = Controller(Taker(), hostname=host, port=port, data_size_limit=most, ident="Dealflow")
    controller.start()
    try:
        yield host, port
    finally:
        controller.stop()
