"""Errors of the process owner: a diagram, a table, a form, an expression."""

from __future__ import annotations

from collections.abc import Sequence

from engine.errors.root import DealflowError, Fault


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
