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
    "task.receive-instantiate": False,
    "task.business-rule": True,
    "call.process": True,
    "call.decision": False,
    "call.global": False,
    "subprocess.embedded": True,
    "subprocess.event": True,
    "subprocess.transaction": False,
    "subprocess.ad-hoc": False,
    # gateways
    "gateway.exclusive": True,
    "gateway.parallel": True,
    "gateway.inclusive": False,
    "gateway.complex": False,
    "gateway.event": True,
    "gateway.event-instantiate": False,
    "gateway.event-parallel": False,
    # start events of processes
    "start.none": True,
    "start.message": True,
    "start.timer": True,
    "start.signal": True,
    "start.conditional": False,
    "start.multiple": False,
    "start.parallel-multiple": False,
    # start events of event sub-processes
    "event-start.message": True,
    "event-start.timer": True,
    "event-start.signal": True,
    "event-start.error": True,
    "event-start.escalation": False,
    "event-start.conditional": False,
    "event-start.compensation": False,
    "event-start.multiple": False,
    "event-start.parallel-multiple": False,
    # intermediate events
    "catch.message": True,
    "catch.timer": True,
    "catch.signal": True,
    "catch.conditional": False,
    "catch.link": False,
    "catch.multiple": False,
    "catch.parallel-multiple": False,
    "throw.none": True,
    "throw.message": True,
    "throw.signal": True,
    "throw.escalation": False,
    "throw.link": False,
    "throw.compensation": False,
    "throw.multiple": False,
    # boundary events
    "boundary.message": True,
    "boundary.timer": True,
    "boundary.signal": True,
    "boundary.error": True,
    "boundary.escalation": False,
    "boundary.conditional": False,
    "boundary.compensation": False,
    "boundary.cancel": False,
    "boundary.multiple": False,
    "boundary.parallel-multiple": False,
    # end events
    "end.none": True,
    "end.message": True,
    "end.signal": True,
    "end.error": True,
    "end.escalation": False,
    "end.compensation": False,
    "end.cancel": False,
    "end.terminate": True,
    "end.multiple": False,
    # repetition and quantities
    "loop.standard": False,
    "loop.sequential": False,
    "loop.parallel": False,
    "loop.behavior": False,
    "quantity.start": False,
    "quantity.completion": False,
    "compensation.handler": False,
    # flows
    "flow.implicit-split": True,
    "flow.conditional-activity": True,
}

NAMES: Final[dict[str, tuple[str, str]]] = {
    "task": ("task", "任务"),
    "call": ("call activity", "调用活动"),
    "subprocess": ("sub-process", "子流程"),
    "gateway": ("gateway", "网关"),
    "start": ("start event", "开始事件"),
    "event-start": ("start event of an event sub-process", "事件子流程的开始事件"),
    "catch": ("intermediate catch event", "中间捕获事件"),
    "throw": ("intermediate throw event", "中间抛出事件"),
    "boundary": ("boundary event", "边界事件"),
    "end": ("end event", "结束事件"),
    "loop": ("repetition", "循环"),
    "quantity": ("token quantity", "令牌数量"),
    "compensation": ("compensation", "补偿"),
    "flow": ("sequence flow", "顺序流"),
}
"""The kind of element before the dot, in English and Chinese."""

KINDS: Final[dict[str, str]] = {
    "receive-instantiate": "实例化接收",
    "business-rule": "业务规则",
    "decision": "决策",
    "global": "全局任务",
    "transaction": "事务",
    "ad-hoc": "自由式(ad-hoc)",
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
    en, zh = NAMES.get(group, (group, group))
    return f"{kind.replace('-', ' ')} {en}", f"{KINDS.get(kind, kind)}{zh}"
