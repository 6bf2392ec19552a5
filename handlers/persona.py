"""The client's portrait (客户画像): tags, each with the rule or statistic behind it.

Law: computed when asked, from what the book says now, so that it is never behind a change of data; no tag without its
figures.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from statistics import median
from typing import Any

from sqlalchemy.orm import Session

from engine.registry import Context, handles
from handlers import inputs
from handlers.finance.exact import rounded
from handlers.records import interactions, parties, projects
from handlers.records.interactions import Interaction
from handlers.records.parties import Party
from handlers.records.projects import Project, Role
from handlers.reports.vocabulary import word

FOCUS = Decimal("0.5")
"""Share of projects in one sector from which on it is the client's field."""
LARGE, SMALL = Decimal(1_000_000_000), Decimal(100_000_000)
"""Typical financing of a large and a small client, in yuan; product defaults."""
LIVELY_DAYS, LIVELY = 90, 3
TALKS = 200


@dataclass(frozen=True, slots=True)
class Tag:
    """`rule` says why, with figures; `sample` is how many entries it rests on."""

    code: str
    zh: str
    en: str
    rule_zh: str
    rule_en: str
    sample: int

    def shown(self) -> dict[str, Any]:
        """As a variable."""
        return {
            "code": self.code,
            "tag": self.zh,
            "tag_en": self.en,
            "rule": self.rule_zh,
            "rule_en": self.rule_en,
            "sample": self.sample,
        }


@dataclass(frozen=True, slots=True)
class Facts:
    """What the book says of a client that the tags rest on."""

    party: Party
    projects: Sequence[Project]
    roles: Sequence[Role]
    talks: Sequence[Interaction]
    recent: int
    """Talks of the last `LIVELY_DAYS` days."""


def tags(facts: Facts) -> list[Tag]:
    """All tags of a client. Pure."""
    return [*_segment(facts), *_business(facts), *_size(facts), *_behaviour(facts), *_standing(facts)]


ROLE_NAMES = {
    "borrower": ("借款人", "borrower"),
    "sponsor": ("发起人", "sponsor"),
    "spv": ("项目公司", "project company"),
    "investor": ("投资人", "investor"),
    "guarantor": ("担保人", "guarantor"),
    "offtaker": ("购买方", "offtaker"),
    "epc": ("总承包商", "EPC contractor"),
}


def _segment(facts: Facts) -> Iterator[Tag]:
    for role, number in sorted(Counter(one.role for one in facts.roles).items()):
        zh, en = ROLE_NAMES.get(role, (role, role))
        yield Tag(f"role_{role}", zh, en, f"在 {number} 个项目中为{zh}", f"{en} in {number} project(s)", number)


def _business(facts: Facts) -> Iterator[Tag]:
    known = [one.sector for one in facts.projects if one.sector]
    for sector, number in Counter(known).most_common(1):
        if Decimal(number) / len(known) >= FOCUS:
            zh, en = f"{len(known)} 个项目中 {number} 个属于该行业", f"{number} of {len(known)} projects in the sector"
            yield Tag("focus", f"主营行业：{word(sector, 'zh')}", f"field: {word(sector, 'en')}", zh, en, len(known))
    if len(facts.projects) > 1:
        number = len(facts.projects)
        yield Tag("repeat", "多次合作", "returning", f"共有 {number} 个项目", f"{number} projects", number)


def _size(facts: Facts) -> Iterator[Tag]:
    amounts = [one.amount for one in facts.projects if one.amount is not None and one.currency == "CNY"]
    tenors = [one.tenor_months for one in facts.projects if one.tenor_months is not None]
    if not amounts:
        return
    typical = rounded(Decimal(median(amounts)))
    zh, en = f"融资额中位数 {typical:,.0f} 元", f"median financing {typical:,.0f} yuan"
    size = ("large", "大额", "large deals") if typical >= LARGE else ("small", "小额", "small deals")
    if SMALL < typical < LARGE:
        size = ("middle", "中等规模", "medium deals")
    yield Tag(f"size_{size[0]}", size[1], size[2], zh, en, len(amounts))
    if tenors:
        months = int(median(tenors))
        told = f"典型交易：{typical:,.0f} 元，{months} 个月"
        both = f"typical deal: {typical:,.0f} yuan over {months} months"
        rule = (f"{len(tenors)} 个项目的中位数", f"medians of {len(tenors)} project(s)")
        yield Tag("typical_deal", told, both, *rule, len(tenors))


def _behaviour(facts: Facts) -> Iterator[Tag]:
    channels = Counter(one.channel for one in facts.talks if one.channel != "system")
    total = sum(channels.values())
    for channel, number in channels.most_common(1):
        if number * 2 >= total >= LIVELY:
            zh, en = f"{total} 次联系中 {number} 次", f"{number} of {total} contacts"
            yield Tag("channel", f"常用渠道：{word(channel, 'zh')}", f"prefers: {word(channel, 'en')}", zh, en, total)
    if facts.recent >= LIVELY:
        zh, en = f"{LIVELY_DAYS} 天内联系 {facts.recent} 次", f"{facts.recent} contacts in {LIVELY_DAYS} days"
        yield Tag("lively", "互动频繁", "in close touch", zh, en, facts.recent)
    elif not facts.recent:
        zh, en = f"{LIVELY_DAYS} 天内没有联系", f"no contact in {LIVELY_DAYS} days"
        yield Tag("quiet", "久未联系", "out of touch", zh, en, len(facts.talks))


def _standing(facts: Facts) -> Iterator[Tag]:
    party = facts.party
    if party.tier:
        rule = (f"评分 {party.score}", f"score {party.score}")
        yield Tag("tier", f"{party.tier} 级客户", f"tier {party.tier}", *rule, 1)
    if party.risk_rating is not None and party.risk_rating >= 3:
        rule = (f"尽职调查等级 {party.risk_rating}", f"due diligence rated it {party.risk_rating}")
        yield Tag("high_risk", "高风险客户", "high risk", *rule, 1)
    if party.ownership_type == "state":
        yield Tag("state", "国有", "state-owned", "企业性质为国有", "ownership is the state's", 1)


def facts_of(session: Session, party: Party, now: datetime) -> Facts:
    """What the book says of a client."""
    talks = interactions.timeline(session, party.id, TALKS)
    since = now - timedelta(days=LIVELY_DAYS)
    return Facts(
        party,
        projects.of_party(session, party.id),
        projects.roles_of(session, party_id=party.id),
        talks,
        sum(one.at >= since for one in talks),
    )


@handles("crm.persona", transactional=True)
def crm_persona(ctx: Context, party_id: object = None, client_key: str | None = None) -> Mapping[str, Any]:
    """The client's tags with the rule or statistic behind each.

    In: party_id or client_key. Out: tags [{code, tag, tag_en, rule, rule_en, sample}]. Errors: NotFound. Only reads.
    """
    client = inputs.ident(party_id, "party_id")
    party = parties.get(ctx.session, client if client is not None else (inputs.text(client_key) or 0))
    return {"tags": [one.shown() for one in tags(facts_of(ctx.session, party, ctx.now))]}
