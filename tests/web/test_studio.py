"""The studio's pages over a real engine: drafts, checks, what is foreseen, deployments in stages and by two people."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine import api, identity, registry, watcher
from engine.store import tables as t
from tests.house import PASSWORD, House
from tests.paths import ROOT
from tests.web.conftest import Visitor
from web import schemas
from web.studio.topics import CHINESE

WHO = Callable[[str], Visitor]
FILE = "/studio/offer/files/offer.bpmn"


def put(who: Visitor, path: str, text: str, version: int) -> Any:
    who.get("/studio/offer")
    headers = {"If-Match": f'"{version}"', "X-CSRFToken": who.token, "Accept": "application/json"}
    return who.client.put(path, data=text.encode(), headers=headers)


def diagram(who: Visitor) -> str:
    return who.get(FILE).get_data(as_text=True)


@pytest.fixture
def owen(visitor: WHO) -> Visitor:
    return visitor("owen")


def test_only_process_owners_open_the_studio(visitor: WHO, owen: Visitor) -> None:
    assert visitor("li").get("/studio").status_code == 403
    text = owen.get("/studio").get_data(as_text=True)
    assert "报价" in text and "offer" in text


def test_a_save_tells_what_stands_against_a_deployment_by_element(owen: Visitor) -> None:
    good = diagram(owen)
    broken = put(owen, FILE, good.replace('targetRef="check"', 'targetRef="gone"'), 0).json
    assert broken["changed"] == ["offer.bpmn"] and broken["faults"][0]["severity"] == "error"
    assert "gone" in broken["faults"][0]["text"]
    mended = put(owen, FILE, good.replace('name="复核"', 'name="双人复核"'), broken["version"]).json
    assert mended["faults"] == [] and "双人复核" in diagram(owen)
    as_it_runs = put(owen, FILE, good, mended["version"]).json
    assert as_it_runs["changed"] == []


def test_a_save_over_another_window_is_refused_and_the_last_one_can_be_taken_back(owen: Visitor) -> None:
    good = diagram(owen)
    first = put(owen, FILE, good.replace("复核", "甲"), 0).json
    assert put(owen, FILE, good.replace("复核", "乙"), 0).status_code == 409
    assert "甲" in diagram(owen)
    owen.post("/studio/offer/undo", {"version": first["version"]})
    assert "复核" in diagram(owen) and "甲" not in diagram(owen)


def test_what_another_deployed_in_between_is_not_overwritten(house: House, owen: Visitor) -> None:
    good = diagram(owen)
    mine = put(owen, FILE, good.replace("复核", "双人复核"), 0).json
    with house.writing() as session:
        files = api.export(session)["offer"]
        theirs = good.replace("测算报价", "测算价格").encode()
        api.deploy(session, house.actor("root"), "offer", {**files, "offer.bpmn": theirs}, "另一处修改")
    page = owen.get("/studio/offer").get_data(as_text=True)
    assert "自您开始编辑以来" in page and "keep:offer.bpmn" in page
    refused = owen.post("/studio/offer/deploy", {"note": "改名", "cases": "new"})
    assert refused.status_code == 409
    owen.post("/studio/offer/rebase", {"version": mine["version"], "keep:offer.bpmn": "theirs"})
    assert "测算价格" in diagram(owen) and "双人复核" not in diagram(owen)


def test_running_cases_are_foreseen_and_follow_in_a_batch(house: House, owen: Visitor) -> None:
    case = house.start("offer")
    put(owen, FILE, diagram(owen).replace("复核", "双人复核"), 0)
    text = owen.get("/studio/offer/foresee").get_data(as_text=True)
    assert "1 笔在途业务可以迁移" in text
    owen.get("/studio/offer/deploy")
    assert owen.post("/studio/offer/deploy", {"note": "", "cases": "all"}).status_code == 422
    assert owen.post("/studio/offer/deploy", {"note": "改名", "cases": "all"}).status_code == 302
    batch = re.search(r'<a class="alert-link" href="(/batches/\d+)">', owen.get("/studio/offer").get_data(as_text=True))
    assert batch is not None and owen.get(batch[1]).status_code == 200
    house.work()
    assert house.rows(t.instance, t.instance.c.id == case)[0]["definition_id"] == newest(house)
    owen.get("/studio/offer")
    first = min(row["id"] for row in house.rows(t.deployment))
    assert owen.post(f"/studio/offer/rollback/{first}", {"note": "退回", "cases": "new"}).status_code == 302
    assert "双人复核" not in diagram(owen) and len(house.rows(t.definition)) == 3


def test_the_cases_that_were_chosen_follow_and_the_others_stay(house: House, owen: Visitor) -> None:
    follows, stays = house.start("offer"), house.start("offer")
    put(owen, FILE, diagram(owen).replace("复核", "双人复核"), 0)
    owen.get("/studio/offer/deploy")
    assert owen.post("/studio/offer/deploy", {"note": "改名", "cases": "chosen"}).status_code == 422
    owen.post("/studio/offer/deploy", {"note": "改名", "cases": "chosen", "ids": str(follows)})
    house.work()
    versions = {row["id"]: row["definition_id"] for row in house.rows(t.instance)}
    assert versions[follows] == newest(house) != versions[stays]


def newest(house: House) -> int:
    return int(max(house.rows(t.definition), key=lambda row: row["version"])["id"])


def test_finished_cases_that_would_have_gone_another_way_are_counted(house: House, owen: Visitor) -> None:
    case = house.start("offer")
    values = {"assess": {"price": "120", "advice": "go"}, "check": {}}
    for element, person in (("assess", "li"), ("check", "hu")):
        [task] = [one for one in house.tasks() if one["element"] == element]
        with house.writing() as session:
            api.complete(session, house.actor(task["assignee"] or person), task["id"], values[element])
    assert house.state(case) == "completed"
    same = put(owen, FILE, diagram(owen).replace("复核", "双人复核"), 0).json
    assert "1 笔走向不变" in owen.get("/studio/offer/foresee").get_data(as_text=True)
    shorter = diagram(owen).replace('sourceRef="assess" targetRef="check"', 'sourceRef="assess" targetRef="end"')
    assert put(owen, FILE, shorter, same["version"]).status_code == 200
    text = owen.get("/studio/offer/foresee").get_data(as_text=True)
    assert "1 笔将走另一条路" in text and "而不是“双人复核”" in text


def test_a_process_that_says_so_is_deployed_by_two_people(house: House, owen: Visitor, visitor: WHO) -> None:
    with house.writing() as session:
        identity.add_member(session, "process_owner", "chen")
        identity.set_password(session, "chen", PASSWORD)
    end = "</camunda:properties></extensionElements><startEvent"
    rule = '<camunda:property name="deployment" value="second-person"/>'
    changed = diagram(owen).replace(end, rule + end, 1)
    assert put(owen, FILE, changed, 0).json["faults"] == []
    owen.get("/studio/offer/deploy")
    owen.post("/studio/offer/deploy", {"note": "双人部署", "cases": "new"})
    [asked] = house.rows(t.deployment_request)
    assert asked["state"] == "waiting" and len(house.rows(t.deployment)) == 1
    path = f"/studio/offer/requests/{asked['id']}"
    owen.get("/studio/offer")
    assert owen.post(path, {"answer": "approve"}).status_code == 403
    chen = visitor("chen")
    assert "双人部署" in chen.get("/studio/offer").get_data(as_text=True)
    assert chen.post(path, {"answer": "approve", "comment": "同意"}).status_code == 302
    assert house.rows(t.deployment_request)[0]["state"] == "deployed" and len(house.rows(t.deployment)) == 2


def test_a_deployment_writes_the_files_unless_they_were_changed_there(house: House, owen: Visitor) -> None:
    place = house.runtime.settings.bpmn_dir / "offer"
    place.parent.mkdir()
    put(owen, FILE, diagram(owen).replace("复核", "甲"), 0)
    owen.get("/studio/offer/deploy")
    owen.post("/studio/offer/deploy", {"note": "改名"})
    assert "甲" in (place / "offer.bpmn").read_text("utf-8")
    (place / "offer.bpmn").write_text("另有改动", "utf-8")
    put(owen, FILE, diagram(owen).replace("甲", "乙"), 0)
    owen.get("/studio/offer/deploy")
    owen.post("/studio/offer/deploy", {"note": "再改名"})
    assert (place / "offer.bpmn").read_text("utf-8") == "另有改动"
    assert "文件未写入" in owen.get("/studio/offer").get_data(as_text=True)


def test_a_start_does_not_push_out_what_was_deployed_here_with_older_files(
    house: House, owen: Visitor, tmp_path: Path
) -> None:
    with house.looking() as session:
        older = api.export(session)["offer"]
    put(owen, FILE, diagram(owen).replace("复核", "甲"), 0)
    owen.get("/studio/offer/deploy")
    owen.post("/studio/offer/deploy", {"note": "改名"})
    for name, content in older.items():
        (tmp_path / "old" / "offer" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "old" / "offer" / name).write_bytes(content)
    watcher.deploy_all(house.runtime, tmp_path / "old", api.SYSTEM, "start", keep_newer=True)
    assert len(house.rows(t.deployment)) == 2
    watcher.deploy_all(house.runtime, tmp_path / "old", api.SYSTEM, "by hand")
    assert len(house.rows(t.deployment)) == 3


def titles_of(page: Any) -> bool:
    """Whether forms stand there by their tasks."""
    return bool(re.search(r'\.form">[\u4e00-\u9fff]', page.get_data(as_text=True)))


@pytest.mark.parametrize("template", ["four_eyes", "one_task"])
def test_a_new_process_passes_every_check_and_its_scenario(house: House, owen: Visitor, template: str) -> None:
    owen.get("/studio/new")
    sent = {"template": template, "name": "担保审查", "name_en": "Guarantee review", "key": "guarantee_review"}
    assert owen.post("/studio/new", sent).status_code == 302
    assert owen.get("/studio/guarantee_review/check.json").json["faults"] == []  # type: ignore[index]
    assert titles_of(owen.get("/studio/guarantee_review")), "files are told by what they are for"
    played = owen.get("/studio/guarantee_review/scenarios/run.json").json
    assert played is not None and [one["passed"] for one in played["scenarios"]] == [True], played
    assert owen.post("/studio/guarantee_review/deploy", {"note": "新流程"}).status_code == 302
    assert house.rows(t.definition, t.definition.c.key == "guarantee_review")


def test_a_form_that_is_added_brings_its_english(owen: Visitor) -> None:
    owen.get("/studio/offer")
    sent = {"kind": "agree", "name": "second_look", "version": "0"}
    assert owen.post("/studio/offer/add", sent).status_code == 302
    form = json.loads(owen.get("/studio/offer/files/forms/second_look.form").get_data(as_text=True))
    english = json.loads(owen.get("/studio/offer/files/i18n/en.json").get_data(as_text=True))
    said = dict(schemas.spoken(form, english))
    assert said and set(said) <= set(english) and "assess" in english
    shown = schemas.shown(form, english, "en")
    assert not re.search("[\u4e00-\u9fff]", json.dumps(shown, ensure_ascii=False)), shown


def test_a_package_goes_out_as_a_zip_file_and_comes_in_again(owen: Visitor) -> None:
    answer = owen.client.get("/studio/offer/export.zip")
    names = zipfile.ZipFile(io.BytesIO(answer.data)).namelist()
    assert "offer/offer.bpmn" in names and "offer/i18n/en.json" in names
    owen.get("/studio/new")
    bad = {"file": (io.BytesIO(b"no zip"), "x.zip"), "csrf_token": owen.token}
    refused = owen.client.post("/studio/import", data=bad)
    assert refused.status_code == 422 and "x.zip" in refused.text
    sent = {"file": (io.BytesIO(answer.data), "offer.zip"), "key": "offer_again", "csrf_token": owen.token}
    assert owen.client.post("/studio/import", data=sent).status_code == 302
    assert owen.get("/studio/offer_again/files/offer.bpmn").status_code == 200


def test_a_scenario_is_clicked_through_step_by_step(owen: Visitor) -> None:
    owen.get("/studio/offer")

    def played(*steps: dict[str, Any]) -> dict[str, Any]:
        headers = {"X-CSRFToken": owen.token, "Accept": "application/json"}
        answer = owen.client.post("/studio/offer/play", data=json.dumps({"steps": steps}), headers=headers)
        found: dict[str, Any] = answer.json or {}
        return found

    start = {"start": "offer", "at": "start"}
    [first] = played(start)["instances"]
    assert first["waiting"][0]["element"] == "assess" and first["waiting"][0]["form"][0]["key"] == "price"
    done = {"complete": "assess", "variables": {"price": "120", "advice": "go"}}
    assert played(start, done)["tokens"] == {"offer": {"check": 1}}
    assert played(start, done, {"complete": "check"})["instances"][0]["state"] == "completed"
    assert "assess" in played(start, {"complete": "check"})["error"]


def test_texts_without_english_are_those_that_have_none(owen: Visitor) -> None:
    names = (owen.get("/studio/offer/names.json").json or {})["names"]
    assert names["assess"] == "测算报价" and {"f_advice", "advice"} & set(names) == {"f_advice"}
    form = json.loads((ROOT / "bpmn/client_intake/forms/inquiry.form").read_text("utf-8"))
    english = json.loads((ROOT / "bpmn/client_intake/i18n/en.json").read_text("utf-8"))
    said = dict(schemas.spoken(form, english))
    assert said["inquiry-client_name"] == "单位名称" and set(said) <= set(english)
    del english["inquiry-client_name"]
    assert "inquiry-client_name" in dict(schemas.spoken(form, english)), "one that has none stands under its id"


def test_what_a_handler_does_is_told_in_the_page_s_language(owen: Visitor) -> None:
    assert set(CHINESE) == set(registry.load(("handlers",)).topics)
    owen.post("/language", {"language": "en"})
    english = owen.get("/studio/offer/choices.json").json
    owen.post("/language", {"language": "zh"})
    chinese = owen.get("/studio/offer/choices.json").json
    assert english is not None and chinese is not None
    for shown, written in ((english, "Keep "), (chinese, "保存")):
        [topic] = [one for one in shown["topics"] if one["id"] == "alert.triage"]
        assert topic["says"].startswith(written)


def test_two_versions_are_told_in_words(owen: Visitor) -> None:
    changed = diagram(owen).replace('name="复核"', 'name="双人复核"').replace('value="P2D"', 'value="P3D"')
    put(owen, FILE, changed, 0)
    text = owen.get("/studio/offer/compare").get_data(as_text=True)
    assert "“复核” → “双人复核”" in text and "“P2D” → “P3D”" in text
    marks = owen.get("/studio/offer/marks.json?name=offer.bpmn&new=draft&old=" + deployed(owen)).json
    assert marks is not None and marks["marks"] == {"check": "changed", "assess": "changed"}


def deployed(owen: Visitor) -> str:
    import re

    found = re.search(r'<option value="(\d+)"', owen.get("/studio/offer/compare").get_data(as_text=True))
    assert found is not None
    return found[1]
