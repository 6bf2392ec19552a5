"""Who comes with which project: companies that are nobody, made from a seed. Pure."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from handlers import reg_no

PLACES = (
    ("盐城", "320900", "east"), ("如东", "320600", "east"), ("青岛", "370200", "east"), ("湛江", "440800", "south"),
    ("南沙", "440100", "south"), ("钦州", "450700", "south"), ("酒泉", "620900", "northwest"),
    ("哈密", "650500", "northwest"), ("张家口", "130700", "north"), ("乌兰察布", "150900", "north"),
    ("白城", "220800", "northeast"), ("宜昌", "420500", "central"), ("岳阳", "430600", "central"),
    ("凉山", "513400", "southwest"), ("曲靖", "530300", "southwest"), ("赣州", "360700", "east"),
)  # fmt: skip
TRADES: tuple[tuple[str, str, str, str, tuple[int, int]], ...] = (
    ("renewable_power", "新能源", "D44", "{n}MW 风电场", (200, 900)),
    ("renewable_power", "光伏电力", "D44", "{n}MW 渔光互补项目", (150, 700)),
    ("grid_storage", "储能科技", "D44", "{n}MWh 独立储能电站", (120, 400)),
    ("hydro_power", "水电开发", "D44", "{n}MW 抽水蓄能电站", (900, 3000)),
    ("transport", "高速公路", "G54", "绕城高速公路 {n} 公里段", (800, 2800)),
    ("water_environment", "水务", "D46", "{n} 万吨污水处理厂", (100, 500)),
    ("municipal", "城市建设", "E48", "综合管廊 {n} 公里", (200, 800)),
    ("data_center", "数据", "I65", "{n} 机柜数据中心", (200, 900)),
)
"""Sector, word of the company's name, industry, project, total investment in millions of yuan."""
WORDS = [
    "澄远",
    "禾昭",
    "曜川",
    "岚桥",
    "沐晟",
    "恒越",
    "启岳",
    "润泽",
    "嘉禾",
    "天衡",
    "远瞻",
    "瑞霖",
    "晨曦",
    "景行",
    "泰和",
    "明湖",
    "望舒",
    "青峦",
    "海纳",
    "凌云",
    "安澜",
    "弘毅",
    "锦程",
    "朗润",
]
SURNAMES, GIVEN = (
    "林何周吴郑冯陈褚卫蒋沈韩杨朱秦尤许吕施张",
    ["文博", "建国", "海燕", "思远", "嘉怡", "明辉", "丽华", "志强", "雪梅", "立群", "子轩", "晓东"],
)
BUILDERS = ("水电建设", "能源建设", "电力工程", "市政工程", "路桥工程", "建筑安装")
MAKERS = ("风电装备", "光伏科技", "电气设备", "储能系统", "水处理设备", "轨道装备")
KEEPERS = ("运维服务", "能源服务", "电站管理")
ADVISERS = ("律师事务所", "工程咨询有限公司", "会计师事务所")
FUNDS = (
    "国康基础设施投资基金", "华岳保险资产管理公司", "东钧绿色产业基金", "海宁社保投资管理公司", "金禾信托",
    "博远基础设施债权计划", "中汇养老金管理公司", "申江产业投资基金", "鼎元融资租赁公司", "临港城市发展基金",
)  # fmt: skip
"""Who else takes part in a project: builders, makers, keepers, advisers; and who invests."""
SOURCES = ("website", "email", "phone", "event", "referral", "import")
MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Deal:
    """An inquiry that will come, and what of it the forms ask for."""

    day: date
    company: str
    reg_no: str
    contact: str
    email: str
    project: str
    sector: str
    amount: int
    capex: int
    inquiry: Mapping[str, Any]
    profile: Mapping[str, Any]


def deals(chance: random.Random, days: list[date], count: int) -> Iterator[Deal]:
    """So many inquiries over these days, in order; two in five bring a new project of a company that came before."""
    known: list[tuple[str, str, str, str, tuple[str, str, str]]] = []
    for number, day in enumerate(sorted(chance.choices(days, k=count)), 1):
        place = chance.choice(PLACES)
        trade = chance.choice(TRADES)
        if known and chance.random() < 0.2:
            company, code, person, mail, place = chance.choice(known)
        else:
            company = f"{place[0]}{WORDS[number % len(WORDS)]}{trade[1]}有限公司"
            if any(company == one[0] for one in known):
                company = f"{place[0]}{WORDS[number % len(WORDS)]}{chance.choice('一二三五六八')}号{trade[1]}有限公司"
            code = _code(chance, place[1])
            person = chance.choice(SURNAMES) + chance.choice(GIVEN)
            mail = f"client{number}@example.org"
            known.append((company, code, person, mail, place))
        yield _deal(chance, day, company, code, person, mail, place, trade)


def known_client(chance: random.Random, day: date, seen: Mapping[str, Any]) -> Deal:
    """The project of a client who did not inquire: a colleague raised it, or it was found among those known."""
    name, contact = (
        str(seen.get("client_name") or ""),
        str(seen.get("contact_name") or chance.choice(SURNAMES) + "经理"),
    )
    place, trade = chance.choice(PLACES), chance.choice(TRADES)
    code = str(seen.get("reg_no") or _code(chance, place[1]))
    made = _deal(chance, day, name, code, contact, str(seen.get("email") or "client@example.org"), place, trade)
    project = str(seen.get("project_name") or made.project)
    return replace(made, project=project, profile={**made.profile, "project_name": project})


def _code(chance: random.Random, division: str) -> str:
    body = "MA" + "".join(chance.choices("0123456789ABCDEFGHJKLMNPQRTUWXY", k=6))
    return reg_no.complete("91" + division + body + reg_no.organisation_check(body))


def _deal(
    chance: random.Random,
    day: date,
    company: str,
    code: str,
    person: str,
    mail: str,
    place: tuple[str, str, str],
    trade: tuple[str, str, str, str, tuple[int, int]],
) -> Deal:
    sector, _, industry, pattern, (least, most) = trade
    capex = -(-chance.randrange(least, most, 10) // 20) * 20  # so that shares of it are whole millions
    amount = capex * chance.choice((60, 65, 70, 70, 75)) // 100
    project = place[0] + pattern.format(n=chance.choice((50, 80, 100, 120, 150, 200, 300)))
    common = {"client_name": company, "reg_no": code, "project_name": project, "sector": sector}
    stage = chance.choice(("development", "ready_to_build", "ready_to_build", "construction"))
    offtake = "ppa_longterm" if sector in ("renewable_power", "hydro_power") else "contracted"
    inquiry = {
        **common,
        "client_role": "borrower", "contact_name": person, "phone": f"139{chance.randrange(10**7, 10**8)}",
        "email": mail, "country": "CN", "region": place[2], "purpose": "new_construction", "project_stage": stage,
        "amount": amount * MILLION, "currency": "CNY", "tenor_months": 120, "equity_pct": 100 - amount * 100 // capex,
        "permits": chance.choice(("complete", "complete", "partial")), "has_financials": True,
        "source": chance.choice(SOURCES), "consent_contact": True, "language": "zh",
    }  # fmt: skip
    boss = chance.choice(SURNAMES) + chance.choice(GIVEN)
    born = date(1962 + chance.randrange(26), 1 + chance.randrange(12), 1 + chance.randrange(28)).isoformat()
    profile = {
        **common,
        "legal_rep": boss, "address": f"{place[0]}市开发区 {chance.randrange(1, 200)} 号", "industry": industry,
        "founded": f"{chance.randrange(2004, 2021)}-0{chance.randrange(1, 10)}-15",
        "registered_capital": str(capex * MILLION // 4), "ownership_type": chance.choice(("private", "state", "mixed")),
        "people": [{"name": boss, "title": "董事长", "role": "legal_rep", "mobile": "13900139000", "pep": False,
                    "birthday": born,
                    "birthday_calendar": "solar", "email": mail, "consent": True}],
        "ownership": [{"owner": boss, "owned": company, "pct": "60", "control": "shares"},
                      {"owner": person, "owned": company, "pct": "40", "control": "shares"}],
        "roles": list(_partners(chance, place[0])),
        "location": place[0], "amount": str(amount * MILLION), "capex": str(capex * MILLION),
        "equity_pct": str(100 - amount * 100 // capex), "project_stage": stage, "permits": inquiry["permits"],
        "offtake_type": offtake, "offtaker": f"{place[0]}电网公司", "offtake_expiry": f"{day.year + 22}-12-31",
        "cod_planned": f"{day.year + 2}-06-30", "expected_irr_pct": "8.2",
        "sponsor_record": chance.choice(("one_two", "three_plus", "three_plus")),
        "statements": list(_statements(chance, day.year, capex)),
        "credit_authorised": True, "credit_authorised_at": day.isoformat(), "profile_complete": True,
    }  # fmt: skip
    return Deal(day, company, code, person, mail, project, sector, amount * MILLION, capex * MILLION, inquiry, profile)


def _partners(chance: random.Random, place: str) -> Iterator[Mapping[str, str]]:
    """Who takes part beside the borrower; some of them in many projects."""
    yield {"party_name": f"{place}电网公司", "role": "offtaker"}
    for role, trades in (("epc", BUILDERS), ("supplier", MAKERS), ("om", KEEPERS)):
        yield {"party_name": f"{chance.choice(WORDS)}{chance.choice(trades)}有限公司", "role": role}
    yield {"party_name": f"{chance.choice(WORDS)}{chance.choice(ADVISERS)}", "role": "adviser"}
    yield {
        "party_name": f"{chance.choice(WORDS)}{chance.choice(('控股', '能源', '产业'))}集团有限公司",
        "role": "sponsor",
    }
    if chance.random() < 0.4:
        yield {"party_name": chance.choice(FUNDS), "role": "investor"}


def _statements(chance: random.Random, year: int, size: int) -> Iterator[Mapping[str, Any]]:
    """Three years that balance and roll forward."""
    cash = chance.randrange(5, 20) * MILLION
    for past in (3, 2, 1):
        assets = size * MILLION * chance.randrange(40, 60) // 100
        debts = assets * chance.randrange(45, 65) // 100
        more = chance.randrange(1, 9) * MILLION
        yield {
            "period": str(year - past), "currency": "CNY", "audited": True, "total_assets": str(assets),
            "current_assets": str(assets // 3), "total_liabilities": str(debts),
            "current_liabilities": str(assets // 5), "equity": str(assets - debts),
            "revenue": str(assets // 2), "net_profit": str(assets // 12),
            "cash_opening": str(cash), "cash_change": str(more), "cash_closing": str(cash + more),
        }  # fmt: skip
        cash += more
