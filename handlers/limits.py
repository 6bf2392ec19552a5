"""Credit limits as processes move them: reserve, use, restore, release. Law: the book's limits module decides; nothing
is cut down to fit, and the same key moves nothing twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from engine.errors import InvalidInput
from engine.registry import BpmnError, Context, handles
from handlers import inputs
from handlers.finance.exact import needed, rounded
from handlers.records import amendments, limits, projects
from handlers.records.limits import Excess, Limit, Movement


@handles("limit.reserve", transactional=True)
def limit_reserve(
    ctx: Context,
    amount: object,
    facility: object = None,
    currency: object = None,
    party_id: object = None,
    key: object = None,
    line_rate: object = None,
    ceiling: object = None,
    valid_until: object = None,
    cny_rate: object = None,
) -> Mapping[str, Any]:
    """Promise an amount to a project or a facility, within the line of the client's group.

    In: amount; facility: the project's or facility's business key (null: the process's own); currency (CNY); party_id
    (null: the project's borrower); key (null: this job's); line_rate: into the line's currency, when they differ
    (cny_rate: the same, for a line in CNY);
    ceiling: one more bound on what this facility may have; valid_until. Out: limit_id, limit_amount, limit_available
    (cents). Errors: BpmnError LIMIT_EXCEEDED (variables limit_asked, limit_available, limit_currency, limit_reason,
    limit_reason_en; too without a borrower or without any line, the group's or the house's; with limit_restricted for
    a client whose service is restricted: the reason stays with compliance); InvalidInput for an
    amount not above nought. Idempotent by facility and key.
    """
    named = _facility(ctx, facility)
    client = _party(ctx, named, party_id)
    if client is not None and amendments.restricted(ctx.session, client):
        told = {"limit_asked": needed(amount, "amount"), "limit_available": Decimal(0), "limit_restricted": True}
        told |= {"limit_currency": currency, **_why(RESTRICTED)}
        raise BpmnError("LIMIT_EXCEEDED", "no new business with this client", told)
    made = limits.reserve(
        ctx.session,
        named,
        client,
        needed(amount, "amount"),
        inputs.text(currency) or "CNY",
        _movement(ctx, key),
        day=inputs.today(ctx),
        line_rate=inputs.number(line_rate, "line_rate") or _into_yuan(ctx, client, currency, cny_rate),
        ceiling=inputs.number(ceiling, "ceiling"),
        valid_until=inputs.day(valid_until, "valid_until"),
    )
    return _shown(ctx, "limit_reserved", made)


@handles("limit.use", transactional=True)
def limit_use(
    ctx: Context, amount: object, limit_id: object = None, facility: object = None, key: object = None
) -> Mapping[str, Any]:
    """Draw on a limit.

    In: amount; limit_id, or facility: the key it was reserved under (null: the process's own); key (null: this job's;
    the draw's own key, so that `limit.restore` finds it). Out and errors as for `limit.reserve`, LIMIT_EXCEEDED too for
    a limit past its last day; NotFound without a limit. Idempotent by limit and key.
    """
    held = _limit(ctx, limit_id, facility)
    day, asked = inputs.today(ctx), needed(amount, "amount")
    return _shown(ctx, "limit_used", limits.use(ctx.session, held, asked, _movement(ctx, key), day=day))


@handles("limit.restore", transactional=True)
def limit_restore(ctx: Context, key: object, limit_id: object = None, facility: object = None) -> Mapping[str, Any]:
    """Give back what `limit.use` took under the same key; nothing when it took nothing.

    In: key, limit_id or facility. Out: as for `limit.reserve`. Errors: NotFound. Idempotent by limit and key.
    """
    if inputs.text(key) is None:
        raise InvalidInput(place="key", reason="is missing", reason_zh="缺失")
    return _shown(
        ctx, "limit_restored", limits.restore(ctx.session, _limit(ctx, limit_id, facility), _movement(ctx, key))
    )


@handles("limit.release", transactional=True)
def limit_release(
    ctx: Context, limit_id: object = None, facility: object = None, key: object = None
) -> Mapping[str, Any]:
    """End a limit: what is undrawn is free for others, what is drawn stays exposure. The undo of `limit.reserve`.

    In: limit_id, or facility (null: the process's own business key). Out: as for `limit.reserve`. Without any limit
    nothing happens (limit_id null): there is nothing to free. Idempotent.
    """
    held = limits.find(ctx.session, _limit(ctx, limit_id, facility))
    if held is None:
        return {"limit_id": None, "limit_amount": None, "limit_available": None}
    return _shown(ctx, "limit_released", limits.release(ctx.session, held.id, _movement(ctx, key)))


RESTRICTED = ("暂不新增授信", "no new credit for now")


def _why(told: tuple[str, str]) -> Mapping[str, str]:
    return {"limit_reason": told[0], "limit_reason_en": told[1]}


def _into_yuan(ctx: Context, client: int | None, currency: object, cny_rate: object) -> Decimal | None:
    """The rate for a promise in another currency under a line in CNY; None where it is not needed or not known."""
    if client is None or inputs.text(currency) in (None, "CNY"):
        return None
    line = limits.line_of(ctx.session, limits.head_of(ctx.session, client), inputs.today(ctx))
    return inputs.number(cny_rate, "cny_rate") if line is not None and line.currency == "CNY" else None


def _facility(ctx: Context, facility: object) -> str:
    named = inputs.text(facility) or ctx.business_key
    if named is None:
        raise InvalidInput(place="facility", reason="is missing", reason_zh="缺失")
    return named


def _limit(ctx: Context, limit_id: object, facility: object) -> int | str:
    return inputs.ident(limit_id, "limit_id") or _facility(ctx, facility)


def _party(ctx: Context, facility: str, party_id: object) -> int | None:
    """The client whose line counts: as told, else the project's borrower."""
    told = inputs.ident(party_id, "party_id")
    project = None if told is not None else projects.find(ctx.session, facility)
    if project is None:
        return told
    roles = projects.roles_of(ctx.session, project_id=project.id)
    return next((one.party_id for one in roles if one.role in ("borrower", "spv")), None)


def _movement(ctx: Context, key: object) -> Movement:
    given = inputs.text(key) or ctx.job_key or f"{ctx.instance}:{ctx.element}"
    return Movement(given, inputs.stamp(ctx, "limit"), ctx.instance or None)


def _shown(ctx: Context, action: str, made: Limit | Excess) -> Mapping[str, Any]:
    if isinstance(made, Excess):
        told = {"limit_asked": rounded(made.asked), "limit_available": rounded(made.available)}
        message = f"{told['limit_asked']} {made.currency} asked, {told['limit_available']} available: {made.why[1]}"
        raise BpmnError("LIMIT_EXCEEDED", message, {**told, "limit_currency": made.currency, **_why(made.why)})
    ctx.audit(action, {"limit": str(made.id), "facility": made.facility, "used": str(made.used)})
    return {"limit_id": str(made.id), "limit_amount": made.amount, "limit_available": made.available(inputs.today(ctx))}
