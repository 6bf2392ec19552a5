"""What every error is made of: facts, and a message of them in English and Chinese. Law: no error without both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
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

    def text(self, language: str, /, **told: object) -> str:
        """The message in `zh` (any tag that begins so) or English; `told`: facts that are said otherwise here, such as
        a person by name."""
        template = self.zh if language.startswith("zh") else self.en
        return template.format_map(_Fields({**self.fields, **told}))


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


class InternalError(DealflowError):
    """A state that must not be. Field: reason."""

    en = "Internal error: {reason}"
    zh = "内部错误：{reason}"
