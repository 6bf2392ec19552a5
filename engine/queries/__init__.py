"""Read models for pages and REST. Law: reads only, plain frozen values out; no row leaves here as a database object."""

from engine.faults import DeployFault
from engine.faults import last as last_faults
from engine.queries.cases import (
    HistoryRow,
    IncidentRow,
    InstanceDetail,
    InstanceRow,
    MessageRow,
    WaitRow,
    history,
    incidents,
    instance,
    instances,
    kept_messages,
)
from engine.queries.inbox import Counts, InboxPage, TaskDetail, TaskRow, counts, inbox, task
from engine.queries.library import DefinitionDetail, DefinitionRow, FormDetail, definition, definitions, form
from engine.queries.people import (
    NotificationRow,
    PersonRow,
    TeamRow,
    notifications,
    people,
    person,
    teams,
    unread_count,
)

__all__ = [
    "Counts",
    "DefinitionDetail",
    "DefinitionRow",
    "DeployFault",
    "FormDetail",
    "HistoryRow",
    "InboxPage",
    "IncidentRow",
    "InstanceDetail",
    "InstanceRow",
    "MessageRow",
    "NotificationRow",
    "PersonRow",
    "TaskDetail",
    "TaskRow",
    "TeamRow",
    "WaitRow",
    "counts",
    "definition",
    "definitions",
    "form",
    "history",
    "inbox",
    "incidents",
    "instance",
    "instances",
    "kept_messages",
    "last_faults",
    "notifications",
    "people",
    "person",
    "task",
    "teams",
    "unread_count",
]
