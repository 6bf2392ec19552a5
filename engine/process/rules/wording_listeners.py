"""The words of the rules on listeners. Law: words only, no logic."""

from __future__ import annotations

from typing import Final

from engine.process.rules.wording_file import Entry

_DRAW = (
    "Draw what it does: a service task with a handler topic before or after it, or a zeebe:executionListener with a "
    "type."
)
_DRAW_ZH = "请把它所做的事画出来：在其前后加带处理程序主题的服务任务，或使用带 type 的 zeebe:executionListener。"

LISTENERS: Final[dict[str, Entry]] = {
    "listener-code": (
        "error",
        "The listener on “{event}” asks for code of another engine: {kind} “{value}”.",
        "“{event}”监听器需要其他引擎的代码：{kind}“{value}”。",
        _DRAW,
        _DRAW_ZH,
    ),
    "listener-event": (
        "error",
        "The listener reacts to “{event}”, which is not offered here (offered: {events}).",
        "监听器响应的“{event}”此处不提供（可用：{events}）。",
        _DRAW,
        _DRAW_ZH,
    ),
    "listener-topic": (
        "error",
        "The listener on “{event}” names no type, or an expression: “{topic}”.",
        "“{event}”监听器没有类型，或类型是表达式：“{topic}”。",
        "Write the type itself: the topic of the handler that does the work.",
        "请直接填写类型，即执行该工作的处理程序主题。",
    ),
    "listener-effect": (
        "error",
        "The listener on “{event}” does what cannot be done here: “{text}”.",
        "“{event}”监听器的内容此处无法执行：“{text}”。",
        'An expression can only set a variable, ${{execution.setVariable("name", …)}}; anything else is a handler.',
        '表达式只能设置变量：${{execution.setVariable("name", …)}}；其他请写成处理程序。',
    ),
    "listener-language": (
        "error",
        "The listener on “{event}” is a script in “{language}”, which is not run.",
        "“{event}”监听器是“{language}”脚本，引擎不支持。",
        "Use Python (also plain assignments) or an expression that sets a variable.",
        "请使用 Python（含简单赋值）或设置变量的表达式。",
    ),
}
