"""People and a small book to try Dealflow with. Everybody's password is `demo`; nobody and nothing here is real.

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

from engine import api, house, identity, queries
from engine.execution import runtime_of
from engine.store import tables as engine_tables
from handlers import default_risk, reg_no, tips
from handlers.records import interactions, keys, limits, parties, projects
from handlers.records.changes import Stamp
from handlers.records.interactions import Interaction

PASSWORD = "demo"
DEFAULT_LINE = Decimal(20_000_000_000)
"""Of every group without a line of its own, in yuan."""
CONTACT = "010-5550 0100 · service@dealflow.example"


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
    DemoTeam("marketing", "市场部", "Marketing", "ma"),
    DemoTeam("rm", "客户经理", "Relationship managers", "zhao"),
    DemoTeam("rm_power", "电力与新能源项目组", "Power and renewables", "zhao"),
    DemoTeam("rm_east", "华东项目组", "East China", "zhao"),
    DemoTeam("rm_south", "华南项目组", "South China", "zhao"),
    DemoTeam("rm_head", "客户经理主管", "Head of relationship management", "zhao"),
    DemoTeam("investor_relations", "投资者关系", "Investor relations", "wu"),
    DemoTeam("compliance", "合规部", "Compliance", "zhou"),
    DemoTeam("compliance_head", "高级合规审批", "Senior compliance approval", "zhou"),
    DemoTeam("analyst", "评审部", "Credit analysts", "jin"),
    DemoTeam("risk_officer", "风险部", "Risk", "tang"),
    DemoTeam("monitor", "贷后监测", "Monitoring", "xia"),
    DemoTeam("collateral_officer", "押品管理", "Collateral", "gu"),
    DemoTeam("data_steward", "数据管理", "Data stewards", "qian", "round_robin"),
    DemoTeam("legal", "法务部", "Legal", "pan"),
    DemoTeam("loan_ops", "放款中心", "Loan operations", "dong"),
    DemoTeam("crm_specialist", "CRM 专员", "CRM specialists", "ye"),
    DemoTeam("es_officer", "环境社会部", "Environmental and social", "yan"),
    DemoTeam("committee_secretary", "审委会秘书", "Committee secretary", "ke"),
    DemoTeam("committee_member", "审委会委员", "Committee members", "shen"),
    DemoTeam("approver", "有权审批人", "Approvers", "shen"),
    DemoTeam("service_desk", "客服中心", "Service desk", "mei"),
    DemoTeam("finance", "财务部", "Finance", "gao"),
    DemoTeam("process_owner", "流程负责人", "Process owners", "owen"),
    DemoTeam("auditor", "审计部", "Audit", "bai"),
    DemoTeam("admin", "系统管理", "Administrators", "admin"),
)

PEOPLE = (
    DemoPerson("li", "李雷", "Li Lei", ("rm", "rm_power"), "north", ("renewable_power", "hydro_power")),
    DemoPerson("wang", "王芳", "Wang Fang", ("rm", "rm_power", "rm_east"), "east", ("renewable_power", "transport")),
    DemoPerson("he", "何川", "He Chuan", ("rm", "rm_south"), "south", ("water_environment", "data_center")),
    DemoPerson("zhao", "赵敏", "Zhao Min", ("rm_head",)),
    DemoPerson("sun", "孙莉", "Sun Li", ("compliance",)),
    DemoPerson("zhou", "周正", "Zhou Zheng", ("compliance", "compliance_head")),
    DemoPerson("feng", "冯博", "Feng Bo", ("compliance_head",)),
    DemoPerson("qian", "钱进", "Qian Jin", ("data_steward",)),
    DemoPerson("deng", "邓超", "Deng Chao", ("data_steward",)),
    DemoPerson("wu", "吴越", "Wu Yue", ("investor_relations",)),
    DemoPerson("ma", "马明", "Ma Ming", ("marketing",)),
    DemoPerson("jin", "金涛", "Jin Tao", ("analyst",)),
    DemoPerson("tang", "唐磊", "Tang Lei", ("risk_officer",)),
    DemoPerson("rao", "饶静", "Rao Jing", ("risk_officer",)),
    DemoPerson("xia", "夏雨", "Xia Yu", ("monitor",)),
    DemoPerson("mo", "莫凡", "Mo Fan", ("monitor",)),
    DemoPerson("gu", "顾安", "Gu An", ("collateral_officer",)),
    DemoPerson("pan", "潘玉", "Pan Yu", ("legal",)),
    DemoPerson("dong", "董宁", "Dong Ning", ("loan_ops",)),
    DemoPerson("cai", "蔡睿", "Cai Rui", ("loan_ops",)),
    DemoPerson("ye", "叶青", "Ye Qing", ("crm_specialist",)),
    DemoPerson("shen", "沈岳", "Shen Yue", ("approver",)),
    DemoPerson("lu", "陆衡", "Lu Heng", ("approver",)),
    DemoPerson("shi", "施雅", "Shi Ya", ("crm_specialist",)),
    DemoPerson("mei", "梅岚", "Mei Lan", ("service_desk",)),
    DemoPerson("tao", "陶然", "Tao Ran", ("service_desk", "investor_relations")),
    DemoPerson("gao", "高源", "Gao Yuan", ("finance",)),
    DemoPerson("ning", "宁远", "Ning Yuan", ("finance", "risk_officer")),
    DemoPerson("qiu", "邱然", "Qiu Ran", ("analyst",)),
    DemoPerson("yun", "云舒", "Yun Shu", ("legal",)),
    DemoPerson("yan", "严青", "Yan Qing", ("es_officer",)),
    DemoPerson("hua", "华蓉", "Hua Rong", ("es_officer",)),
    DemoPerson("ke", "柯敏", "Ke Min", ("committee_secretary",)),
    DemoPerson("fu", "傅正", "Fu Zheng", ("committee_member",)),
    DemoPerson("yin", "尹川", "Yin Chuan", ("committee_member",)),
    DemoPerson("lan", "兰溪", "Lan Xi", ("committee_member",)),
    DemoPerson("bao", "包宏", "Bao Hong", ("committee_member",)),
    DemoPerson("rong", "容若", "Rong Ruo", ("committee_member",)),
    DemoPerson("owen", "欧文", "Owen", ("process_owner",)),
    DemoPerson("bai", "白露", "Bai Lu", ("auditor",)),
    DemoPerson("admin", "管理员", "Administrator", ("admin", "process_owner")),
)


def _code(division: str, body: str) -> str:
    return reg_no.complete("91" + division + body + reg_no.organisation_check(body))


CLIENTS: tuple[Mapping[str, Any], ...] = (
    {
        "legal_name": "江苏澄远海上风电有限公司",
        "reg_no": _code("320600", "MA1XK3P0"),
        "owner": "li",
        "region": "east",
        "industry": "D44",
        "legal_rep": "顾明辉",
        "address": "江苏省南通市如东县洋口港经济开发区 8 号",
        "capital": Decimal(800_000_000),
        "phone": "+8613800000101",
        "tier": "A",
        "score": 82,
        "contact": ("顾明辉", "总经理"),
        "project": ("澄远如东海上风电场一期", "renewable_power", "construction", 4_200_000_000, 6_000_000_000),
    },
    {
        "legal_name": "广东禾昭水务股份有限公司",
        "reg_no": _code("440100", "MA5G7Q2X"),
        "owner": "he",
        "region": "south",
        "industry": "D46",
        "legal_rep": "罗丽华",
        "address": "广东省广州市南沙区环市大道 21 号",
        "capital": Decimal(300_000_000),
        "phone": "+8613800000102",
        "tier": "B",
        "score": 58,
        "contact": ("邓嘉怡", "财务总监"),
        "project": ("南沙污水处理厂提标扩建", "water_environment", "ready_to_build", 620_000_000, 900_000_000),
    },
    {
        "legal_name": "四川曜川抽水蓄能有限公司",
        "reg_no": _code("510100", "MA6D9T4R"),
        "owner": "wang",
        "region": "southwest",
        "industry": "D44",
        "legal_rep": "袁建国",
        "address": "四川省成都市天府新区兴隆街 5 号",
        "capital": Decimal(1_500_000_000),
        "phone": "+8613800000103",
        "tier": "A",
        "score": 76,
        "contact": ("许思远", "融资部经理"),
        "project": ("雅砻支流抽水蓄能电站", "hydro_power", "development", 5_800_000_000, 8_400_000_000),
    },
    {
        "legal_name": "山东岚桥港务集团有限公司",
        "reg_no": _code("370200", "MA3C8N6K"),
        "owner": "li",
        "region": "east",
        "industry": "G55",
        "legal_rep": "于海燕",
        "address": "山东省青岛市黄岛区前湾港路 66 号",
        "capital": Decimal(2_000_000_000),
        "phone": "+8613800000104",
        "tier": "B",
        "score": 63,
        "contact": ("于文博", "投资部主任"),
        "project": ("黄岛通用码头改造", "transport", "operation", 1_900_000_000, 2_600_000_000),
    },
)
"""Contact: name and title. Project: name, sector, stage, financing asked for, total investment (yuan)."""


def seed(session: Session, now: datetime) -> Mapping[str, int]:
    """Add the demonstration's people, teams and clients; returns how many of each were new. `now` is aware."""
    zone = runtime_of(session).zone
    people = _people(session)
    default_risk.try_out(session, now, "jin", "tang")
    _default_line(session, now, zone)
    _contact(session)
    return {"people": people, "clients": sum(_client(session, one, now, zone) for one in CLIENTS)}


def _contact(session: Session) -> None:
    """How people outside reach the house, where nobody said: what stands at the foot of their pages."""
    told = house.get(session, "house")
    if not told.get("contact"):
        house.put(session, "house", {**told, "contact": CONTACT}, "demo")


def _default_line(session: Session, now: datetime, zone: tzinfo) -> None:
    """What any group may owe at most, where the house has not set it: for a year now, so that a later line holds."""
    day = (now - timedelta(days=365)).astimezone(zone).date()
    if limits.line_of(session, None, now.astimezone(zone).date()) is None:
        limits.set_line(session, None, DEFAULT_LINE, "CNY", day, Stamp(now, "tang", "demo"))


def seed_teams(session: Session) -> None:
    """The teams that the shipped diagrams name, without people; those that are there stay as they are."""
    known = {team.id for team in queries.teams(session)}
    for team in TEAMS:
        if team.id not in known:
            identity.add_team(session, team.id, team.name, team.name_en, strategy=team.strategy)


def _people(session: Session) -> int:
    for team in TEAMS:
        identity.add_team(session, team.id, team.name, team.name_en, lead=team.lead, strategy=team.strategy)
    known = set(session.execute(sa.select(engine_tables.person.c.id)).scalars())
    fresh = [person for person in PEOPLE if person.id not in known]
    hashed = identity.hash_password(PASSWORD) if fresh else ""  # once for all: it is slow on purpose
    for person in fresh:
        identity.add_person(
            session,
            person.id,
            person.name,
            person.name_en,
            f"{person.id}@example.com",
            language=person.language,
            password_hash=hashed,
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
    called, sector, stage, amount, capex = told["project"]
    project = projects.create(
        session,
        {
            "name": called,
            "stage": stage,
            "amount": Decimal(amount),
            "capex": Decimal(capex),
            "sector": sector,
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


_SHARED: Mapping[str, Any] = {
    "country": "CN",
    "currency": "CNY",
    "client_role": "borrower",
    "purpose": "new_construction",
    "project_stage": "ready_to_build",
    "permits": "complete",
    "has_financials": True,
    "consent_contact": True,
    "source": "website",
    "language": "zh",
}

INQUIRIES: tuple[Mapping[str, Any], ...] = (
    {
        "client_name": "宁夏盐池光伏发电有限公司", "reg_no": "91640323MA76B1C2DY", "contact_name": "陈晓",
        "contact_title": "财务总监", "phone": "13800138001", "email": "chenxiao@example.com", "region": "northwest",
        "sector": "renewable_power", "project_name": "盐池 100MW 光伏电站", "amount": Decimal(425_000_000),
        "tenor_months": 180, "equity_pct": Decimal(25),
    },
    {
        "client_name": "青海绿储能源科技股份有限公司", "reg_no": "91632801MA75K8XH4K", "contact_name": "马文海",
        "contact_title": "总经理", "phone": "13900139002", "email": "mawenhai@example.com", "region": "northwest",
        "sector": "grid_storage", "project_name": "格尔木 200MWh 储能", "amount": Decimal(318_500_000),
        "tenor_months": 120, "equity_pct": Decimal(30), "permits": "partial",
    },
    {
        "client_name": "山东半岛轨道交通集团有限公司", "reg_no": "913702001635812346", "contact_name": "于洋",
        "contact_title": "投融资部部长", "phone": "13700137003", "email": "yuyang@example.com", "region": "east",
        "sector": "transport", "project_name": "青岛地铁支线 PPP", "amount": Decimal(12_800_000_000),
        "tenor_months": 300, "equity_pct": Decimal(20), "client_role": "sponsor",
    },
    {
        "client_name": "鄂尔多斯市风电开发有限公司", "reg_no": "91150600MA0N2Q5R7J", "contact_name": "白音",
        "contact_title": "项目经理", "phone": "13600136004", "email": "baiyin@example.com", "region": "north",
        "sector": "renewable_power", "project_name": "达拉特旗 300MW 风电", "amount": Decimal(1_560_000_000),
        "tenor_months": 216, "equity_pct": Decimal(22),
    },
    {
        "client_name": "江苏临港水务有限公司", "reg_no": "913200001347501234", "contact_name": "顾琳",
        "contact_title": "副总经理", "phone": "13500135005", "email": "gulin@example.com", "region": "east",
        "sector": "water_environment", "project_name": "临港污水处理厂二期", "amount": Decimal(268_000_000),
        "tenor_months": 240, "equity_pct": Decimal(30), "purpose": "expansion",
    },
    {
        "client_name": "成都云锦数据中心有限公司", "reg_no": "91510100MA61T9K3PR", "contact_name": "唐薇",
        "contact_title": "财务经理", "phone": "13400134006", "email": "tangwei@example.com", "region": "southwest",
        "sector": "data_center", "project_name": "天府数据中心一期", "amount": Decimal(690_000_000),
        "tenor_months": 96, "equity_pct": Decimal(35), "project_stage": "construction",
    },
)  # fmt: skip
"""Inquiries of a first morning; names are invented, registration numbers carry correct check characters."""


def seed_book(session: Session) -> int:
    """Let the first inquiries come in where P1 is deployed and nothing has happened yet; how many did."""
    deployed = any(row.key == "client_intake" for row in queries.definitions(session))
    if not deployed or queries.instances(session, size=1):
        return 0
    runtime = runtime_of(session)
    tips.seed(session, api.SYSTEM, runtime.now())
    year = runtime.now().astimezone(runtime.zone).year
    for number, inquiry in enumerate(INQUIRIES, start=1):
        api.send_message(
            session,
            api.SYSTEM,
            "inquiry_received",
            business_key=keys.next_key(session, keys.PROJECT, year),
            variables={**_SHARED, **inquiry},
            message_id=f"demo:{number}",
        )
    return len(INQUIRIES)


def who(language: str) -> list[tuple[str, str]]:
    """(sign-in name, name and teams) of everybody, for the welcome."""
    chinese = language == "zh"
    teams = {team.id: team.name if chinese else team.name_en for team in TEAMS}
    joined = "、" if chinese else ", "
    return [
        (person.id, f"{person.name if chinese else person.name_en}  {joined.join(teams[t] for t in person.teams)}")
        for person in PEOPLE
    ]
