"""Structured logs. Law: code emits named events with fields; how they look is decided here alone."""

from __future__ import annotations

import logging
import sys
from typing import Any

# For tracebacks that stay plain, structlog.dev would bring rich and pygments: a fifth of what a start imports.
_hides_rich = "rich" not in sys.modules
if _hides_rich:
    sys.modules["rich"] = None  # type: ignore[assignment]
import structlog  # noqa: E402

if _hides_rich:
    del sys.modules["rich"]


def configure(log_format: str = "console", level: str = "INFO") -> None:
    """Set up logging for the process: `console` for people, `json` for machines."""
    logging.basicConfig(level=level, stream=sys.stderr, format="%(message)s", force=True)
    for noisy in ("alembic", "watchfiles"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, logging.getLevelName(level)))
    # A sweep that is still at work when its next turn comes is no news: what it missed is found the next time.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    _structure(log_format, level)


def _structure(log_format: str, level: str) -> None:
    """How events look. Tracebacks stay plain: the fancy ones cost seconds and print every local value."""
    renderer: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=_to_stderr,
    )


def _to_stderr(*_arguments: object) -> Any:
    """Standard error as it is at the moment of writing: whoever has redirected it meanwhile is respected."""
    return structlog.PrintLogger(sys.stderr)


def logger(room: str) -> Any:
    """The logger of a room; events are verbs in the past: `job_failed`, `timer_fired`."""
    return structlog.get_logger(room=room)


_structure("console", "INFO")
