"""Reports that go out by themselves: what is due, made as by hand, filed, sent with the file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.errors import InvalidInput, NotFound
from engine.registry import Context, handles
from handlers import inputs, reporting
from handlers.notices import notify_send
from handlers.records import report_orders
from handlers.records.changes import once
from handlers.reporting import template_error
from handlers.reports.choosing import selection_of
from handlers.reports.ordering import Ordered, build


@handles("report.find_due", transactional=True)
def report_find_due(ctx: Context) -> Mapping[str, Any]:
    """Which ordered reports are due today. Out: due_reports [{order_id, name, kind}]. Reads only."""
    found = report_orders.due(ctx.session, inputs.today(ctx))
    return {"due_reports": [{"order_id": str(one.id), "name": one.name, "kind": one.kind} for one in found]}


@handles("report.deliver", transactional=True)
def report_deliver(ctx: Context, order_id: object) -> Mapping[str, Any]:
    """Make an ordered report about the last whole period, file it, send it to its recipients, set its next day.

    In: order_id. Out: file_id, file_name, file_hash, figures_hash. Errors: BpmnError TEMPLATE_ERROR (template,
    place, template_error as variables) when its template or what it is about is at fault. Idempotent by job key.
    """

    def deliver() -> Mapping[str, Any]:
        order = report_orders.get(ctx.session, str(order_id))
        today = inputs.today(ctx)
        since, until = report_orders.period(order.frequency, today)
        try:
            report = build(
                ctx.session,
                Ordered(
                    order.kind,
                    order.subject_key,
                    order.language,
                    since=since,
                    until=until,
                    selection=selection_of(order.selection),
                ),
            )
        except (NotFound, InvalidInput) as fault:
            raise template_error(order.kind, order.subject_key, fault.text("en"), fault.text("zh")) from fault
        wanted = reporting.Order(
            order.kind, order.language, order.format, report.subject_key, f"{order.name} {since} – {until}"
        )
        made = reporting.file(ctx, wanted, report)
        data = {"report": order.name, "since": since, "until": until, "files": [str(made.id)]}
        key = f"report:{order.id}:{until}"
        notify_send(ctx, "email", "scheduled_report", list(order.recipients), data, order.language, key)
        report_orders.sent(ctx.session, order, today)
        told = {"file_id": str(made.id), "file_name": made.name, "file_hash": made.sha256}
        return told | {"figures_hash": report.sha256()}

    return once(ctx.session, ctx.job_key, "report.deliver", ctx.now, deliver)
