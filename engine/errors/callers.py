"""Errors of the person or program that asked: bad input, no right, too late."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import ClassVar

from engine.errors.root import DealflowError, Fault


class CallerError(DealflowError):
    """The request cannot be carried out as it stands."""

    en = "The request cannot be carried out."
    zh = "无法执行该请求。"


class InvalidInput(CallerError):
    """A value is missing or of the wrong kind. Fields: place, reason, reason_zh."""

    en = "{place}: {reason}"
    zh = "{place}：{reason_zh}"


class FormInvalid(CallerError):
    """A form's values break its rules. Field `errors`: field key -> list of (code, parameters)."""

    en = "Some fields need another look: {places}"
    zh = "有字段需要更正：{places}"

    def __init__(self, errors: Mapping[str, Sequence[object]], **fields: object) -> None:
        self.errors = errors
        super().__init__(places=", ".join(errors), **fields)


class NotFound(CallerError):
    """Nothing of that kind has that id. Fields: what (one of THINGS, else with what_zh), id."""

    THINGS: ClassVar[Mapping[str, str]] = {
        "KYC case": "尽职调查记录",
        "absence": "休假记录",
        "batch": "批量操作",
        "calendar": "日历订阅",
        "change": "待复核的变更",
        "client": "客户",
        "decision": "决策",
        "definition": "流程定义",
        "deployment": "部署",
        "document": "文件",
        "element": "元素",
        "external task": "外部任务",
        "file": "文件",
        "filter": "筛选",
        "form": "表单",
        "incident": "异常",
        "instance": "流程实例",
        "job": "作业",
        "link": "链接",
        "merge": "合并记录",
        "person": "人员",
        "process": "流程",
        "project": "项目",
        "start event": "开始事件",
        "statement": "财务报表",
        "task": "任务",
        "token": "令牌",
        "webhook": "事件推送",
    }
    """What can be missed, with its Chinese name."""

    en = "There is no {what} {id}."
    zh = "找不到{what_zh} {id}。"

    def __init__(self, **fields: object) -> None:
        what = str(fields.get("what"))
        super().__init__(**{"what_zh": self.THINGS.get(what, what), **fields})


class Forbidden(CallerError):
    """The person has no right to do this. Fields: reason, reason_zh."""

    en = "Not allowed: {reason}"
    zh = "无权操作：{reason_zh}"


class FourEyes(Forbidden):
    """The same person may not do both. Fields: person, other (the earlier task's name)."""

    en = "{person} already did “{other}”: a second person must do this."
    zh = "{person} 已办理“{other}”，本任务须由另一人办理。"


class SignInRefused(CallerError):
    """Name and password do not fit, or the name is locked for a while. Field: locked_until (moment or None): for who is
    known to be that person alone. The words are the same whatever the reason, so that nobody learns who exists.

    The failed try is counted: this error does not undo its unit of work.
    """

    commits = True
    en = "Name or password is wrong, or the name is locked: after five wrong passwords it is for 15 minutes."
    zh = "用户名或密码不正确，或该账号已锁定：连续输错五次将锁定 15 分钟。"


class MigrationRefused(CallerError):
    """An instance cannot be carried over to another version; `faults` name each element and the reason."""

    en = "It cannot be carried over: {first}"
    zh = "无法迁移：{first_zh}"

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__(
            first=" ".join(fault.text("en") for fault in self.faults),
            first_zh="".join(fault.text("zh") for fault in self.faults),
        )


class DefinitionsMissing(CallerError):
    """What is to be brought in runs processes that are not here with the same content. Field: names."""

    en = "These processes are not here with the same content: {names}. Deploy their packages first."
    zh = "以下流程在此处没有内容相同的版本：{names_zh}。请先部署对应的流程包。"


class ProcessSuspended(CallerError):
    """Nothing is started of this version until it is resumed. Fields: name, version."""

    en = "“{name}” (version {version}) is suspended: nothing is started until a process owner resumes it."
    zh = "“{name}”（版本 {version}）已挂起：恢复之前不会启动新实例。"


class StillRunning(CallerError):
    """A version cannot be withdrawn while cases run in it. Fields: key, version, id (of the version), count."""

    en = "“{key}” (version {version}) cannot be withdrawn: {count} cases run in it."
    zh = "“{key}”（版本 {version}）无法撤回：其下有 {count} 个运行中的流程实例。"


class LockLost(CallerError):
    """A program reports on work that it does not hold (any more). Fields: task, worker, by."""

    en = "Work {task} is not locked by “{worker}” (locked by: {by}): nothing was changed."
    zh = "任务 {task} 未被“{worker}”锁定（当前锁定者：{by}），未作任何更改。"


class AlreadyHandled(CallerError):
    """Somebody or something was faster; nothing happened twice.

    Fields: what, by (sign-in name), at (moment); by_name and at_local say the same to people, and follow from them
    when they are not given.
    """

    en = "“{what}” was already handled by {by_name} at {at_local}."
    zh = "“{what}”已由 {by_name} 于 {at_local} 办理。"

    def __init__(self, **fields: object) -> None:
        at = fields.get("at")
        shown = f"{at:%Y-%m-%d %H:%M}" if isinstance(at, datetime) else at
        super().__init__(**{"by_name": fields.get("by"), "at_local": shown, **fields})


class DraftChanged(CallerError):
    """A draft was saved in between, in another window. Fields: folder, at."""

    en = "This draft was saved in another window at {at}. Load it again; nothing was overwritten."
    zh = "该草稿已于 {at} 在其他窗口保存。请重新载入；没有内容被覆盖。"


class DraftStale(CallerError):
    """Something else was deployed since a draft began. Field: folder."""

    en = "Another version of {folder} was deployed since this draft began. Bring the two together first."
    zh = "自该草稿开始以来，{folder} 已部署了其他版本。请先合并两者的修改。"


class AlreadyClaimed(AlreadyHandled):
    """Somebody else took the task from the queue. Fields as above."""

    en = "“{what}” was taken by {by_name} at {at_local}."
    zh = "“{what}”已由 {by_name} 于 {at_local} 领取。"


class Unreadable(CallerError):
    """What was sent cannot be read at all: no JSON, a header that is no header. Fields: place, reason, reason_zh."""

    en = "{place}: {reason}"
    zh = "{place}：{reason_zh}"


class PreconditionFailed(CallerError):
    """What was read has changed before it was written. Field: what."""

    en = "{what} has changed since it was read: read it again."
    zh = "{what} 在读取之后已被更改，请重新读取。"


class DuplicateKey(CallerError):
    """An idempotency key came again with other content. Field: key."""

    en = "The idempotency key “{key}” was used before for a request with other content; take a new key."
    zh = "幂等键“{key}”已用于内容不同的另一请求，请换用新键。"


class DocumentTooLarge(CallerError):
    """A file is larger than the installation takes. Fields: name, size, most (bytes)."""

    en = "“{name}” has {size} bytes; at most {most} are taken."
    zh = "“{name}”大小为 {size} 字节，超过上限 {most} 字节。"


class KeyInUse(CallerError):
    """The request that came first with an idempotency key is still at work. Field: key."""

    en = "The first request with the idempotency key “{key}” is still at work; ask again in a moment."
    zh = "使用幂等键“{key}”的首个请求仍在处理，请稍后重试。"


class AmbiguousMessage(CallerError):
    """Two waits match one message: an error, never a random choice. Fields: name, count."""

    en = "The message “{name}” matches {count} waiting places; add a correlation key that tells them apart."
    zh = "消息“{name}”匹配到 {count} 个等待点，请补充能区分它们的关联键。"


class NotAwaited(CallerError):
    """Nobody waits for a message that is to reach somebody now. Field: name."""

    en = "Nobody waits for the message “{name}”, and no process is started by it."
    zh = "没有实例等待消息“{name}”，也没有流程由它启动。"


class ScenarioWrong(CallerError):
    """A scenario cannot be played as written. Fields: step (from 1; 0: its head), reason, reason_zh."""

    en = "Scenario step {step}: {reason}"
    zh = "场景第 {step} 步：{reason_zh}"


class WaitClosed(CallerError):
    """A trigger names a wait that is not open any more. Field: wait."""

    en = "What this answers (wait {wait}) is no longer open."
    zh = "该等待点（{wait}）已关闭。"
