"""Parts of the product that a house may switch off (requirement A04). Law: what is off is shown to nobody, opens to
nobody and starts nothing; what runs already goes on to its end, and nothing is lost.

A module's processes rest while it is off: messages that would start one are kept (as long as `message_ttl_days` says)
and delivered when it is switched on. Only processes that the switch laid to rest are woken by it. What every house
needs (inbox, cases, administration) is no module. Which pages and public addresses belong to one: `web.modules`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from engine import api, house
from engine.api import Actor, critical
from engine.errors import InvalidInput, NotFound

KEY = "modules"


@dataclass(frozen=True, slots=True)
class Module:
    """One part. `processes`: keys of what rests while it is off."""

    name: str
    zh: str
    en: str
    about_zh: str
    about_en: str
    processes: tuple[str, ...] = ()


MODULES: Mapping[str, Module] = {
    one.name: one
    for one in (
        Module("inquiries", "网上咨询", "Inquiries", "公开的融资咨询表单。", "The public form for inquiries."),
        Module("clients", "客户与项目", "Clients and projects",
               "客户、项目、营销漏斗与案例库页面。流程照常读写客户数据。",
               "The pages of clients, projects, pipeline and case library. Processes read and write as before."),
        Module("surveys", "满意度调查", "Surveys", "满意度调查及信件中的意见反馈链接。",
               "Satisfaction surveys and the links for a word back on letters.", ("satisfaction_survey",)),
        Module("complaints", "投诉与改进", "Complaints", "投诉受理与服务改进。",
               "Complaints and the improvement of service.", ("complaint_response", "service_improvement")),
        Module("relationship", "客户维护", "Relationship", "关怀、维护、挽留与协调会议。",
               "Care, maintenance, retention and coordination meetings.",
               ("care_occasions", "client_maintenance", "coordination_meeting")),
        Module("marketing", "市场活动", "Marketing", "市场活动与高潜力线索。",
               "Marketing events and leads of high potential.", ("marketing_event", "high_potential")),
        Module("investors", "投资者披露", "Investor disclosure", "定期披露报告及投资者提问。",
               "Regular reports to investors, and their questions.", ("investor_reporting",)),
        Module("monitoring", "贷后监测", "Monitoring", "约束性条款、预警与风险措施。",
               "Covenants, early warning and risk measures.", ("covenant_monitoring", "early_warning", "risk_item")),
        Module("reports", "报表与指标", "Reports", "报表、指标及定期报告。",
               "Reports, key figures and reports that come by themselves.", ("scheduled_reports",)),
        Module("studio", "流程设计", "Studio", "在浏览器中修改流程、决策表和表单。",
               "Changing processes, tables and forms in the browser."),
        Module("programs", "程序接口", "Programs", "REST 接口与外部程序接入。", "REST and work for programs outside."),
    )
}  # fmt: skip
"""By name."""


def off(session: Session) -> frozenset[str]:
    """The modules that are switched off."""
    return frozenset(house.get(session, KEY).get("off", {}))


def is_on(session: Session, name: str) -> bool:
    """Whether a module (by name) is on; what is no module is."""
    return name not in off(session)


def switch(session: Session, actor: Actor, names: Iterable[str], why: str = "") -> bool:
    """Let exactly these modules be off. False when it waits for a second administrator. InvalidInput: no such one."""
    asked = sorted(set(names))
    unknown = [name for name in asked if name not in MODULES]
    if unknown:
        raise InvalidInput(place="modules", reason=f"there is no {unknown[0]}", reason_zh=f"没有模块 {unknown[0]}")
    return api.change(session, actor, "modules", "house", {"off": asked}, why)


@critical.deed("modules")
def _switch(session: Session, actor: Actor, subject: str, data: Mapping[str, Any]) -> None:
    before: Mapping[str, list[str]] = house.hold(session, KEY).get("off", {})
    after: dict[str, list[str]] = {}
    for name in data["off"]:
        after[name] = before[name] if name in before else _lay_to_rest(session, actor, MODULES[name])
    for name in before:
        if name not in after:
            for key in before[name]:
                api.resume_process(session, actor, key, why=f"module {name} is on")
    critical.write_setting(session, actor, KEY, {"off": after})


def _lay_to_rest(session: Session, actor: Actor, module: Module) -> list[str]:
    """Suspend what can be started of a module; returns what was not at rest before."""
    rested = []
    for key in module.processes:
        try:
            if api.suspend_process(session, actor, key, why=f"module {module.name} is off"):
                rested.append(key)
        except NotFound:
            continue
    return rested
