"""A provider that must answer in time. Law: a source that hangs is a source that is down; nobody waits for it."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from handlers.providers.contract import Answer, Provider, ProviderDown


@dataclass(frozen=True, slots=True)
class InTime:
    """Asks `inner` in a thread of its own and waits so many seconds; the thread that hangs is left behind."""

    inner: Provider
    seconds: float

    def company(self, reg_no: str, now: datetime) -> Answer:
        """As the contract says; ProviderDown after the time."""
        return self._asked(lambda: self.inner.company(reg_no, now))

    def listed(self, now: datetime) -> Answer:
        """As the contract says; ProviderDown after the time."""
        return self._asked(lambda: self.inner.listed(now))

    def credit(self, reg_no: str, authorisation: str, now: datetime) -> Answer:
        """As the contract says; ProviderDown after the time."""
        return self._asked(lambda: self.inner.credit(reg_no, authorisation, now))

    def _asked(self, question: Callable[[], Answer]) -> Answer:
        told: queue.SimpleQueue[Answer | BaseException] = queue.SimpleQueue()

        def ask() -> None:
            try:
                told.put(question())
            except BaseException as error:
                told.put(error)

        threading.Thread(target=ask, daemon=True, name="provider").start()
        try:
            answer = told.get(timeout=self.seconds)
        except queue.Empty:
            raise ProviderDown(f"no answer within {self.seconds:g} s") from None
        if isinstance(answer, BaseException):
            raise answer
        return answer
