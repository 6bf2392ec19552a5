"""Errors of the author of a handler, or of what a handler called."""

from __future__ import annotations

from engine.errors.root import DealflowError


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
