"""The words of the rules on activities and the work they do. Law: words only, no logic."""

from __future__ import annotations

from typing import Final

from engine.process.rules.wording_file import Entry

WORK: Final[dict[str, Entry]] = {
    "work-missing": (
        "error",
        "The {type} does not say what is to be done.",
        "该 {type} 没有说明要做什么。",
        "Give it a handler topic, an expression or a decision.",
        "请设置处理程序主题（topic）、表达式或决策。",
    ),
    "work-by-hand": (
        "warning",
        "The {type} does not say what is to be done; here it waits to be completed by hand.",
        "该 {type} 没有说明要做什么；此处将等待人工完成。",
        "Before deployment give it a handler topic, an expression or a message.",
        "部署之前请设置处理程序主题（topic）、表达式或消息。",
    ),
    "send-nothing": (
        "error",
        "The send task names neither a message nor a handler topic.",
        "发送任务既没有消息，也没有处理程序主题。",
        "Choose the message that is thrown, or the topic of the handler that sends.",
        "请选择要抛出的消息，或负责发送的处理程序主题。",
    ),
    "receive-instantiate": (
        "error",
        "The receive task “{name}” starts the process, but has an incoming flow.",
        "接收任务“{name}”用于启动流程，却有流入的顺序流。",
        "Remove the flow, or the mark “instantiate”.",
        "请删除该顺序流，或取消“实例化”标记。",
    ),
    "implementation-code": (
        "error",
        "{name} “{value}” asks for code of another engine.",
        "{name}“{value}”需要其他引擎的代码。",
        "Write a handler and name its topic: type “external”, topic …",
        "请编写处理程序并填写其主题：类型“external”，主题（topic）…",
    ),
    "implementation-type": (
        "error",
        "The built-in task type “{type}” is not offered.",
        "不提供内置任务类型“{type}”。",
        "Write a handler and name its topic: type “external”, topic …",
        "请编写处理程序并填写其主题：类型“external”，主题（topic）…",
    ),
    "topic-computed": (
        "error",
        "The topic “{topic}” is an expression; which handler runs must be known beforehand.",
        "主题“{topic}”是表达式；必须事先确定由哪个处理程序执行。",
        "Write the topic itself; choose by a gateway.",
        "请直接填写主题；如需选择，请使用网关。",
    ),
    "script-missing": (
        "error",
        "The script task has no script.",
        "脚本任务没有脚本。",
        "Write the script, or use another kind of task.",
        "请填写脚本，或改用其他类型的任务。",
    ),
    "script-resource": (
        "error",
        "The script is kept in “{resource}”, outside the diagram.",
        "脚本存放在流程图之外的“{resource}”。",
        "Write it into the diagram (inline script), or make it a handler.",
        "请写入流程图（内联脚本），或改为处理程序。",
    ),
    "script-language": (
        "error",
        "Scripts in “{language}” are not run.",
        "不支持“{language}”脚本。",
        "Use Python (also plain assignments) or FEEL; what talks to the world is a handler.",
        "请使用 Python（含简单赋值）或 FEEL；需要访问外部的请写成处理程序。",
    ),
    "script-unreadable": (
        "error",
        "{reason}",
        "{reason_zh}",
        "Correct the script.",
        "请更正脚本。",
    ),
    "script-result": (
        "warning",
        "The result of this script goes nowhere.",
        "该脚本的结果没有去处。",
        "Name a result variable.",
        "请填写结果变量。",
    ),
    "decision-mapping": (
        "error",
        "The decision's result cannot be mapped as “{value}”.",
        "决策结果无法按“{value}”映射。",
        "Use singleEntry, singleResult, collectEntries or resultList.",
        "请使用 singleEntry、singleResult、collectEntries 或 resultList。",
    ),
    "call-target-missing": (
        "error",
        "The call activity does not say which process it calls.",
        "调用活动没有指定要调用的流程。",
        "Fill in the called element.",
        "请填写被调用的流程（called element）。",
    ),
    "call-case": (
        "error",
        "The call activity calls a case (CMMN), which is not run.",
        "调用活动调用的是案例（CMMN），引擎不支持。",
        "Call a process.",
        "请改为调用流程。",
    ),
    "loop-collection-missing": (
        "error",
        "The multi-instance activity says neither how often nor over which collection.",
        "多实例活动既没有次数，也没有集合。",
        "Fill in the collection or the cardinality.",
        "请填写集合或循环次数。",
    ),
    "loop-endless": (
        "error",
        "The loop has neither a condition nor a maximum: it would never end.",
        "循环既没有条件，也没有上限，将永不结束。",
        "Write the condition to go on, or a maximum.",
        "请填写继续循环的条件，或最大次数。",
    ),
    "loop-behavior": (
        "warning",
        "The multi-instance behaviour “{behavior}” of “{name}” lacks its event.",
        "“{name}”的多实例行为“{behavior}”缺少对应的事件。",
        "Name the event that is thrown, or use the behaviour All.",
        "请指定要抛出的事件，或改用行为 All。",
    ),
    "value-unreadable": (
        "error",
        "The {what} “{text}” of “{name}” cannot be read.",
        "“{name}”的{what_zh}“{text}”无法识别。",
        "Write {shape}, or an expression (= … or ${{…}}).",
        "请填写{shape_zh}，或使用表达式（= … 或 ${{…}}）。",
    ),
    "quantity": (
        "error",
        "The token quantity of “{name}” must be from 1 to 10,000.",
        "“{name}”的令牌数量必须在 1 到 10,000 之间。",
        "Leave it out, or write a whole number in that range.",
        "请留空，或填写该范围内的整数。",
    ),
    "adhoc-content": (
        "error",
        "The ad-hoc sub-process “{name}” {problem}.",
        "自由式子流程“{name}”{problem_zh}。",
        "It holds at least one activity, and neither start nor end events.",
        "其中至少要有一个活动，且不能有开始或结束事件。",
    ),
    "subprocess-empty": (
        "warning",
        "The sub-process “{name}” is empty.",
        "子流程“{name}”是空的。",
        "Draw what happens inside, or use a task.",
        "请画出内部步骤，或改用任务。",
    ),
}
