"""Asking outside sources: is the client listed, is the registry's entry like the client's own words, what does the
credit bureau know. Law: every value taken has its provider, moment and hash; a source that is down is an outcome of
the diagram (PROVIDER_DOWN), not an incident.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from rapidfuzz import fuzz, process

from engine.errors import InvalidInput
from engine.execution import runtime_of
from engine.registry import BpmnError, Context, handles
from handlers import inputs, names, reg_no
from handlers.contacting import completed_by
from handlers.providers import Answer, Provider, ProviderDown, provider
from handlers.records import kyc, parties
from handlers.records.changes import Stamp, once
from handlers.records.kyc import CreditRecord
from handlers.records.tables import party as party_table

HIT = 90
"""From this likeness (0–100) on a listed name is a hit that a person looks at: a miss costs more than a false hit."""

OLDEST_REPORT_DAYS = 90
"""An older credit report is pulled anew."""

SHORT = 4
"""Names of up to this many characters must be equal: one changed character of three is another person."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A name that is like a listed one."""

    name: str
    listed: str
    list: str
    score: int

    def shown(self, answer: Answer) -> dict[str, Any]:
        """As a variable, with where it is from."""
        return {
            "name": self.name,
            "listed_name": self.listed,
            "list": self.list,
            "score": self.score,
            "provider": answer.provider,
            "fetched_at": answer.fetched_at,
        }


def ask(ctx: Context, question: Callable[[Provider], Answer]) -> Answer:
    """What the house's provider answers; BpmnError PROVIDER_DOWN when it does not."""
    try:
        return question(provider(runtime_of(ctx.session).settings))
    except ProviderDown as error:
        raise BpmnError("PROVIDER_DOWN", str(error), {"provider_error": str(error)}) from error


def screen(candidates: Iterable[str], entries: Iterable[Mapping[str, Any]]) -> list[Hit]:
    """Each candidate against each listed name: width, script, case, legal form and word order do not matter."""
    listed = [
        (_key(name), str(name), str(entry.get("list") or "?")) for entry in entries for name in entry.get("names") or ()
    ]
    keys = [key for key, _, _ in listed]
    found: dict[tuple[str, str], Hit] = {}
    for candidate in dict.fromkeys(candidates):
        key = _key(candidate)
        for listed_key, likeness, at in process.extract(key, keys, scorer=fuzz.ratio, score_cutoff=HIT, limit=None):
            if listed_key != key and min(len(key), len(listed_key)) <= SHORT:
                continue
            _, written, source = listed[at]
            known = found.get((candidate, source))
            if known is None or round(likeness) > known.score:
                found[candidate, source] = Hit(candidate, written, source, round(likeness))
    return sorted(found.values(), key=lambda hit: (-hit.score, hit.name, hit.list))


@lru_cache(maxsize=200_000)
def _key(name: str) -> str:
    """Latin names as sorted words without accents, Chinese ones as one run: both without legal form."""
    whole = unicodedata.normalize("NFKD", names.simplified(names.half_width(name)).lower())
    plain = "".join(char for char in whole if not unicodedata.combining(char))
    if plain.isascii():
        words = sorted("".join(char if char.isalnum() else " " for char in plain).split())
        return " ".join(words)
    return names.name_key(name)


@handles("party.screen_sanctions", attempts=3, backoff="PT1M", timeout="PT30S")
def party_screen_sanctions(ctx: Context, party_ids: object = None, names: object = None) -> Mapping[str, Any]:
    """Screen clients and people against the sanctions lists.

    In: party_ids (their names are taken from the book; may hold null), names (further ones; may hold null).
    Out: hits (empty), screened (how many names), provider, list_sha256, fetched_at.
    Errors: BpmnError SANCTIONS_HIT (variable hits [{name, listed_name, list, score, provider, fetched_at}] best
    first), PROVIDER_DOWN. Only reads; at-least-once is harmless.
    """
    ids = [int(one) for one in inputs.texts(party_ids) if one.isdigit()]
    known = ctx.session.execute(sa.select(party_table.c.legal_name).where(party_table.c.id.in_(ids))).scalars().all()
    candidates = [*known, *inputs.texts(names)]
    answer = ask(ctx, lambda source: source.listed(ctx.now))
    hits = screen(candidates, answer.content)
    if hits:
        shown = [hit.shown(answer) for hit in hits]
        raise BpmnError("SANCTIONS_HIT", f"{len(hits)} hit(s)", {"hits": shown})
    return {
        "hits": [],
        "screened": len(set(candidates)),
        "provider": answer.provider,
        "list_sha256": answer.raw_sha256,
        "fetched_at": answer.fetched_at,
    }


@handles("ext.company_registry", attempts=3, backoff="PT1M", timeout="PT30S")
def ext_company_registry(
    ctx: Context, reg_no: str | None = None, name: str | None = None, legal_rep: str | None = None
) -> Mapping[str, Any]:
    """Compare the client's own words with the company registry.

    In: reg_no, name, legal_rep. Out: status found|not_found, differences [{field, given, registered}] (names are
    compared without width and script), registered (the entry), provider, fetched_at, raw_sha256.
    Errors: BpmnError PROVIDER_DOWN. Only reads; at-least-once is harmless.
    """
    code = _compact(reg_no)
    answer = ask(ctx, lambda source: source.company(code, ctx.now))
    entry = answer.content
    told = {"provider": answer.provider, "fetched_at": answer.fetched_at, "raw_sha256": answer.raw_sha256}
    if not isinstance(entry, Mapping):
        return {"status": "not_found", "differences": [], "registered": None} | told
    given = {"client_name": inputs.text(name), "legal_rep": inputs.text(legal_rep)}
    registered = {"client_name": entry.get("legal_name"), "legal_rep": entry.get("legal_rep")}
    differences = [
        {"field": field, "given": said, "registered": registered[field]}
        for field, said in given.items()
        if said is not None and registered[field] and _plain(said) != _plain(str(registered[field]))
    ]
    if entry.get("state") not in (None, "active"):
        differences.append({"field": "state", "given": "active", "registered": entry["state"]})
    return {"status": "found", "differences": differences, "registered": dict(entry)} | told


def _compact(code: str | None) -> str:
    return reg_no.compact(code or "")


def _plain(name: str) -> str:
    return names.simplified(names.half_width(name)).replace(" ", "").lower()


@handles("risk.pull_bureau", transactional=True)
def risk_pull_bureau(
    ctx: Context, party_id: object, authorisation_id: str | None = None, max_age_days: object = None
) -> Mapping[str, Any]:
    """The client's credit report under their signed authorisation: the one that is kept while it is young, else a new
    one, pulled and kept.

    In: party_id, authorisation_id, max_age_days (90; 0 always pulls). Out: credit_record_id, events, provider,
    fetched_at, refreshed (whether it was pulled now), age_days.
    Errors: BpmnError NO_AUTHORISATION (none given: nothing is asked, nothing is kept), PROVIDER_DOWN,
    DATA_MISSING (the client has no registration number, or the bureau no report). Idempotent by job key.
    """
    authorisation = inputs.text(authorisation_id)
    if authorisation is None:
        raise BpmnError("NO_AUTHORISATION", "the client has not signed an authorisation")

    def pull() -> Mapping[str, Any]:
        client = inputs.ident(party_id, "party_id")
        party = parties.get(ctx.session, client if client is not None else 0)
        if party.reg_no is None:
            raise BpmnError("DATA_MISSING", "the client has no registration number")
        kept = _young(ctx, party.id, inputs.whole(max_age_days, "max_age_days"))
        if kept is not None:
            return _told(ctx, kept, refreshed=False)
        code = party.reg_no
        answer = ask(ctx, lambda source: source.credit(code, authorisation, ctx.now))
        if not isinstance(answer.content, Mapping):
            raise BpmnError("DATA_MISSING", "the bureau has no report")
        stamp = Stamp(ctx.now, f"process:{ctx.process}", f"provider:{answer.provider}", answer.raw_sha256)
        fresh = kyc.add_credit_record(ctx.session, party.id, authorisation, answer.content, stamp)
        return _told(ctx, fresh, refreshed=True)

    return once(ctx.session, ctx.job_key, "risk.pull_bureau", ctx.now, pull)


def _young(ctx: Context, party_id: int, max_age_days: int | None) -> CreditRecord | None:
    """The client's last report, when it is not older than so many days."""
    latest = next(iter(kyc.credit_records(ctx.session, party_id)), None)
    most = timedelta(days=OLDEST_REPORT_DAYS if max_age_days is None else max_age_days)
    return latest if latest is not None and ctx.now - latest.pulled_at < most else None


def _told(ctx: Context, kept: CreditRecord, *, refreshed: bool) -> dict[str, Any]:
    return {
        "credit_record_id": str(kept.id),
        "events": dict(kept.events),
        "provider": kept.source.removeprefix("provider:"),
        "fetched_at": kept.pulled_at,
        "refreshed": refreshed,
        "age_days": (ctx.now - kept.pulled_at).days,
    }


@handles("risk.bureau_state", transactional=True)
def risk_bureau_state(ctx: Context, party_id: object, max_age_days: object = None) -> Mapping[str, Any]:
    """How old the client's credit report is: what a gateway asks before it refreshes.

    In: party_id, max_age_days (90). Out: bureau_state none|fresh|stale, age_days, credit_record_id (null without one).
    Only reads.
    """
    client = inputs.ident(party_id, "party_id")
    party = parties.get(ctx.session, client if client is not None else 0)
    latest = next(iter(kyc.credit_records(ctx.session, party.id)), None)
    if latest is None:
        return {"bureau_state": "none", "age_days": None, "credit_record_id": None}
    young = _young(ctx, party.id, inputs.whole(max_age_days, "max_age_days")) is not None
    return {
        "bureau_state": "fresh" if young else "stale",
        "age_days": (ctx.now - latest.pulled_at).days,
        "credit_record_id": str(latest.id),
    }


@handles("risk.keep_report", transactional=True)
def risk_keep_report(
    ctx: Context,
    party_id: object,
    authorisation_id: str,
    report_no: str,
    reported_on: object,
    report_source: str,
    evidence: str,
    overdue_amount: object = None,
    defaults: object = None,
    guarantees_amount: object = None,
    litigation: str | None = None,
    by: str | None = None,
) -> Mapping[str, Any]:
    """Keep a credit report that a person fetched while the bureau was down, checked by a second one.

    In: party_id, authorisation_id, report_no, reported_on, report_source, evidence (the file), overdue_amount and
    guarantees_amount in yuan, defaults (how many accounts), litigation (text), by (else who completed `ut_upload`).
    Out: credit_record_id. Errors: BpmnError NO_AUTHORISATION; InvalidInput for a missing date, one in the future, or
    unreadable figures. Idempotent by job key.
    """
    authorisation = inputs.text(authorisation_id)
    if authorisation is None:
        raise BpmnError("NO_AUTHORISATION", "the client has not signed an authorisation")

    def keep() -> Mapping[str, Any]:
        client = inputs.ident(party_id, "party_id")
        party = parties.get(ctx.session, client if client is not None else 0)
        day = inputs.day(reported_on, "reported_on")
        if day is None or day > inputs.today(ctx):
            raise InvalidInput(place="reported_on", reason=f"cannot be: {day}", reason_zh=f"报告日期无效：{day}")
        late, given = (inputs.number(one, "amount") for one in (overdue_amount, guarantees_amount))
        failed = inputs.whole(defaults, "defaults") or 0
        told = {
            "report_no": inputs.text(report_no),
            "reported_on": day,
            "evidence": inputs.text(evidence),
            "overdue": [{"overdue": late}] if late else [],
            "defaults": [{"accounts": failed}] if failed else [],
            "guarantees": [{"amount": given}] if given else [],
            "litigation": [{"text": inputs.text(litigation)}] if inputs.text(litigation) else [],
        }
        person = inputs.text(by) or completed_by(ctx, "ut_upload")
        stamp = Stamp(ctx.now, person or f"process:{ctx.process}", f"manual:{inputs.text(report_source)}")
        kept = kyc.add_credit_record(ctx.session, party.id, authorisation, told, stamp)
        return {"credit_record_id": str(kept.id), "events": dict(kept.events)}

    return once(ctx.session, ctx.job_key, "risk.keep_report", ctx.now, keep)
