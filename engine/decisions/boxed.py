"""Boxed expressions → logic: closures over compiled FEEL (DMN 1.5 §10.2.2, §10.3.2.13).

Law: everything is compiled once; a text that FEEL cannot read is a fault with its place. Conditionals,
filters and loops are FEEL's own `if`, `[…]` and `for` around functions that run the boxes, so that their
meaning is FEEL's and written once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, Literal

from engine.decisions import model as m
from engine.decisions.hints import hint_for
from engine.decisions.result import Logic, Run, Scope, Value, nothing
from engine.decisions.table_compiler import compile_table
from engine.decisions.types import Types
from engine.errors import Fault, FeelSyntaxError
from engine.feel import FunctionValue, Parameter, UnaryTests, compile_expression, compile_unary_tests

Names = frozenset[str]

_SOURCE, _BODY, _THEN, _ELSE = "dmn_source", "dmn_body", "dmn_then", "dmn_else"


class LogicCompiler:
    """Compiles the boxes of one model; collects faults.

    `members` are names that may follow a dot. `ids` lead from an owner's name to its id. `free`
    gathers, per owner, the names its logic looks up.
    """

    def __init__(self, types: Types, members: Iterable[str], file: str) -> None:
        self.types = types
        self.members = frozenset(members)
        self._compound = frozenset(name for name in self.members if not name.isidentifier())
        self.file = file
        self.faults: list[Fault] = []
        self.ids: dict[str, str] = {}
        self.free: dict[str, set[tuple[str, int]]] = {}
        self._compilers: dict[type, Callable[[Any, Names, str], Logic]] = {
            m.Literal: self._literal, m.Context: self._context, m.Relation: self._relation,
            m.ListOf: self._list, m.Function: self._function, m.Invocation: self._invocation,
            m.Conditional: self._conditional, m.Filter: self._filter, m.Iterator: self._iterator,
        }  # fmt: skip

    def logic(self, box: m.Boxed | None, names: Names, owner: str) -> Logic:
        """The logic of a box whose surroundings know `names`; `owner` is the element's name, for messages."""
        if box is None:
            return nothing
        if isinstance(box, m.DecisionTable):
            return compile_table(self, box, names, owner)
        return self._compilers[type(box)](box, names, owner)

    # ── FEEL ──

    def expression(self, text: m.Text, names: Names, owner: str, place: str = "", place_zh: str = "") -> Logic:
        """A FEEL expression as logic; a blank text gives null, an unreadable one is a fault (and gives
        null).
        """
        if not text.text:
            return nothing
        if not self._is_feel(text, owner, place, place_zh):
            return _unreadable(text, owner)
        try:
            compiled = compile_expression(text.text, names | self._compound, self.types.feel)
        except FeelSyntaxError as error:
            self._syntax(error, text, owner, place, place_zh)
            return _unreadable(text, owner)
        self._look_up(owner, compiled.free_names - names, text.line)
        return lambda scope, run: compiled(scope, run.at)

    def tests(self, text: m.Text, names: Names, owner: str, place: str = "", place_zh: str = "") -> UnaryTests | None:
        """Unary tests; None when they cannot be read (a fault)."""
        if not self._is_feel(text, owner, place, place_zh):
            return None
        try:
            compiled = compile_unary_tests(text.text, names | self._compound, self.types.feel)
        except FeelSyntaxError as error:
            self._syntax(error, text, owner, place, place_zh)
            return None
        self._look_up(owner, compiled.free_names - names, text.line)
        return compiled

    def _look_up(self, owner: str, names: Iterable[str], line: int) -> None:
        self.free.setdefault(owner, set()).update((name, line) for name in names)

    def _is_feel(self, text: m.Text, owner: str, place: str, place_zh: str) -> bool:
        if not text.language or "feel" in text.language.lower():
            return True
        self.fault(
            "dmn.language", owner, text.line,
            f"{owner}{place}: the expression language “{text.language}” is not run.",
            f"{owner}{place_zh}：不支持表达式语言“{text.language}”。",
            "Write it in FEEL.", "请改用 FEEL 书写。",
        )  # fmt: skip
        return False

    def _syntax(self, error: FeelSyntaxError, text: m.Text, owner: str, place: str, place_zh: str) -> None:
        hint_en, hint_zh = hint_for(text.text)
        self.fault(
            "feel.syntax", owner, text.line,
            f"{owner}{place}: {error.text('en')}.", f"{owner}{place_zh}：{error.text('zh')}。",
            hint_en, hint_zh,
        )  # fmt: skip

    def fault(
        self,
        rule: str,
        element: str,
        line: int,
        en: str,
        zh: str,
        hint_en: str = "",
        hint_zh: str = "",
        severity: Literal["error", "warning"] = "error",
    ) -> None:
        """Notes a fault of an element, by id or name; reading goes on."""
        self.faults.append(
            Fault(rule, self.ids.get(element, element), line, en, zh, hint_en, hint_zh, severity, self.file)
        )

    # ── boxes ──

    def _literal(self, box: m.Literal, names: Names, owner: str) -> Logic:
        return self.expression(box.text, names, owner)

    def _context(self, box: m.Context, names: Names, owner: str) -> Logic:
        steps = []
        for entry in box.entries:
            logic = self._typed(self.logic(entry.value, names, owner), entry.type_ref, f"{owner}.{entry.name}")
            steps.append((entry.name, logic))
            names |= {entry.name} if entry.name else set()

        def context(scope: Scope, run: Run) -> Value:
            inner = dict(scope)
            made: dict[str, Value] = {}
            for name, logic in steps:
                value = logic(inner, run)
                if not name:
                    return value
                inner[name] = made[name] = value
            return made

        return context

    def _relation(self, box: m.Relation, names: Names, owner: str) -> Logic:
        rows = []
        for row in box.rows:
            cells = zip(box.columns, row, strict=False)  # a row of another width is a fault already
            rows.append(
                [
                    (c.name, self._typed(self.logic(cell, names, owner), c.type_ref, f"{owner}.{c.name}"))
                    for c, cell in cells
                ]
            )
        return lambda scope, run: [{name: logic(scope, run) for name, logic in row} for row in rows]

    def _list(self, box: m.ListOf, names: Names, owner: str) -> Logic:
        items = [self.logic(item, names, owner) for item in box.items]
        return lambda scope, run: [item(scope, run) for item in items]

    def _function(self, box: m.Function, names: Names, owner: str) -> Logic:
        return self.function(box, names, owner, owner)

    def function(self, box: m.Function, names: Names, owner: str, called: str, result: str = "") -> Logic:
        """Logic whose value is the function; arguments and result are held to their types."""
        if box.kind.upper() != "FEEL":
            self.fault(
                "dmn.function_kind", owner, box.line,
                f"{owner}: functions of kind {box.kind} are not run.",
                f"{owner}：不支持 {box.kind} 类型的函数。",
                "Write the function in FEEL or call a handler from the process.",
                "请用 FEEL 书写该函数，或在流程中调用处理程序。",
            )  # fmt: skip
            return nothing
        known = names | {p.name for p in box.parameters}
        declared = box.body.type_ref if isinstance(box.body, m.Literal) else ""
        body = self._typed(self._typed(self.logic(box.body, known, owner), declared, called), result, called)
        coercers = [(p.name, self.types.coercer(p.type_ref, f"{called}({p.name})")) for p in box.parameters]
        parameters = tuple(Parameter(p.name, self.types.of(p.type_ref)) for p in box.parameters)
        returns = self.types.of(result)

        def function(scope: Scope, run: Run) -> Value:
            def call(*arguments: Value) -> Value:
                if run.exhausted() or not given_all(called, arguments, coercers, run):
                    return None
                inner = dict(scope)
                for value, (name, coerce) in zip(arguments, coercers, strict=True):
                    inner[name] = coerce(value, run)
                    if inner[name] is None and value is not None:
                        return None  # DMN 1.5 §10.3.2.13.1: an argument of another type makes the call null
                return body(inner, run)

            return FunctionValue(parameters, call, returns, called)

        return function

    def _invocation(self, box: m.Invocation, names: Names, owner: str) -> Logic:
        callee = self.logic(box.callee, names, owner)
        bindings = {b.parameter: self.logic(b.value, names, owner) for b in box.bindings}

        def invocation(scope: Scope, run: Run) -> Value:
            function = callee(scope, run)
            if not isinstance(function, FunctionValue):
                run.warn(f"{owner}: what is invoked is not a function", f"{owner}：所调用的不是函数")
                return None
            formal = [p.name for p in function.parameters]
            if strangers := [name for name in bindings if name not in formal]:
                run.warn(
                    f"{owner}: {function.name} has no parameter “{strangers[0]}”",
                    f"{owner}:{function.name} 没有参数“{strangers[0]}”",
                )
                return None
            return function.call(*(bindings[n](scope, run) if n in bindings else None for n in formal))

        return invocation

    def _conditional(self, box: m.Conditional, names: Names, owner: str) -> Logic:
        condition = self.logic(box.condition, names, owner)
        then, otherwise = self.logic(box.then, names, owner), self.logic(box.otherwise, names, owner)
        choose = compile_expression(f"if {_SOURCE} then {_THEN}() else {_ELSE}()", (_SOURCE, _THEN, _ELSE))

        def conditional(scope: Scope, run: Run) -> Value:
            asked = condition(scope, run)
            if asked is not None and not isinstance(asked, bool):  # DMN 1.5 §10.2.2.9: it must be a boolean
                run.warn(f"{owner}: the condition is not a boolean", f"{owner}：条件不是布尔值")
                return None
            parts = {
                _SOURCE: asked,
                _THEN: FunctionValue((), lambda: then(scope, run)),
                _ELSE: FunctionValue((), lambda: otherwise(scope, run)),
            }
            return choose(parts, run.at)

        return conditional

    def _filter(self, box: m.Filter, names: Names, owner: str) -> Logic:
        source = self.logic(box.source, names, owner)
        match = self.logic(box.match, names | {"item"} | self._compound, owner)
        choose = compile_expression(f"{_SOURCE}[{_BODY}(item)]", (_SOURCE, _BODY))

        def filtered(scope: Scope, run: Run) -> Value:
            def test(item: Value) -> Value:
                entries = item if isinstance(item, dict) else {}
                return match({**scope, "item": item, **entries}, run)

            body = FunctionValue((Parameter("item"),), test)
            return choose({_SOURCE: source(scope, run), _BODY: body}, run.at)

        return filtered

    def _iterator(self, box: m.Iterator, names: Names, owner: str) -> Logic:
        source = self.logic(_iterated(box.source), names, owner)
        body = self.logic(box.body, names | {box.variable, "partial"}, owner)
        quantified = box.kind != "for"

        def iterated(scope: Scope, run: Run) -> Value:
            def step(value: Value, partial: Value) -> Value:
                if run.exhausted():
                    return None
                inner = {**scope, box.variable: value}
                return body(inner if quantified else {**inner, "partial": partial}, run)

            function = FunctionValue((Parameter("value"), Parameter("partial")), step)
            values = _LOOP({_SOURCE: source(scope, run), _BODY: function}, run.at)
            return _quantify(box.kind == "every", values, owner, run) if quantified else values

        return iterated

    def _typed(self, logic: Logic, type_ref: str, what: str) -> Logic:
        if not type_ref:
            return logic
        coerce = self.types.coercer(type_ref, what)
        return lambda scope, run: coerce(logic(scope, run), run)


def given_all(name: str, arguments: Sequence[Value], wanted: Sequence[object], run: Run) -> bool:
    """Whether a function has as many arguments as parameters; if not, with a reason."""
    if len(arguments) == len(wanted):
        return True
    given, needed = len(arguments), len(wanted)
    run.warn(f"{name}: {given} arguments for {needed} parameters", f"{name}：参数应为 {needed} 个，实际 {given} 个")
    return False


def _iterated(source: m.Boxed | None) -> m.Boxed | None:
    """What a loop runs over: `1..n` is written without brackets there, as in FEEL's own `for`."""
    if not isinstance(source, m.Literal) or not _BARE_RANGE.match(source.text.text):
        return source
    text = replace(source.text, text=f"for i in {source.text.text}\n return i")
    return replace(source, text=text)


_BARE_RANGE = re.compile(r"[^\[\](\"]+\.\.[^\[\])\"]+$")
_LOOP = compile_expression(f"for x in {_SOURCE} return {_BODY}(x, partial)", (_SOURCE, _BODY))


def _quantify(every: bool, values: Value, owner: str, run: Run) -> bool | None:
    """`some` and `every` over what the items gave, in three-valued logic; null if one is no boolean."""
    if not isinstance(values, list):
        return None
    if any(value is not None and not isinstance(value, bool) for value in values):
        run.warn(f"{owner}: satisfies must give booleans", f"{owner}:satisfies 须返回布尔值")
        return None
    if (not every) in values:
        return not every
    return None if None in values else every


def _unreadable(text: m.Text, owner: str) -> Logic:
    def unreadable(scope: Scope, run: Run) -> Value:
        run.warn(f"{owner}: “{text.text}” is not FEEL that can be read", f"{owner}：无法读取 FEEL“{text.text}”")
        return None

    return unreadable
