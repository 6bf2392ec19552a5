"""People and a small book to try Dealflow with. Law: only an empty house is furnished; nothing is invented later.

Everybody's password is PASSWORD: this is for demonstrations, and `dealflow run` says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from sqlalchemy.orm import Session

from engine import api, identity, queries
from engine.execution import runtime_of
from handlers.records import keys

PASSWORD: Final = "demo"

TEAMS: Final = {
    "marketing": ("市场部", "Marketing", None),
    "rm": ("客户经理", "Relationship managers", "zhao"),
    "rm_power": ("电力与新能源项目组", "Power and renewables", "zhao"),
    "rm_east": ("华东项目组", "East China", "zhao"),
    "rm_south": ("华南项目组", "South China", "zhao"),
    "rm_head": ("客户经理主管", "Head of relationship management", None),
    "compliance": ("合规部", "Compliance", "zhou"),
    "compliance_head": ("高级合规审批", "Senior compliance approval", None),
    "data_steward": ("数据管理", "Data stewards", None),
    "investor_relations": ("投资者关系", "Investor relations", None),
    "process_owner": ("流程负责人", "Process owners", None),
    "crm_specialist": ("CRM 专员", "CRM specialists", None),
    "admin": ("系统管理", "Administrators", None),
}
"""Team -> Chinese name, English name, lead."""

PEOPLE: Final = {
    "li": ("李雷", "Li Lei", ("rm", "rm_power")),
    "wang": ("王芳", "Wang Fang", ("rm", "rm_power", "rm_east")),
    "he": ("何川", "He Chuan", ("rm", "rm_south")),
    "zhao": ("赵敏", "Zhao Min", ("rm_head",)),
    "sun": ("孙莉", "Sun Li", ("compliance",)),
    "zhou": ("周正", "Zhou Zheng", ("compliance", "compliance_head")),
    "qian": ("钱进", "Qian Jin", ("data_steward",)),
    "wu": ("吴越", "Wu Yue", ("investor_relations",)),
    "ma": ("马明", "Ma Ming", ("marketing",)),
    "owen": ("欧文", "Owen", ("process_owner",)),
    "admin": ("管理员", "Administrator", ("admin",)),
}

_SHARED: Final[Mapping[str, Any]] = {
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

INQUIRIES: Final[tuple[Mapping[str, Any], ...]] = (
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


def seed(session: Session) -> bool:
    """Furnish an empty house with teams and people; False when somebody lives there already."""
    if queries.people(session):
        return False
    for id, (name, name_en, lead) in TEAMS.items():
        identity.add_team(session, id, name, name_en, lead)
    for id, (name, name_en, teams) in PEOPLE.items():
        identity.add_person(session, id, name, name_en, f"{id}@example.com", password=PASSWORD)
        for team in teams:
            identity.add_member(session, team, id)
    return True


def seed_book(session: Session) -> int:
    """Let the first inquiries come in where P1 is deployed and nothing has happened yet; how many did."""
    deployed = any(row.key == "client_intake" for row in queries.definitions(session))
    if not deployed or queries.instances(session, size=1):
        return 0
    runtime = runtime_of(session)
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
    found = []
    for id, (name, name_en, teams) in PEOPLE.items():
        named = [str(TEAMS[team][0 if chinese else 1]) for team in teams]
        found.append((id, f"{name if chinese else name_en}  {'、'.join(named) if chinese else ', '.join(named)}"))
    return found
