"""Tokens into a syntax tree: a Pratt parser (DMN 1.5 §10.3.1.2, the grammar and its precedence).

From weak to strong: or; and; comparison, between, in; + -; * /; **; unary minus; instance of; path, filter,
call. Chains of one precedence are flat nodes, so that depth counts nesting only; nesting is bounded by
MAX_DEPTH.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Final

from engine.errors import FeelSyntaxError
from engine.feel import nodes as n
from engine.feel.lexer import full_width, number, string
from engine.feel.names import KEYWORDS, NAME_SIGNS, NameTable, joined, known
from engine.feel.parser_types import TypeParser

MAX_LINKS: Final = 100
"""Longest chain of paths, filters, calls or comparisons (`+ - * /`, `and`, `or` and `else if` have no such
bound)."""
MAX_RETRIES: Final = 400
"""How often one text may be read a second way (`[a..b[` against a filter) before it is refused."""

_COMPARISONS: Final = frozenset({"=", "!=", "<", "<=", ">", ">="})
_OR, _AND, _COMPARE, _SUM, _PRODUCT, _POWER, _UNARY, _INSTANCE, _POSTFIX = range(1, 10)
_ARITHMETIC: Final = {"+": _SUM, "-": _SUM, "*": _PRODUCT, "/": _PRODUCT, "**": _POWER}
_CONSTANTS: Final = {"true": True, "false": False, "null": None}
_MEMBERS: Final = NameTable.of(("time offset", "start included", "end included"))


class Parser(TypeParser):
    """One text, read once. `names` are known in scope; `functions` are the compound names of built-ins;
    `types` the compound names of the model's types."""

    def __init__(self, text: str, names: Collection[str], functions: Collection[str], types: Collection[str]) -> None:
        super().__init__(text, types)
        self.retries = 0
        self.scopes = [known(frozenset(names))]
        self.functions = known(tuple(functions))
        self.keys = NameTable()  # the keys of the context literals read so far

    @contextmanager
    def scope(self, *names: str) -> Iterator[NameTable]:
        """Makes local names known while it lasts."""
        table = NameTable.of(names)
        self.scopes.append(table)
        try:
            yield table
        finally:
            self.scopes.pop()

    # ── whole texts ─────────────────────────────────────────────────────────────────────────────────────

    def whole_expression(self) -> n.Node:
        """The text as one expression."""
        node = self.expression()
        self.end()
        return node

    def whole_tests(self) -> n.TestsNode:
        """The text as unary tests: `-`, `not(tests)` or tests separated by commas."""
        if self.is_op("-") and self.stream[self.at + 1].kind == "end":
            return n.TestsNode(())
        if self.is_word("not") and self.stream[self.at + 1].text == "(":
            start = self.at
            self.at += 2
            try:
                inner = self.tests()
                self.take_op(")")
                self.end()
                return n.TestsNode(inner, negated=True)
            except FeelSyntaxError:
                self.at = start
        found = self.tests()
        self.end()
        return n.TestsNode(found)

    def end(self) -> None:
        if self.token.kind != "end":
            before = self.stream[self.at - 1]
            if self.token.kind == before.kind == "name" and not self.is_keyword() and not full_width(self.token.text):
                compound = f"{before.text} {self.token.text}"
                raise self.unexpected(f"{compound!r} is no known name", f"{compound!r} 不是已知名称")
            raise self.unexpected()

    def tests(self) -> tuple[n.Node, ...]:
        found = [self.test()]
        while self.is_op(","):
            self.at += 1
            found.append(self.test())
        return tuple(found)

    def test(self) -> n.Node:
        """One positive unary test: `op endpoint`, an interval, or an expression."""
        if self.token.kind == "op" and self.token.text in _COMPARISONS:
            operator = self.take().text
            return n.UnaryRange(operator, self.expression(_SUM))
        return self.expression()

    # ── expressions ─────────────────────────────────────────────────────────────────────────────────────

    def expression(self, weakest: int = _OR) -> n.Node:
        """An expression whose operators bind at least as strongly as `weakest`."""
        with self.nested():
            left = self.prefix()
            links = 0
            while (power := self.power()) >= weakest:
                left = self.infix(left, power)
                links += 1
                if links > MAX_LINKS:
                    raise self.error(f"more than {MAX_LINKS} links in one chain", f"链式写法超过 {MAX_LINKS} 段")
            return left

    def power(self) -> int:
        token = self.stream[self.at]
        if token.kind == "op":
            if token.text in _COMPARISONS:
                return _COMPARE
            return _POSTFIX if token.text in (".", "[", "(") else _ARITHMETIC.get(token.text, 0)
        if token.kind == "name" and not token.quoted:
            return _WORD_POWERS.get(token.text, 0)
        return 0

    def infix(self, left: n.Node, power: int) -> n.Node:
        token = self.token
        if power == _POSTFIX:
            return self.postfix(left)
        if power in (_SUM, _PRODUCT, _POWER):
            return self.chain(left, power)
        if token.kind == "op":
            self.at += 1
            return n.Comparison(token.text, left, self.expression(_SUM))
        return _WORDS[token.text](self, left)

    def chain(self, first: n.Node, power: int) -> n.Node:
        rest: list[tuple[str, n.Node]] = []
        while self.token.kind == "op" and _ARITHMETIC.get(self.token.text) == power:
            operator = self.take().text
            rest.append((operator, self.expression(power + 1)))
        return n.Arithmetic(first, tuple(rest))

    def junction(self, left: n.Node) -> n.Node:
        word = self.token.text
        power = _AND if word == "and" else _OR
        operands = [left]
        while self.is_word(word):
            self.at += 1
            operands.append(self.expression(power + 1))
        return n.Conjunction(tuple(operands)) if word == "and" else n.Disjunction(tuple(operands))

    def between(self, left: n.Node) -> n.Node:
        self.at += 1
        low = self.expression(_SUM)
        self.take_word("and")
        return n.Between(left, low, self.expression(_SUM))

    def membership(self, left: n.Node) -> n.Node:
        self.at += 1
        if self.is_op("("):
            start = self.at
            try:
                self.at += 1
                found = self.tests()
                self.take_op(")")
                if not self.is_op(".", "[", "(", "+", "-", "*", "/", "**", ".."):
                    return n.In(left, found)
            except FeelSyntaxError:
                self.retry()
            self.at = start
        if self.token.kind == "op" and self.token.text in _COMPARISONS:
            return n.In(left, (self.test(),))
        return n.In(left, (self.expression(_SUM),))

    def instance_of(self, left: n.Node) -> n.Node:
        self.at += 1
        self.take_word("of")
        return n.InstanceOf(left, self.type())

    def retry(self) -> None:
        """Counts one more reading of the same text; too many are refused (the work would double at each
        level)."""
        self.retries += 1
        if self.retries > MAX_RETRIES:
            raise self.error("too ambiguous to read", "写法过于含混，无法解析")

    # ── postfix: path, filter, call ─────────────────────────────────────────────────────────────────────

    def postfix(self, left: n.Node) -> n.Node:
        opening = self.take().text
        if opening == ".":
            return n.Path(left, self.member())
        if opening == "(":
            return self.call(left)
        with self.scope("item"):
            self.scopes[-1].entries |= self.keys.entries
            predicate = self.expression()
        self.take_op("]")
        return n.Filter(left, predicate)

    def member(self) -> str:
        """The name after a dot. Blanks never separate two names here, so words are read on as one name."""
        if self.token.kind != "name":
            raise self.unexpected("expected a name after '.'", "'.' 之后应为名称")
        for table in (self.keys, self.scopes[0], _MEMBERS):
            found = table.match(self.stream, self.at)
            if found:
                self.at += found[1]
                return found[0]
        start = self.at
        self.at += 1
        if self.stream[start].quoted:
            return self.stream[start].text
        while self.token.kind in ("name", "number") and not self.is_keyword() and not self.token.quoted:
            self.at += 1
        return joined(self.stream[start : self.at])

    def is_keyword(self) -> bool:
        token = self.token
        return token.kind == "name" and not token.quoted and token.text in KEYWORDS

    def call(self, function: n.Node) -> n.Node:
        arguments: list[n.Node] = []
        names: list[str] = []
        while not self.is_op(")"):
            if arguments:
                self.take_op(",")
            name = self.argument_name()
            if (name is None and names) or (name is not None and len(names) != len(arguments)):
                raise self.error("named and unnamed arguments are mixed", "具名参数与位置参数不能混用")
            if name is not None:
                names.append(name)
            arguments.append(self.expression())
        self.at += 1
        return n.Call(function, tuple(arguments), tuple(names))

    def argument_name(self) -> str | None:
        ahead = self.at
        while self.stream[ahead].kind == "name" or self.stream[ahead].text in NAME_SIGNS:
            if self.stream[ahead].kind == "end":
                return None
            ahead += 1
        if ahead == self.at or self.stream[ahead].text != ":":
            return None
        name = joined(self.stream[self.at : ahead])
        self.at = ahead + 1
        return name

    # ── prefix: literals, names, brackets, bodies ───────────────────────────────────────────────────────

    def prefix(self) -> n.Node:
        token = self.token
        if token.kind == "name":
            return self.word()
        if token.kind == "number":
            self.at += 1
            return n.Literal(number(token.text))
        if token.kind == "string":
            self.at += 1
            return n.Literal(string(token.text))
        if token.kind == "at":
            self.at += 1
            return n.Call(n.Name("@", token.position), (n.Literal(string(token.text[1:].lstrip())),))
        reader = _OPENERS.get(token.text)
        if token.kind != "op" or reader is None:
            raise self.unexpected("expected a value", "此处应为一个值")
        return reader(self)

    def word(self) -> n.Node:
        token = self.token
        name = self.known_name()
        if name is not None:
            return n.Name(name, token.position)
        if token.quoted:
            self.at += 1
            return n.Name(token.text, token.position)
        if token.text in _CONSTANTS:
            self.at += 1
            return n.Literal(_CONSTANTS[token.text])
        reader = _BODIES.get(token.text)
        if reader is not None and (token.text != "function" or self.stream[self.at + 1].text == "("):
            self.at += 1
            return reader(self)
        if token.text in KEYWORDS:
            raise self.unexpected("expected a value", "此处应为一个值")
        self.refuse_full_width(token)
        self.at += 1
        return n.Name(token.text, token.position)

    def known_name(self) -> str | None:
        """The longest name of the scopes (inner before outer) or of the built-ins that begins here."""
        if self.token.quoted:
            return None
        best: tuple[str, int] | None = None
        for table in reversed(self.scopes):
            found = table.match(self.stream, self.at)
            if found and (best is None or found[1] > best[1]):
                best = found
        called = self.functions.match(self.stream, self.at)
        if called and (best is None or called[1] > best[1]):
            follows = self.stream[self.at + called[1]].text
            if follows == "(" or " and " not in called[0]:
                best = called
        if best is None:
            return None
        self.at += best[1]
        return best[0]

    def minus(self) -> n.Node:
        self.at += 1
        if self.token.kind == "number":
            literal = number(self.take().text)
            return n.Literal(literal.copy_negate() if literal else literal)
        return n.Negation(self.expression(_UNARY))

    def parenthesis(self) -> n.Node:
        self.at += 1
        if self.token.kind == "op" and self.token.text in _COMPARISONS:
            node: n.Node = self.test()
            self.take_op(")")
            return node
        node = self.expression()
        if self.is_op(".."):
            return self.interval_end(node, start_included=False)
        self.take_op(")")
        return node

    def bracket(self) -> n.Node:
        """A list, or an interval that includes its start."""
        self.at += 1
        if self.is_op("]"):
            self.at += 1
            return n.ListNode(())
        first = self.expression()
        if self.is_op(".."):
            return self.interval_end(first, start_included=True)
        items = [first]
        while self.is_op(","):
            self.at += 1
            items.append(self.expression())
        self.take_op("]")
        return n.ListNode(tuple(items))

    def open_interval(self) -> n.Node:
        self.at += 1
        start = self.expression()
        if not self.is_op(".."):
            raise self.unexpected("expected '..'", "此处应为 '..'")
        return self.interval_end(start, start_included=False)

    def interval_end(self, start: n.Node, start_included: bool) -> n.Node:
        """`.. e` and the closing bracket. `[` closes an open interval, unless what follows reads as a
        filter."""
        self.at += 1
        begin = self.at
        plain_end = self.token.kind in ("number", "string") and self.stream[begin + 1].text == "["
        if not plain_end:
            try:
                return self.closed(start, self.expression(), start_included)
            except FeelSyntaxError:
                self.retry()
                self.at = begin
        end = self.endpoint()
        return self.closed(start, end, start_included)

    def closed(self, start: n.Node, end: n.Node, start_included: bool) -> n.Node:
        if not self.is_op("]", ")", "["):
            raise self.unexpected("expected the end of the interval", "此处应为区间的结束括号")
        return n.RangeNode(start, end, start_included, self.take().text == "]")

    def endpoint(self) -> n.Node:
        """An end point before `[`: the last opening bracket must not be taken for a filter."""
        with self.nested():
            left = self.prefix()
            while not self.is_op("[") and (power := self.power()) >= _SUM:
                left = self.infix(left, power)
            return left

    def context(self) -> n.Node:
        self.at += 1
        entries: list[tuple[str, n.Node]] = []
        with self.scope() as local:
            while not self.is_op("}"):
                if entries:
                    self.take_op(",")
                start = self.at
                key = self.key()
                if any(key == other for other, _ in entries):
                    self.at = start
                    raise self.error(f"the key {key!r} stands twice", f"键 {key!r} 重复")
                entries.append((key, self.expression()))
                local.add(key)
                self.keys.add(key)
        self.at += 1
        return n.ContextNode(tuple(entries))

    def key(self) -> str:
        key = string(self.take().text) if self.token.kind == "string" else self.words_until(":")
        self.take_op(":")
        return key

    # ── bodies ──────────────────────────────────────────────────────────────────────────────────────────

    def condition(self) -> n.Node:
        branches: list[tuple[n.Node, n.Node]] = []
        while True:
            test = self.expression()
            self.take_word("then")
            branches.append((test, self.expression()))
            self.take_word("else")
            if not self.is_word("if"):
                return n.If(tuple(branches), self.expression())
            self.at += 1

    def iterators(self, table: NameTable) -> tuple[n.Iterator, ...]:
        found: list[n.Iterator] = []
        while True:
            name = self.words_until("in")
            self.take_word("in")
            source = self.expression()
            end = None
            if self.is_op(".."):
                self.at += 1
                end = self.expression()
            found.append(n.Iterator(name, source, end))
            table.add(name)
            if not self.is_op(","):
                return tuple(found)
            self.at += 1

    def loop(self) -> n.Node:
        with self.scope("partial") as table:
            iterators = self.iterators(table)
            self.take_word("return")
            return n.For(iterators, self.expression())

    def quantified(self) -> n.Node:
        every = self.stream[self.at - 1].text == "every"
        with self.scope() as table:
            iterators = self.iterators(table)
            self.take_word("satisfies")
            return n.Quantified(every, iterators, self.expression())

    def function(self) -> n.Node:
        self.take_op("(")
        parameters: list[tuple[str, n.TypeNode | None]] = []
        while not self.is_op(")"):
            if parameters:
                self.take_op(",")
            name = self.words_until(",", ":", ")")
            declared = None
            if self.is_op(":"):
                self.at += 1
                declared = self.type()
            parameters.append((name, declared))
        self.at += 1
        external = self.is_word("external")
        if external:
            self.at += 1
        with self.scope(*(name for name, _ in parameters)):
            return n.FunctionNode(tuple(parameters), self.expression(), external)


_WORD_POWERS: Final = {"or": _OR, "and": _AND, "between": _COMPARE, "in": _COMPARE, "instance": _INSTANCE}
_WORDS: Final[dict[str, Callable[[Parser, n.Node], n.Node]]] = {
    "or": Parser.junction,
    "and": Parser.junction,
    "between": Parser.between,
    "in": Parser.membership,
    "instance": Parser.instance_of,
}
_OPENERS: Final[dict[str, Callable[[Parser], n.Node]]] = {
    "-": Parser.minus,
    "(": Parser.parenthesis,
    "[": Parser.bracket,
    "]": Parser.open_interval,
    "{": Parser.context,
}
_BODIES: Final[dict[str, Callable[[Parser], n.Node]]] = {
    "if": Parser.condition,
    "for": Parser.loop,
    "some": Parser.quantified,
    "every": Parser.quantified,
    "function": Parser.function,
}
