"""Comments on a case: who is told, who reads them, what stays of them."""

from __future__ import annotations

import pytest

from engine import api, queries
from engine.errors import Forbidden, InvalidInput, NotFound
from engine.store import tables as t
from tests.engine.diagrams import HEAD, flows, user_task
from tests.house import House

MODEL = (
    HEAD
    + '<process id="deal" name="项目" isExecutable="true"><startEvent id="start"/>'
    + user_task("assess", name="测算", assign="queue")
    + '<endEvent id="end"/>'
    + flows("start>assess", "assess>end")
    + "</process></definitions>"
)


def begun(house: House) -> tuple[int, int]:
    """A case with one task, which li has."""
    house.deploy("deal", deal_bpmn=MODEL)
    case = house.start("deal")
    task = int(house.task("assess", case)["id"])
    with house.writing() as session:
        api.claim(session, house.actor("li"), task)
    return case, task


def say(house: House, who: str, case: int, text: str, task: int | None = None) -> int:
    with house.writing() as session:
        return api.comment(session, house.actor(who), case, text, task)


def told(house: House) -> set[tuple[str, str, str]]:
    rows = house.rows(t.outbox, t.outbox.c.template.in_(["mentioned", "commented"]), t.outbox.c.channel == "in_app")
    return {(row["recipient"], row["template"], row["data"]["path"]) for row in rows}


def test_whom_a_comment_names_is_told_and_so_is_whoever_has_the_task(house: House) -> None:
    case, task = begun(house)
    say(house, "hu", case, "@王芳请看报价，@compliance 也请看；@lima 不是谁", task)
    assert told(house) == {
        ("wang", "mentioned", f"/tasks/{task}#talk"),
        ("chen", "mentioned", f"/instances/{case}#talk"),
        ("li", "commented", f"/tasks/{task}#talk"),
    }
    with house.looking() as session:
        [row] = queries.comments(session, case)
        assert queries.number_of_comments(session, [task]) == {task: 1}
    assert (row.by, row.mentions, row.task_name, row.withdrawn) == ("hu", ("chen", "wang"), "测算", False)


def test_only_its_author_takes_a_comment_back_and_the_audit_never_had_the_words(house: House) -> None:
    case, _ = begun(house)
    said = say(house, "li", case, "客户张三电话 138")
    with house.writing() as session, pytest.raises(Forbidden):
        api.withdraw_comment(session, house.actor("wang"), said)
    with house.writing() as session:
        api.withdraw_comment(session, house.actor("li"), said)
        assert [(row.text, row.withdrawn) for row in queries.comments(session, case)] == [("", True)]
    entries = house.rows(t.audit_entry, t.audit_entry.c.subject == f"instance:{case}")
    assert [row["action"] for row in entries][-2:] == ["commented", "comment_withdrawn"]
    assert "张三" not in str([row["data"] for row in entries])


def test_a_task_that_one_may_not_see_is_not_commented_on_and_empty_words_are_refused(house: House) -> None:
    case, task = begun(house)
    for who, text, where, fault in (
        ("chen", "看一下", task, Forbidden),
        ("li", "  ", task, InvalidInput),
        ("li", "字" * 4001, None, InvalidInput),
        ("li", "哪里", 4711, NotFound),
    ):
        with house.writing() as session, pytest.raises(fault):
            api.comment(session, house.actor(who), case, text, where)
    assert house.rows(t.comment) == []
