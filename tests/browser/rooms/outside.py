"""What people without an account see behind a link of theirs: forms of several processes, a report, a word on a letter,
a complaint, a password to choose, the portal's entrance; each as it opens, and some spent or over.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from engine import api
from engine.store import tables as t
from handlers import complaint_desk, documents, feedback, portal
from handlers.records import disclosure, links, parties, projects
from handlers.records.changes import Stamp
from handlers.records.documents import Filing

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.browser.gallery import Gallery

FORMS = {
    "survey": ("satisfaction_survey", "satisfaction_survey", {}),
    "term-sheet": ("credit_evaluation", "term_sheet_accept", {}),
    "counter": ("credit_evaluation", "term_sheet_counter", {}),
    "diligence": ("due_diligence", "dd_report", {}),
    "kyc": ("kyc_refresh", "kyc_update", {"ownership_type": "private"}),
    "risk": ("risk_item", "risk_progress", {}),
    "draw": ("facility_execution", "drawdown_request", {"facility_key": "FA-2026-0001"}),
    "progress": ("facility_execution", "progress_report", {}),
    "certificate": ("covenant_monitoring", "compliance_certificate", {}),
}
"""What a link can open: name -> process, form, what the process gives it."""
EVENT = "6 月 3 日，塔筒焊缝抽检不合格，三台机组停机检修，预计并网推迟一个月。"
PAPER = b"%PDF-1.7\n1 0 obj <<>> endobj\n%%EOF\n"
INVESTOR = "ir@holder.example"


def furnish(shown: Gallery) -> dict[str, str]:
    """Every page is for people without an account: they stand among the gallery's links, not among its rooms."""
    house = shown.house
    with house.writing() as session:
        stamp = Stamp(house.clock(), "wu", "demo")
        shown.links |= forms(session, stamp)
        shown.links |= reports(shown, session, stamp)
        url = feedback.url(house.runtime.settings, feedback.Letter(0, INVESTOR, "1:letter"))
        shown.links["feedback"] = path_of(url)
        said = {"kind": "suggestion", "name": "陈立", "email": INVESTOR, "text": "请加快答复。"}
        shown.links["complaint"] = f"{complaint_desk.PATH}{complaint_desk.take(session, said, 'outside')[1]}"
        shown.links["password"] = f"/welcome/{api.invite(session, house.actor('admin'), 'li')}"
        shown.links["password-over"] = "/welcome/made-up"
        shown.links["portal"] = way_in(shown, session)
    return {}


def way_in(shown: Gallery, session: Any) -> str:
    """The path of a new link into the portal, as the investor's mail bears it."""
    house = shown.house
    assert portal.invite(session, INVESTOR, house.clock(), "zh")
    urls = session.execute(sa.select(t.outbox.c.data).where(t.outbox.c.template == "portal_link")).scalars()
    return path_of(str([*urls][-1]["portal_url"]))


def enter(page: Page, url: str, shown: Gallery) -> None:
    """The investor comes in by a new link."""
    with shown.house.writing() as session:
        path = way_in(shown, session)
    page.goto(url + path)
    page.locator("main form button").click()
    page.wait_for_url(f"{url}/portal")


def path_of(url: str) -> str:
    """An address without the host."""
    return re.sub(r"^https?://[^/]+", "", url)


def forms(session: Any, stamp: Stamp) -> dict[str, str]:
    """A link to each form that people outside fill in, one that is over."""
    party = parties.create(session, {"legal_name": "启东海上风电有限公司", "kind": "company"}, stamp, 2026)
    sheet = documents.keep(session, PAPER, Filing("PJ-2026-0701", "term_sheet", "融资条款清单.pdf"), stamp)
    found = {}
    for name, (process, form, given) in FORMS.items():
        given = given | ({links.PAPER: str(sheet.id)} if process == "credit_evaluation" else {})
        days = -1 if name == "risk" else 14
        _id, token = links.create(
            session, business_key="PJ-2026-0701", party_id=party.id, form=form, message=f"{name}_received",
            process=process, given=given, now=stamp.at, expires_at=stamp.at + timedelta(days=days),
        )  # fmt: skip
        found["expired" if days < 0 else name] = f"/link/{token}"
    return found


def reports(shown: Gallery, session: Any, stamp: Stamp) -> dict[str, str]:
    """An investor of two projects: of the one a quarter's report that was read, a material event, a question with its
    answer and one without; of the other nothing yet."""
    fund = parties.create(session, {"legal_name": "东海持有人基金", "kind": "fund"}, stamp, 2026)
    made = [projects.create(session, {"name": name}, stamp, 2026) for name in ("启东海上风电二期", "如东储能电站")]
    for project in made:
        projects.give_role(session, fund.id, project.id, "investor", stamp)
        values = {
            "investor_type": "fund", "frequency": "quarterly", "due_days": 15, "language": "zh", "until": None,
            "since": date(2026, 1, 1), "recipients": [{"name": "陈立", "email": INVESTOR}],
        }  # fmt: skip
        whose = disclosure.entitle(session, fund.id, project.id, values, stamp)
        if project is made[0]:
            read = sent(session, project, whose, stamp, "RP-2026-0701-2026Q1")
            disclosure.read(session, read[0], stamp)
            token = sent(session, project, whose, stamp, None)[1]
    key = made[0].business_key
    for text in ("并网推迟后，第三季度的偿债备付率预计是多少？", "保险是否覆盖停机损失？"):
        asked = {"party_id": fund.id, "project_id": made[0].id, "pack_id": None, "asked_by": INVESTOR,
                 "email": INVESTOR, "text": text}  # fmt: skip
        one = disclosure.ask(session, asked, stamp, 2026)
        if "保险" not in text:
            told = {"answer": "预计 1.21，高于锁定线 1.15。", "answered_by": "wu", "answered_at": stamp.at}
            disclosure.answer(session, one.id, told, stamp)
    shown.portal |= {"portal-projects": "/portal", "portal-project": f"/portal/projects/{key}"}
    shown.portal["portal-nothing-yet"] = f"/portal/projects/{made[1].business_key}"
    return {"report": f"/report/{token}", "report-unknown": "/report/made-up"}


def sent(session: Any, project: Any, whose: Any, stamp: Stamp, key: str | None) -> tuple[int, str]:
    """A report of a quarter, or without a key of an event, that has gone out: its id and token."""
    told = {
        "project_id": project.id, "kind": "periodic" if key else "event", "frequency": "quarterly",
        "due_at": stamp.at, "period_start": date(2026, 1, 1) if key else stamp.at.date(),
        "period_end": date(2026, 3, 31) if key else stamp.at.date(), "content": [],
        "event_text": None if key else EVENT,
    }  # fmt: skip
    pack = disclosure.begin_pack(session, told, stamp, 2026, key)
    one = disclosure.prepare(session, pack, whose, [], stamp)
    filing = Filing(project.business_key, "report", f"{pack.business_key}.pdf")
    paper = documents.keep(session, PAPER, filing, stamp)
    disclosure.attach(session, one.id, str(paper.id), paper.sha256, stamp)
    return one.id, disclosure.send(session, one.id, stamp)
