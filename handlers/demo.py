"""People and a small book to try Dealflow with. Everybody's password is `dealflow`; nobody and nothing here is real.

Law: idempotent: what is there already, by sign-in name or registration number, stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine import identity
from engine.execution import runtime_of
from engine.store import tables as engine_tables
from handlers import reg_no
from handlers.records import interactions, parties, projects
from handlers.records.changes import Stamp
from handlers.records.interactions import Interaction

PASSWORD = "dealflow"


@dataclass(frozen=True, slots=True)
class DemoTeam:
    """A team as diagrams name it."""

    id: str
    name: str
    name_en: str
    lead: str
    strategy: str = "least_busy"


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """Somebody who can sign in."""

    id: str
    name: str
    name_en: str
    teams: tuple[str, ...]
    region: str | None = None
    skills: tuple[str, ...] = ()
    language: str = "zh"


TEAMS = (
    DemoTeam("marketing", "市场部", "Marketing", "lin.yue"),
    DemoTeam("rm", "客户经理部", "Relationship managers", "gao.feng"),
    DemoTeam("rm_power", "电力与新能源项目组", "Power and renewables", "gao.feng"),
    DemoTeam("rm_east", "华东组", "East China", "gao.feng"),
    DemoTeam("rm_south", "华南组", "South China", "gao.feng"),
    DemoTeam("rm_head", "业务主管", "Heads of business", "gao.feng"),
    DemoTeam("investor_relations", "投资者关系部", "Investor relations", "xie.an"),
    DemoTeam("compliance", "合规部", "Compliance", "sun.hao"),
    DemoTeam("compliance_head", "高级合规审批", "Heads of compliance", "sun.hao"),
    DemoTeam("analyst", "评审部", "Credit analysts", "zhou.tao"),
    DemoTeam("risk_officer", "风险部", "Risk", "tang.lei"),
    DemoTeam("data_steward", "数据管理", "Data stewards", "he.jing", "round_robin"),
    DemoTeam("legal", "法务部", "Legal", "pan.yu"),
    DemoTeam("loan_ops", "放款中心", "Loan operations", "dong.ning"),
    DemoTeam("crm_specialist", "CRM专员", "CRM specialists", "ye.qing"),
    DemoTeam("process_owner", "流程管理", "Process owners", "luo.min"),
    DemoTeam("admin", "系统管理", "Administrators", "admin"),
)

PEOPLE = (
    DemoPerson("lin.yue", "林悦", "Lin Yue", ("marketing",)),
    DemoPerson("li.wei", "李伟", "Li Wei", ("rm", "rm_power", "rm_east"), "east", ("renewable_power", "hydro_power")),
    DemoPerson(
        "chen.jie", "陈洁", "Chen Jie", ("rm", "rm_power", "rm_south"), "south", ("renewable_power", "transport")
    ),
    DemoPerson(
        "zhao.min", "赵敏", "Zhao Min", ("rm", "rm_east", "rm_south"), "east", ("water_environment", "data_center")
    ),
    DemoPerson("gao.feng", "高峰", "Gao Feng", ("rm_head",)),
    DemoPerson("xie.an", "谢安", "Xie An", ("investor_relations",)),
    DemoPerson("sun.hao", "孙昊", "Sun Hao", ("compliance", "compliance_head")),
    DemoPerson("wu.xia", "吴霞", "Wu Xia", ("compliance",)),
    DemoPerson("feng.bo", "冯博", "Feng Bo", ("compliance_head",)),
    DemoPerson("zhou.tao", "周涛", "Zhou Tao", ("analyst",)),
    DemoPerson("tang.lei", "唐磊", "Tang Lei", ("risk_officer",)),
    DemoPerson("he.jing", "何静", "He Jing", ("data_steward",)),
    DemoPerson("deng.chao", "邓超群", "Deng Chaoqun", ("data_steward",)),
    DemoPerson("pan.yu", "潘玉", "Pan Yu", ("legal",)),
    DemoPerson("dong.ning", "董宁", "Dong Ning", ("loan_ops",)),
    DemoPerson("cai.rui", "蔡睿", "Cai Rui", ("loan_ops",)),
    DemoPerson("ye.qing", "叶青", "Ye Qing", ("crm_specialist",)),
    DemoPerson("luo.min", "罗敏", "Luo Min", ("process_owner",)),
    DemoPerson("admin", "系统管理员", "Administrator", ("admin", "process_owner")),
)


def _code(division: str, body: str) -> str:
    return reg_no.complete("91" + division + body + reg_no.organisation_check(body))


CLIENTS: tuple[Mapping[str, Any], ...] = (
    {
        "legal_name": "江苏澄远海上风电有限公司",
        "reg_no": _code("320600", "MA1XK3P0"),
        "owner": "li.wei",
        "region": "east",
        "industry": "renewable_power",
        "legal_rep": "顾明辉",
        "address": "江苏省南通市如东县洋口港经济开发区 8 号",
        "capital": Decimal(800_000_000),
        "phone": "+8613800000101",
        "tier": "A",
        "score": 82,
        "contact": ("顾明辉", "总经理"),
        "project": ("澄远如东海上风电场一期", "construction", 4_200_000_000, 6_000_000_000),
    },
    {
        "legal_name": "广东禾昭水务股份有限公司",
        "reg_no": _code("440100", "MA5G7Q2X"),
        "owner": "zhao.min",
        "region": "south",
        "industry": "water_environment",
        "legal_rep": "罗丽华",
        "address": "广东省广州市南沙区环市大道 21 号",
        "capital": Decimal(300_000_000),
        "phone": "+8613800000102",
        "tier": "B",
        "score": 58,
        "contact": ("邓嘉怡", "财务总监"),
        "project": ("南沙污水处理厂提标扩建", "ready_to_build", 620_000_000, 900_000_000),
    },
    {
        "legal_name": "四川曜川抽水蓄能有限公司",
        "reg_no": _code("510100", "MA6D9T4R"),
        "owner": "chen.jie",
        "region": "southwest",
        "industry": "grid_storage",
        "legal_rep": "袁建国",
        "address": "四川省成都市天府新区兴隆街 5 号",
        "capital": Decimal(1_500_000_000),
        "phone": "+8613800000103",
        "tier": "A",
        "score": 76,
        "contact": ("许思远", "融资部经理"),
        "project": ("雅砻支流抽水蓄能电站", "development", 5_800_000_000, 8_400_000_000),
    },
    {
        "legal_name": "山东岚桥港务集团有限公司",
        "reg_no": _code("370200", "MA3C8N6K"),
        "owner": "li.wei",
        "region": "east",
        "industry": "transport",
        "legal_rep": "于海燕",
        "address": "山东省青岛市黄岛区前湾港路 66 号",
        "capital": Decimal(2_000_000_000),
        "phone": "+8613800000104",
        "tier": "B",
        "score": 63,
        "contact": ("于文博", "投资部主任"),
        "project": ("黄岛通用码头改造", "operation", 1_900_000_000, 2_600_000_000),
    },
)
"""Contact: name and title. Project: name, stage, financing asked for, total investment (yuan)."""


def seed(session: Session, now: datetime) -> Mapping[str, int]:
    """Add the demonstration's people, teams and clients; returns how many of each were new. `now` is aware."""
    zone = runtime_of(session).zone
    return {"people": _people(session), "clients": sum(_client(session, one, now, zone) for one in CLIENTS)}


def _people(session: Session) -> int:
    for team in TEAMS:
        identity.add_team(session, team.id, team.name, team.name_en, lead=team.lead, strategy=team.strategy)
    known = set(session.execute(sa.select(engine_tables.person.c.id)).scalars())
    fresh = [person for person in PEOPLE if person.id not in known]
    for person in fresh:
        identity.add_person(
            session,
            person.id,
            person.name,
            person.name_en,
            f"{person.id}@example.com",
            language=person.language,
            password=PASSWORD,
            region=person.region,
            skills=person.skills,
        )
        for team_id in person.teams:
            identity.add_member(session, team_id, person.id)
    return len(fresh)


def _client(session: Session, told: Mapping[str, Any], now: datetime, zone: tzinfo) -> bool:
    if parties.by_reg_no(session, told["reg_no"]) is not None:
        return False
    stamp = Stamp(now - timedelta(days=30), "demo", "demo")
    year = now.astimezone(zone).year
    values = {name: value for name, value in told.items() if name not in ("contact", "project")}
    party = parties.create(session, values | {"lifecycle_stage": "client", "consent": {"contact": True}}, stamp, year)
    name, title = told["contact"]
    contact = {"name": name, "title": title, "mobile": told["phone"], "consent": True}
    parties.add_contact(
        session, party.id, contact | {"email": f"{party.business_key.lower()}@client.example.com"}, stamp
    )
    called, stage, amount, capex = told["project"]
    project = projects.create(
        session,
        {
            "name": called,
            "stage": stage,
            "amount": Decimal(amount),
            "capex": Decimal(capex),
            "sector": told["industry"],
            "region": told["region"],
            "owner": told["owner"],
        },
        stamp,
        year,
    )
    projects.give_role(session, party.id, project.id, "borrower", stamp)
    projects.enter(session, project.id, "execution", stamp)
    talk = Interaction(
        party.id, stamp.at, "meeting", "out", "年度沟通会", told["owner"], person=name, project_id=project.id
    )
    interactions.add(session, talk)
    return True
