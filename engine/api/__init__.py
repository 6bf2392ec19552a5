"""The engine's verbs for outsiders. Law: pages, REST, command line and handlers enter here, and rights are held here.

Every verb takes the session of a unit of work first and the actor second; nothing here commits. What a verb refuses,
it refuses with an error of `engine.errors` that names the place.
"""

from engine.api.administration import (
    STRATEGIES,
    create_token,
    is_set_up,
    note,
    revoke_token,
    save_person,
    save_team,
    set_active,
    set_house,
    set_teams,
    set_up,
)
from engine.api.batches import cancel_batch, pause_batch, repeat_batch, resume_batch, start_batch
from engine.api.calendars import (
    drop_reminder_policy,
    reminder_example,
    reminder_policies,
    set_calendar,
    set_calendar_day,
    set_reminder_policy,
)
from engine.api.comments import attach, comment, mentioned, withdraw_comment
from engine.api.correlating import correlate
from engine.api.critical import KINDS, change, decide
from engine.api.delegating import delegate, give_back
from engine.api.entering import (
    begin_session,
    choose_password,
    end_session,
    enter_from_outside,
    invite,
    saw_session,
    sign_out_everywhere,
    teams_from_outside,
)
from engine.api.evaluating import evaluate_decision
from engine.api.external import (
    ExternalTask,
    Topic,
    bpmn_error_external,
    complete_external,
    extend_external,
    fail_external,
    fetch_and_lock,
    lock_external,
    require_program,
    set_priority_external,
    unlock_external,
)
from engine.api.handover import HandOver, hand_over, preview_hand_over
from engine.api.lists import drop_filter, end_feed, feed_holder, make_feed, save_filter
from engine.api.mending import retry, retry_job, set_retries
from engine.api.messages import Delivery, deliver_kept, publish_facts, raise_signal, send_message
from engine.api.pausing import go_on, pause
from engine.api.people import change_password, end_absence, read_all_notifications, read_notification, set_absence
from engine.api.processes import (
    cancel,
    check,
    check_folders,
    deploy,
    export,
    resume,
    set_variables,
    start,
    suspend,
)
from engine.api.restarting import Restarted, preview_restart, restart
from engine.api.resting import resume_process, suspend_process
from engine.api.steering import (
    Forecast,
    MigrationPreview,
    migrate_instance,
    move_token,
    preview_migration,
    preview_migrations,
    preview_token_move,
)
from engine.api.substitution import hand_to_substitute
from engine.api.surveying import Surveyed, survey
from engine.api.tasklocals import set_task_variables
from engine.api.tasks import (
    Completed,
    claim,
    complete,
    draft,
    fail_task,
    next_task,
    reassign,
    release,
    save_draft,
    set_due,
)
from engine.api.telling import replay, subscribe, subscriptions, unsubscribe
from engine.api.timing import fire_timer, move_timer
from engine.api.wiring import migrate, open_engine, require_schema, schema_is_current, steady
from engine.api.withdrawing import withdraw_deployment
from engine.bulk import each
from engine.definitions import Deployed
from engine.exact import read_json
from engine.execution import Runtime
from engine.idempotency import earlier_answer, keep_answer
from engine.identity import SYSTEM, Actor, actor, make_token, save_preferences, sign_in, token_holder
from engine.process.layout import arrange
from engine.rights import may
from engine.store import overtaken

__all__ = [
    "KINDS",
    "STRATEGIES",
    "SYSTEM",
    "Actor",
    "Completed",
    "Delivery",
    "Deployed",
    "ExternalTask",
    "Forecast",
    "HandOver",
    "MigrationPreview",
    "Restarted",
    "Runtime",
    "Surveyed",
    "Topic",
    "actor",
    "arrange",
    "attach",
    "begin_session",
    "bpmn_error_external",
    "cancel",
    "cancel_batch",
    "change",
    "change_password",
    "check",
    "check_folders",
    "choose_password",
    "claim",
    "comment",
    "complete",
    "complete_external",
    "correlate",
    "create_token",
    "decide",
    "delegate",
    "deliver_kept",
    "deploy",
    "draft",
    "drop_filter",
    "drop_reminder_policy",
    "each",
    "earlier_answer",
    "end_absence",
    "end_feed",
    "end_session",
    "enter_from_outside",
    "evaluate_decision",
    "export",
    "extend_external",
    "fail_external",
    "fail_task",
    "feed_holder",
    "fetch_and_lock",
    "fire_timer",
    "give_back",
    "go_on",
    "hand_over",
    "hand_to_substitute",
    "invite",
    "is_set_up",
    "keep_answer",
    "lock_external",
    "make_feed",
    "make_token",
    "may",
    "mentioned",
    "migrate",
    "migrate_instance",
    "move_timer",
    "move_token",
    "next_task",
    "note",
    "open_engine",
    "overtaken",
    "pause",
    "pause_batch",
    "preview_hand_over",
    "preview_migration",
    "preview_migrations",
    "preview_restart",
    "preview_token_move",
    "publish_facts",
    "raise_signal",
    "read_all_notifications",
    "read_json",
    "read_notification",
    "reassign",
    "release",
    "reminder_example",
    "reminder_policies",
    "repeat_batch",
    "replay",
    "require_program",
    "require_schema",
    "restart",
    "resume",
    "resume_batch",
    "resume_process",
    "retry",
    "retry_job",
    "revoke_token",
    "save_draft",
    "save_filter",
    "save_person",
    "save_preferences",
    "save_team",
    "saw_session",
    "schema_is_current",
    "send_message",
    "set_absence",
    "set_active",
    "set_calendar",
    "set_calendar_day",
    "set_due",
    "set_house",
    "set_priority_external",
    "set_reminder_policy",
    "set_retries",
    "set_task_variables",
    "set_teams",
    "set_up",
    "set_variables",
    "sign_in",
    "sign_out_everywhere",
    "start",
    "start_batch",
    "steady",
    "subscribe",
    "subscriptions",
    "survey",
    "suspend",
    "suspend_process",
    "teams_from_outside",
    "token_holder",
    "unlock_external",
    "unsubscribe",
    "withdraw_comment",
    "withdraw_deployment",
]
