"""The weekly look at the whole book's data, and what stewards decide about it.

Kinds of issues: missing (a mandatory field), format (a number, telephone or address that cannot be), cross (a balance
sheet that does not balance), duplicate (two entries that look like one client), stale (not verified for long), outlier
(an amount far from the others: modified z-score over the median absolute deviation of its logarithm, Iglewicz & Hoaglin
1993). Law: nothing is corrected without a second person having looked; what is dismissed keeps its reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from statistics import median
from typing import Any

import sqlalchemy as sa
from rapidfuzz import fuzz, process
from sqlalchemy.orm import Session

from engine.errors import CallerError
from engine.registry import Context, handles
from handlers import inputs, names, reg_no
from handlers.contacting import completed_by
from handlers.finance.exact import CENT, HUNDRED, INSIDE, ZERO, inside, refused, rounded
from handlers.records import merging, parties, requests
from handlers.records.changes import Stamp, once
from handlers.records.changes import verify as mark_verified
from handlers.records.parties import Party
from handlers.records.tables import contact, financial_statement, party_role, statement_line
from handlers.records.tables import party as party_table
from handlers.records.tables import project as project_table

STAGES = ("prospect", "client")
"""Whose data must be whole; a lead that nobody has spoken to is not asked for its address."""
MANDATORY = {
    "reg_no": ("统一社会信用代码", "registration number"),
    "legal_rep": ("法定代表人", "legal representative"),
    "address": ("注册地址", "address"),
    "industry": ("行业", "industry"),
}
A_TASK = 50
"""Issues that one person is given in one review; the worst first, the rest the week after."""
ORDER = ("duplicate", "cross", "format", "missing", "outlier", "stale")
FORMAT_FIELDS: Mapping[str, Callable[[str], object]] = {"phone": names.phone_key, "email": names.email_key}
LIKE, STALE_MONTHS, FAR = Decimal(90), Decimal(12), Decimal("3.5")
"""Defaults of the limits that the decision `dq_checks` gives."""
A_FEW = 5
"""Like names looked at, best first."""
FEWEST = 10
"""Amounts of one currency below which no outlier is told."""


@dataclass(frozen=True, slots=True)
class Found:
    """One issue of one client; `other` is the second entry of a duplicate."""

    kind: str
    party: Party
    field: str
    value: str | None
    zh: str
    en: str
    other: str | None = None

    def shown(self) -> dict[str, Any]:
        """As a row of the steward's list."""
        return {
            "issue": f"{self.kind}:{self.party.business_key}:{self.other or self.field}",
            "kind": self.kind,
            "client_key": self.party.business_key,
            "client_name": self.party.legal_name,
            "field": self.field,
            "value": self.value,
            "other_key": self.other,
            "text": self.zh,
            "text_en": self.en,
        }


Check = Callable[[Context, Sequence[Party], Decimal | None], Iterator[Found]]


def _missing(ctx: Context, everybody: Sequence[Party], limit: Decimal | None) -> Iterator[Found]:
    with_people = set(ctx.session.execute(sa.select(contact.c.party_id).distinct()).scalars())
    for one in everybody:
        for field, (zh, en) in MANDATORY.items():
            if getattr(one, field) is None and (field != "reg_no" or one.country == "CN"):
                yield Found("missing", one, field, None, f"缺少{zh}", f"{en} is missing")
        if one.id not in with_people:
            yield Found("missing", one, "contact", None, "没有联系人", "nobody to talk to")


def _format(ctx: Context, everybody: Sequence[Party], limit: Decimal | None) -> Iterator[Found]:
    for one in everybody:
        if one.reg_no is not None and one.country == "CN":
            verdict = reg_no.check(one.reg_no)
            if not verdict.ok:
                yield Found("format", one, "reg_no", one.reg_no, verdict.zh, verdict.en)
        for field, key in FORMAT_FIELDS.items():
            value = getattr(one, field)
            if value is not None and key(value) is None:
                yield Found("format", one, field, value, f"“{value}”格式无效", f"“{value}” cannot be")


def _cross(ctx: Context, everybody: Sequence[Party], limit: Decimal | None) -> Iterator[Found]:
    """The latest statement's two sides, apart by more than the limit (an amount)."""
    latest = sa.select(financial_statement.c.party_id, sa.func.max(financial_statement.c.id).label("id"))
    newest = latest.group_by(financial_statement.c.party_id).subquery()
    rows = ctx.session.execute(
        sa.select(newest.c.party_id, statement_line.c.code, statement_line.c.amount)
        .join(statement_line, statement_line.c.statement_id == newest.c.id)
        .where(statement_line.c.code.in_(("total_assets", "total_liabilities", "equity")))
    )
    sides: dict[int, dict[str, Decimal]] = {}
    for row in rows:
        sides.setdefault(row.party_id, {})[row.code] = row.amount
    for one in everybody:
        told = sides.get(one.id, {})
        if len(told) == 3:
            apart = told["total_assets"] - told["total_liabilities"] - told["equity"]
            if abs(apart) > (CENT if limit is None else limit):
                zh, en = f"资产负债表不平，相差 {apart:,}", f"the balance sheet is out by {apart:,}"
                yield Found("cross", one, "statement", str(apart), zh, en)


def _duplicate(ctx: Context, everybody: Sequence[Party], limit: Decimal | None) -> Iterator[Found]:
    """Pairs with one telephone, or names alike from the limit on (0–100); each pair once, with the older entry."""
    least = int(LIKE if limit is None else limit)
    older: dict[int, Party] = {}
    written: dict[int, str] = {}
    by_phone: dict[str, list[Party]] = {}
    for newer in sorted(everybody, key=lambda one: one.id):
        key = names.name_key(newer.legal_name)
        alike = process.extract(key, written, scorer=fuzz.ratio, score_cutoff=least, limit=A_FEW)
        near = [older[found] for _, _, found in alike]
        phones = by_phone.setdefault(newer.phone, []) if newer.phone else []
        one = next((one for one in (*near, *phones) if _one_client(newer, one, least)), None)
        if one is not None:
            like = _likeness(newer, one)
            zh = f"疑似与 {one.business_key} {one.legal_name} 重复（相似度 {like}）"
            en = f"may be {one.business_key} {one.legal_name} ({like} alike)"
            yield Found("duplicate", newer, "legal_name", newer.legal_name, zh, en, one.business_key)
        phones.append(newer)
        older[newer.id], written[newer.id] = newer, key


def _one_client(newer: Party, older: Party, least: int) -> bool:
    """Two registration numbers are two legal persons, two places in brackets two companies of a group; with one
    telephone half the likeness is enough."""
    here, there = names.bracketed(newer.legal_name), names.bracketed(older.legal_name)
    if (newer.reg_no and older.reg_no and newer.reg_no != older.reg_no) or (here and there and here != there):
        return False
    same = newer.phone is not None and newer.phone == older.phone
    return _likeness(newer, older) >= (least // 2 if same else least)


def _likeness(one: Party, other: Party) -> int:
    return names.similarity(names.name_key(one.legal_name), names.name_key(other.legal_name))


def _stale(ctx: Context, everybody: Sequence[Party], limit: Decimal | None) -> Iterator[Found]:
    months = STALE_MONTHS if limit is None else limit
    since = ctx.now - timedelta(days=int(months * 365 / 12))
    for one in everybody:
        if one.lifecycle_stage == "client" and (one.last_verified_at is None or one.last_verified_at < since):
            when = one.last_verified_at.astimezone(ctx.zone).date() if one.last_verified_at else None
            zh = f"上次核实 {when}" if when else "从未核实"
            en = f"last verified {when}" if when else "never verified"
            yield Found("stale", one, "last_verified_at", str(when) if when else None, zh, en)


def _outlier(ctx: Context, everybody: Sequence[Party], limit: Decimal | None) -> Iterator[Found]:
    known = {one.id: one for one in everybody}
    rows = ctx.session.execute(
        sa.select(project_table.c.currency, project_table.c.amount, party_role.c.party_id, project_table.c.business_key)
        .join(party_role, party_role.c.project_id == project_table.c.id)
        .where(project_table.c.amount.is_not(None), party_role.c.role.in_(("borrower", "sponsor", "spv")))
        .order_by(party_role.c.id)
    ).all()
    for currency in sorted({row.currency for row in rows}):
        chosen = [row for row in rows if row.currency == currency and row.amount > 0]
        for row, far in zip(chosen, scores([row.amount for row in chosen]), strict=True):
            if abs(far) > (FAR if limit is None else limit) and row.party_id in known:
                told = f"{row.business_key} {row.amount:,} {currency}"
                zh, en = f"金额异常：{told}", f"far from the others: {told}"
                yield Found("outlier", known[row.party_id], "amount", str(row.amount), zh, en)


@inside
def scores(amounts: Sequence[Decimal]) -> list[Decimal]:
    """0.6745 × (x − median) ÷ MAD of the logarithms; all nought below ten amounts or where they are alike. Pure."""
    if len(amounts) < FEWEST:
        return [ZERO] * len(amounts)
    logs = [one.ln() for one in amounts]
    middle = median(logs)
    spread = median(abs(one - middle) for one in logs)
    return [Decimal("0.6745") * (one - middle) / spread if spread else ZERO for one in logs]


CHECKS: Mapping[str, Check] = {
    "missing": _missing,
    "format": _format,
    "cross": _cross,
    "duplicate": _duplicate,
    "stale": _stale,
    "outlier": _outlier,
}


@handles("dq.profile", transactional=True)
def dq_profile(ctx: Context, checks: object = None) -> Mapping[str, Any]:
    """Every issue of the population, by the people who are to clean it.

    In: checks [{check missing|format|cross|duplicate|stale|outlier, limit}] (all, with their defaults). Out: groups
    [{owner (null: the data stewards), issues [{issue, kind, client_key, client_name, field, value, other_key, text,
    text_en}]}], the worst kinds first, at most fifty a person; found {kind: how many}; clients; completeness: filled
    mandatory fields, per cent to two places (null without clients). Errors: InvalidInput for an unknown check. Only
    reads.
    """
    wanted = inputs.rows(checks) or [{"check": name} for name in CHECKS]
    everybody = population(ctx.session)
    found: list[Found] = []
    for row in wanted:
        check = CHECKS.get(str(row.get("check")))
        if check is None:
            raise refused("checks", f"unknown: {row.get('check')}", f"未知检查：{row.get('check')}")
        found += check(ctx, everybody, inputs.number(row.get("limit"), "limit"))
    counted = {kind: sum(one.kind == kind for one in found) for kind in CHECKS}
    groups = _groups(found)
    return {"groups": groups, "found": counted, "clients": len(everybody), "completeness": _completeness(everybody)}


def population(session: Session) -> tuple[Party, ...]:
    """Everybody whose data must be whole, oldest entry first."""
    columns = [party_table.c[name] for name in Party.__dataclass_fields__]
    chosen = party_table.c.lifecycle_stage.in_(STAGES) & party_table.c.merged_into.is_(None)
    rows = session.execute(sa.select(*columns).where(chosen).order_by(party_table.c.id)).mappings()
    return tuple(Party(**row) for row in rows)


def _groups(found: Sequence[Found]) -> list[dict[str, Any]]:
    by_owner: dict[str, list[Found]] = {}
    for one in found:
        by_owner.setdefault(one.party.owner or "", []).append(one)
    groups = []
    for owner, issues in sorted(by_owner.items()):
        issues.sort(key=lambda one: (ORDER.index(one.kind), one.party.business_key, one.field))
        groups.append({"owner": owner or None, "issues": [one.shown() for one in issues[:A_TASK]]})
    return groups


def _completeness(everybody: Sequence[Party]) -> Decimal | None:
    asked = [(one, field) for one in everybody for field in MANDATORY if field != "reg_no" or one.country == "CN"]
    if not asked:
        return None
    filled = sum(getattr(one, field) is not None for one, field in asked)
    return rounded(INSIDE.divide(Decimal(filled) * HUNDRED, Decimal(len(asked))))


DECISIONS = ("correct", "verified", "merge", "dismiss")
CORRECTED = frozenset({"reg_no", "legal_rep", "address", "industry", "phone", "email"})


@handles("dq.apply", transactional=True)
def dq_apply(ctx: Context, issues: object, decisions: object, by: str | None = None) -> Mapping[str, Any]:
    """Carry out what was decided about issues, after a second person looked.

    In: issues of dq.profile; decisions [{issue, decision correct|verified|merge|dismiss, new_value, survivor
    this|other, reason}]; by (who decided; else who completed `ut_clean`). Out: corrected, verified, dismissed (how
    many), merges [{merge_id, client_key}] (for party.unmerge), requests: changes of who a client is that wait for a
    second person; refused [{issue, reason, reason_en}]: what could not be carried out, such as a merge of what is no
    duplicate or of two registration numbers, a correction without value, a dismissal without reason. Idempotent by job
    key.
    """
    known = {str(row.get("issue")): row for row in inputs.rows(issues)}
    rows = inputs.rows(decisions)

    def apply() -> Mapping[str, Any]:
        stamp = inputs.stamp(ctx, "data_review", inputs.text(by) or completed_by(ctx, "ut_clean"))
        done: dict[str, Any] = {
            "corrected": 0,
            "verified": 0,
            "dismissed": 0,
            "merges": [],
            "requests": 0,
            "refused": [],
        }
        for row in rows:
            named = str(row.get("issue"))
            try:
                with ctx.session.begin_nested():
                    _carry_out(ctx.session, _known(known, named), row, stamp, done)
            except CallerError as error:
                done["refused"].append({"issue": named, "reason": error.text("zh"), "reason_en": error.text("en")})
        ctx.audit("data_reviewed", {**done, "merges": len(done["merges"]), "refused": len(done["refused"])})
        return done

    return once(ctx.session, ctx.job_key, "dq.apply", ctx.now, apply)


def _known(issues: Mapping[str, Mapping[str, Any]], named: str) -> Mapping[str, Any]:
    if named not in issues:
        raise refused("issue", f"unknown: {named}", f"未知问题：{named}")
    return issues[named]


def _carry_out(
    session: Session, issue: Mapping[str, Any], row: Mapping[str, Any], stamp: Stamp, done: dict[str, Any]
) -> None:
    decision, reason = inputs.text(row.get("decision")), inputs.prose(row.get("reason"))
    if decision not in DECISIONS:
        raise refused("decision", f"unknown: {decision}", f"未知处理方式：{decision}")
    client = parties.get(session, str(issue["client_key"]))
    said = Stamp(stamp.at, stamp.by, stamp.source, why=reason)
    if decision == "correct":
        _correct(session, client, str(issue["field"]), row.get("new_value"), said, done)
    elif decision == "verified":
        parties.verify(session, client.id, said, reason)
        done["verified"] += 1
    elif decision == "merge":
        done["merges"].append(_merge(session, client, issue, row, said))
    else:
        if reason is None:
            raise refused("reason", f"is missing: {issue['issue']}", f"未说明理由：{issue['issue']}")
        mark_verified(session, "party", client.id, said, reason, [str(issue["field"])])
        done["dismissed"] += 1


def _correct(session: Session, client: Party, field: str, given: object, stamp: Stamp, done: dict[str, Any]) -> None:
    value = inputs.text(given)
    if field not in CORRECTED or value is None:
        told = f"{client.business_key}.{field}"
        raise refused("new_value", f"cannot be corrected here: {told}", f"不能在此更正：{told}")
    before = len(requests.open_of(session, client.id))
    waiting = requests.propose(session, client.id, {field: value}, stamp)
    done["requests"] += max(len(waiting) - before, 0)
    done["corrected"] += 1


def _merge(
    session: Session, client: Party, issue: Mapping[str, Any], row: Mapping[str, Any], stamp: Stamp
) -> dict[str, str]:
    other = inputs.text(issue.get("other_key"))
    if other is None:
        raise refused("decision", f"is no duplicate: {issue['issue']}", f"不是疑似重复：{issue['issue']}")
    second = parties.get(session, other)
    stays, goes = (client, second) if inputs.text(row.get("survivor")) == "this" else (second, client)
    made = merging.merge(session, stays.id, goes.id, stamp)
    return {"merge_id": str(made.id), "client_key": stays.business_key}
