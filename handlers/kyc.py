"""Know-your-client cases: opened when the process begins, filled as it goes, closed with a decision and a date of
review. Law: why a client was rejected stays in the case; no letter and no timeline entry tells it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from engine.errors import InvalidInput
from engine.registry import Context, handles
from handlers import inputs
from handlers.finance.plan import months_later
from handlers.kyc_refresh import plan_review
from handlers.records import kyc, parties, projects
from handlers.records.changes import once


@handles("kyc.open", transactional=True)
def kyc_open(ctx: Context, party_id: object, client_name: str | None = None) -> Mapping[str, Any]:
    """Open the client's case for this instance, or find it open already.

    In: party_id, client_name. Out: kyc_case_id. Errors: NotFound for an unknown client. Idempotent by instance.
    """
    client = inputs.ident(party_id, "party_id")
    party = parties.get(ctx.session, client if client is not None else 0)
    project = projects.find(ctx.session, ctx.business_key) if ctx.business_key else None
    stamp = inputs.stamp(ctx, "kyc")
    case = kyc.open_case(ctx.session, party.id, stamp, project.id if project else None, ctx.instance or None)
    return {"kyc_case_id": str(case.id)}


@handles("kyc.record", transactional=True)
def kyc_record(
    ctx: Context,
    status: str,
    kyc_case_id: object,
    party_id: object = None,
    rating: object = None,
    ubos: object = None,
    documents: object = None,
    source_of_funds: str | None = None,
    hits: object = None,
    review_months: object = None,
    comment: str | None = None,
    review_by: object = None,
) -> Mapping[str, Any]:
    """Close the case with its findings; the client carries the rating.

    In: status approved|rejected, kyc_case_id, party_id, rating 1–4, ubos, documents [{kind, number, expiry}],
    source_of_funds, hits, review_months, comment, review_by: a day that compliance wants it by. Out: next_review: the
    earliest of review_months from today, that day and the first expiry of a document; null for a rejected client. An
    approved client's next refresh is planned for 60 days before that day. Errors: InvalidInput for an unknown status
    or unreadable values. Idempotent: a closed case keeps its decision.
    """
    case_id = inputs.ident(kyc_case_id, "kyc_case_id")
    if case_id is None:
        raise InvalidInput(place="kyc_case_id", reason="is missing", reason_zh="缺少尽调案件编号")

    def record() -> Mapping[str, Any]:
        stamp = inputs.stamp(ctx, "kyc")
        papers = inputs.rows(documents)
        wanted = inputs.day(review_by, "review_by")
        review = _next_review(inputs.today(ctx), inputs.whole(review_months, "review_months"), papers, wanted)
        findings = {
            "ubos": inputs.rows(ubos),
            "documents": papers,
            "hits": inputs.rows(hits),
            "source_of_funds": inputs.text(source_of_funds),
        }
        if kyc.case(ctx.session, case_id).state == "open":
            kyc.note(ctx.session, case_id, findings, stamp)
        case = kyc.decide(
            ctx.session,
            case_id,
            status,
            stamp,
            rating=inputs.whole(rating, "rating"),
            next_review=review if status == "approved" else None,
            comment=inputs.prose(comment),
        )
        if case.state == "approved" and case.next_review is not None:
            plan_review(ctx, parties.get(ctx.session, case.party_id), case.next_review)
        ctx.audit("kyc_decided", {"case": str(case.id), "status": case.state, "rating": case.rating})
        return {"next_review": case.next_review}

    return once(ctx.session, ctx.job_key, "kyc.record", ctx.now, record)


def _next_review(
    today: date, months: int | None, documents: list[Mapping[str, Any]], wanted: date | None = None
) -> date | None:
    """The earliest of the interval's end, the day wanted and the first expiry of the documents that are valid still."""
    moments = [
        day for paper in documents if (day := inputs.day(paper.get("expiry"), "documents.expiry")) and day > today
    ]
    if months is not None:
        moments.append(months_later(today, months))
    if wanted is not None and wanted > today:
        moments.append(wanted)
    return min(moments) if moments else None
