"""Comments, as Camunda hangs them on tasks: here they belong to the case, perhaps to one of its tasks."""

from __future__ import annotations

from typing import Any

from engine.queries.comments import CommentRow
from engine.queries.comments import comments as comments_of
from web.engine_rest import values
from web.scope import runtime


def of_case(db: Any, instance_id: int, task_id: int | None = None) -> list[dict[str, Any]]:
    """Comments of a case, or of one of its tasks; withdrawn ones are left out."""
    return [
        shown(row, instance_id)
        for row in comments_of(db, instance_id)
        if not row.withdrawn and (task_id is None or row.task_id == task_id)
    ]


def shown(row: CommentRow, instance_id: int) -> dict[str, Any]:
    """One comment."""
    return {
        "id": str(row.id),
        "userId": row.by,
        "taskId": None if row.task_id is None else str(row.task_id),
        "processInstanceId": str(instance_id),
        "time": values.moment(row.at, runtime().zone),
        "message": row.text,
        "removalTime": None,
        "rootProcessInstanceId": None,
    }
