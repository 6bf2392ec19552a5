"""What a broken rule is called, in both languages. Law: one row a code; parameters are named."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

MESSAGES: Final[dict[str, tuple[str, str]]] = {
    "required": ("This field is required.", "此项为必填。"),
    "min": ("Must be at least {value}.", "不得小于 {value}。"),
    "max": ("Must be at most {value}.", "不得大于 {value}。"),
    "min_unreadable": (
        "The form's minimum is not a number; tell the process owner.",
        "表单设置的最小值不是数字，请告知流程负责人。",
    ),
    "max_unreadable": (
        "The form's maximum is not a number; tell the process owner.",
        "表单设置的最大值不是数字，请告知流程负责人。",
    ),
    "min_length": ("Must have at least {value} characters.", "至少填写 {value} 个字符。"),
    "max_length": ("Must have at most {value} characters.", "最多填写 {value} 个字符。"),
    "pattern": ("Must match the pattern {value}.", "格式不符，应匹配 {value}。"),
    "pattern_text": ("{text}", "{text}"),
    "pattern_unreadable": (
        "The form's pattern cannot be read; tell the process owner.",
        "表单设置的格式规则无法读取，请告知流程负责人。",
    ),
    "email": (
        "Must be an e-mail address such as name@example.com.",
        "请填写有效的电子邮箱，例如 name@example.com。",
    ),
    "phone": (
        "Must be an international phone number such as +86 138… written +8613800138000.",
        "请填写带国家代码的电话号码，例如 +8613800138000。",
    ),
    "not_a_number": ("Must be a number.", "请填写数字。"),
    "integer": ("Must be a whole number.", "请填写整数。"),
    "decimals": ("Must have at most {value} decimal digits.", "最多保留 {value} 位小数。"),
    "step": (
        "The nearest values allowed are {previous} and {next}.",
        "最接近的可选值为 {previous} 和 {next}。",
    ),
    "not_a_date": ("Must be a date such as 2026-03-31.", "请填写日期，例如 2026-03-31。"),
    "not_a_time": ("Must be a time such as 14:30.", "请填写时间，例如 14:30。"),
    "not_a_moment": (
        "Must be a date with a time such as 2026-03-31T14:30.",
        "请填写日期和时间，例如 2026-03-31T14:30。",
    ),
    "past_date": ("Must not lie in the past.", "不能早于今天。"),
    "future_date": ("Must not lie in the future.", "不能晚于今天。"),
    "not_an_option": ("“{value}” is not among the choices.", "“{value}”不在可选项中。"),
    "wrong_type": ("Must be {expected}.", "数据类型不符，应为{expected_zh}。"),
}


def message(code: str, params: Mapping[str, object], language: str) -> str:
    """The sentence for a code of MESSAGES: Chinese for tags that begin with `zh`, else English."""
    en, zh = MESSAGES[code]
    return (zh if language.startswith("zh") else en).format_map(dict(params))
