"""What a process owner sees: versions, tokens, faults of the last save, kept messages, incidents, clients."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from engine import api, watcher
from tests.house import House
from tests.web import intake
from tests.web.conftest import Visitor
from tests.web.material import package

WHO = Callable[[str], Visitor]


def test_definitions_with_version_running_cases_and_last_deployment(house: House, visitor: WHO) -> None:
    house.start("offer")
    with house.writing() as session:
        api.deploy(session, house.actor("owen"), "offer", package("least_busy"), note="新的分派方式")
    text = visitor("li").get("/processes").get_data(as_text=True)
    assert "报价" in text and "欧文" in text and "新的分派方式" in text
    page = visitor("li").get("/processes/offer").get_data(as_text=True)
    assert "第 2 版" in page and "第 1 版" in page and "/processes/offer/2/diagram.bpmn" in page
    keys = ["offer</span>" in visitor(who).get("/processes").get_data(as_text=True) for who in ("li", "owen")]
    assert keys == [False, True], "a key is for who models"


def test_the_diagram_and_its_tokens(house: House, visitor: WHO) -> None:
    house.start("offer")
    house.start("offer")
    li = visitor("li")
    assert b"<definitions" in li.get("/processes/offer/1/diagram.bpmn").data
    state = li.get("/processes/offer/1/state.json").json
    assert state is not None and state["counts"] == {"assess": 2} and "names" not in state
    li.post("/language", {"language": "en", "next": "/inbox"})
    english = li.get("/processes/offer/1/state.json").json
    assert english is not None and english["names"]["assess"] == "Work out the offer"


def test_an_english_reader_sees_no_chinese_in_the_shipped_diagrams(house: House, visitor: WHO) -> None:
    intake.deploy(house)
    case = house.message("inquiry_received", "PJ-2026-0001", variables=dict(intake.INQUIRY)).instance_id
    li = visitor("li")
    li.post("/language", {"language": "en", "next": "/inbox"})
    for state, diagram in (
        (f"/instances/{case}/state.json", "/processes/client_intake/1/diagram.bpmn"),
        ("/processes/client_intake/1/state.json", "/processes/client_intake/1/diagram.bpmn"),
        ("/processes/kyc_onboarding/1/state.json", "/processes/kyc_onboarding/1/diagram.bpmn"),
    ):
        names = (li.get(state).json or {})["names"]
        written = re.findall(
            r'<(\w+) id="(\w+)" name="([^"]*[\u4e00-\u9fff][^"]*)"', li.get(diagram).get_data(as_text=True)
        )
        assert {"participant", "lane", "sequenceFlow", "userTask"} <= {kind for kind, _id, _name in written}
        assert [id for _kind, id, _name in written if id not in names] == []
        assert not re.search(r"[\u4e00-\u9fff]", "".join(names.values()))


def test_faults_of_a_refused_save_stand_on_the_page_until_a_good_one(house: House, visitor: WHO) -> None:
    folder = house.runtime.settings.bpmn_dir / "offer"
    folder.mkdir(parents=True)
    for name, content in package().items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
    good = (folder / "offer.bpmn").read_bytes()
    (folder / "offer.bpmn").write_bytes(good.replace(b'targetRef="check"', b'targetRef="nowhere"'))
    assert watcher.deploy_folder(house.runtime, folder, api.SYSTEM).deployed is None
    text = visitor("li").get("/processes").get_data(as_text=True)
    assert "未通过检查" in text and "offer/offer.bpmn" in text
    (folder / "offer.bpmn").write_bytes(good)
    assert watcher.deploy_folder(house.runtime, folder, api.SYSTEM).deployed is not None
    assert "未通过检查" not in visitor("li").get("/processes").get_data(as_text=True)


def test_the_page_of_processes_hears_of_a_refused_save_and_of_a_good_one_by_itself(house: House, visitor: WHO) -> None:
    li, folder = visitor("li"), house.runtime.settings.bpmn_dir / "offer"

    def signature(text: str) -> str:
        return re.search(r"/processes/live\?signature=([^&]+)", text).group(1)  # type: ignore[union-attr]

    def asked(before: str) -> Any:
        return li.get(f"/processes/live?signature={before}")

    before = signature(li.get("/processes").get_data(as_text=True))
    assert asked(before).status_code == 204
    for name, content in package().items():
        (folder / name).parent.mkdir(exist_ok=True, parents=True)
        (folder / name).write_bytes(content)
    good = (folder / "offer.bpmn").read_bytes()
    (folder / "offer.bpmn").write_bytes(good.replace(b'targetRef="check"', b'targetRef="nowhere"'))
    watcher.deploy_folder(house.runtime, folder, api.SYSTEM)
    refused = asked(before).get_data(as_text=True)
    assert "未通过检查" in refused and "<html" not in refused
    assert asked(signature(refused)).status_code == 204
    (folder / "offer.bpmn").write_bytes(good.replace(b"</definitions>", b"<!-- saved again --></definitions>"))
    assert watcher.deploy_folder(house.runtime, folder, api.SYSTEM).deployed is not None
    deployed = asked(signature(refused)).get_data(as_text=True)
    assert "未通过检查" not in deployed and "报价" in deployed


def test_cases_of_other_versions_are_counted_and_found(house: House, visitor: WHO) -> None:
    house.start("offer")
    house.complete("assess", "li", price="98", advice="go")
    house.start("offer")
    with house.writing() as session:
        api.deploy(session, house.actor("owen"), "offer", package("least_busy"))
    house.start("offer")
    li = visitor("li")
    page = li.get("/processes/offer").get_data(as_text=True)
    assert "图中数字为第 2 版的业务。" in page and "另有 2 笔业务在其他版本中运行：" in page
    assert "2 笔业务运行中 · 测算报价 1，复核 1" in page
    newest, first = li.get("/processes/offer/2/state.json").json, li.get("/processes/offer/1/state.json").json
    assert newest is not None and newest["counts"] == {"assess": 1}
    assert newest["elsewhere"] == {"assess": 1, "check": 1}
    assert first is not None and first["counts"] == {"assess": 1, "check": 1} and first["elsewhere"] == {"assess": 1}
    assert li.get("/processes/offer?version=1").headers["Location"] == "/processes/offer/1"
    only = li.get("/processes/offer/1").get_data(as_text=True)
    assert only.count('id="instance-') == 2 and page.count('id="instance-') == 3


@pytest.mark.parametrize("address", ["/instances?", "/processes/offer?"])
def test_long_lists_come_in_pages(house: House, visitor: WHO, address: str) -> None:
    for _ in range(27):
        house.start("offer")
    li = visitor("li")
    first, second = (li.get(f"{address}page={page}").get_data(as_text=True) for page in (1, 2))
    assert (first.count('id="instance-'), second.count('id="instance-')) == (25, 2)
    assert "第 1–25 条，共 27 条" in first and "第 26–27 条，共 27 条" in second
    assert 'rel="next"' in first and 'rel="next"' not in second and "page=1" in second
    assert li.get(f"{address}page=99").get_data(as_text=True).count('id="instance-') == 2


def test_incidents_and_kept_messages_come_in_pages_of_their_own(house: House, visitor: WHO) -> None:
    for number in range(26):
        house.message("start_evaluation", f"PJ-2026-{number:04d}", variables={"tier": "A"})
    li = visitor("li")
    assert li.get("/processes").get_data(as_text=True).count("<details") == 25
    second = li.get("/processes?messages=2").get_data(as_text=True)
    assert second.count("<details") == 1 and "PJ-2026-0000" in second and "共 26 条" in second


def test_a_kept_message_is_shown_with_what_it_carries(house: House, visitor: WHO) -> None:
    house.message("start_evaluation", "PJ-2026-0001", variables={"tier": "A", "amount": 425000000})
    text = visitor("li").get("/processes").get_data(as_text=True)
    assert "start_evaluation" in text and "PJ-2026-0001" in text and "425,000,000" in text


def test_a_case_shows_waits_data_and_history_in_words(house: House, visitor: WHO) -> None:
    case = house.start("offer", client_name="宁夏光伏", amount=125000000, currency="CNY")
    house.complete("assess", "li", price="98", advice="go")
    text = visitor("li").get(f"/instances/{case}").get_data(as_text=True)
    assert "李雷 完成了“测算报价”" in text and "复核" in text and "宁夏光伏" in text
    assert "继续" in text  # the choice by its label
    state = visitor("li").get(f"/instances/{case}/state.json").json
    assert state is not None and state["active"] == ["check"] and "assess" in state["done"]


def test_cases_are_found_by_number(house: House, visitor: WHO) -> None:
    house.message("offer_asked", "PJ-2026-0042", variables={"client_name": "青海储能"})
    li = visitor("li")
    assert "青海储能" in li.get("/instances?q=pj-2026-0042").get_data(as_text=True)
    assert "没有找到业务" in li.get("/instances?q=PJ-2026-9999").get_data(as_text=True)


def test_only_owners_end_a_case_by_hand(house: House, visitor: WHO) -> None:
    case = house.start("offer")
    li, owen = visitor("li"), visitor("owen")
    li.get(f"/instances/{case}")
    assert li.post(f"/instances/{case}/cancel", {"reason": "x"}).status_code == 403
    owen.get(f"/instances/{case}")
    owen.post(f"/instances/{case}/cancel", {"reason": "重复登记"})
    assert house.state(case) == "cancelled"
    assert "手工终止" in owen.get(f"/instances/{case}").get_data(as_text=True)


@pytest.mark.parametrize("path", ["/processes/nothing", "/processes/offer/99", "/instances/1", "/clients/CL-2026-9999"])
def test_what_is_not_there_is_a_plain_404(visitor: WHO, path: str) -> None:
    answer = visitor("li").get(path)
    assert answer.status_code == 404 and "未找到" in answer.get_data(as_text=True)


def test_a_client_has_a_page_with_its_cases(house: House, visitor: WHO) -> None:
    intake.deploy(house)
    house.message("inquiry_received", "PJ-2026-0001", variables={**intake.INQUIRY, "source": "website"})
    li = visitor("li")
    assert intake.INQUIRY["client_name"] in li.get("/clients?q=盐池").get_data(as_text=True)
    text = li.get("/clients/PJ-2026-0001").get_data(as_text=True)
    assert "91640323MA76B1C2DY" in text and "客户引入" in text and "陈晓" in text


def test_codes_are_said_in_words_and_lists_of_a_case_stand_under_their_labels(house: House, visitor: WHO) -> None:
    intake.deploy(house)
    owners = [{"owner": "林海", "owned": "盐池光伏", "pct": "60", "control": "shares"}]
    case = house.message(
        "inquiry_received", "PJ-2026-0001", variables={**intake.INQUIRY, "source": "website", "ownership": owners}
    ).instance_id
    li = visitor("li")
    client = li.get("/clients/PJ-2026-0001").get_data(as_text=True)
    assert "新能源发电" in client and "renewable_power" not in client and "process:" not in client
    text = li.get(f"/instances/{case}").get_data(as_text=True)
    assert "股东或控制人" in text and "持股" in text and "owner: 林海" not in text
    task = house.task("ut_first_contact")
    why = visitor(str(task["assignee"])).get(f"/tasks/{task['id']}").get_data(as_text=True)
    assert re.search("(李雷|王芳)办理|轮到(李雷|王芳)|(李雷|王芳)当前", why)


def test_notices_are_counted_read_and_followed(house: House, visitor: WHO) -> None:
    house.start("offer")
    task = house.task("assess")["id"]
    with house.writing() as session:
        api.reassign(session, house.actor("hu"), task, "li", "请你办理")
    house.work()
    li = visitor("li")
    assert "1 条未读通知" in li.get("/inbox").get_data(as_text=True)
    page = li.get("/notifications").get_data(as_text=True)
    assert f"/tasks/{task}" in page
    li.post("/notifications/read")
    assert "条未读通知" not in li.get("/inbox").get_data(as_text=True)


def test_an_incident_is_told_in_the_language_of_the_page(house: House, visitor: WHO) -> None:
    house.message("never_awaited", "PJ-2026-0001")
    house.pass_time(days=31)
    li = visitor("li")
    assert "在保留期内无人接收" in li.get("/processes").get_data(as_text=True)
    li.post("/language", {"language": "en", "next": "/inbox"})
    assert "was awaited by nobody" in li.get("/processes").get_data(as_text=True)
