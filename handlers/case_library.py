"""The case library at work: like cases with reasons, a closed project archived, a draft from what worked.

Likeness is Gower's distance (Biometrics 27, 1971): per feature 0 … 1, weighted and averaged over what the asked project
tells; what a case does not tell counts as half. Weights and spans are product defaults. A tie goes to the case closed
last, then to the smaller key, so that the same question has the same answer. Law: the names in a confidential case
never leave the library through a process.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from engine.errors import InvalidInput
from engine.identity import Actor
from engine.registry import Context, handles
from handlers import inputs
from handlers.finance.exact import FOUR, ONE, ZERO, count, inside, rounded
from handlers.records import cases, credit, parties, projects
from handlers.records.cases import Case
from handlers.records.changes import once
from handlers.records.projects import Project
from handlers.reports.vocabulary import word

SHOWN = 5
HALF = Decimal("0.5")
NEAR = Decimal("0.25")
"""A feature this near is a reason for, one beyond `FAR` a reason against."""
FAR = Decimal("0.75")
SEE_NAMES = frozenset({"analyst", "risk_officer", "committee_member", "committee_secretary", "legal"})
"""Teams that see confidential names on the library's pages; so do administrators."""


def _same(one: Any, other: Any) -> Decimal:
    return ZERO if one == other else ONE


@inside
def _sizes(one: Decimal, other: Decimal) -> Decimal:
    """Ten times as large is as far as can be."""
    if one <= 0 or other <= 0:
        return ONE
    return min(abs((one / other).ln()) / Decimal(10).ln(), ONE)


def _within(span: int) -> Callable[[Decimal, Decimal], Decimal]:
    def apart(one: Decimal, other: Decimal) -> Decimal:
        return min(abs(Decimal(one) - Decimal(other)) / span, ONE)

    return apart


@dataclass(frozen=True, slots=True)
class Feature:
    """One thing that projects are compared by."""

    name: str
    zh: str
    en: str
    weight: int
    apart: Callable[[Any, Any], Decimal]


FEATURES = (
    Feature("sector", "行业", "sector", 4, _same),
    Feature("amount", "规模", "size", 3, _sizes),
    Feature("tenor_months", "期限", "tenor", 2, _within(120)),
    Feature("offtake_type", "销售安排", "offtake", 2, _same),
    Feature("equity_pct", "资本金比例", "equity", 1, _within(20)),
    Feature("sponsor_record", "股东业绩", "sponsor's record", 1, _same),
    Feature("country", "国家", "country", 1, _same),
    Feature("currency", "币种", "currency", 1, _same),
)
"""`amount` in the unit of its currency; of another currency the size is not compared."""


@dataclass(frozen=True, slots=True)
class Like:
    """A case with its distance (0 the same … 1 nothing in common) and the parts that make it."""

    case: Case
    distance: Decimal
    parts: Mapping[str, Decimal]


@inside
def nearest(asked: Mapping[str, Any], library: Sequence[Case], k: int = SHOWN) -> list[Like]:
    """The k cases most like the project asked about, nearest first. InvalidInput when nothing is told of it."""
    told = [one for one in FEATURES if asked.get(one.name) is not None]
    weight = sum(one.weight for one in told)
    if not weight:
        raise InvalidInput(place="project", reason="nothing is told of it", reason_zh="缺少可比较的项目特征")
    found = []
    for case in library:
        parts = {one.name: _part(one, asked, case) for one in told}
        distance = sum((one.weight * parts[one.name] for one in told), ZERO) / weight
        found.append(Like(case, distance, parts))
    found.sort(key=lambda one: (one.distance, -one.case.closed_on.toordinal(), one.case.business_key))
    return found[:k]


def _part(feature: Feature, asked: Mapping[str, Any], case: Case) -> Decimal:
    theirs = getattr(case, feature.name)
    if theirs is None:
        return HALF
    if feature.name == "amount" and (asked.get("currency") or case.currency) != case.currency:
        return HALF
    return feature.apart(asked[feature.name], theirs)


def reasons(found: Like, asked: Mapping[str, Any]) -> list[dict[str, str]]:
    """What speaks for the likeness and what against, by weight."""
    told = []
    for one in FEATURES:
        part = found.parts.get(one.name)
        theirs = getattr(found.case, one.name)
        if part is None or theirs is None or NEAR < part < FAR:
            continue
        near = part <= NEAR
        ours = asked[one.name]
        values, values_en = (f"{_written(ours, at)} / {_written(theirs, at)}" for at in ("zh", "en"))
        zh, en = ("相近", "alike") if near else ("不同", "different")
        told.append(
            {
                "kind": "for" if near else "against",
                "text": f"{one.zh}{zh}：{values}",
                "text_en": f"{one.en} {en}: {values_en}",
            }
        )
    return told


def _written(value: Any, language: str) -> str:
    return f"{value.normalize():,f}" if isinstance(value, Decimal) else word(str(value), language)


def may_see_names(actor: Actor) -> bool:
    """Whether somebody sees the names of confidential cases."""
    return actor.is_admin or bool(SEE_NAMES & set(actor.teams))


def shown(case: Case, open_names: bool) -> dict[str, Any]:
    """A case as people and processes see it; a confidential one without its names and keys, unless they are open."""
    hidden = case.confidential and not open_names
    return {
        "case_id": str(case.id),
        "key": None if hidden else case.business_key,
        "name": "保密案例" if hidden else case.name,
        "name_en": "Confidential case" if hidden else case.name,
        "client_name": None if hidden else case.client_name,
        **{
            name: getattr(case, name)
            for name in (
                "sector", "country", "currency", "amount", "tenor_months", "equity_pct", "offtake_type", "profile",
                "min_dscr", "outcome", "closed_on", "confidential",
            )
        },
        "lessons": None if hidden else case.lessons,
        "structure": _nameless(case.structure) if hidden else case.structure,
    }  # fmt: skip


NAMES = frozenset({"name", "description", "owner", "party", "party_name", "payee", "text"})


def _nameless(value: Any) -> Any:
    """A structure without the words that may name somebody: numbers, types and terms stay."""
    if isinstance(value, Mapping):
        return {key: _nameless(one) for key, one in value.items() if key not in NAMES}
    return [_nameless(one) for one in value] if isinstance(value, list | tuple) else value


@handles("plan.find_similar_cases", transactional=True)
def plan_find_similar_cases(
    ctx: Context, project: object = None, project_key: str | None = None, k: object = None, **features: Any
) -> Mapping[str, Any]:
    """The closed projects most like this one.

    In: project {sector, amount, currency, tenor_months, equity_pct, offtake_type, sponsor_record, country}, or these by
    name, or project_key (the business key's project) from the book; k (5). Out: cases [{case_id, key, name, outcome,
    terms, distance to four places, reasons [{kind for|against, text, text_en}], structure}], nearest first; library:
    how many there are to choose from. Names of confidential cases are masked. Errors: InvalidInput when nothing is
    told of the project. Only reads.
    """
    booked = projects.find(ctx.session, project_key or ctx.business_key or "")
    given = dict(project) if isinstance(project, Mapping) else {}
    asked = _asked(booked, given | inputs.given(features))
    library = [one for one in cases.library(ctx.session) if booked is None or one.business_key != booked.business_key]
    wanted = SHOWN if k is None else count(k, "k", 1, 50)
    found = nearest(asked, library, wanted)
    return {
        "cases": [
            shown(one.case, open_names=False)
            | {"distance": rounded(one.distance, FOUR), "reasons": reasons(one, asked)}
            for one in found
        ],
        "library": len(library),
    }


def _asked(booked: Project | None, given: Mapping[str, Any]) -> dict[str, Any]:
    names = [one.name for one in FEATURES]
    from_book = {name: getattr(booked, name) for name in names} if booked is not None else {}
    asked = from_book | inputs.given({name: given.get(name) for name in names})
    for name in ("amount", "tenor_months", "equity_pct"):
        asked[name] = inputs.number(asked.get(name), name)
    return asked


@handles("case.archive", transactional=True)
def case_archive(
    ctx: Context,
    outcome: str,
    project_key: str | None = None,
    closed_on: object = None,
    lessons: str | None = None,
    release_consent: object = None,
    confidential: object = None,
    structure: object = None,
    profile: str | None = None,
    min_dscr: object = None,
    party_id: object = None,
) -> Mapping[str, Any]:
    """Put a closed project into the library.

    In: outcome repaid|prepaid|restructured|defaulted|lost; project_key (the business key's project); closed_on (today);
    lessons; release_consent (the client agrees to be shown); confidential (yes, unless they do); structure {facilities,
    covenants, collateral}, profile, min_dscr (of the plan that was carried out, where nothing is given); party_id (the
    borrower). Out: case_id, case_key.
    Errors: NotFound for an unknown project, InvalidInput for an unknown outcome or a release of what is confidential.
    Idempotent: a project is one case; archived again it is completed.
    """
    project = projects.get(ctx.session, project_key or ctx.business_key or "?")
    client = _client(ctx, inputs.ident(party_id, "party_id"), project)
    may_show = inputs.yes(release_consent)
    carried_out = _carried_out(ctx, project)
    values = carried_out | inputs.given(
        {
            "profile": inputs.text(profile),
            "min_dscr": inputs.number(min_dscr, "min_dscr"),
            "structure": dict(structure) if isinstance(structure, Mapping) else None,
        }
    )
    values |= {
        "project_id": project.id,
        "party_id": client.id if client else None,
        "client_name": client.legal_name if client else None,
        "source": client.source if client else None,
        **{name: getattr(project, name) for name in COPIED},
        "outcome": inputs.text(outcome),
        "lessons": inputs.text(lessons),
        "release_consent": may_show,
        "confidential": not may_show if confidential is None else inputs.yes(confidential),
        "closed_on": inputs.day(closed_on, "closed_on") or inputs.today(ctx),
    }

    def keep() -> Mapping[str, Any]:
        made = cases.archive(ctx.session, project.business_key, inputs.given(values), inputs.stamp(ctx, "case.archive"))
        return {"case_id": str(made.id), "case_key": made.business_key}

    return once(ctx.session, ctx.job_key, "case.archive", ctx.now, keep)


def _carried_out(ctx: Context, project: Project) -> dict[str, Any]:
    """Structure, repayment profile and minimum cover of the project's plan: the one in force, else the newest."""
    plans = credit.plans_of(ctx.session, project.id)
    plan = next((one for one in plans if one.state in ("active", "approved")), next(iter(plans), None))
    if plan is None:
        return {}
    parts = {name: [dict(one) for one in inputs.rows(plan.terms.get(name))] for name in PARTS}
    first = next(iter(parts["facilities"]), {})
    cover = inputs.number(plan.metrics.get("min_dscr"), "min_dscr")
    return inputs.given({"structure": parts, "profile": inputs.text(first.get("profile")), "min_dscr": cover})


PARTS = ("facilities", "covenants", "collateral", "conditions")


@handles("plan.draft_from_case", transactional=True)
def plan_draft_from_case(ctx: Context, case_id: object, project_key: str | None = None) -> Mapping[str, Any]:
    """A closed project's plan as the draft of a new one.

    In: case_id, project_key (the business key's project). Out: facilities with the old proportions, their amounts
    making the new project's financing to the cent (null where it has none) in its currency; covenants, collateral
    (kinds, without whose), conditions; case_name, masked when the case is confidential. Errors: NotFound. Only reads.
    """
    known = inputs.ident(case_id, "case_id")
    case = cases.get(ctx.session, known if known is not None else 0)
    return draft_from(case, projects.get(ctx.session, project_key or ctx.business_key or "?"))


def draft_from(case: Case, project: Project) -> dict[str, Any]:
    """A closed project's plan as the draft of another one: see `plan_draft_from_case`."""
    structure = _nameless(case.structure) if case.confidential else case.structure
    parts: dict[str, Any] = {name: [dict(one) for one in inputs.rows(structure.get(name))] for name in PARTS}
    for one, amount in zip(parts["facilities"], _shared_out(parts["facilities"], project.amount), strict=True):
        one |= {"amount": amount, "currency": project.currency}
    parts["collateral"] = [
        {key: one.get(key) for key in ("type", "rank", "haircut_pct")} for one in parts["collateral"]
    ]
    return {**parts, "case_name": shown(case, open_names=False)["name"]}


@inside
def _shared_out(facilities: Sequence[Mapping[str, Any]], total: Decimal | None) -> list[Decimal | None]:
    """The total in the facilities' proportions, to cents; the last takes the rest."""
    known = [inputs.number(one.get("amount"), "amount") or ZERO for one in facilities]
    whole = sum(known, ZERO)
    if total is None or not whole:
        return [None] * len(known)
    parts = [rounded(total * one / whole) for one in known]
    return [*parts[:-1], total - sum(parts[:-1], ZERO)]


COPIED = (
    "name", "sector", "country", "region", "currency", "amount", "capex", "tenor_months", "equity_pct", "offtake_type",
    "sponsor_record", "equator_category",
)  # fmt: skip


def _client(ctx: Context, party_id: int | None, project: Project) -> parties.Party | None:
    if party_id is not None:
        return parties.get(ctx.session, party_id)
    roles = {one.role: one.party_id for one in projects.roles_of(ctx.session, project_id=project.id)}
    known = next((roles[role] for role in ("borrower", "spv", "sponsor") if role in roles), None)
    return None if known is None else parties.get(ctx.session, known)
