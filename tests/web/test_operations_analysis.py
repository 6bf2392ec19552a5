"""Where cases pass and wait, which paths they take, and what would be if: pages over figures that are counted."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.queries import variants, whatif
from engine.statistics import keeping
from tests.house import House
from tests.web.conftest import Visitor
from tests.web.test_operations import MODEL, audited, start, text
from web.cli import run

WHO = Callable[[str], Visitor]


@pytest.fixture
def lived(house: House) -> House:
    """Six cases signed after five hours each, one refused, one moved by hand to its end, one that waits."""
    from engine import api

    house.deploy("price", price_bpmn=MODEL)
    for _ in range(6):
        case = start(house, margin=2)
        house.clock.move(hours=5)
        house.complete("sign", house.task("sign", case)["assignee"], case)
    start(house, margin=1)
    moved = start(house, margin=2)
    with house.writing() as session:
        api.move_token(session, house.actor("owen"), moved, "sign", "done", "已签")
    start(house, margin=2)
    keeping.keep_up(house.runtime)
    return house


def test_heat_shows_how_often_how_long_and_where_cases_wait(lived: House, visitor: WHO) -> None:
    owen = visitor("owen")
    counted = owen.get("/analysis/heat.json?process=price&days=all").json
    assert counted is not None and counted["heat"]["sign"] == {"level": 5, "text": "8"}
    assert 1 <= counted["heat"]["no"]["level"] < 5
    durations = owen.get("/analysis/heat.json?process=price&days=all&measure=duration").json
    assert durations is not None and durations["heat"]["sign"]["text"] == "5 小时"
    waiting = owen.get("/analysis/heat.json?process=price&days=all&measure=waiting").json
    assert waiting is not None and list(waiting["heat"]) == ["sign"] and waiting["heat"]["sign"]["text"].startswith("1")
    start(lived)  # no margin: nobody can say which way
    keeping.keep_up(lived.runtime)
    incidents = owen.get("/analysis/heat.json?process=price&days=all&measure=incidents").json
    assert incidents is not None and incidents["heat"] == {"gw": {"level": 5, "text": "1"}}
    page = text(owen.get("/analysis?process=price&days=all"))
    assert "瓶颈" in page and "签字" in page


def test_paths_are_told_with_their_share_and_what_was_done_beside_the_model(lived: House, visitor: WHO) -> None:
    with lived.looking() as session:
        found = variants.paths(session, "price")
    assert [[step.element for step in one.steps] for one in found.variants] == [["sign", "done"], ["no"], ["done"]]
    assert [one.cases for one in found.variants] == [6, 1, 1] and str(found.variants[0].share) == "0.7500"
    assert [(one.kind, one.cases) for one in found.deviations] == [("moved", 1)]
    assert "人工移动令牌" in text(visitor("owen").get("/analysis/paths?process=price&days=all"))


def test_a_plan_is_made_of_history_and_more_people_are_quicker(lived: House, visitor: WHO) -> None:
    with lived.looking() as session:
        drawn = whatif.from_history(session, "price")
    doing = drawn.plan.doings["sign"]
    assert doing.by == "rm" and drawn.plan.pools["rm"].people == 3
    assert drawn.plan.flows["f_yes"] == pytest.approx(8 / 9)
    owen = visitor("owen")
    assert "历史" in text(owen.get("/simulation?process=price"))
    form = {
        "process": "price", "cases": "300", "replications": "6", "first:between": "1.5", "second:between": "1.5",
        "first:mean:sign": "2", "second:mean:sign": "2", "first:people:rm": "1", "second:people:rm": "6",
        "due": "8", "first:cost:rm": "100", "second:cost:rm": "100",
    }  # fmt: skip
    page = text(owen.post("/simulation", form))
    assert "第二方案" in page and "text-success" in page
    heats = [json.loads(one)["heat"] for one in re.findall(r'id="heat-\d">(.+?)</script>', page)]
    assert "sign" in heats[0] and heats[1] == {}, "with six people nobody is waited for"
    for words in ("每笔业务成本", "超期业务"):
        figures = re.search(rf">[^<]*{words}[^<]*</th><td[^>]*>([^<]+)", page)
        assert figures is not None and "±" in figures[1], words


def test_the_command_runs_a_plan_from_a_file_beside_another(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEALFLOW_LANGUAGE", "en")
    (tmp_path / "price.bpmn").write_text(MODEL, encoding="utf-8")
    plan = {
        "process": "price.bpmn", "cases": 200, "replications": 3,
        "arrivals": {"between": {"kind": "exponential", "mean": 1}, "calendar": "default"},
        "staff": {"rm": {"people": 1, "calendar": "default", "cost": 300}},
        "elements": {"sign": {"hours": {"kind": "exponential", "mean": 0.9}, "by": "rm"}},
        "flows": {"f_yes": 1, "f_no": 0}, "against": {"staff": {"rm": {"people": 2}}},
    }  # fmt: skip
    (tmp_path / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
    assert run(["simulate", str(tmp_path / "plan.json"), "--out", str(tmp_path / "out.json")]) == 0
    told = capsys.readouterr().out
    found = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    assert found["instead"]["cycle"]["mean"] < found["now"]["cycle"]["mean"] and re.search(r"mean cycle", told)
    plan["arrivals"]["calendar"] = "nowhere"  # type: ignore[index]
    (tmp_path / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
    assert run(["simulate", str(tmp_path / "plan.json")]) == 3 and "arrivals" in capsys.readouterr().err


def test_the_health_page_says_what_waits(lived: House, visitor: WHO) -> None:
    owen = visitor("owen")
    assert "1</strong>已设定时" in text(owen.get("/operations")).replace("\n", "")
    assert "超期" in text(owen.get("/operations/timers"))
    for view in ("jobs?state=failed", "letters?state=waiting"):
        assert owen.get(f"/operations/{view}").status_code == 200
    assert audited(lived, "token_moved")["target"] == "done"
