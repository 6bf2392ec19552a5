"""The task page with a talk, files and decisions beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine import api
from engine.store import tables as t
from handlers import case_files

if TYPE_CHECKING:
    from tests.browser.gallery import Gallery

PAPER = b"%PDF-1.7\n1 0 obj <<>> endobj\n%%EOF\n"


def furnish(shown: Gallery) -> dict[str, str]:
    """A task about which three people have talked, with a file; what its rules decided stands open by itself."""
    house, task = shown.house, shown.tasks["initial_review"]
    case = int(house.rows(t.user_task, t.user_task.c.id == task)[0]["instance_id"])
    with house.writing() as session:
        api.comment(session, house.actor("li"), case, "客户补充了用地预审意见，@zhao 请看第二页。")
        case_files.take(
            session, house.actor("sun"), case, "用地预审意见.pdf", PAPER, house.clock(), text="原件已核对。"
        )
        api.withdraw_comment(session, house.actor("li"), api.comment(session, house.actor("li"), case, "写错了"))
    house.work()
    return {"task-talk": f"/tasks/{task}", "task-decided": f"/tasks/{task}/decided", "task-known": f"/tasks/{task}/known"}
