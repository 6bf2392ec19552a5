"""What the rules of this kernel say, in English and Chinese, each with a way out."""

from __future__ import annotations

from typing import Final

_NATIVE = "Use the native kernel (remove the property “kernel”)."
_NATIVE_ZH = "请使用原生内核（删除属性 kernel）。"

WORDS: Final[dict[str, tuple[str, str, str, str]]] = {
    "compensation": (
        "“{name}” takes part in compensation, which SpiffWorkflow does not have.",
        "“{name}”涉及补偿，SpiffWorkflow 不支持。",
        _NATIVE,
        _NATIVE_ZH,
    ),
    "async": (
        "“{name}” goes on by a job (asyncBefore, asyncAfter), which is not done on SpiffWorkflow.",
        "“{name}”通过作业继续（asyncBefore、asyncAfter），SpiffWorkflow 内核不支持。",
        f"Remove the mark. {_NATIVE}",
        f"请去掉该标记。{_NATIVE_ZH}",
    ),
    "listener": (
        "“{name}” is listened to, which is not done on SpiffWorkflow.",
        "“{name}”带有监听器，SpiffWorkflow 内核不支持。",
        f"Draw what the listener does. {_NATIVE}",
        f"请把监听器所做的事画出来。{_NATIVE_ZH}",
    ),
    "complex-gateway": (
        "“{name}” is a complex gateway, which SpiffWorkflow does not have.",
        "“{name}”是复杂网关，SpiffWorkflow 不支持。",
        f"Use an inclusive gateway. {_NATIVE}",
        f"请改用包容网关。{_NATIVE_ZH}",
    ),
    "event-subprocess": (
        "“{name}” is an event sub-process; SpiffWorkflow ignores whether it interrupts.",
        "“{name}”是事件子流程；SpiffWorkflow 会忽略其是否中断。",
        f"Put a sub-process with a boundary event in its place. {_NATIVE}",
        f"请改用带边界事件的子流程。{_NATIVE_ZH}",
    ),
    "transaction": (
        "“{name}” belongs to a transaction; SpiffWorkflow cancels it without undoing what was done.",
        "“{name}”属于事务；SpiffWorkflow 取消事务时不会撤销已完成的工作。",
        _NATIVE,
        _NATIVE_ZH,
    ),
    "ad-hoc": (
        "“{name}” is an ad-hoc sub-process, whose order SpiffWorkflow takes from the data.",
        "“{name}”是自由式（ad-hoc）子流程，SpiffWorkflow 依据数据决定其顺序。",
        _NATIVE,
        _NATIVE_ZH,
    ),
    "link": (
        "“{name}” is a link event, which SpiffWorkflow ignores.",
        "“{name}”是链接事件，SpiffWorkflow 会忽略。",
        f"Draw a sequence flow. {_NATIVE}",
        f"请直接画顺序流。{_NATIVE_ZH}",
    ),
    "multiple-event": (
        "“{name}” has several event definitions, of which SpiffWorkflow keeps one state for all.",
        "“{name}”有多个事件定义，SpiffWorkflow 只为其保存一个共同状态。",
        f"Use one event for each. {_NATIVE}",
        f"请拆分为单独的事件。{_NATIVE_ZH}",
    ),
    "quantity": (
        "“{name}” has a token quantity other than one, which SpiffWorkflow ignores.",
        "“{name}”的令牌数量不为一，SpiffWorkflow 会忽略。",
        _NATIVE,
        _NATIVE_ZH,
    ),
    "behavior": (
        "“{name}” throws events as its instances complete, which SpiffWorkflow does not have.",
        "“{name}”在实例完成时抛出事件，SpiffWorkflow 不支持。",
        _NATIVE,
        _NATIVE_ZH,
    ),
    "instantiate": (
        "“{name}” starts the process by itself; SpiffWorkflow starts at start events only.",
        "“{name}”自行启动流程；SpiffWorkflow 只能从开始事件启动。",
        f"Use a message start event. {_NATIVE}",
        f"请使用消息开始事件。{_NATIVE_ZH}",
    ),
    "repeated-boundary": (
        "“{name}” may happen more than once beside its activity; in SpiffWorkflow only a timer without mappings does.",
        "“{name}”可在其活动旁多次发生；SpiffWorkflow 仅支持无映射的定时器多次发生。",
        f"Make it interrupting, or a repeated timer. {_NATIVE}",
        f"请改为中断型，或使用循环定时器。{_NATIVE_ZH}",
    ),
    "conditional-flow": (
        "“{name}” has conditional flows, whose conditions SpiffWorkflow ignores where there is no gateway.",
        "“{name}”带有条件顺序流；没有网关时 SpiffWorkflow 会忽略条件。",
        "Put an exclusive or inclusive gateway behind it.",
        "请在其后加排他或包容网关。",
    ),
    "twin-flows": (
        "Two flows lead from “{name}” to “{target}”; SpiffWorkflow cannot tell them apart.",
        "有两条顺序流从“{name}”连到“{target}”；SpiffWorkflow 无法区分。",
        "Put a gateway or a task on one of them.",
        "请在其中一条上加网关或任务。",
    ),
    "endless-loop": (
        "“{name}” stands in a loop without a choice, which SpiffWorkflow foresees without end.",
        "“{name}”处于没有选择的循环中，SpiffWorkflow 会无止境地向前预测。",
        "Leave the loop by an exclusive gateway.",
        "请用排他网关离开循环。",
    ),
    "loop-join": (
        "“{name}” joins a way that comes back from itself; SpiffWorkflow does not wait for it.",
        "“{name}”合并了一条从其自身返回的路径；SpiffWorkflow 不会等待它。",
        "Let the way back meet the flow at an exclusive gateway before it.",
        "请让返回的路径先在其之前的排他网关汇合。",
    ),
    "too-wide": (
        "SpiffWorkflow would foresee {count} tasks at each step, once more for each branch that meets in a join.",
        "SpiffWorkflow 每步须预测 {count} 个任务，每个汇入合并的分支都要重复一次。",
        f"Put parts into sub-processes. {_NATIVE}",
        f"请把部分内容放入子流程。{_NATIVE_ZH}",
    ),
    "surplus": (
        "Two tokens can come to “{name}” by the same flow; SpiffWorkflow would merge them and lose one.",
        "可能有两个令牌经同一顺序流到达“{name}”；SpiffWorkflow 会将其合并而丢失一个。",
        f"Join the branches before they split again. {_NATIVE}",
        f"请先合并分支再拆分。{_NATIVE_ZH}",
    ),
    "too-complex": (
        "There are too many ways through “{name}” to be sure that SpiffWorkflow's joins lose no token.",
        "“{name}”的路径过多，无法确认 SpiffWorkflow 的合并不会丢失令牌。",
        f"Put parts into sub-processes. {_NATIVE}",
        f"请把部分内容放入子流程。{_NATIVE_ZH}",
    ),
}
"""Rule -> message and way out: English, Chinese, hint English, hint Chinese."""
