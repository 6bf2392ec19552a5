"""A message to another process under another business key. Law: planned in the step's own transaction, sent once.

What a diagram throws carries the thrower's business key. A test date (`TD-…`) that warns its facility (`FA-…`), or a
default that concerns every facility of a group, names the key here; the message is a row of the schedule that is due
at once, or on a day.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.registry import Context, handles
from handlers import inputs
from handlers.finance.exact import refused


@handles("message.send", transactional=True)
def message_send(
    ctx: Context,
    name: str,
    to_key: object,
    variables: object = None,
    dedupe_key: object = None,
    due: object = None,
) -> Mapping[str, Any]:
    """Send a message to whom it concerns.

    In: name of the message; to_key: the business key it is for; variables, a context (what is null stays out);
    dedupe_key: what must not be sent twice (null: this job's key); due: a day (null: at once).
    Out: sent: whether it was planned now, false when it was planned or sent before. Errors: InvalidInput without a
    business key. Idempotent by the dedupe key.
    """
    key = inputs.text(to_key)
    if key is None:
        raise refused("to_key", "is missing", "缺少业务编号")
    told = inputs.given(variables) if isinstance(variables, Mapping) else {}
    unique = inputs.text(dedupe_key) or f"{name}:{ctx.job_key}"
    day = inputs.day(due, "due")
    sent = ctx.schedule.add(
        name, due=day if day is not None else ctx.now, business_key=key, dedupe_key=unique[:255], variables=told
    )
    return {"sent": sent}
