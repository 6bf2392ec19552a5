"""What a migration tells: changes and reasons, in English and Chinese."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from engine.errors import Fault


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is different afterwards, and where."""

    what: str
    """moved, kept, reopened, opened, closed, updated, variable; for a move also cancelled, entered, ended."""
    element: str
    en: str
    zh: str

    def text(self, language: str) -> str:
        """The sentence in `zh` (any tag that begins so) or English."""
        return self.zh if language.startswith("zh") else self.en


KINDS: Final[dict[str, tuple[str, str]]] = {
    "UserWait": ("task", "任务"),
    "JobWait": ("job", "作业"),
    "TimerWait": ("timer", "定时"),
    "MessageWait": ("message", "消息"),
    "SignalWait": ("signal", "信号"),
    "ConditionWait": ("condition", "条件"),
    "CallWait": ("call", "调用"),
    "ThrowWait": ("throw", "抛出"),
    "IncidentWait": ("incident", "异常"),
}

CHANGES: Final[dict[str, tuple[str, str]]] = {
    "moved": ("What stood at {source} stands at {element}.", "原在 {source} 的令牌现位于 {element}。"),
    "updated": ("The task of {element} is described anew.", "{element} 的任务说明已更新。"),
    "kept": ("{element} now calls something else; the call that runs goes on.",
             "{element} 的调用目标已改变；正在运行的调用继续。"),
    "reopened": ("{element} waits anew: its {kind} has changed.", "{element} 重新等待：其{kind_zh}已改变。"),
    "opened": ("{element} now waits for a {kind}.", "{element} 开始等待{kind_zh}。"),
    "closed": ("{element} no longer waits for a {kind}.", "{element} 不再等待{kind_zh}。"),
    "variable": ("{element} has the new variable {name}.", "{element} 新增变量 {name}。"),
    "cancelled": ("{element} is cancelled.", "{element} 被取消。"),
    "entered": ("{element} is entered.", "进入 {element}。"),
    "ended": ("The instance ends ({state}).", "实例结束（{state}）。"),
    "never-done": ("{element} lies before it and was never done; it is not done now.",
                   "{element} 位于其之前且从未执行，此次也不执行。"),
    "not-taken-up": ("{element} stood there when the case ended; it is not taken up.",
                     "实例结束时令牌位于 {element}，此次不再继续。"),
    "not-undone": ("{element} was completed and can no longer be compensated from the new case.",
                   "{element} 已完成，新实例无法再对其补偿。"),
    "locals": ("The variables of {element} are not carried over, only those of the process.",
               "{element} 的局部变量未沿用，仅沿用流程变量。"),
    "no-caller": ("The process that called the case is not told; nobody waits for the new one.",
                  "原调用方流程不会收到通知，新实例没有调用方。"),
}  # fmt: skip

REASONS: Final[dict[str, tuple[str, str, str, str]]] = {
    "not-running": (
        "The instance has not begun, or has ended.", "实例尚未开始或已结束。",
        "Migrate running instances only.", "只能迁移运行中的实例。",
    ),
    "other-kernel": (
        "The instance runs on the SpiffWorkflow kernel, whose tokens cannot be carried over.",
        "实例运行于 SpiffWorkflow 内核，其令牌无法迁移。",
        "Let it end in its version.", "请让其在原版本中结束。",
    ),
    "mapping-source": (
        "The mapping names “{name}”, which the old version does not have.", "映射中的“{name}”不在旧版本中。",
        "Correct the mapping.", "请更正映射。",
    ),
    "mapping-target": (
        "The mapping leads to “{name}”, which the new version does not have.", "映射的目标“{name}”不在新版本中。",
        "Correct the mapping.", "请更正映射。",
    ),
    "gone": (
        "A token stands at “{name}”, which the new version does not have.", "令牌位于“{name}”，新版本中没有该元素。",
        "Name in the mapping where it is to go on.", "请在映射中指明在何处继续。",
    ),
    "type": (
        "“{name}” is a {old} in the old version and a {new} in the new one.",
        "“{name}”在旧版本中为 {old}，在新版本中为 {new}。",
        "Map it to an element of the same type.", "请映射到同类型的元素。",
    ),
    "loop": (
        "“{name}” is repeated in another way in the new version.", "“{name}”在新版本中的循环方式不同。",
        "Let it complete first, or map it elsewhere.", "请先完成它，或映射到其他元素。",
    ),
    "scope": (
        "“{name}” stands in {old}, its element in the new version in {new}.",
        "“{name}”位于 {old}，新版本中的元素位于 {new}。",
        "Map the sub-process too, or move the token first.", "请同时映射子流程，或先移动令牌。",
    ),
    "quantity": (
        "“{name}” gathers tokens, and the new version asks for another number.",
        "“{name}”正在汇集令牌，新版本要求的数量不同。",
        "Let it start first.", "请待其启动后再迁移。",
    ),
    "join-flow": (
        "A token has come to “{name}” by the flow {flow}, which does not lead there in the new version.",
        "令牌经顺序流 {flow} 到达“{name}”，新版本中该顺序流不通向此处。",
        "Keep the flow's id, or let the join fire first.", "请保留该顺序流的标识，或待其合并后再迁移。",
    ),
    "joins-merged": (
        "“{name}” would receive the tokens of two joins.", "“{name}”将接收两个合并处的令牌。",
        "Map the joins to different ones.", "请将其映射到不同的合并处。",
    ),
    "compensation": (
        "“{name}” has completed and can be undone; the new version could not undo it.",
        "“{name}”已完成且可补偿，新版本无法补偿它。",
        "Keep its compensation handler.", "请保留其补偿处理。",
    ),
    "expression": (
        "The new version's waits cannot be opened: {why}.", "无法建立新版本的等待：{why}。",
        "Set the variables first, or correct the expression.", "请先设置变量，或更正表达式。",
    ),
}  # fmt: skip


def change(what: str, element: str, **facts: str) -> Change:
    """One line of the report."""
    en, zh = CHANGES[what]
    kind = KINDS.get(facts.get("kind", ""), ("", ""))
    told = {**facts, "element": element, "kind": kind[0], "kind_zh": kind[1]}
    return Change(what, element, en.format_map(told), zh.format_map(told))


def reason(rule: str, element: str | None, line: int | None = None, **facts: str) -> Fault:
    """One reason against the migration, at an element of the old version."""
    en, zh, hint_en, hint_zh = REASONS[rule]
    told = {"name": element or "", **facts}
    return Fault(f"migration-{rule}", element, line or None, en.format_map(told), zh.format_map(told), hint_en, hint_zh)
