"""Why a value is null. Evaluation raises `Null` inside; the nearest guard turns it into null and a notice.

Every reason is a row of REASONS: English and Chinese, as format strings over its fields.
"""

from __future__ import annotations

from typing import Final

from engine.feel.moment import Moment, Notice

_KINDS_ZH: Final = {
    "null": "空值",
    "boolean": "布尔值",
    "number": "数值",
    "string": "字符串",
    "date": "日期",
    "time": "时间",
    "date and time": "日期时间",
    "days and time duration": "天时时长",
    "years and months duration": "年月时长",
    "list": "列表",
    "context": "上下文",
    "range": "区间",
    "function": "函数",
    "unknown": "未知类型的值",
}
_KIND_FIELDS: Final = frozenset({"kind", "left", "right"})

MAX_NOTICES: Final = 200
"""Notices kept per Moment; further ones are dropped, so that a loop cannot fill the memory."""

REASONS: Final[dict[str, tuple[str, str]]] = {
    "unknown-name": ("nothing is called “{name}”", "没有名为“{name}”的变量"),
    "unknown-function": ("there is no function “{name}”", "没有函数“{name}”"),
    "no-function": ("“{name}” is {kind}, not a function", "“{name}”是{kind}，不是函数"),
    "no-member": ("{kind} has no “{name}”", "{kind}没有“{name}”"),
    "no-boolean": ("{place}: {kind} is not a boolean", "{place}:{kind}不是布尔值"),
    "operands": ("cannot compute {left} {operator} {right}", "无法计算 {left} {operator} {right}"),
    "incomparable": ("cannot compare {left} with {right}", "{left} 与 {right} 不可比较"),
    "division": ("division by zero", "除数为零"),
    "overflow": ("the number is too large, too small or undefined", "数值过大、过小或无定义"),
    "years": ("the date is out of range", "日期超出范围"),
    "arguments": (
        "{function}: wrong arguments ({given}); it takes {expected}",
        "{function}：参数不符（{given}），应为 {expected}",
    ),
    "invalid": ("{function}: {value!r} is not valid", "{function}:{value!r} 无效"),
    "index": ("index {index} is outside a list of {length}", "下标 {index} 超出长度为 {length} 的列表"),
    "range": ("the ends of the interval do not fit: {start}..{end}", "区间两端不匹配：{start}..{end}"),
    "iterate": ("cannot iterate over {kind}", "无法遍历{kind}"),
    "filter": ("a filter needs a number or a boolean, not {kind}", "过滤条件须为数值或布尔值，而不是{kind}"),
    "type": ("{kind} is not of type {type}", "{kind}不属于类型 {type}"),
    "unknown-type": ("there is no type “{name}”", "没有类型“{name}”"),
    "external": ("external functions are not run", "不执行外部函数"),
    "pattern": ("the pattern {pattern!r} cannot be used: {reason}", "正则表达式 {pattern!r} 不可用：{reason}"),
    "work": ("stopped after {limit} steps", "超过 {limit} 步，已停止"),
    "slow": ("a pattern took too long over a text", "正则表达式匹配文本耗时过长"),
    "size": ("the result would be larger than {limit}", "结果超过 {limit} 的上限"),
    "depth": ("calls or values nest too deeply", "调用或数据嵌套过深"),
    "host": ("{name} failed: {reason}", "{name} 执行失败：{reason}"),
}  # fmt: skip


class Null(Exception):
    """The value here is null, for `code` of REASONS with `fields`. Never leaves this package."""

    def __init__(self, code: str, **fields: object) -> None:
        super().__init__(code)
        self.code = code
        self.fields = fields


def note(at: Moment, code: str, **fields: object) -> None:
    """Appends the notice for `code` to the moment's warnings."""
    if len(at.warnings) < MAX_NOTICES:
        en, zh = REASONS[code]
        at.warnings.append(Notice.of(en.format(**fields), zh.format(**_in_chinese(fields))))


def _in_chinese(fields: dict[str, object]) -> dict[str, object]:
    """The fields with the names of kinds in Chinese."""
    return {
        key: _KINDS_ZH.get(value, value) if key in _KIND_FIELDS and isinstance(value, str) else value
        for key, value in fields.items()
    }


def note_null(at: Moment, null: Null) -> None:
    """Appends the notice for a caught `Null`."""
    note(at, null.code, **null.fields)
