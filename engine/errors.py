"""Every error of the engine, named by whose fault it is. Law: no HTTP here; the web chooses a status by class.

    DealflowError
    ├── CallerError        the person or program that asked: bad input, no right, too late
    ├── ModelError         the process owner: a diagram, a table, a form, an expression
    ├── HandlerError       the author of a handler
    ├── OperatorError      the house: settings, database, disk, mail server
    └── InternalError      us: a state that must not be

Each class carries its message in English (`en`) and Chinese (`zh`), as format strings over its keyword fields.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal


class DealflowError(Exception):
    """Root of the tree. `str(error)` is English; `error.text("zh")` is Chinese; `error.fields` are the facts."""

    commits: ClassVar[bool] = False
    """What was written before it is kept: the unit of work is committed, then the error is told."""
    en: ClassVar[str] = "Something went wrong."
    zh: ClassVar[str] = "出错了。"

    def __init__(self, **fields: object) -> None:
        self.fields: Mapping[str, object] = fields
        super().__init__(self.text("en"))

    @property
    def code(self) -> str:
        """A stable name for programs."""
        return type(self).__name__

    def text(self, language: str) -> str:
        """The message in `zh` (any tag that begins so) or English."""
        template = self.zh if language.startswith("zh") else self.en
        return template.format_map(_Fields(self.fields))


def both(error: BaseException) -> tuple[str, str]:
    """What an error says, in English and in Chinese; of one that is not ours, its kind and its own words."""
    if isinstance(error, DealflowError):
        return error.text("en"), error.text("zh")
    kind = type(error).__name__
    return f"{kind}: {error}", f"程序出错（{kind}）：{error}"


class _Fields(dict[str, object]):
    def __missing__(self, key: str) -> object:
        """A Chinese fact that nobody gave is told in English."""
        return self.get(key.removesuffix("_zh"), "?")


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong in a model: where, which rule, and the way out, in both languages."""

    rule: str
    element: str | None
    line: int | None
    en: str
    zh: str
    hint_en: str = ""
    hint_zh: str = ""
    severity: Literal["error", "warning"] = "error"
    file: str = ""

    def text(self, language: str) -> str:
        """Message and hint in one line."""
        chinese = language.startswith("zh")
        message, hint = (self.zh, self.hint_zh) if chinese else (self.en, self.hint_en)
        return f"{message} {hint}".strip()


# ── the caller ─────────────────────────────────────────────────────────────────────────────────────────────────


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
    """Name and password do not fit, or the name is locked for a while. Field: locked_until (moment or None).

    The failed try is counted: this error does not undo its unit of work.
    """

    commits = True
    en = "Name or password is wrong."
    zh = "用户名或密码不正确。"

    def text(self, language: str) -> str:
        """The same words whether the name exists or not; a lock is told with its end."""
        until = self.fields.get("locked_until")
        if until is None:
            return super().text(language)
        if language.startswith("zh"):
            return f"多次尝试失败，账号已锁定至 {until:%H:%M}（UTC）。"
        return f"Too many tries: locked until {until:%H:%M} (UTC)."


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


# ── the process owner ──────────────────────────────────────────────────────────────────────────────────────────


class ModelError(DealflowError):
    """A model or an expression in it is at fault."""

    en = "The model is at fault."
    zh = "模型有误。"


class ModelRefused(ModelError):
    """A file was refused at deployment; `faults` name each place, rule and way out."""

    en = "Refused: {count} fault(s); the first: {first}"
    zh = "已拒绝：{count} 处错误；首个：{first_zh}"

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        first = self.faults[0] if self.faults else None
        super().__init__(
            count=len(self.faults),
            first=first.text("en") if first else "",
            first_zh=first.text("zh") if first else "",
        )


class FeelSyntaxError(ModelError):
    """A FEEL expression cannot be read. Fields: text, position (0-based), reason, reason_zh."""

    en = "FEEL cannot read “{text}” at position {position}: {reason}"
    zh = "FEEL 无法读取“{text}”（第 {position} 位）：{reason_zh}"


class JuelSyntaxError(ModelError):
    """A JUEL expression cannot be read. Fields: text, position (0-based), reason, reason_zh."""

    en = "JUEL cannot read “{text}” at position {position}: {reason}"
    zh = "JUEL 无法读取“{text}”（第 {position} 位）：{reason_zh}"


class PlainSyntaxError(ModelError):
    """A script or expression in the Python subset cannot be read. Fields: text, position, reason, reason_zh."""

    en = "The script “{text}” cannot be read at position {position}: {reason}"
    zh = "脚本“{text}”无法读取（第 {position} 位）：{reason_zh}"


class LanguageUnknown(ModelError):
    """An expression or script names a language that the engine does not have. Field: language."""

    en = "Expressions in “{language}” cannot be evaluated; use FEEL (= …), JUEL (${{…}}) or Python."
    zh = "无法计算“{language}”语言的表达式；请使用 FEEL（= …）、JUEL（${{…}}）或 Python。"


class ExpressionFailed(ModelError):
    """An expression could not be evaluated. Fields: text, reason, reason_zh."""

    en = "“{text}” failed: {reason}"
    zh = "“{text}”计算失败：{reason_zh}"


class CallTooDeep(ModelError):
    """Processes call each other without end. Fields: called, depth."""

    en = "“{called}” is called {depth} levels deep: the processes call each other without end."
    zh = "“{called}”的调用已达 {depth} 层：流程之间循环调用。"


class ScriptFailed(ModelError):
    """A script could not be run. Field: reason."""

    en = "The script failed: {reason}"
    zh = "脚本执行失败：{reason}"


# ── the author of a handler ────────────────────────────────────────────────────────────────────────────────────


class HandlerError(DealflowError):
    """A handler is missing or broke its contract."""

    en = "The handler is at fault."
    zh = "处理程序有误。"


class ExternalFailure(HandlerError):
    """A program outside says that its attempt failed. Fields: message, details (its stack or log)."""

    en = "{message}"
    zh = "外部程序报告：{message}"


class WorkersLost(HandlerError):
    """Every worker that took the job up fell silent over it. Fields: topic, count."""

    en = (
        "{count} workers took up “{topic}” and none came back: it seems to end whoever runs it "
        "(memory, a crash in native code). Look at the machine's log, then retry."
    )
    zh = (
        "已有 {count} 个工作进程领取“{topic}”后失去响应：该任务可能使运行它的进程终止（内存不足或底层崩溃）。"
        "请查看系统日志后重试。"
    )


class UnknownTopic(HandlerError):
    """No handler is registered for the topic. Fields: topic, known."""

    en = "No handler is registered for “{topic}”. Known: {known}."
    zh = "没有为“{topic}”注册处理程序。已注册：{known}。"


class HandlerInputMissing(HandlerError):
    """A handler needs inputs that the model does not give. Fields: topic, names."""

    en = "The handler “{topic}” needs {names}: set them before, or map them as inputs of the task."
    zh = "处理程序“{topic}”缺少输入 {names}：请在此前设置变量，或在任务上配置输入映射。"


class FaultIgnored(HandlerError):
    """A statement failed, somebody caught the error and went on: the database has given up the transaction."""

    en = "A statement failed and the code went on: let the error out, or put the statement into a savepoint of its own."
    zh = "有语句执行失败而代码仍继续执行：请让错误抛出，或将该语句放入独立的保存点。"


class UnitBroken(HandlerError):
    """A handler tried to end the unit of work that it runs in. Field: verb."""

    en = "A handler must not call {verb}(): what it wrote is committed with the step, or not at all."
    zh = "处理程序不得调用 {verb}()：其写入随步骤一并提交或一并撤销。"


class TemplateWrong(HandlerError):
    """A message template is missing, or asks for what it was not given. Fields: template, language, reason."""

    en = "Template {template} ({language}): {reason}"
    zh = "模板 {template}（{language}）：{reason}"


class TopicTwice(HandlerError):
    """Two functions claim one topic. Fields: topic, first, second."""

    en = "“{topic}” is handled by both {first} and {second}."
    zh = "“{topic}”同时由 {first} 和 {second} 处理。"


# ── the house ──────────────────────────────────────────────────────────────────────────────────────────────────


class OperatorError(DealflowError):
    """The installation needs attention."""

    en = "The installation needs attention."
    zh = "系统需要维护。"


class ChannelDown(OperatorError):
    """A channel could not take the message now; it waits and is tried again. Fields: channel, reason."""

    en = "The channel {channel} does not work: {reason}"
    zh = "通道 {channel} 不可用：{reason}"


class DeliveryDelayed(OperatorError):
    """The channel works, but does not take this message now; it is tried again. Fields: channel, recipient, reason."""

    en = "{channel} does not take the message to {recipient} now: {reason}"
    zh = "{channel} 暂不接收发往 {recipient} 的消息：{reason}"


class RecipientRefused(OperatorError):
    """The channel works, but will never deliver this to this recipient. Fields: channel, recipient, reason."""

    en = "{channel} refuses to deliver to {recipient}: {reason}"
    zh = "{channel} 拒绝投递给 {recipient}：{reason}"


class DocumentDamaged(OperatorError):
    """What is stored of a document is missing or is not what was put in. Fields: name, sha256."""

    en = "The stored file “{name}” is missing or damaged (SHA-256 {sha256}); bring it back from a backup."
    zh = "已存文件“{name}”缺失或损坏（SHA-256 {sha256}），请从备份恢复。"


class SettingsInvalid(OperatorError):
    """A setting is not usable. Fields: place, reason, reason_zh."""

    en = "Setting {place}: {reason}"
    zh = "设置 {place}：{reason_zh}"


class Contended(OperatorError):
    """Two units of work stood in each other's way and this one was ended; nothing was saved. Field: reason."""

    en = "Nothing was saved: somebody else was changing the same at this moment. Please try again."
    zh = "未保存任何内容：此刻有其他操作正在修改同一数据，请重试。"


class StorageFull(OperatorError):
    """The disk or database has no room; nothing was saved. Field: reason."""

    en = "Nothing was saved: the database has no room left ({reason}). Free some space and try again."
    zh = "未保存任何内容：数据库空间已满（{reason}）。请清理空间后重试。"


class DatabaseUnavailable(OperatorError):
    """The database does not answer; nothing was saved. Field: reason."""

    en = "Nothing was saved: the database does not answer ({reason})."
    zh = "未保存任何内容：数据库无响应（{reason}）。"


class SavedUnknown(DatabaseUnavailable):
    """The connection was lost while it was being saved, and with it the answer. Field: reason."""

    en = "Perhaps this was saved, perhaps not: the connection to the database was lost. Look first ({reason})."
    zh = "无法确认是否已保存：保存过程中与数据库的连接中断，请先查看结果，再决定是否重做（{reason}）。"


# ── us ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class InternalError(DealflowError):
    """A state that must not be. Field: reason."""

    en = "Internal error: {reason}"
    zh = "内部错误：{reason}"
