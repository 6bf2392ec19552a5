"""Administration in the browser without a screen: what is done there counts, and stands in the audit."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from engine import api, audit, calendars, identity
from engine.queries import administration
from engine.store import tables as t
from handlers import drawdowns, letters, modules
from tests.engine.diagrams import one_task
from tests.house import PASSWORD, House, MovableClock
from tests.paths import ROOT
from tests.web.conftest import Visitor
from web.admin import subjects, wording
from web.admin.deeds import DEEDS

WHO = Callable[[str], Visitor]


def told(house: House, subject: str) -> list[tuple[str, Any]]:
    """What the audit says of a subject, the oldest first."""
    with house.looking() as session:
        rows = administration.audit_entries(session, subject=subject)
    return [(row.action, row.data) for row in reversed(rows)]


def test_somebody_is_entered_chooses_a_password_by_a_link_that_serves_once_and_leaves(
    house: House, visitor: WHO
) -> None:
    root = visitor("root")
    offered = root.get("/admin/people/new").get_data(as_text=True)
    assert '<option value="northeast">东北</option>' in offered  # what rules of assignment know, in words
    new = {"id": "ding", "name": "丁宁", "email": "ding@example.com", "language": "zh", "capacity": "80"}
    assert root.post("/admin/people/new", new).headers["Location"] == "/admin/people/ding"
    assert root.post("/admin/people/new", new).status_code == 422  # the name is taken
    root.post("/admin/people/ding/teams", {"team": ["rm"]})
    page = root.post("/admin/people/ding/link").get_data(as_text=True)
    path = re.search(r"/welcome/[\w-]+", page)
    assert path is not None and path[0] not in root.get("/admin/people/ding").get_data(as_text=True)

    ding = visitor("")
    assert "ding" in ding.get(path[0]).get_data(as_text=True)
    short = ding.post(path[0], {"password": "short", "again": "short"})
    assert short.status_code == 422 and "密码：至少" in short.get_data(as_text=True)
    good = {"password": "three blue boats", "again": "three blue boats"}
    assert ding.post(path[0], good).status_code == 302
    assert ding.get(path[0]).status_code == 410
    assert ding.sign_in("ding", "three blue boats").status_code == 302

    root.post("/admin/people/ding/leaving", {"to": "li", "reason": "离职", "leaves": "1"})
    assert ding.get("/inbox").status_code == 302  # at once, in every browser
    assert visitor("").sign_in("ding", "three blue boats").status_code == 401
    actions = [action for action, _data in told(house, "person:ding")]
    assert actions[:4] == ["person_added", "teams_set", "password_link_made", "password_set"]
    assert told(house, "person:ding")[1][1] == {"before": [], "after": ["rm"]}
    past = root.get("/admin/people/ding").get_data(as_text=True).partition("变更记录")[2]
    assert "— → 客户经理" in past  # what was changed, not only that something was


def test_the_audit_of_somebody_is_not_that_of_whose_name_begins_so(house: House, visitor: WHO) -> None:
    root = visitor("root")
    root.get("/admin/people/new")
    root.post("/admin/people/new", {"id": "liyang", "name": "李阳", "language": "zh", "capacity": "100"})
    assert [action for action, _data in told(house, "person:liyang")] == ["person_added"]
    assert not told(house, "person:li")
    assert "登记人员" not in root.get("/admin/people/li").get_data(as_text=True)
    assert "李阳" in root.get("/admin/audit?subject=person:").get_data(as_text=True)


def test_a_link_ends_after_three_days(house: House, visitor: WHO) -> None:
    with house.writing() as session:
        secret = api.invite(session, house.actor("root"), "li")
        assert secret not in str(session.execute(t.entry_link.select()).all())
    house.clock.move(days=3, minutes=1)
    assert visitor("").get(f"/welcome/{secret}").status_code == 410


def test_the_last_administrator_stays(house: House, visitor: WHO) -> None:
    root = visitor("root")
    root.get("/admin/people/root")
    root.post("/admin/people/root/teams", {"team": ["rm"]})
    assert "最后一位管理员" in root.get("/admin/people/root").get_data(as_text=True)
    assert house.actor("root").is_admin


def test_a_change_that_needs_two_people_is_made_by_the_second(house: House, visitor: WHO) -> None:
    with house.writing() as session:
        identity.add_member(session, "admin", "owen")
    root, owen = visitor("root"), visitor("owen")
    root.post("/admin/house/two-people", {"kind": ["administrators"]})
    root.post("/admin/people/li/teams", {"team": ["rm", "admin"], "why": "接任"})
    assert not house.actor("li").is_admin
    with house.looking() as session:
        change = administration.critical_changes(session, "open")[0].id
    assert root.post(f"/admin/changes/{change}", {"do": "agree"}).status_code == 403  # who asks does not agree
    owen.get("/admin/changes")
    owen.post(f"/admin/changes/{change}", {"do": "agree"})
    assert house.actor("li").is_admin
    assert [action for action, _data in told(house, f"change:{change}")] == ["change_asked", "change_agreed"]


def test_a_module_that_is_off_is_in_no_menu_opens_to_nobody_and_starts_nothing(house: House, visitor: WHO) -> None:
    root, li = visitor("root"), visitor("li")
    assert 'href="/clients"' in li.get("/inbox").get_data(as_text=True)
    root.get("/admin/modules")
    kept = [name for name in modules.MODULES if name not in ("clients", "inquiries", "investors", "programs")]
    root.post("/admin/modules", {"on": kept})
    assert 'href="/clients"' not in li.get("/inbox").get_data(as_text=True)
    assert li.get("/clients").status_code == 403
    assert visitor("").get("/inquiry").status_code == visitor("").get("/portal/in").status_code == 403
    entrances = re.findall(r'href="(/inquiry|/portal/in|/complaint)"', visitor("").get("/login").get_data(as_text=True))
    assert entrances == ["/complaint"], "the sign-in leads to nothing that is off"
    answer = visitor("").get("/api/v1/openapi.json")
    assert (answer.status_code, answer.get_json()["code"]) == (403, "ModuleOff")
    assert li.get("/inbox").status_code == 200 and li.get("/processes").status_code == 200
    root.post("/admin/modules", {"on": list(modules.MODULES)})
    assert li.get("/clients").status_code == 200
    assert told(house, "house:modules")[0][1]["after"] == {
        "off": {"clients": [], "inquiries": [], "investors": [], "programs": []}
    }


def test_processes_of_a_module_rest_with_it_and_what_was_suspended_by_hand_stays_so(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, both = house.actor("root"), modules.Module("surveys", "", "", "", "", ("offer", "not_there"))
    monkeypatch.setattr(modules, "MODULES", {**modules.MODULES, "surveys": both})
    with house.writing() as session:
        modules.switch(session, root, ["surveys"])
    assert all(row["suspended"] for row in house.rows(t.definition, t.definition.c.key == "offer"))
    with house.writing() as session:
        modules.switch(session, root, [])
    assert not any(row["suspended"] for row in house.rows(t.definition, t.definition.c.key == "offer"))
    with house.writing() as session:
        api.suspend_process(session, root, "offer")
        modules.switch(session, root, ["surveys"])
        modules.switch(session, root, [])
    assert all(row["suspended"] for row in house.rows(t.definition, t.definition.c.key == "offer"))


def test_a_letter_in_own_words_counts_and_one_that_asks_for_what_it_is_not_given_is_refused(
    house: House, visitor: WHO
) -> None:
    owen = visitor("owen")
    owen.get("/admin/letters/reminder_due?in=zh")
    unknown = "Subject: 到期\n\n{{ shoe_size }}"
    answer = owen.post("/admin/letters/reminder_due", {"in": "zh", "text": unknown, "do": "save"})
    assert answer.status_code == 422 and "shoe_size" in answer.get_data(as_text=True)
    own = "Subject: 请今天办理：{{ task }}\n\n{{ person }}，请打开 {{ link }}"
    owen.post("/admin/letters/reminder_due", {"in": "zh", "text": own, "do": "save", "note": "更明确"})
    root = visitor("root")
    assert "请今天办理：首次联系" in root.get("/admin/letters/reminder_due?in=zh").get_data(as_text=True)
    root.post("/admin/letters/reminder_due", {"in": "zh", "text": "", "do": "shipped"})
    with house.looking() as session:
        assert [one.version for one in letters.versions(session, "reminder_due")] == [2, 1]
        assert letters.standing(session, "reminder_due", "zh") == letters.shipped("reminder_due", "zh")
    assert told(house, "letter:reminder_due")[0][1]["after"].startswith("Subject: 请今天办理")


def test_a_letter_is_signed_with_the_name_that_the_house_was_given(house: House, visitor: WHO) -> None:
    root = visitor("root")
    root.get("/admin/house")
    root.post("/admin/house", {"name": "江海银行", "language": "zh"})
    for tongue, close in (("zh", "此致\n江海银行"), ("en", "江海银行")):
        assert close in root.get(f"/admin/letters/decline_polite?in={tongue}").get_data(as_text=True)


def test_a_token_is_shown_once_ends_on_its_day_and_can_be_revoked(house: House, visitor: WHO) -> None:
    root = visitor("root")
    root.get("/admin/integrations")
    offered = set(re.findall(r'name="scope" value="([\w-]+)"', root.get("/admin/integrations").get_data(as_text=True)))
    assert {"messages", "cases", "tasks", "webhooks", "engine-rest"} <= offered
    asked = {"name": "warehouse", "scope": ["messages"], "expires": "2026-03-04"}
    token = re.search(r"df_[\w-]+", root.post("/admin/integrations/tokens", asked).get_data(as_text=True))
    assert token is not None and token[0] not in root.get("/admin/integrations").get_data(as_text=True)

    def holder() -> Any:
        with house.looking() as session:
            return api.token_holder(session, token[0], "messages")

    assert holder() is not None
    house.clock.move(days=3)
    assert holder() is None
    house.clock.move(days=-3)
    assert holder() is not None
    root.post("/admin/integrations/tokens/warehouse/revoke")
    assert holder() is None


def test_reminders_calendars_teams_and_fields_are_kept_with_what_stood_before(house: House, visitor: WHO) -> None:
    root = visitor("root")
    root.get("/admin/reminders/standard")
    row = {"step0": "due", "kind0": "days", "number0": "0", "template0": "reminder_due", "to0": ["assignee"],
           "channel0": ["in_app"], "rows": "1"}  # fmt: skip
    assert root.post("/admin/reminders/standard", row).status_code == 302
    assert root.post("/admin/reminders/standard", {**row, "number0": "soon"}).status_code == 422
    action, data = told(house, "reminder_policy:standard")[0]
    assert action == "policy_set" and len(data["before"]) == 4 and len(data["steps"]) == 1
    now = house.clock().astimezone(house.runtime.zone)
    root.post("/admin/reminders/standard", {**row, "number0": "-2"})
    with house.looking() as session:
        due, comes = api.reminder_example(session, api.reminder_policies(session))
    assert comes["standard"] == [calendars.calendar(session).shift(due, -2)] and now < due
    shown = root.get("/admin/reminders").get_data(as_text=True)
    assert f"{due:%Y-%m-%d %H:%M}" in shown and f"{comes['standard'][0]:%Y-%m-%d %H:%M}" in shown
    noted = root.get("/admin/audit?subject=reminder_policy:standard").get_data(as_text=True)
    assert "due：到期前 2 个工作日，办理人，站内" in noted and "潜在线索" not in noted
    root.post("/admin/calendars/firm/days", {"day": "2026-05-08", "as": "off", "note": "司庆日"})
    assert "2026-05-08" in visitor("li").get("/admin/calendars").get_data(as_text=True)
    root.post("/admin/teams/rm", {"name": "客户经理", "lead": "li", "strategy": "queue"})
    assert told(house, "team:rm")[0][1]["after"]["lead"] == "li"
    root.post("/admin/teams/new", {"id": "leasing", "name": "租赁部", "strategy": "queue"})
    assert "尚无成员" in (index := root.get("/admin").get_data(as_text=True)) and "租赁部" in index
    root.post("/admin/fields", {"record": "project", "key": "green", "label": "绿色", "type": "yes"})
    assert "绿色" in root.get("/admin/fields").get_data(as_text=True)
    assert visitor("li").get("/admin/people").status_code == 403
    verdict = root.post("/admin/audit/verify").get_data(as_text=True)
    assert "全部与当初写入的一致" in verdict


def test_roles_say_who_may_open_and_change_each_page(house: House, visitor: WHO) -> None:
    page = visitor("root").get("/admin/roles").get_data(as_text=True)
    [row] = [one for one in page.split("<tr ")[1:] if "融资方案" in one]
    assert "客户经理" in row and "所有人" not in row
    [row] = [one for one in page.split("<tr ")[1:] if 'class="df-task text-nowrap">人员' in one]
    assert row.count("仅系统管理员") >= 2
    assert visitor("li").get("/admin/roles").status_code == 403


def test_a_threshold_is_read_as_it_counts_now(house: House, visitor: WHO) -> None:
    table = (ROOT / "bpmn/facility_execution/execution_rules.dmn").read_text(encoding="utf-8")
    rule = "Corporate documents, resolutions and powers of attorney"
    house.deploy("conditions", execution_rules_dmn=table)
    owen = visitor("owen")
    assert rule in owen.get("/admin/thresholds/cp_checklist").get_data(as_text=True)
    house.deploy("conditions", execution_rules_dmn=table.replace(rule, "Board resolutions"))
    page = owen.get("/admin/thresholds/cp_checklist").get_data(as_text=True)
    assert "Board resolutions" in page and rule not in page
    assert "/studio/conditions" in page, "it is changed where its process is"
    assert "/studio/conditions" not in visitor("li").get("/admin/thresholds/cp_checklist").get_data(as_text=True)


def test_an_absence_is_planned_for_others_by_who_leads_them_alone(house: House, visitor: WHO) -> None:
    root, wang = visitor("root"), visitor("wang")
    away = {"person": "li", "starts": "2026-03-09", "ends": "2026-03-13", "substitute": "wang"}
    wang.get("/admin/absences")
    assert wang.post("/admin/absences", away).status_code == 403 and house.rows(t.absence) == []
    root.get("/admin/absences")
    assert root.post("/admin/absences", away).status_code == 302
    [row] = house.rows(t.absence)
    assert (row["person_id"], row["substitute"]) == ("li", "wang")
    assert f"/admin/absences/{row['id']}/end" in root.get("/admin/absences").get_data(as_text=True)
    assert root.post(f"/admin/absences/{row['id']}/end").status_code == 302 and house.rows(t.absence) == []


def test_somebody_sees_where_they_are_signed_in_and_ends_the_others(visitor: WHO) -> None:
    here, there = visitor("li"), visitor("li")
    assert here.get("/me/sign-in").get_data(as_text=True).count("df-sub") >= 2
    copy = here.client.application.test_client()
    copy.set_cookie("dealflow", here.client.get_cookie("dealflow").value)  # type: ignore[union-attr]
    here.post("/me/sign-in/out")
    assert (here.get("/inbox").status_code, copy.get("/inbox").status_code) == (200, 302)
    assert there.get("/inbox").status_code == 302 and here.get("/inbox").status_code == 200
    third = visitor("li")
    here.get("/me/sign-in")
    wrong = {"before": "wrong", "password": "three blue boats", "again": "three blue boats"}
    assert here.post("/me/sign-in/password", wrong).status_code == 422
    short = here.post("/me/sign-in/password", {"before": PASSWORD, "password": "short", "again": "short"})
    assert short.status_code == 422 and "密码：至少" in short.get_data(as_text=True)
    assert here.post("/me/sign-in/password", {**wrong, "before": PASSWORD}).status_code == 302
    assert third.get("/inbox").status_code == 302 and here.get("/inbox").status_code == 200
    assert visitor("").sign_in("li", "three blue boats").status_code == 302


FORM = {"house": "远山资本", "language": "zh", "id": "lin", "name": "林岚", "password": "three blue boats",
        "again": "three blue boats", "do": "enter"}  # fmt: skip


class TestFirstStart:
    """An empty installation."""

    @pytest.fixture
    def empty(self, tmp_path: Any) -> Any:
        from engine.settings import load
        from web import create_app
        from web.extensions import limiter

        settings = load(database_url=f"sqlite:///{tmp_path / 'new.db'}", data_dir=tmp_path, secret_key="for tests")
        runtime = api.open_engine(settings, MovableClock())
        api.migrate(runtime)
        app = create_app(runtime=runtime)
        limiter.reset()
        yield app
        runtime.database.dispose()

    def test_everything_leads_to_the_set_up_which_happens_once(self, empty: Any) -> None:
        first, second = Visitor(empty.test_client()), Visitor(empty.test_client())
        near = {"base_url": "http://127.0.0.1:8000"}
        assert first.get("/inbox", **near).headers["Location"] == "/setup"
        assert first.get("/healthz", **near).status_code == 200
        for path in ("/api/v1/tasks", "/engine-rest/task"):
            assert first.get(path, **near).status_code == 401
        second.get("/setup", **near)
        first.get("/setup", **near)
        assert first.post("/setup", {**FORM, "again": "other"}, **near).status_code == 422
        assert first.post("/setup", FORM, **near).headers["Location"] == "/admin/people"
        assert "远山资本" in first.get("/admin/people", **near).get_data(as_text=True)
        assert second.post("/setup", {**FORM, "id": "mallory"}, **near).headers["Location"] == "/login"
        assert second.get("/setup", **near).headers["Location"] == "/login"

    def test_from_elsewhere_it_asks_for_the_code_of_the_terminal(self, empty: Any) -> None:
        from web import setup

        far = Visitor(empty.test_client())
        there: dict[str, Any] = {"base_url": "http://deals.example.com"}
        assert 'name="code"' in far.get("/setup", **there).get_data(as_text=True)
        assert far.post("/setup", FORM, **there).status_code == 422
        assert far.post("/setup", {**FORM, "code": "0000-0000-0000-0000"}, **there).status_code == 422
        proxied = {"base_url": "http://127.0.0.1:8000", "headers": {"X-Forwarded-For": "203.0.113.9"}}
        assert 'name="code"' in far.get("/setup", **proxied).get_data(as_text=True)
        assert far.post("/setup", FORM, **proxied).status_code == 422
        far.get("/setup", **there)
        with empty.app_context():
            code = setup.code(empty.extensions["dealflow"].settings)
        assert far.post("/setup", {**FORM, "code": code}, **there).status_code == 302


def test_an_outside_source_is_tested_and_says_what_came_of_it(house: House, visitor: WHO) -> None:
    root = visitor("root")
    assert "演示数据" in root.get("/admin/sources").get_data(as_text=True)
    assert root.post("/admin/sources/sanctions/test").status_code == 302
    page = root.get("/admin/sources").get_data(as_text=True)
    assert "应答正常" in page and "有应答" in page
    (house.runtime.settings.data_dir / "providers").mkdir()  # a folder of one's own counts at once
    root.post("/admin/sources/bureau/test")
    page = root.get("/admin/sources").get_data(as_text=True)
    assert "未接入" in page and "没有应答" in page and "无应答" in page
    assert [action for action, _data in told(house, "source:")] == ["source_asked", "source_asked"]
    assert root.post("/admin/sources/weather/test").status_code == 404
    audit = root.get("/admin/audit?subject=source:").get_data(as_text=True)
    assert "测试外部数据源" in audit


def test_the_audit_names_the_case_that_an_entry_is_about(house: House, visitor: WHO) -> None:
    house.deploy("asking", ask_bpmn=one_task())
    case = house.start("p", business_key="Q-7")
    with house.writing() as session:
        api.comment(session, house.actor("root"), case, "看过了")
    page = visitor("root").get(f"/admin/audit?subject=instance:{case}").get_data(as_text=True)
    assert re.search(rf'<a href="/instances/{case}">[^<]*Q-7</a>', page)


def test_the_audit_says_whom_an_entry_is_about_by_name(house: House, visitor: WHO) -> None:
    subjects = ("person:li", "process:offer", "webhook:crm", "house:house", "weather:1")
    with house.writing() as session:
        for subject in subjects:
            audit.append(session, subject, "root", "setting_set", {})
    page = visitor("root").get("/admin/audit").get_data(as_text=True)
    shown = [re.search(rf'title="{subject}">([^<]+)<', page) for subject in subjects]
    assert [one and one[1] for one in shown] == ["人员：李雷", "流程：报价", "推送：crm", "机构", "weather:1"]


def test_every_kind_of_subject_of_the_audit_has_words() -> None:
    written = re.compile(r'(?:audit\.append|api\.note|\bnote)\(\s*\w+,\s*(?:\w+,\s*)?f?"([a-z_]+):')
    rooms = (path for room in ("engine", "handlers", "web") for path in (ROOT / room).rglob("*.py"))
    kinds = {kind for path in rooms if "node_modules" not in path.parts
             for kind in written.findall(path.read_text(encoding="utf-8"))}  # fmt: skip
    assert len(kinds) > 10 and kinds <= subjects.KINDS.keys(), sorted(kinds - subjects.KINDS.keys())


@pytest.mark.parametrize(
    ("method", "path", "sent"),
    [
        ("GET", f"/admin/audit?page={'9' * 30}", {}),
        ("POST", "/admin/deliveries", {"do": "drop", "id": ["9" * 30, "²"]}),
        ("POST", "/admin/reminders/client", {"rows": "1e9"}),
        ("POST", "/inbox/many", {"do": "claim", "task": ["9" * 30, "²"]}),
    ],
)
def test_a_number_that_no_row_has_is_no_fault_of_ours(
    visitor: WHO, method: str, path: str, sent: dict[str, Any]
) -> None:
    root = visitor("root")
    answer = root.get(path) if method == "GET" else root.post(path, sent)
    assert answer.status_code < 500 and answer.status_code != 404


def test_every_deed_that_the_audit_tells_of_has_words() -> None:
    sources = [path for room in ("engine", "handlers", "web") for path in (ROOT / room).rglob("*.py")
               if "node_modules" not in path.parts]  # fmt: skip
    written = {name for path in sources for name in deeds(ast.parse(path.read_text(encoding="utf-8")))}
    assert len(written) > 40
    assert written <= wording.ACTIONS.keys(), sorted(written - wording.ACTIONS.keys())


def test_every_deed_that_a_handler_notes_has_words() -> None:
    told = re.compile(r'ctx\.audit\(\s*"([a-z_]+)"')
    noted = {name for path in (ROOT / "handlers").rglob("*.py") for name in told.findall(path.read_text("utf-8"))}
    known = {*DEEDS, *wording.ACTIONS, *(f"drawdown_{state}" for state in drawdowns.STATES)}
    assert len(noted) > 40 and noted <= known, sorted(noted - known)
    assert {f"drawdown_{state}" for state in drawdowns.STATES} <= DEEDS.keys()


def deeds(code: ast.Module) -> Iterator[str]:
    """What is written into the audit by its fourth argument, where that is a text."""
    for call in ast.walk(code):
        if isinstance(call, ast.Call) and ast.unparse(call.func) in ("audit.append", "api.note") and len(call.args) > 3:
            chosen = call.args[3]
            for one in (chosen.body, chosen.orelse) if isinstance(chosen, ast.IfExp) else (chosen,):
                if isinstance(one, ast.Constant):
                    yield str(one.value)


def test_people_outside_see_whose_page_it_is_and_how_to_reach_the_house(house: House, visitor: WHO) -> None:
    root = visitor("root")
    root.get("/admin/house")
    root.post("/admin/house", {"name": "远山融资", "language": "zh", "contact": "010-5550 0100"})
    text = visitor("").get("/complaint").get_data(as_text=True)
    assert "联系我们：010-5550 0100" in text and "· 远山融资</title>" in text and "中国标准时间（GMT+08:00）" in text
    assert 'value="010-5550 0100"' in root.get("/admin/house").get_data(as_text=True)
