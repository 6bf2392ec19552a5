"""Errors of the house: settings, database, disk, mail server."""

from __future__ import annotations

from engine.errors.root import DealflowError


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
