"""The engine's tables, as SQLAlchemy Core. Law: rows are the truth; whatever is planned, owed or waited for is a row.

What their columns are made of stands in `engine.store.columns`. Ids come from `engine.ids`.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Index, Table, UniqueConstraint

from engine.store.columns import Document as Document
from engine.store.columns import Hash as Hash
from engine.store.columns import Id as Id
from engine.store.columns import Moment as Moment
from engine.store.columns import Name as Name
from engine.store.columns import Wait as Wait
from engine.store.columns import metadata as metadata
from engine.store.drafts import deployment_request as deployment_request
from engine.store.drafts import draft_step as draft_step
from engine.store.drafts import package_draft as package_draft
from engine.store.house import api_token as api_token
from engine.store.house import critical_change as critical_change
from engine.store.house import entry_link as entry_link
from engine.store.house import house_setting as house_setting
from engine.store.house import web_session as web_session
from engine.store.letters import delivery as delivery
from engine.store.letters import outbox as outbox
from engine.store.past import audit_entry as audit_entry
from engine.store.past import cleaned as cleaned
from engine.store.past import decision_log as decision_log
from engine.store.past import history as history
from engine.store.past import seal as seal
from engine.store.people import absence as absence
from engine.store.people import calendar as calendar
from engine.store.people import calendar_day as calendar_day
from engine.store.people import digest_line as digest_line
from engine.store.people import membership as membership
from engine.store.people import notification as notification
from engine.store.people import person as person
from engine.store.people import reminder as reminder
from engine.store.people import reminder_policy as reminder_policy
from engine.store.people import team as team
from engine.store.talk import comment as comment

# ── models: what runs ──────────────────────────────────────────────────────────────────────────────────────────

deployment = Table(
    "deployment",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    Column("by", Name, nullable=False),
    Column("folder", Name, nullable=False),
    Column("note", sa.Text, nullable=False, default=""),
    Column("withdrawn_at", Moment),
)

resource = Table(
    "resource",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("deployment_id", Id, ForeignKey("deployment.id"), nullable=False),
    Column("name", Name, nullable=False),
    Column("kind", sa.String(20), nullable=False),  # bpmn | dmn | form | i18n | scenario | readme
    Column("sha256", sa.String(64), nullable=False),
    Column("content", sa.LargeBinary, nullable=False),
    UniqueConstraint("deployment_id", "name"),
)

definition = Table(
    "definition",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("key", Name, nullable=False),
    Column("version", sa.Integer, nullable=False),
    Column("name", Name, nullable=False),
    Column("deployment_id", Id, ForeignKey("deployment.id"), nullable=False),
    Column("resource_id", Id, ForeignKey("resource.id"), nullable=False),
    Column("kernel", sa.String(20), nullable=False, default="native"),
    Column("deployed_at", Moment, nullable=False),
    Column("suspended", sa.Boolean, nullable=False, default=False),
    UniqueConstraint("key", "version"),
)

decision = Table(
    "decision",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("key", Name, nullable=False),
    Column("version", sa.Integer, nullable=False),
    Column("name", Name, nullable=False),
    Column("deployment_id", Id, ForeignKey("deployment.id"), nullable=False),
    Column("resource_id", Id, ForeignKey("resource.id"), nullable=False),
    UniqueConstraint("key", "version"),
)

form = Table(
    "form",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("key", Name, nullable=False),
    Column("version", sa.Integer, nullable=False),
    Column("deployment_id", Id, ForeignKey("deployment.id"), nullable=False),
    Column("resource_id", Id, ForeignKey("resource.id"), nullable=False),
    UniqueConstraint("key", "version"),
)

refused = Table(
    "refused",
    metadata,
    Column("folder", Name, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("faults", Document, nullable=False),
)

# ── instances and what they wait for ───────────────────────────────────────────────────────────────────────────

instance = Table(
    "instance",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("definition_id", Id, ForeignKey("definition.id"), nullable=False),
    Column("key", Name, nullable=False),  # of the process
    Column("business_key", Name),
    Column("state", sa.String(20), nullable=False),  # active|completed|terminated|cancelled|failed|suspended
    Column("version", sa.Integer, nullable=False),  # of the row: checked on write
    Column("body", sa.LargeBinary, nullable=False),  # the kernel's state
    Column("facts", Document),  # business facts: what lists show and people search by
    Column("parent_id", Id),
    Column("parent_wait", Wait),
    Column("root_id", Id, nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("started_by", Name),
    Column("ended_at", Moment),
    Column("end_error", Name),
    Column("chain", Hash),  # of the last history row
    Column("restarted_from", Id),  # the ended instance whose work this one goes on with
    Index(None, "key", "state"),
    Index(None, "business_key"),
    Index(None, "parent_id"),
    Index(None, "root_id"),
)

instance_part = Table(
    "instance_part",
    metadata,
    Column("instance_id", Id, ForeignKey("instance.id"), primary_key=True),
    Column("part", sa.Integer, primary_key=True, autoincrement=False),
    Column("body", sa.LargeBinary, nullable=False),  # some iterations of a large body, as the kernel keeps them
)

user_task = Table(
    "user_task",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("instance_id", Id, ForeignKey("instance.id"), nullable=False),
    Column("wait", Wait, nullable=False),
    Column("definition_id", Id, ForeignKey("definition.id"), nullable=False),
    Column("process_key", Name, nullable=False),
    Column("business_key", Name),
    Column("element", Name, nullable=False),
    Column("name", Name, nullable=False),
    Column("state", sa.String(20), nullable=False),  # open | completed | cancelled
    Column("assignee", Name),
    Column("owner", Name),  # for whom a substitute acts
    Column("team", Name),  # the group whose queue it stands in
    Column("priority", sa.Integer, nullable=False, default=50),
    Column("created_at", Moment, nullable=False),
    Column("claimed_at", Moment),
    Column("due_at", Moment),
    Column("follow_up_at", Moment),
    Column("completed_at", Moment),
    Column("completed_by", Name),
    Column("form_key", Name),
    Column("properties", Document),
    Column("locals", Document),
    Column("facts", Document),
    Column("search", sa.Text, nullable=False, default=""),  # lower-case text of name, key and facts
    Column("why", Document),  # why this person: {"rule":…, "en":…, "zh":…, "candidates":[…]}
    Column("entered", Document),  # what was entered on completion
    Column("waiting_since", Moment),  # set while the clock is paused (waiting for the client)
    Column("waiting_for", Name),  # the message whose arrival ends the pause; empty: a person ends it
    Column("points", sa.Integer, nullable=False, default=1, server_default="1"),  # weight in its holder's load
    UniqueConstraint("instance_id", "wait"),
    Index(None, "assignee", "state", "due_at"),
    Index(None, "team", "state", "assignee", "due_at"),
    Index(None, "state", "due_at"),
    Index(
        None,
        "completed_by",
        "completed_at",
        sqlite_where=sa.text("completed_by IS NOT NULL"),
        postgresql_where=sa.text("completed_by IS NOT NULL"),
    ),
    Index(
        None,
        "waiting_for",
        sqlite_where=sa.text("waiting_for IS NOT NULL"),
        postgresql_where=sa.text("waiting_for IS NOT NULL"),
    ),
)

candidate = Table(
    "candidate",
    metadata,
    Column("task_id", Id, ForeignKey("user_task.id"), primary_key=True),
    Column("kind", sa.String(10), primary_key=True),  # person | team
    Column("name", Name, primary_key=True),
    Index(None, "kind", "name", "task_id"),
)

task_draft = Table(
    "task_draft",
    metadata,
    Column("task_id", Id, ForeignKey("user_task.id"), primary_key=True),
    Column("data", Document, nullable=False),
    Column("saved_at", Moment, nullable=False),
    Column("saved_by", Name, nullable=False),
)

timer = Table(
    "timer",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("instance_id", Id, ForeignKey("instance.id")),
    Column("wait", Wait),
    Column("definition_id", Id, ForeignKey("definition.id")),  # of a timer start event
    Column("number", sa.Integer),  # which of the start event's definitions
    Column("element", Name, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("attempts", sa.Integer, nullable=False, default=0),
    Column("last_error", sa.Text),
    Column("shard", sa.SmallInteger, nullable=False, server_default="0"),  # engine.shards
    Index(None, "due_at", "id"),
    Index(None, "shard", "due_at", "id"),
    Index(None, "instance_id", "wait"),
)

subscription = Table(
    "subscription",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("kind", sa.String(10), nullable=False),  # message | signal | condition (of a start event)
    Column("name", Name, nullable=False),
    Column("instance_id", Id, ForeignKey("instance.id")),
    Column("wait", Wait),
    Column("definition_id", Id, ForeignKey("definition.id")),  # of a message or signal start event
    Column("process_key", Name),
    Column("element", Name, nullable=False),
    Column("business_key", Name),
    Column("correlation", Document),
    Index(None, "kind", "name", "business_key"),
    Index(None, "instance_id", "wait"),
)

start_trigger = Table(  # has come to an event that begins an instance once all of its triggers have
    "start_trigger",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("process_key", Name, nullable=False),
    Column("element", Name, nullable=False),
    Column("kind", sa.String(20), nullable=False),  # message | signal | timer | conditional
    Column("name", sa.Text, nullable=False),
    Column("business_key", Name),
    Column("variables", Document, nullable=False),
    Column("came_at", Moment, nullable=False),
    Index(None, "process_key", "element"),
)

job = Table(
    "job",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("instance_id", Id, ForeignKey("instance.id"), nullable=False),
    Column("wait", Wait, nullable=False),
    Column("element", Name, nullable=False),
    Column("kind", sa.String(10), nullable=False),  # topic | script | decision | external | call | async
    Column("topic", Name, nullable=False),
    Column("state", sa.String(10), nullable=False),  # ready | leased | failed
    Column("due_at", Moment, nullable=False),
    Column("priority", sa.Integer, nullable=False, default=50),
    Column("attempts", sa.Integer, nullable=False, default=0),
    Column("max_attempts", sa.Integer, nullable=False),
    Column("retry", Name),
    Column("payload", Document, nullable=False),
    Column("lease_by", Name),
    Column("lease_until", Moment),
    Column("fence", sa.Integer, nullable=False, default=0),
    Column("last_error", sa.Text),
    Column("shard", sa.SmallInteger, nullable=False, server_default="0"),  # engine.shards
    Column("exclusive", sa.Boolean, nullable=False, server_default=sa.true()),  # not beside another of its instance
    UniqueConstraint("instance_id", "wait"),
    Index(None, "state", "due_at"),
    Index("ix_job_state_priority_due_at_id", "state", sa.text("priority DESC"), "due_at", "id"),  # as they are claimed
    Index(None, "shard", "state", "due_at"),
)

call = Table(
    "call",
    metadata,
    Column("instance_id", Id, ForeignKey("instance.id"), primary_key=True),
    Column("wait", Wait, primary_key=True),
    Column("child_id", Id, ForeignKey("instance.id"), nullable=False),
    Index(None, "child_id"),
)

message = Table(
    "message",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("name", Name, nullable=False),
    Column("business_key", Name),
    Column("correlation", Document),
    Column("variables", Document),
    Column("message_id", Name, unique=True),
    Column("received_at", Moment, nullable=False),
    Column("expires_at", Moment),
    Column("state", sa.String(10), nullable=False),  # kept | delivered | expired
    Column("source", Name),
    Column("instance_id", Id),  # to which it was delivered, or which it started
    Index(None, "state", "name", "business_key"),
    Index(None, "state", "expires_at"),
)

incident = Table(
    "incident",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("instance_id", Id, ForeignKey("instance.id")),
    Column("wait", Wait),
    Column("job_id", Id),
    Column("element", Name, nullable=False),
    Column("kind", sa.String(20), nullable=False),  # model | job | message | timer
    Column("code", Name, nullable=False),
    Column("text", sa.Text, nullable=False),  # English
    Column("text_zh", sa.Text, nullable=False, server_default=""),
    Column("stack", sa.Text),
    Column("at", Moment, nullable=False),
    Column("resolved_at", Moment),
    Column("resolved_by", Name),
    Index(None, "resolved_at", "at"),
    Index(None, "at"),
    Index(None, "instance_id"),
)

# ── one action over many instances ─────────────────────────────────────────────────────────────────────────────

batch = Table(
    "batch",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("kind", sa.String(20), nullable=False),  # engine.batches says which
    Column("criteria", Document, nullable=False),  # what was asked for, as it was asked
    Column("parameters", Document, nullable=False),
    Column("state", sa.String(10), nullable=False),  # running | paused | cancelled | finished
    Column("total", sa.Integer, nullable=False),
    Column("started_by", Name, nullable=False),
    Column("why", sa.Text, nullable=False, default=""),
    Column("created_at", Moment, nullable=False),
    Column("finished_at", Moment),
    Index(None, "state", "created_at"),
)

batch_item = Table(
    "batch_item",
    metadata,
    Column("batch_id", Id, ForeignKey("batch.id"), primary_key=True),
    Column("subject_id", Id, primary_key=True),  # the instance or job that it is about
    Column("instance_id", Id, nullable=False),
    Column("state", sa.String(10), nullable=False),  # waiting | done | failed | dropped
    Column("at", Moment),
    Column("code", Name),
    Column("text", sa.Text, nullable=False, server_default=""),  # English
    Column("text_zh", sa.Text, nullable=False, server_default=""),
    Column("result", Document),
    Index(None, "batch_id", "state", "subject_id"),
    Index(None, "instance_id"),
)

# ── an act once, and one hand at a time ────────────────────────────────────────────────────────────────────────

idempotency = Table(
    "idempotency",
    metadata,
    Column("key", Name, primary_key=True),
    Column("fingerprint", sa.String(64), nullable=False),
    Column("at", Moment, nullable=False),
    Column("status", sa.Integer, nullable=False),
    Column("answer", Document, nullable=False),
)

lease = Table(
    "lease",
    metadata,
    Column("name", Name, primary_key=True),
    Column("holder", Name, nullable=False),
    Column("until", Moment, nullable=False),
)
