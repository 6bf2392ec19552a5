"""Papers and reports on demand of a process: rendered, filed with the deal, told by id and hash.

A template that is wrong, and a paper that lacks what it cannot be without, are outcomes of the diagram
(`TEMPLATE_ERROR`), which name the template and the place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.errors import InvalidInput, TemplateWrong
from engine.execution import runtime_of
from engine.registry import BpmnError, Context, handles
from handlers import documents, inputs
from handlers.records import main_party, parties, projects
from handlers.records.changes import once
from handlers.records.documents import Document, Filing
from handlers.reports import PAPERS, Head, Missing, Report
from handlers.reports.client import client_360
from handlers.reports.content import Label, sections_of
from handlers.reports.typesetting import GENERIC, exists, pdf

KINDS = {"credit_memo": "memo", "term_sheet": "term_sheet", "contract_draft": "contract"}
"""Template -> kind of the document; others are reports."""

FORMATS = ("pdf", "xlsx")


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be made: by which template, in which language, as what, for whom."""

    template: str
    language: str
    form: str
    subject_key: str
    name: str | None = None


@handles("memo.render", transactional=True)
def memo_render(
    ctx: Context,
    template: str | None = None,
    data: Mapping[str, Any] | None = None,
    language: str | None = None,
    format: str | None = None,
    subject_key: str | None = None,
    **known: Any,
) -> Mapping[str, Any]:
    """The credit memo (or another paper of a deal) as a document of the project.

    In: template (`credit_memo`), data (a context; without it every variable handed in: client_name, project_name,
    facilities, covenants, collateral, conditions, findings, stress, risk_opinion …, see handlers/reports/deal.py),
    language zh|en (zh), format pdf|xlsx (pdf), subject_key (the business key).
    Out: file_id, file_name, file_hash (SHA-256 of the file), figures_hash (of its content), file_version.
    Errors: BpmnError TEMPLATE_ERROR (variables template, place, reason). Idempotent by job key; the same content
    again is the version that stands.
    """
    order = _order(ctx, template or "credit_memo", language, format, subject_key)
    return _paper(ctx, order, known if data is None else data)


@handles("doc.generate", transactional=True)
def doc_generate(
    ctx: Context,
    template: str,
    data: Mapping[str, Any] | None = None,
    language: str | None = None,
    format: str | None = None,
    subject_key: str | None = None,
    **known: Any,
) -> Mapping[str, Any]:
    """A paper to be signed or sent: `contract_draft`, `term_sheet`, `covenant_certificate`. As `memo.render`."""
    order = _order(ctx, template, language, format, subject_key)
    return _paper(ctx, order, known if data is None else data)


@handles("report.render", transactional=True)
def report_render(
    ctx: Context,
    template: str,
    data: Mapping[str, Any] | None = None,
    language: str | None = None,
    format: str | None = None,
    subject_key: str | None = None,
    file_name: str | None = None,
) -> Mapping[str, Any]:
    """A report as a document.

    In: template: a kind of paper (data: its variables), or the name of a template for data {title, title_en, subject,
    sections}; one without a template of its own is set by the general one. sections: see
    `handlers.reports.content.sections_of`, which `report.client_360` makes. language zh|en, format pdf|xlsx,
    subject_key (else that of the data, else the business key), file_name (without ending).
    Out and errors: as `memo.render`.
    """
    given = data or {}
    order = _order(ctx, template, language, format, subject_key or given.get("subject_key"), file_name)
    return _paper(ctx, order, given)


def _order(ctx: Context, template: str, language: object, form: object, subject: object, name: object = None) -> Order:
    settings = runtime_of(ctx.session).settings
    wanted = (inputs.text(form) or "pdf").lower()
    if wanted not in FORMATS:
        raise InvalidInput(place="format", reason=f"pdf or xlsx, not {wanted}", reason_zh=f"应为 pdf 或 xlsx：{wanted}")
    key = inputs.text(subject) or ctx.business_key or f"instance:{ctx.instance}"
    return Order(template, inputs.text(language) or settings.language, wanted, key, inputs.text(name))


def _paper(ctx: Context, order: Order, given: Mapping[str, Any]) -> Mapping[str, Any]:
    def make() -> Mapping[str, Any]:
        report = report_of(ctx, order, given)
        made = file(ctx, order, report)
        return {
            "file_id": str(made.id),
            "file_name": made.name,
            "file_hash": made.sha256,
            "figures_hash": report.sha256(),
            "file_version": made.version,
        }

    return once(ctx.session, ctx.job_key, "report", ctx.now, make)


def report_of(ctx: Context, order: Order, given: Mapping[str, Any]) -> Report:
    """The content that was ordered. BpmnError TEMPLATE_ERROR when something needed is missing or unreadable."""
    head = Head(order.subject_key, ctx.now)
    paper = PAPERS.get(order.template)
    try:
        if paper is not None and "sections" not in given:
            return paper(given, head)
        title = inputs.text(given.get("title")) or order.template
        return Report(
            kind=order.template,
            title=Label(title, inputs.text(given.get("title_en")) or title),
            subject_key=order.subject_key,
            subject=inputs.text(given.get("subject")) or order.subject_key,
            as_of=given.get("as_of") or ctx.now,
            sections=sections_of(given.get("sections")),
        )
    except Missing as lack:
        why, why_zh = f"missing: {lack.text('en')}", f"缺少：{lack.text('zh')}"
        raise template_error(order.template, ", ".join(lack.names), why, why_zh) from lack
    except InvalidInput as fault:
        place = str(fault.fields.get("place"))
        raise template_error(order.template, place, fault.text("en"), fault.text("zh")) from fault


def file(ctx: Context, order: Order, report: Report) -> Document:
    """Render and file it. BpmnError TEMPLATE_ERROR."""
    runtime = runtime_of(ctx.session)
    party = _whose(ctx, order.subject_key)
    name = order.name or f"{report.title.text(order.language)} {order.subject_key}"
    filing = Filing(
        subject_key=order.subject_key,
        kind=KINDS.get(order.template, "report"),
        name=f"{name}.{order.form}",
        party_id=party,
        language=order.language,
        instance=ctx.instance or None,
        job_key=ctx.job_key or None,
        figures_sha256=report.sha256(),
    )
    stamp = inputs.stamp(ctx, f"template:{order.template}")
    return documents.keep(ctx.session, rendered(runtime.settings, order, report), filing, stamp)


def rendered(settings: Any, order: Order, report: Report) -> bytes:
    """The bytes of the file. BpmnError TEMPLATE_ERROR."""
    if order.form == "xlsx":
        from handlers.reports.sheets import xlsx  # brings openpyxl, for which no start waits

        house = settings.mail_from.partition("<")[0].strip()
        return xlsx(report, order.language, settings.tzinfo, house)
    template = order.template if exists(settings, order.template) else GENERIC
    try:
        return pdf(settings, template, report, order.language)
    except TemplateWrong as fault:
        reason = str(fault.fields["reason"])
        raise template_error(order.template, reason.rpartition("(")[2].rstrip(")"), reason, reason) from fault


def template_error(template: str, place: str, reason: str, reason_zh: str) -> BpmnError:
    """The diagram's own outcome, with what a person needs to mend it."""
    told = {"template": template, "place": place, "template_error": reason_zh, "template_error_en": reason}
    return BpmnError("TEMPLATE_ERROR", f"{template}: {reason}", told)


def _whose(ctx: Context, key: str) -> int | None:
    """The client of a business key, where it is a client's or a project's."""
    if key.startswith("PJ-"):
        project = projects.find(ctx.session, key)
        found = None if project is None else main_party(ctx.session, project.id)
    else:
        found = parties.find(ctx.session, key) if key.startswith("CL-") else None
    return None if found is None else found.id


@handles("report.client_360", transactional=True)
def report_client_360(ctx: Context, party_id: object = None, without: object = None) -> Mapping[str, Any]:
    """Everything known of a client, as data: for a form, or for `report.render`.

    In: party_id (without it the client of the business key), without: ids of sections that the reader may not see.
    Out: report_data {title, title_en, subject, as_of, sections}. Errors: NotFound. Reads only.
    """
    client = inputs.ident(party_id, "party_id")
    who: int | str = client if client is not None else (ctx.business_key or "")
    report = client_360(ctx.session, who, ctx.now, inputs.texts(without))
    return {"report_data": report.plain()}
