"""What the native kernel runs, feature by feature. Law: what is not True here is refused at deployment by name.

The reader asks for the features of each element; a missing or False entry gives a fault of rule `not-yet`.
"""

from __future__ import annotations

from typing import Final

RUNS: Final[dict[str, bool]] = {
    # activities
    "task.none": True,
    "task.user": True,
    "task.manual": True,
    "task.service": True,
    "task.script": True,
    "task.send": True,
    "task.receive": True,
    "task.receive-instantiate": True,
    "task.business-rule": True,
    "call.process": True,
    "call.decision": True,
    "call.global": True,
    "subprocess.embedded": True,
    "subprocess.event": True,
    "subprocess.transaction": True,
    "subprocess.ad-hoc": True,
    # gateways
    "gateway.exclusive": True,
    "gateway.parallel": True,
    "gateway.inclusive": True,
    "gateway.complex": True,
    "gateway.event": True,
    "gateway.event-instantiate": True,
    "gateway.event-parallel": True,
    # start events of processes
    "start.none": True,
    "start.message": True,
    "start.timer": True,
    "start.signal": True,
    "start.conditional": True,
    "start.multiple": True,
    "start.parallel-multiple": True,
    # start events of event sub-processes
    "event-start.message": True,
    "event-start.timer": True,
    "event-start.signal": True,
    "event-start.error": True,
    "event-start.escalation": True,
    "event-start.conditional": True,
    "event-start.compensation": True,
    "event-start.multiple": True,
    "event-start.parallel-multiple": True,
    # intermediate events
    "catch.message": True,
    "catch.timer": True,
    "catch.signal": True,
    "catch.conditional": True,
    "catch.link": True,
    "catch.multiple": True,
    "catch.parallel-multiple": True,
    "throw.none": True,
    "throw.message": True,
    "throw.signal": True,
    "throw.escalation": True,
    "throw.link": True,
    "throw.compensation": True,
    "throw.multiple": True,
    # boundary events
    "boundary.message": True,
    "boundary.timer": True,
    "boundary.signal": True,
    "boundary.error": True,
    "boundary.escalation": True,
    "boundary.conditional": True,
    "boundary.compensation": True,
    "boundary.cancel": True,
    "boundary.multiple": True,
    "boundary.parallel-multiple": True,
    # end events
    "end.none": True,
    "end.message": True,
    "end.signal": True,
    "end.error": True,
    "end.escalation": True,
    "end.compensation": True,
    "end.cancel": True,
    "end.terminate": True,
    "end.multiple": True,
    # repetition and quantities
    "loop.standard": True,
    "loop.sequential": True,
    "loop.parallel": True,
    "loop.behavior": True,
    "quantity.start": True,
    "quantity.completion": True,
    "compensation.handler": True,
    # flows
    "flow.implicit-split": True,
    "flow.conditional-activity": True,
}

NAMES: Final[dict[str, tuple[str, str]]] = {
    "task": ("{} task", "{}任务"),
    "call": ("call activity ({})", "调用活动（{}）"),
    "subprocess": ("{} sub-process", "{}子流程"),
    "gateway": ("{} gateway", "{}网关"),
    "start": ("{} start event", "{}开始事件"),
    "event-start": ("{} start event of an event sub-process", "事件子流程的{}开始事件"),
    "catch": ("intermediate {} catch event", "中间{}捕获事件"),
    "throw": ("intermediate {} throw event", "中间{}抛出事件"),
    "boundary": ("{} boundary event", "{}边界事件"),
    "end": ("{} end event", "{}结束事件"),
    "loop": ("{} repetition", "循环（{}）"),
    "quantity": ("token quantity at {}", "令牌数量（{}）"),
    "compensation": ("compensation {}", "补偿{}"),
    "flow": ("{} flow", "顺序流（{}）"),
}
"""The kind of element before the dot, in English and Chinese; `{}` is what stands after the dot."""

KINDS: Final[dict[str, str]] = {
    "none": "普通",
    "user": "用户",
    "manual": "手工",
    "service": "服务",
    "script": "脚本",
    "send": "发送",
    "receive": "接收",
    "process": "流程",
    "embedded": "嵌入式",
    "implicit-split": "隐式分支",
    "conditional-activity": "活动的条件分支",
    "receive-instantiate": "实例化接收",
    "business-rule": "业务规则",
    "decision": "决策",
    "global": "全局任务",
    "transaction": "事务",
    "ad-hoc": "自由式（ad-hoc）",
    "inclusive": "包容",
    "complex": "复杂",
    "event": "事件",
    "event-instantiate": "实例化事件",
    "event-parallel": "并行事件",
    "exclusive": "排他",
    "parallel": "并行",
    "message": "消息",
    "timer": "定时",
    "signal": "信号",
    "error": "错误",
    "escalation": "升级",
    "conditional": "条件",
    "compensation": "补偿",
    "cancel": "取消",
    "terminate": "终止",
    "link": "链接",
    "multiple": "多重",
    "parallel-multiple": "并行多重",
    "standard": "标准循环",
    "sequential": "顺序多实例",
    "behavior": "多实例行为事件",
    "start": "启动数量",
    "completion": "完成数量",
    "handler": "处理活动",
}
"""What stands after the dot, in Chinese."""


def runs(feature: str) -> bool:
    """Whether the kernel runs the feature."""
    return RUNS.get(feature, False)


def spoken(feature: str) -> tuple[str, str]:
    """The feature in words, English and Chinese."""
    group, _, kind = feature.partition(".")
    en, zh = NAMES.get(group, (group + " {}", group + " {}"))
    return en.format(kind.replace("-", " ")), zh.format(KINDS.get(kind, kind))
