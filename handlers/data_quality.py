"""Is a client's profile complete, well-formed and free of contradictions? Each fault by section, field and rule, in
words of both languages. Law: an `error` must be corrected before anybody verifies; a `warn` is for the reader.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from engine.errors import InvalidInput
from engine.registry import Context, handles
from handlers import inputs, names, reg_no
from handlers.records import interactions, parties, projects
from handlers.records.interactions import Issue

Profile = Mapping[str, Any]
Level = Literal["error", "warn"]

YEARS_OF_STATEMENTS = 3
SHARES_TOLERANCE = Decimal("0.1")
"""By how much the shares of one company may miss 100 (per cent)."""

REQUIRED: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "basic": {
        "client_name": ("企业名称", "company name"),
        "reg_no": ("统一社会信用代码", "registration number"),
        "legal_rep": ("法定代表人", "legal representative"),
        "address": ("注册地址", "registered address"),
        "ownership_type": ("所有制类型", "kind of ownership"),
    },
    "project": {
        "project_name": ("项目名称", "project name"),
        "sector": ("行业", "sector"),
        "location": ("项目地点", "location"),
        "capex": ("总投资", "total investment"),
        "equity_pct": ("资本金比例", "equity share"),
        "offtake_type": ("销售安排", "offtake"),
        "permits": ("审批手续", "permits"),
    },
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault. `rule` is its stable name."""

    section: str
    field: str
    rule: str
    level: Level
    zh: str
    en: str

    def shown(self) -> dict[str, Any]:
        """As a variable."""
        return {
            "section": self.section,
            "field": self.field,
            "rule": self.rule,
            "level": self.level,
            "text": self.zh,
            "text_en": self.en,
        }


def check(profile: Profile, today: date, checks: Iterable[Mapping[str, Any]] = ()) -> list[Finding]:
    """All faults of a profile; `checks` are those of fin.spread_statement. Pure."""
    found: list[Finding] = []
    for rule in RULES:
        try:
            found += rule(profile, today)
        except InvalidInput as error:
            place = str(error.fields.get("place"))
            section = rule.__name__.strip("_")
            found.append(Finding(section, place, "unreadable", "error", error.text("zh"), error.text("en")))
    found += _failed(checks)
    return list({(one.section, one.field, one.rule): one for one in found}.values())


def _foreign(profile: Profile) -> bool:
    return profile.get("country") not in (None, "", "CN")


def _required(profile: Profile, today: date) -> Iterator[Finding]:
    for section, fields in REQUIRED.items():
        if section == "project" and profile.get("client_role") == "investor":
            continue  # an investor brings money, not a project: the form hides that section
        for field, (zh, en) in fields.items():
            if field == "reg_no" and _foreign(profile):
                continue
            if inputs.text(profile.get(field)) is None:
                yield Finding(section, field, "required", "error", f"缺少{zh}", f"the {en} is missing")


def _basic(profile: Profile, today: date) -> Iterator[Finding]:
    typed = inputs.text(profile.get("reg_no"))
    if typed is not None and not _foreign(profile):
        verdict = reg_no.check(typed)
        if not verdict.ok:
            yield Finding("basic", "reg_no", verdict.rule, "error", verdict.zh, verdict.en)
    founded = inputs.day(profile.get("founded"), "founded")
    if founded is not None and founded > today:
        yield Finding("basic", "founded", "future", "error", "成立日期在未来", "the founding date is in the future")
    capital = inputs.number(profile.get("registered_capital"), "registered_capital")
    if capital is not None and capital <= 0:
        yield Finding(
            "basic", "registered_capital", "positive", "error", "注册资本应大于零", "capital must be above nought"
        )
    if not inputs.yes(profile.get("profile_complete")):
        zh, en = "客户尚未声明资料真实、完整", "the client has not declared the profile true and complete"
        yield Finding("basic", "profile_complete", "declared", "error", zh, en)
    if not inputs.yes(profile.get("credit_authorised")):
        zh, en = "尚无征信查询授权，不能查询征信", "no authorisation for a credit check: none may be made"
        yield Finding("basic", "credit_authorised", "authorisation", "warn", zh, en)


def _people(profile: Profile, today: date) -> Iterator[Finding]:
    people = inputs.rows(profile.get("people"))
    if not people:
        yield Finding("people", "people", "required", "error", "至少填写一位人员", "at least one person is needed")
    if people and not any(one.get("role") == "legal_rep" for one in people):
        zh, en = "人员中没有法定代表人", "the legal representative is not among the people"
        yield Finding("people", "people", "legal_rep", "warn", zh, en)
    for place, person in enumerate(people, start=1):
        yield from _person(place, person, today)


def _person(place: int, person: Mapping[str, Any], today: date) -> Iterator[Finding]:
    where = f"people[{place}]"
    if inputs.text(person.get("name")) is None:
        yield Finding(
            "people", f"{where}.name", "required", "error", f"第 {place} 位人员缺少姓名", f"person {place} has no name"
        )
    mobile, mail = inputs.text(person.get("mobile")), inputs.text(person.get("email"))
    if mobile is not None and names.phone_key(mobile) is None:
        yield Finding(
            "people", f"{where}.mobile", "phone", "error", f"电话“{mobile}”无效", f"“{mobile}” is no telephone number"
        )
    if mail is not None and names.email_key(mail) is None:
        yield Finding("people", f"{where}.email", "email", "error", f"邮箱“{mail}”无效", f"“{mail}” is no mail address")
    born = inputs.day(person.get("birthday"), f"{where}.birthday")
    if born is not None and not 16 <= (today - born).days / 365.25 <= 110:
        yield Finding(
            "people", f"{where}.birthday", "plausible", "error", f"出生日期 {born} 不合理", f"born on {born}?"
        )


def _ownership(profile: Profile, today: date) -> Iterator[Finding]:
    edges = inputs.rows(profile.get("ownership"))
    if not edges:
        zh, en = "未填写股权结构，将由合规补充", "no ownership is given; compliance will ask for it"
        yield Finding("ownership", "ownership", "required", "warn", zh, en)
    sums: dict[str, Decimal] = {}
    for place, edge in enumerate(edges, start=1):
        where = f"ownership[{place}].pct"
        share = inputs.number(edge.get("pct"), where)
        if share is None or not 0 < share <= 100:
            zh, en = f"第 {place} 行持股比例应在 0–100 之间", f"the share of line {place} must lie between 0 and 100"
            yield Finding("ownership", where, "range", "error", zh, en)
            continue
        owned = inputs.text(edge.get("owned")) or "?"
        sums[owned] = sums.get(owned, Decimal(0)) + share
    for owned, total in sums.items():
        if abs(total - 100) > SHARES_TOLERANCE:
            zh, en = f"{owned} 的持股比例合计为 {total}%", f"the shares of {owned} add up to {total} %"
            yield Finding("ownership", f"ownership.{owned}", "sum", "warn" if total < 100 else "error", zh, en)


def _project(profile: Profile, today: date) -> Iterator[Finding]:
    capex = inputs.number(profile.get("capex"), "capex")
    amount = inputs.number(profile.get("amount"), "amount")
    if capex is not None and capex <= 0:
        yield Finding(
            "project", "capex", "positive", "error", "总投资应大于零", "the total investment must be above nought"
        )
    if capex is not None and amount is not None and 0 < capex < amount:
        zh, en = f"融资额 {amount:,} 超过总投资 {capex:,}", f"the financing {amount:,} exceeds the investment {capex:,}"
        yield Finding("project", "amount", "above_capex", "error", zh, en)
    equity = inputs.number(profile.get("equity_pct"), "equity_pct")
    if equity is not None and not 0 <= equity <= 100:
        zh, en = f"资本金比例 {equity}% 超出范围", f"an equity share of {equity} % is out of range"
        yield Finding("project", "equity_pct", "range", "error", zh, en)
    if equity is not None and capex is not None and amount is not None and capex > 0:
        covered = equity + amount / capex * 100
        if covered < 99:
            zh = f"资本金与融资合计只覆盖总投资的 {covered:.1f}%"
            en = f"equity and financing together cover {covered:.1f} % of the investment"
            yield Finding("project", "equity_pct", "funding_gap", "warn", zh, en)
    yield from _project_dates(profile, today)


def _project_dates(profile: Profile, today: date) -> Iterator[Finding]:
    start = inputs.day(profile.get("cod_planned"), "cod_planned")
    expiry = inputs.day(profile.get("offtake_expiry"), "offtake_expiry")
    if start is not None and start < today and profile.get("project_stage") != "operation":
        zh, en = f"计划投产日 {start} 已过", f"the planned start of operation {start} has passed"
        yield Finding("project", "cod_planned", "past", "warn", zh, en)
    if start is not None and expiry is not None and expiry <= start:
        zh, en = "销售协议在投产前到期", "the offtake ends before operation starts"
        yield Finding("project", "offtake_expiry", "order", "error", zh, en)


def _statements(profile: Profile, today: date) -> Iterator[Finding]:
    rows = inputs.rows(profile.get("statements"))
    periods = [str(row.get("period") or "?") for row in rows]
    if len(set(periods)) < YEARS_OF_STATEMENTS:
        zh = f"仅有 {len(set(periods))} 年报表，通常需要 {YEARS_OF_STATEMENTS} 年"
        en = f"{len(set(periods))} year(s) of statements, {YEARS_OF_STATEMENTS} are usual"
        yield Finding("statements", "statements", "years", "warn", zh, en)
    for period in sorted({one for one in periods if periods.count(one) > 1}):
        zh, en = f"{period} 年报表重复", f"the statement of {period} is there twice"
        yield Finding("statements", f"statements.{period}", "twice", "error", zh, en)
    for row, period in zip(rows, periods, strict=True):
        for part, whole in (("current_assets", "total_assets"), ("current_liabilities", "total_liabilities")):
            less, more = (inputs.number(row.get(code), f"statements[{period}].{code}") for code in (part, whole))
            if less is not None and more is not None and less > more:
                zh, en = (
                    f"{period}：流动项 {less:,} 大于合计 {more:,}",
                    f"{period}: current {less:,} above the total {more:,}",
                )
                yield Finding("statements", f"statements[{period}].{part}", "part_of_whole", "error", zh, en)


def _failed(checks: Iterable[Mapping[str, Any]]) -> Iterator[Finding]:
    for one in checks:
        if one.get("ok") is False:
            rule, period = str(one.get("rule")), str(one.get("period"))
            level: Level = "warn" if rule in ("cash_continuity", "cash_of_both") else "error"
            zh = str(one.get("text"))
            yield Finding("statements", f"statements[{period}]", rule, level, zh, str(one.get("text_en") or zh))


RULES: tuple[Callable[[Profile, date], Iterator[Finding]], ...] = (
    _required,
    _basic,
    _people,
    _ownership,
    _project,
    _statements,
)


@handles("dq.validate", transactional=True)
def dq_validate(
    ctx: Context,
    party_id: object = None,
    project_key: str | None = None,
    statement_checks: object = None,
    **profile: Any,
) -> Mapping[str, Any]:
    """Check a profile, and make the client's open issues exactly what was found.

    In: the fields of form `client_profile`, party_id, project_key, statement_checks. Out: issues [{section, field,
    rule, level error|warn, text, text_en}], errors first; has_errors. Errors: none: what cannot be read is an issue.
    Idempotent: the same profile again changes nothing.
    """
    client = inputs.ident(party_id, "party_id")
    party = parties.get(ctx.session, client) if client is not None else None
    project = projects.find(ctx.session, project_key or ctx.business_key or "")
    known = {"country": party.country if party else None, "amount": project.amount if project else None}
    found = check(known | profile, inputs.today(ctx), inputs.rows(statement_checks))
    if party is not None:
        found += _taken(ctx, party.id, inputs.text(profile.get("reg_no")))
        entries = [Issue(one.field, one.rule, one.level, one.zh, one.en) for one in found]
        scope = project.id if project else None
        interactions.replace_issues(ctx.session, party.id, scope, entries, ctx.now, f"process:{ctx.process}")
    found.sort(key=lambda one: one.level != "error")
    return {"issues": [one.shown() for one in found], "has_errors": any(one.level == "error" for one in found)}


def _taken(ctx: Context, party_id: int, typed: str | None) -> list[Finding]:
    """A registration number is one client's: a second client with it is refused and offered for merging."""
    holder = parties.by_reg_no(ctx.session, typed) if typed else None
    if holder is None or holder.id == party_id:
        return []
    zh = f"该信用代码已属于客户 {holder.business_key} {holder.legal_name}，请合并"
    en = f"this number is client {holder.business_key}'s, {holder.legal_name}: merge the two"
    return [Finding("basic", "reg_no", "taken", "error", zh, en)]
