"""The task page: filling in, drafts, completing, and what the slower of two is told."""

import json
import re
from collections.abc import Callable

from werkzeug.test import TestResponse

from engine import api, identity
from tests.engine.diagrams import HEAD, flows, user_task
from tests.house import House
from tests.web.conftest import Visitor
from tests.web.material import package

WHO = Callable[[str], Visitor]
FACTS = {"client_name": "宁夏光伏", "amount": 125000000, "currency": "CNY"}


def open_task(house: House, by: str = "li") -> int:
    """A claimed task of a new case."""
    instance = house.start("offer", **FACTS)
    task = int(house.task("assess", instance)["id"])
    with house.writing() as session:
        api.claim(session, house.actor(by), task)
    return task


def complete(visitor: Visitor, task: int, **values: object) -> TestResponse:
    visitor.get(f"/tasks/{task}")
    return visitor.post(f"/tasks/{task}/complete", {"variables": json.dumps(values)})


def test_the_page_holds_form_diagram_history_and_guidance(house: House, visitor: WHO) -> None:
    task = open_task(house)
    text = visitor("li").get(f"/tasks/{task}").get_data(as_text=True)
    assert "data-form" in text and f'data-draft-url="/tasks/{task}/draft"' in text
    assert "data-bpmn-viewer" in text and "先看现金流" in text and "业务开始" in text
    assert "<script>" not in text and "style=" not in text


def test_the_form_speaks_english_on_an_english_page(house: House, visitor: WHO) -> None:
    task = open_task(house)
    li = visitor("li")
    li.post("/language", {"language": "en", "next": "/inbox"})
    text = li.get(f"/tasks/{task}").get_data(as_text=True)
    assert "Work out the offer" in text and "Cash flow first" in text and '"label": "Price"' in text


def test_completing_moves_the_case_on_and_says_what_comes_next(house: House, visitor: WHO) -> None:
    task = open_task(house)
    li = visitor("li")
    answer = complete(li, task, price="98.50", advice="go")
    assert answer.status_code == 302
    text = li.get("/inbox").get_data(as_text=True)
    assert "“测算报价”已完成" in text and "复核" in text
    assert f'data-forget-kept="/tasks/{task}/draft"' in text


def test_faults_come_back_at_their_fields_and_nothing_entered_is_lost(house: House, visitor: WHO) -> None:
    task = open_task(house)
    answer = complete(visitor("li"), task, price="0.001", advice="stop", reason="太短")
    text = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "不得小于 1" in text and "最多保留 2 位小数" in text and "至少填写 5 个字符" in text
    assert "太短" in text and '"price": "0.001"' in text
    assert house.task("assess")["state"] == "open"


def test_the_next_task_opens_unless_the_person_does_not_want_it(house: House, visitor: WHO) -> None:
    first, second = open_task(house), open_task(house)
    li = visitor("li")
    assert complete(li, first, price="98", advice="go").headers["Location"] == f"/tasks/{second}"
    third = open_task(house)
    li.post("/preferences", {"next": "/inbox"})
    assert complete(li, second, price="98", advice="go").headers["Location"] == "/inbox"
    assert third


def test_a_task_completed_elsewhere_is_told_politely(house: House, visitor: WHO) -> None:
    task = open_task(house)
    li, tab = visitor("li"), visitor("li")
    tab.get(f"/tasks/{task}")
    complete(li, task, price="98", advice="go")
    assert "已由 李雷" in tab.get(f"/tasks/{task}/state", headers={"HX-Request": "true"}).get_data(as_text=True)
    late = tab.post(f"/tasks/{task}/complete", {"variables": json.dumps({"price": "99", "advice": "go"})})
    assert late.status_code == 302
    text = tab.get(f"/tasks/{task}").get_data(as_text=True)
    assert "未重复办理" in text and "已由 李雷" in text and "data-readonly" in text and '"price": "98"' in text


def test_of_a_page_and_a_program_the_slower_is_told_and_what_was_decided_stands(house: House, visitor: WHO) -> None:
    with house.writing() as session:
        headers = {"Authorization": f"Bearer {api.make_token(session, 'desk', 'tasks team:rm')}"}
    for page_is_first in (True, False):
        task = open_task(house) if page_is_first else int(house.task("assess", house.start("offer", **FACTS))["id"])
        li, program = visitor("li"), visitor("")
        li.get(f"/tasks/{task}")

        def by_page(price: str, li: Visitor = li, task: int = task) -> int:
            told = {"variables": json.dumps({"price": price, "advice": "go"})}
            return li.post(f"/tasks/{task}/complete", told).status_code

        def by_program(price: str, program: Visitor = program, task: int = task) -> int:
            told = {"variables": {"price": price, "advice": "go"}}
            return program.client.post(f"/api/v1/tasks/{task}/complete", json=told, headers=headers).status_code

        codes = [by_page("98"), by_program("99")] if page_is_first else [by_program("98"), by_page("99")]
        assert codes == ([302, 409] if page_is_first else [200, 302])
        text = li.get(f"/tasks/{task}").get_data(as_text=True)
        assert '"price": "98"' in text and ("未重复办理" in text) == (not page_is_first)


def test_a_draft_outlives_a_new_form_and_a_case_that_is_carried_over_shows_what_still_fits(
    house: House, visitor: WHO
) -> None:
    task, li = open_task(house), visitor("li")
    li.get(f"/tasks/{task}")
    draft = {"variables": {"price": "12.50", "reason": "写了一半"}}
    assert li.client.put(f"/tasks/{task}/draft", json=draft, headers={"X-CSRFToken": li.token}).status_code == 200
    files = package()
    files["assess.form"] = files["assess.form"].replace(b'"key": "reason"', b'"key": "grounds"')
    with house.writing() as session:
        api.deploy(session, api.SYSTEM, "offer", files)
    old = li.get(f"/tasks/{task}").get_data(as_text=True)
    assert "12.50" in old and "写了一半" in old and '"grounds"' not in old
    with house.writing() as session:
        api.migrate_instance(session, api.SYSTEM, house.task("assess")["instance_id"])
    new = li.get(f"/tasks/{task}").get_data(as_text=True)
    assert "12.50" in new and '"grounds"' in new
    assert complete(li, task, price="12.50", advice="stop").status_code == 422  # the new form asks for its reason
    assert complete(li, task, price="12.50", advice="stop", grounds="收益不足以覆盖").status_code == 302


def test_a_draft_is_kept_unchecked_and_offered_again(house: House, visitor: WHO) -> None:
    task = open_task(house)
    li = visitor("li")
    li.get(f"/tasks/{task}")
    put = li.client.put(
        f"/tasks/{task}/draft", json={"variables": {"price": "not yet"}}, headers={"X-CSRFToken": li.token}
    )
    assert put.status_code == 200
    text = visitor("li").get(f"/tasks/{task}").get_data(as_text=True)
    seen = re.search(r'data-draft-saved="([^"]+)"', text)
    assert "not yet" in text and seen is not None

    def save(price: str, before: str | None) -> TestResponse:
        sent = {"variables": {"price": price}, "before": before}
        headers = {"X-CSRFToken": li.token, "Accept": "application/json"}
        house.clock.move(seconds=1)
        return li.client.put(f"/tasks/{task}/draft", json=sent, headers=headers)

    second = save("on the desk", seen[1])
    late = save("on the phone, which saw the first", seen[1])
    assert (second.status_code, late.status_code, late.get_json()["code"]) == (200, 409, "DraftChanged")
    assert save("a page that saw none", None).status_code == 409
    assert save("and on", second.get_json()["saved_at"]).status_code == 200
    assert "草稿" in li.get("/inbox").get_data(as_text=True)


def test_somebody_elses_task_cannot_be_completed(house: House, visitor: WHO) -> None:
    task = open_task(house, by="li")
    answer = complete(visitor("wang"), task, price="98", advice="go")
    text = answer.get_data(as_text=True)
    assert answer.status_code == 403
    assert "由李雷办理，请对方或其主管转交" in text and "data-readonly" in text


def test_a_page_that_is_open_says_who_has_the_task_now(house: House, visitor: WHO) -> None:
    task = open_task(house, by="li")
    li, hu, asked = visitor("li"), visitor("hu"), {"HX-Request": "true"}
    unread = re.search(r'name="unread" value="(\d+)"', li.get(f"/tasks/{task}").get_data(as_text=True))
    assert unread is not None
    quiet = f"/tasks/{task}/state?seen=li&unread={unread[1]}"
    assert li.get(quiet, headers=asked).status_code == 204
    rung = li.get(f"/tasks/{task}/state?seen=li&unread={int(unread[1]) + 1}", headers=asked)
    assert rung.status_code == 200 and 'hx-swap-oob="true"' in rung.get_data(as_text=True)
    hu.get(f"/tasks/{task}")
    hu.post(f"/tasks/{task}/reassign", {"person": "wang", "reason": "李雷休假"})
    gone = li.get(quiet, headers=asked)
    assert gone.status_code == 286  # htmx asks no more
    assert "由 王芳 办理" in gone.get_data(as_text=True) and "保存在本浏览器" in gone.get_data(as_text=True)
    assert li.post(f"/tasks/{task}/claim").headers["Location"] == f"/tasks/{task}"
    assert "已由 王芳" in li.get(f"/tasks/{task}").get_data(as_text=True)


def test_a_task_of_another_team_is_not_shown(house: House, visitor: WHO) -> None:
    task = open_task(house)
    answer = visitor("chen").get(f"/tasks/{task}")
    assert answer.status_code == 403 and "职责范围" in answer.get_data(as_text=True)
    for who, linked in (("chen", False), ("li", True)):  # the case names it to everybody, and leads nobody to a refusal
        text = visitor(who).get(f"/instances/{house.task('assess')['instance_id']}").get_data(as_text=True)
        assert "测算报价" in text and (f'/tasks/{task}"' in text) == linked, who


def test_a_lead_reassigns_with_a_reason(house: House, visitor: WHO) -> None:
    task = open_task(house)
    hu = visitor("hu")
    assert "转交" in hu.get(f"/tasks/{task}").get_data(as_text=True)
    hu.post(f"/tasks/{task}/reassign", {"person": "wang", "reason": "李雷休假"})
    assert house.task("assess")["assignee"] == "wang"
    assert "李雷休假" in visitor("wang").get(f"/tasks/{task}").get_data(as_text=True)


def test_releasing_keeps_what_was_entered_as_a_draft(house: House, visitor: WHO) -> None:
    task = open_task(house)
    li = visitor("li")
    li.get(f"/tasks/{task}")
    li.post(f"/tasks/{task}/release", {"variables": json.dumps({"price": "77"})})
    assert house.task("assess")["assignee"] is None
    assert "77" in visitor("wang").get(f"/tasks/{task}").get_data(as_text=True)


def test_four_eyes_are_told_by_name(house: House, visitor: WHO) -> None:
    task = open_task(house)
    with house.writing() as session:
        identity.add_member(session, "rm_head", "li")
    li = visitor("li")
    complete(li, task, price="98", advice="go")
    check = house.task("check")["id"]
    answer = complete(li, check)
    assert answer.status_code == 403
    text = answer.get_data(as_text=True)
    assert "另一人" in text, re.findall(r"<p[^>]*>([^<]+)", text)


def test_what_cannot_be_read_is_refused_in_words(house: House, visitor: WHO) -> None:
    task = open_task(house)
    li = visitor("li")
    li.get(f"/tasks/{task}")
    answer = li.post(f"/tasks/{task}/complete", {"variables": "{not json"})
    assert answer.status_code == 400 and "提交的内容无法读取" in answer.get_data(as_text=True)


def test_an_unknown_task_is_a_plain_404(visitor: WHO) -> None:
    answer = visitor("li").get("/tasks/4711")
    assert answer.status_code == 404 and "4711" in answer.get_data(as_text=True)
    assert visitor("li").get(f"/tasks/{2**63}").status_code == 404


LISTENING = (
    HEAD
    + '<message id="m1" name="client_withdrew"/><process id="listening" name="评估" isExecutable="true">'
    + '<startEvent id="start"/>'
    + user_task("ask", name="询问")
    + '<boundaryEvent id="late" name="逾期提醒" attachedToRef="ask" cancelActivity="false">'
    + "<timerEventDefinition><timeDuration>P3D</timeDuration></timerEventDefinition></boundaryEvent>"
    + '<exclusiveGateway id="enough" name="资料齐全？" default="f_enough_review"/>'
    + user_task("review", "rm_head", name="复核", assign="queue")
    + '<intermediateCatchEvent id="hold" name="等待客户补件"><timerEventDefinition><timeDuration>P5D</timeDuration>'
    + "</timerEventDefinition></intermediateCatchEvent>"
    + '<endEvent id="end" name="办结"/><endEvent id="reminded" name="已提醒"/>'
    + flows("start>ask", "ask>enough", "review>end", "hold>review", "late>reminded")
    + '<sequenceFlow id="f_enough_review" name="齐全" sourceRef="enough" targetRef="review"/>'
    + '<sequenceFlow id="f_enough_hold" name="缺件" sourceRef="enough" targetRef="hold">'
    + '<conditionExpression xsi:type="tFormalExpression">=complete = false</conditionExpression></sequenceFlow>'
    + '<subProcess id="withdrawn" name="客户撤回" triggeredByEvent="true"><startEvent id="withdraws" name="客户撤回">'
    + '<messageEventDefinition messageRef="m1"/></startEvent><endEvent id="over"/>'
    + '<sequenceFlow id="f_over" sourceRef="withdraws" targetRef="over"/></subProcess>'
    + "</process></definitions>"
)


def answered(house: House, visitor: WHO, complete_papers: bool) -> tuple[Visitor, int]:
    """A case whose first task was completed on its page."""
    house.deploy("listening", **{"listening_bpmn": LISTENING, "i18n/en.json": json.dumps(LISTENING_EN).encode()})
    case = house.start("listening")
    task = int(house.task("ask", case)["id"])
    li = visitor("li")
    with house.writing() as session:
        if house.task("ask", case)["assignee"] != "li":
            api.reassign(session, house.actor("root"), task, "li")
    li.get(f"/tasks/{task}")
    li.post("/preferences", {"next": "/inbox"})
    li.post(f"/tasks/{task}/complete", {"variables": json.dumps({"complete": complete_papers})})
    return li, case


LISTENING_EN = {
    "ask": "Ask", "review": "Review", "enough": "Papers complete?", "f_enough_review": "complete",
    "f_enough_hold": "papers missing", "hold": "Wait for papers", "withdraws": "Client withdraws",
}  # fmt: skip


def told(visitor: Visitor) -> str:
    text = visitor.get("/inbox").get_data(as_text=True)
    return next(line for line in re.findall(r'role="status">(.*?)</div>', text) if "“" in line)


def test_what_comes_next_is_the_new_task_and_who_has_it_and_never_what_merely_listens(
    house: House, visitor: WHO
) -> None:
    li, _case = answered(house, visitor, complete_papers=True)
    assert told(li) == "“询问”已完成；接下来：“复核”（客户经理主管）。"


def test_what_comes_next_is_what_the_case_waits_for_when_there_is_no_task(house: House, visitor: WHO) -> None:
    li, _case = answered(house, visitor, complete_papers=False)
    line = told(li)
    assert "接下来：“等待客户补件”（等待至 " in line and "撤回" not in line


def test_a_case_names_its_messages_as_people_do_and_tells_which_way_was_taken(house: House, visitor: WHO) -> None:
    li, case = answered(house, visitor, complete_papers=False)
    text = li.get(f"/instances/{case}").get_data(as_text=True)
    assert "资料齐全？ → 缺件" in text and "client_withdrew" not in text
    assert "客户撤回" in text and "收到消息即触发" in text
    li.post("/language", {"language": "en", "next": "/inbox"})
    text = li.get(f"/instances/{case}").get_data(as_text=True)
    assert "Papers complete? → papers missing" in text and "Client withdraws" in text
    assert "acts when its message arrives" in text and "客户撤回" not in text


def test_steps_whose_names_are_questions_are_told(house: House, visitor: WHO) -> None:
    house.deploy("asking", asking_bpmn=LISTENING.replace('name="询问"', 'name="资料收到了吗？"'))
    case = house.start("listening")
    house.complete("ask", house.task("ask", case)["assignee"], case, complete=True)
    assert "完成了“资料收到了吗？”" in visitor("li").get(f"/instances/{case}").get_data(as_text=True)


def test_what_began_a_moment_ago_has_just_begun(house: House, visitor: WHO) -> None:
    case = house.start("offer")
    house.clock.move(seconds=5)
    li = visitor("li")
    assert "刚刚开始" in li.get(f"/instances/{case}").get_data(as_text=True)
    li.post("/language", {"language": "en", "next": "/inbox"})
    text = li.get(f"/instances/{case}").get_data(as_text=True)
    assert "started just now" in text and "started now" not in text
