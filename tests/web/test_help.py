"""Help beside the form and on its own page: tips with votes, what a team does, the tours."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from engine import identity
from handlers import tips
from handlers.records import tables as book
from tests.engine.diagrams import HEAD, flows, user_task
from tests.house import House
from tests.paths import ROOT
from tests.web.conftest import Visitor
from tests.web.test_tasks import open_task

WHO = Callable[[str], Visitor]
TIP = {
    "title_zh": "先看电价",
    "text_zh": "电价未定时，先给区间。",
    "title_en": "Tariff first",
    "text_en": "Give a range.",
}


def test_a_tip_of_a_process_owner_stands_beside_its_form_and_counts_one_vote_a_person(
    house: House, visitor: WHO
) -> None:
    task, owen, li = open_task(house), visitor("owen"), visitor("li")
    owen.get("/tips/new")
    assert owen.post("/tips", {**TIP, "step": "offer:assess"}).status_code == 302
    [tip] = house.rows(book.tip)
    page = li.get(f"/tasks/{task}").get_data(as_text=True)
    assert "先看电价" in page and "电价未定时，先给区间" in page  # punctuation stays Chinese
    for useful in ("no", "yes"):
        li.post(f"/tips/{tip['id']}/vote", {"useful": useful}, headers={"HX-Request": "true"})
    with house.looking() as session:
        [one] = tips.of(session, "li", "offer", "assess")
    assert (one.useful, one.not_useful, one.vote) == (1, 0, True)
    owen.post(f"/tips/{tip['id']}/retire", {})
    assert "先看电价" not in li.get(f"/tasks/{task}").get_data(as_text=True)


def test_only_who_looks_after_processes_or_clients_writes_tips(house: House, visitor: WHO) -> None:
    li = visitor("li")
    li.get("/tips")
    assert li.post("/tips", {**TIP, "step": "offer:assess"}).status_code == 403
    assert li.get("/tips/new").status_code == 403  # nor is the form offered in vain
    with house.writing() as session:
        identity.add_team(session, "crm_specialist", "客户关系专员", "CRM specialists", None)
        identity.add_member(session, "crm_specialist", "wang")
    wang = visitor("wang")
    wang.get("/tips/new")
    faulty = wang.post("/tips", {**TIP, "step": "offer:assess", "text_zh": ""})
    assert faulty.status_code == 422 and "先看电价" in faulty.get_data(as_text=True)
    assert wang.post("/tips", {**TIP, "step": "offer:"}).status_code == 302
    assert "整个流程" in li.get("/tips").get_data(as_text=True)


def test_help_tells_each_team_what_the_diagrams_give_it_to_do(house: House, visitor: WHO) -> None:
    text = visitor("li").get("/help").get_data(as_text=True)
    assert "先看现金流，再定价格。" in text and "偿债备付率" in text and "DSCR" in text
    other = visitor("li").get("/help?team=compliance").get_data(as_text=True)
    assert "先看现金流" not in other


LEARNING = (
    HEAD
    + '<process id="user_onboarding" name="新用户培训" isExecutable="true"><startEvent id="start"/>'
    + user_task("lesson", "rm", name="学习课程")
    + '<endEvent id="end"/>'
    + flows("start>lesson", "lesson>end")
    + "</process></definitions>"
)


def test_the_tour_is_offered_once_and_begins_by_itself_for_who_is_being_trained(house: House, visitor: WHO) -> None:
    li = visitor("li")
    first = li.get("/inbox").get_data(as_text=True)
    assert "data-tour-start" in first and "data-starts" not in first
    house.deploy("learning", learning_bpmn=LEARNING)
    house.start("user_onboarding")
    pupil = str(house.task("lesson")["assignee"])
    new = visitor(pupil)
    assert "data-starts" in new.get("/inbox").get_data(as_text=True)
    li.post("/help/tours/inbox", {})
    assert 'id="tour"' not in li.get("/inbox").get_data(as_text=True)
    assert "data-starts" in li.get("/inbox?tour=inbox").get_data(as_text=True)
    assert li.post("/help/tours/nowhere", {}).status_code == 422


@pytest.mark.parametrize("file", ["web/help/words.json", "handlers/demonstration/tips.json"])
def test_what_help_says_stands_in_both_languages(file: str) -> None:
    said = json.loads((Path(ROOT) / file).read_text(encoding="utf-8"))
    rows = (
        said if isinstance(said, list) else [*said["words"], *(one for tour in said["tours"].values() for one in tour)]
    )
    assert rows and all(all(str(value).strip() for value in row.values()) for row in rows)


def test_the_shipped_tips_are_of_steps_that_there_are() -> None:
    shipped = json.loads((ROOT / "handlers/demonstration/tips.json").read_text(encoding="utf-8"))
    for one in shipped:
        diagram = (ROOT / "bpmn" / one["process"] / f"{one['process']}.bpmn").read_text(encoding="utf-8")
        assert f'<userTask id="{one["element"]}"' in diagram, one
