"""What needs a person is told in English and in Chinese, whatever it was that failed."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from engine import errors, queries
from engine.process import codec
from engine.process.waits import IncidentWait
from engine.registry import handles
from engine.store import tables as t
from tests.engine import diagrams as d
from tests.house import House
from tests.paths import ROOT

CHINESE = re.compile(r"[一-鿿]")


def told(house: House) -> tuple[str, str]:
    """The one open incident, in English and in Chinese."""
    with house.looking() as session:
        [row] = queries.incidents(session)
    return row.text, row.text_zh


def in_both(texts: tuple[str, str], *words: str) -> bool:
    english, chinese = texts
    return not CHINESE.search(english) and bool(CHINESE.search(chinese)) and all(word in english for word in words)


def choice(condition: str) -> str:
    return d.process(
        '<startEvent id="start"/><exclusiveGateway id="choose" name="金额够吗？"/><endEvent id="end"/>'
        + d.flows("start>choose")
        + '<sequenceFlow id="yes" sourceRef="choose" targetRef="end"><conditionExpression xsi:type="tFormalExpression">'
        + f"{condition}</conditionExpression></sequenceFlow>"
    )


def test_a_model_that_knows_no_way_says_so_in_both_languages(house: House) -> None:
    house.deploy(p_bpmn=choice("=amount &gt; 1"), **{"i18n/en.json": '{"choose": "Enough?"}'})
    case = house.start("p", amount=1)
    assert in_both(told(house), "default flow")
    with house.looking() as session:
        [row] = queries.incidents(session)
        assert (row.element_name, row.element_name_en) == ("金额够吗？", "Enough?")
        body = session.scalar(sa.select(t.instance.c.body).where(t.instance.c.id == case))
    [wait] = codec.decode(bytes(body)).open_waits()
    assert isinstance(wait, IncidentWait) and wait.message_zh == "没有任何流出顺序流的条件成立，且未设置默认流"


def test_a_failed_handler_says_so_in_both_languages(house: House) -> None:
    @handles("remote", attempts=1)
    def remote(ctx: Any) -> dict[str, object]:
        raise ConnectionError("registry is down")

    house.runtime.registry.add_functions(remote)
    house.deploy(p_bpmn=d.one_service("remote"))
    house.start("p")
    house.work()
    assert in_both(told(house), "registry is down")


def test_a_call_of_what_is_not_there_says_so_in_both_languages(house: House) -> None:
    body = '<startEvent id="start"/><callActivity id="call" calledElement="later"/><endEvent id="end"/>'
    house.deploy("called", later_bpmn=d.one_task().replace('process id="p"', 'process id="later"'))
    house.deploy(p_bpmn=d.process(body + d.flows("start>call", "call>end")))
    with house.writing() as session:
        session.execute(sa.update(t.definition).where(t.definition.c.key == "later").values(key="elsewhere"))
    house.start("p")
    assert told(house) == ("There is no process later.", "找不到流程 later。")


def test_a_message_that_nobody_awaits_says_so_in_both_languages(house: House) -> None:
    house.message("never_awaited", "CL-1")
    house.pass_time(days=31)
    assert in_both(told(house), "never_awaited", "CL-1")


def test_an_error_of_ours_or_of_others_is_told_in_both_languages() -> None:
    assert errors.both(errors.NotFound(what="task", id=5)) == ("There is no task 5.", "找不到任务 5。")
    assert errors.both(ConnectionError("down")) == ("ConnectionError: down", "程序出错（ConnectionError）：down")


def calls(name: str) -> Iterator[tuple[Path, ast.Call]]:
    for path in (ROOT / "engine").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == name:
                yield path, node


def test_everything_that_can_stop_a_token_has_its_chinese() -> None:
    found = list(calls("Stuck"))
    for path, call in found:
        starred = any(isinstance(one, ast.Starred) for one in call.args)
        chinese = ast.unparse(call.args[-1])
        assert starred or len(call.args) == 3, (path.name, ast.unparse(call))
        assert starred or chinese.startswith("zh") or CHINESE.search(chinese), (path.name, chinese)
    assert len(found) > 15


def test_what_a_thing_is_called_is_known_in_chinese_wherever_it_is_missed() -> None:
    for path, call in calls("NotFound"):
        given = {one.arg: one.value for one in call.keywords}
        what = given.get("what")
        if isinstance(what, ast.Constant) and "what_zh" not in given:
            assert what.value in errors.NotFound.THINGS, (path.name, what.value)
