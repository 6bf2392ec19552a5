"""The kinds of faults that a program can meet here, and what is wrong with a body, in words. Law: a kind is stable.

Statuses around idempotency keys follow draft-ietf-httpapi-idempotency-key-header-06, section 2.7: 400 for a header that
cannot be read, 409 while the first request is at work, 422 for a key used again with other content.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import jsonify

from engine import errors as e
from engine.errors import InvalidInput
from web.errors import status_of
from web.scope import language

KINDS: Mapping[str, tuple[int, str, str]] = {
    "TokenMissing": (401, "The request carries no token.", "请求未携带令牌。"),
} | {
    kind.__name__: (status_of(kind.__new__(kind)), en, zh)
    for kind, en, zh in (
        (e.Unreadable, "The body is not JSON, or the Idempotency-Key is not a key.",
         "请求体不是 JSON，或幂等键不合规。"),
        (e.Forbidden, "The token does not allow this.", "令牌无此权限。"),
        (e.NotFound, "What the request names is not there.", "请求所指对象不存在。"),
        (e.AmbiguousMessage, "The message fits more than one waiting place.", "消息匹配到多个等待点。"),
        (e.KeyInUse, "The first request with this Idempotency-Key is still at work: ask again.",
         "使用该幂等键的首个请求仍在处理：请稍后重试。"),
        (e.PreconditionFailed, "What was read has changed meanwhile (If-Match): read it again.",
         "读取之后已有更改（If-Match）：请重新读取。"),
        (e.AlreadyHandled, "Somebody was faster; nothing was done twice.", "已由他人先行处理，未重复执行。"),
        (e.ModelRefused, "The package has faults; `faults` lists them by file, element and line.",
         "流程包有错误；`faults` 按文件、元素与行列出。"),
        (e.DuplicateKey, "The Idempotency-Key was used before with other content: take a new key.",
         "该幂等键曾用于不同内容：请换用新键。"),
        (e.InvalidInput, "A field of the body is missing, unknown or of the wrong kind.",
         "请求体有字段缺失、多余或类型不符。"),
        (e.FormInvalid, "Values break the rules of the process's form; `errors` names the fields.",
         "取值不符合流程表单的规则；`errors` 列出字段。"),
        (e.Contended, "Others changed the same at this moment; nothing was saved: send it again.",
         "此刻有其他操作修改同一数据，未保存：请重发。"),
        (e.DatabaseUnavailable, "The database does not answer; nothing was saved: send it again later.",
         "数据库无响应，未保存：请稍后重发。"),
        (e.SavedUnknown, "The connection was lost while saving: send it again with the same Idempotency-Key, or look.",
         "保存过程中连接中断：请用同一幂等键重发，或先查看结果。"),
        (e.StorageFull, "There is no room left; nothing was saved.", "存储空间已满，未保存。"),
    )
}  # fmt: skip
"""Code -> status, meaning in English and Chinese. The `type` of a problem is this list with the code behind `#`."""


def listed() -> Any:
    """Every kind of fault, in the language asked for."""
    chinese = language() == "zh"
    return jsonify(
        {code: {"status": status, "meaning": zh if chinese else en} for code, (status, en, zh) in KINDS.items()}
    )


_WORDS: Mapping[str, tuple[str, str]] = {
    "missing": ("is missing", "缺少此字段"),
    "extra_forbidden": ("there is no such field here", "没有此字段"),
    "string_type": ("must be text", "应为文本"),
    "string_too_short": ("must not be empty", "不能为空"),
    "string_too_long": ("is longer than {max_length} characters", "超过 {max_length} 个字符"),
    "int_type": ("must be a whole number", "应为整数"),
    "int_parsing_size": ("is too large a number", "数字过大"),
    "less_than_equal": ("must not be above {le}", "不得大于 {le}"),
    "int_parsing": ("must be a whole number", "应为整数"),
    "literal_error": ("must be one of {expected}", "应为以下之一：{expected}"),
    "bool_parsing": ("must be true or false", "应为 true 或 false"),
    "bool_type": ("must be true or false", "应为 true 或 false"),
    "datetime_parsing": (
        "must be a moment such as 2026-03-02T09:00:00+08:00",
        "应为时刻，如 2026-03-02T09:00:00+08:00",
    ),
    "datetime_from_date_parsing": (
        "must be a moment such as 2026-03-02T09:00:00+08:00",
        "应为时刻，如 2026-03-02T09:00:00+08:00",
    ),
    "timezone_aware": ("a time zone is needed", "需要时区"),
    "dict_type": ("must be an object", "应为对象"),
    "model_type": ("must be an object", "应为对象"),
    "greater_than_equal": ("must not be below {ge}", "不得小于 {ge}"),
}
"""Kind of a validation fault -> our words for it."""


def reason(fault: Mapping[str, Any]) -> InvalidInput:
    """A validation fault (as pydantic lists it) as an error that names the place, in words of our own."""
    en, zh = _WORDS.get(str(fault["type"]), ("cannot be taken", "取值无法接受"))
    facts = fault.get("ctx") or {}
    place = ".".join(str(part) for part in fault["loc"]) or "body"
    return InvalidInput(place=place, reason=en.format_map(facts), reason_zh=zh.format_map(facts))
