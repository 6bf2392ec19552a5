"""A house in which every page has something to show: each form of intake stands open as a task, one thing is late,
one is broken, one save was refused, one message waits. For looking at (`make screenshots`) and for accessibility.
What the pages of other rooms need is in `tests/browser/rooms`.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from engine import api, watcher
from engine.settings import load
from engine.store import tables as t
from handlers import demo, reg_no
from handlers.records import keys
from tests.bpmn.intake_house import CONTACT, INQUIRY, KYC, PROFILE, REVIEW, VERIFIED, IntakeHouse
from tests.browser import rooms
from tests.engine.diagrams import HEAD, flows
from tests.house import MovableClock
from tests.once import made_once
from tests.paths import ROOT

REFUSED = "mining_review"
"""A folder whose last save was refused."""


@dataclass
class Gallery:
    """The furnished house, and what stands where: `tasks` by form, `links` by what became of them."""

    house: IntakeHouse
    tasks: dict[str, int] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    late: int = 0
    done: int = 0
    case: int = 0
    broken: int = 0
    rooms: dict[str, str] = field(default_factory=dict)
    portal: dict[str, str] = field(default_factory=dict)
    """What an investor sees who came in by a link of `rooms.outside.way_in`."""

    def pages(self) -> dict[str, str]:
        """Name -> address of every page for somebody who is signed in as an administrator."""
        found = {
            "inbox-mine": "/inbox",
            "inbox-teams": "/inbox?view=teams",
            "inbox-overdue": "/inbox?view=overdue",
            "inbox-all": "/inbox?view=all",
            "inbox-done": "/inbox?view=done",
            "inbox-nothing-found": "/inbox?view=all&q=nobody",
            "start": "/processes/client_intake/start",
            **{f"task-{form}": f"/tasks/{id}" for form, id in self.tasks.items()},
            "task-late": f"/tasks/{self.late}",
            "task-done": f"/tasks/{self.done}",
            "cases": "/instances",
            "case": f"/instances/{self.case}",
            "case-incident": f"/instances/{self.broken}",
            "clients": "/clients",
            "client": f"/clients/{self.key_of(self.case)}",
            "client-demo": "/clients/CL-2026-0001",
            "processes": "/processes",
            "process": "/processes/client_intake",
            "process-form": "/processes/client_intake/1/forms/client_profile",
            "notices": "/notifications",
            "error-404": "/nothing-here",
            **self.rooms,
        }
        return found

    def public(self) -> dict[str, str]:
        """Name -> address of the pages for people without an account."""
        return {
            "sign-in": "/login",
            "sign-in-expired": "/login?expired=1",
            "inquiry": "/inquiry",
            "thanks": "/inquiry/thanks",
            **{f"link-{state}": path for state, path in self.links.items()},
            "link-unknown": "/link/made-up",
        }

    def key_of(self, instance: int) -> str:
        return str(self.house.rows(t.instance, t.instance.c.id == instance)[0]["business_key"])


NAMES = (
    "甘肃瓜州风电", "云南澜沧水电", "福建平潭海缆", "河北张北储能", "江西赣江水务", "湖南湘西光伏",
    "浙江舟山港务", "陕西榆林化工", "贵州六盘水轨道", "内蒙古锡盟输电", "海南文昌数据中心", "广西北部湾环保",
    "新疆哈密光热", "吉林白城氢能", "安徽淮南煤电", "辽宁大连粮港", "重庆涪陵页岩", "宁波北仑石化",
    "西藏那曲水源",
)  # fmt: skip


def companies() -> list[dict[str, Any]]:
    """Invented companies with registration numbers of their own."""
    out = []
    for number, name in enumerate(NAMES, start=1):
        body = f"MA9{number:05d}"
        code = reg_no.complete("91640300" + body + reg_no.organisation_check(body))
        phone, email = f"138001390{number:02d}", f"office{number}@client.example.com"
        named = {"client_name": f"{name}有限公司", "reg_no": code, "project_name": f"{name}一期工程"}
        out.append({**named, "phone": phone, "email": email})
    return out


class Stage:
    """Brings cases to where one wants them, as the people who may would do it."""

    def __init__(self, house: IntakeHouse) -> None:
        self.house = house
        self.companies = iter(companies())

    def registry_up(self) -> None:
        """The register knows every company."""
        known = {
            one["reg_no"]: {"legal_name": one["client_name"], "legal_rep": "林海", "state": "active"}
            for one in companies()
        }
        self.house.source("registry", companies=known)

    def inquire(self, **changes: object) -> int:
        """A new case; returns its id."""
        values = {**INQUIRY, **next(self.companies), **changes}
        with self.house.writing() as session:
            kind = keys.CLIENT if values["client_role"] == "investor" else keys.PROJECT
            key = keys.next_key(session, kind, 2026)
        found = self.house.message("inquiry_received", key, variables=values)
        self.house.work()
        assert found.instance_id is not None
        return found.instance_id

    def open_task(self, case: int, element: str) -> Mapping[str, Any]:
        """The open task of an element in a case or in what it called."""
        ids = [row["id"] for row in self.house.rows(t.instance, t.instance.c.root_id == case)]
        found = [task for task in self.house.tasks() if task["instance_id"] in ids and task["element"] == element]
        assert found, (element, [task["element"] for task in self.house.tasks() if task["instance_id"] in ids])
        return found[0]

    def finish(self, case: int, element: str, values: Mapping[str, Any], **changes: object) -> int:
        """Complete a task as somebody who may; returns its id."""
        task = self.open_task(case, element)
        with self.house.writing() as session:
            people = [str(task["assignee"])] if task["assignee"] else [one.id for one in demo.PEOPLE]
            actors = (api.actor(session, id) for id in people)
            who = next(one for one in actors if "complete" in api.may(session, one, task))
            api.complete(session, who, task["id"], {**values, **changes})
        self.house.work()
        return int(task["id"])

    def contact(self, case: int, **changes: object) -> int:
        return self.finish(case, "ut_first_contact", CONTACT, **changes)

    def profile(self, case: int, **changes: object) -> None:
        variables = self.house.variables(case)
        own = {name: variables[name] for name in ("client_name", "reg_no", "project_name")}
        owners = [{**row, "owned": own["client_name"]} for row in PROFILE["ownership"]]
        self.finish(case, "ut_profile", {**PROFILE, **own, "ownership": owners, **changes})

    def to_profile(self, **changes: object) -> int:
        case = self.inquire(**changes)
        self.contact(case)
        return case

    def to_review(self) -> int:
        case = self.to_profile()
        self.profile(case)
        self.finish(case, "ut_verify", VERIFIED)
        self.finish(case, "ut_kyc_approve", KYC)
        return case


def furnish(house: IntakeHouse) -> Gallery:
    """Bring one case to each form, and the rest."""
    stage, shown = Stage(house), Gallery(house)
    stage.registry_up()
    house.source("sanctions", entries=[{"list": "UN", "kind": "person", "names": ["Nobody At All"]}])

    def at(form: str, case: int, element: str) -> None:
        shown.tasks[form] = int(stage.open_task(case, element)["id"])

    first = stage.inquire()
    at("first_contact", first, "ut_first_contact")
    known = house.variables(first)
    again = stage.inquire(reg_no=known["reg_no"], client_name=known["client_name"], project_name="二期扩建")
    at("intake_dedupe", again, "ut_dedupe")
    at("client_profile", stage.to_profile(), "ut_profile")
    _verification(stage, at)
    _compliance(stage, at)
    _links(stage, shown)
    shown.case = stage.to_profile()
    stage.profile(shown.case)
    shown.done = house.tasks(shown.case, "completed")[0]["id"]
    investor = stage.inquire(client_role="investor", region="south")
    stage.contact(investor)
    _investor(stage, investor)
    at("suitability", investor, "ut_suitability")
    house.clock.move(days=4)
    house.work()
    shown.late = int(stage.open_task(first, "ut_first_contact")["id"])
    _broken(stage, shown)
    _refused(house)
    for room in rooms.all_rooms():
        shown.rooms |= room(shown)
    return shown


def _verification(stage: Stage, at: Any) -> None:
    case = stage.to_profile()
    stage.profile(case)
    at("profile_verification", case, "ut_verify")
    at("kyc_approval", case, "ut_kyc_approve")
    wrong = stage.to_profile()
    stage.profile(wrong, capex="100000000")
    at("client_profile-correct", wrong, "ut_correct")
    at("initial_review", stage.to_review(), "ut_initial_review")


def _compliance(stage: Stage, at: Any) -> None:
    house = stage.house
    house.source("registry")
    case = stage.to_profile()
    stage.profile(case, people=[{**PROFILE["people"][0], "pep": True}])
    at("registry_check", case, "ut_manual_check")
    stage.registry_up()
    stage.finish(case, "ut_kyc_approve", KYC, kyc_rating=4)
    at("kyc_senior_approval", case, "ut_kyc_senior")
    house.source("sanctions", entries=[{"list": "UN", "kind": "person", "names": ["钟无名"]}])
    case = stage.to_profile()
    stage.profile(case, people=[{**PROFILE["people"][0], "name": "钟无名"}])
    at("kyc_hit", case, "ut_hit")
    house.source("sanctions")
    case = stage.to_profile()
    stage.profile(case)
    at("kyc_manual_screening", case, "ut_manual_screen")
    house.source("sanctions", entries=[{"list": "UN", "kind": "person", "names": ["Nobody At All"]}])
    case = stage.to_profile()
    stage.profile(case, ownership=[{**PROFILE["ownership"][0], "pct": "40"}])
    at("kyc_ownership", case, "ut_ownership")
    case = stage.to_profile()
    stage.profile(case)
    stage.finish(case, "ut_verify", VERIFIED)
    stage.finish(case, "ut_kyc_approve", KYC, kyc_decision="reject", kyc_comment="资金来源无法说明")
    at("kyc_rejection_record", case, "ut_kyc_record")


def _investor(stage: Stage, case: int) -> None:
    own = {name: PROFILE[name] for name in ("people", "statements", "profile_complete", "legal_rep", "address")}
    variables = stage.house.variables(case)
    named = {name: variables[name] for name in ("client_name", "reg_no")}
    owners = [{**row, "owned": named["client_name"]} for row in PROFILE["ownership"]]
    stage.finish(case, "ut_profile", {**own, **named, "ownership": owners, "ownership_type": "private"})
    for element, values in (("ut_verify", {**VERIFIED, "verified_project": "na"}), ("ut_kyc_approve", KYC)):
        stage.finish(case, element, values)
    stage.finish(case, "ut_initial_review", REVIEW)


def _links(stage: Stage, shown: Gallery) -> None:
    for state in ("open", "used"):
        case = stage.inquire()
        stage.contact(case, collection_mode="client_link")
        path = re.sub(r"^https?://[^/]+", "", str(stage.house.variables(case)["link_url"]))
        shown.links[state] = path
    with stage.house.writing() as session:
        from handlers.records import links

        found = links.find(session, shown.links["used"].rsplit("/", 1)[1])
        assert found is not None
        links.use(session, found, stage.house.clock())


def _broken(stage: Stage, shown: Gallery) -> None:
    """A case that cannot go on: its diagram asks for a variable that nobody set."""
    house = stage.house
    model = HEAD + (
        '<process id="pricing" name="定价" isExecutable="true"><extensionElements><camunda:properties>'
        '<camunda:property name="facts" value="client_name,project_name,amount,currency"/>'
        "</camunda:properties></extensionElements>"
        '<startEvent id="start"/><exclusiveGateway id="gw_margin" name="利差足够？"/>'
        '<endEvent id="yes"/><endEvent id="no"/>'
        + flows("start>gw_margin")
        + _conditional("yes", "${margin > 1.2}") + _conditional("no", "${margin &lt;= 1.2}")
        + "</process></definitions>"
    )
    with house.writing() as session:
        api.deploy(session, house.actor("owen"), "pricing", {"pricing.bpmn": model.encode()})
        facts = {name: INQUIRY[name] for name in ("client_name", "project_name", "amount", "currency")}
        shown.broken = api.start(session, api.SYSTEM, "pricing", facts, "PJ-2026-0900")


def _conditional(target: str, condition: str) -> str:
    return (
        f'<sequenceFlow id="f_{target}" sourceRef="gw_margin" targetRef="{target}">'
        f'<conditionExpression xsi:type="tFormalExpression">{condition}</conditionExpression></sequenceFlow>'
    )


def _refused(house: IntakeHouse) -> None:
    folder = house.folder / "bpmn" / REFUSED
    folder.mkdir(parents=True)
    text = (ROOT / "bpmn" / "client_intake" / "client_intake.bpmn").read_text(encoding="utf-8")
    text = text.replace('camunda:topic="party.dedupe"', 'camunda:topic="party.dedup"')
    (folder / "mining.bpmn").write_text(text.replace('targetRef="gw_received"', 'targetRef="gw_gone"', 1), "utf-8")
    outcome = watcher.deploy_folder(house.runtime, folder, api.SYSTEM)
    assert outcome.deployed is None


def opened(folder: Path, at: datetime | None = None) -> IntakeHouse:
    """The house whose database lies in the folder (an empty one where there is none), its clock at this moment."""
    clock = MovableClock() if at is None else MovableClock(at)
    settings = load(
        database_url=f"sqlite:///{folder / 'shown.db'}", data_dir=folder, bpmn_dir=folder / "bpmn",
        handlers=("handlers",), secret_key="tests",
    )  # fmt: skip
    return IntakeHouse(api.open_engine(settings, clock), clock, folder=folder)


def build(folder: Path) -> IntakeHouse:
    """The demonstration's people and book, the shipped packages, outside sources as files in the folder."""
    house = opened(folder)
    api.migrate(house.runtime)
    with house.writing() as session:
        demo.seed(session, house.clock())
    outcomes = watcher.deploy_all(house.runtime, ROOT / "bpmn", api.SYSTEM, "tests")
    assert all(one.deployed for one in outcomes), outcomes
    with house.writing() as session:
        demo.seed_book(session)
    return house


def built_once(factory: pytest.TempPathFactory) -> IntakeHouse:
    """A copy of the house that the run built."""

    def make(folder: Path) -> dict[str, Any]:
        build(folder).runtime.database.dispose()
        return {}

    return opened(made_once(factory, "house-with-a-book", make)[0])


def furnished_once(factory: pytest.TempPathFactory) -> Gallery:
    """A copy of the furnished house of the run."""

    def make(folder: Path) -> dict[str, Any]:
        bare = built_once(factory)
        bare.runtime.database.dispose()
        shutil.copytree(bare.folder, folder, dirs_exist_ok=True)
        shown = furnish(opened(folder))
        shown.house.runtime.database.dispose()
        facts = {one.name: getattr(shown, one.name) for one in fields(shown) if one.name != "house"}
        return {"at": shown.house.clock().isoformat(), "facts": facts}

    folder, told = made_once(factory, "furnished", make)
    return Gallery(opened(folder, datetime.fromisoformat(told["at"])), **told["facts"])
