"""Types as written in expressions: `list<number>`, `context<a: string>`, `function<date>->boolean`, a model's own."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Final

from engine.feel import nodes as n
from engine.feel.names import joined, known
from engine.feel.stream import TokenStream

_COMPOUND_TYPES: Final = ("date and time", "days and time duration", "years and months duration")


class TypeParser(TokenStream):
    """Reads one type where the stream stands. `types` are the model's own names."""

    def __init__(self, text: str, types: Collection[str]) -> None:
        super().__init__(text)
        self.types = known((*_COMPOUND_TYPES, *types))

    def type(self) -> n.TypeNode:
        with self.nested():
            if self.token.kind != "name":
                raise self.unexpected("expected a type", "此处应为类型")
            name = self.type_name()
            if name not in _GENERIC or not self.is_op("<"):
                return n.TypeNode(name)
            self.at += 1
            return _GENERIC[name](self, name)

    def type_name(self) -> str:
        found = self.types.match(self.stream, self.at)
        if found:
            self.at += found[1]
            return found[0]
        start = self.at
        self.at += 1
        while self.is_op(".") and self.stream[self.at + 1].kind == "name":
            self.at += 2
        return joined(self.stream[start : self.at])

    def type_of(self, name: str) -> n.TypeNode:
        of = self.type()
        self.take_op(">")
        return n.TypeNode(name, (of,), generic=True)

    def type_context(self, name: str) -> n.TypeNode:
        fields: list[tuple[str, n.TypeNode]] = []
        while not self.is_op(">"):
            if fields:
                self.take_op(",")
            key = self.words_until(":")
            self.take_op(":")
            fields.append((key, self.type()))
        self.at += 1
        return n.TypeNode(name, fields=tuple(fields), generic=True)

    def type_function(self, name: str) -> n.TypeNode:
        of: list[n.TypeNode] = []
        while not self.is_op(">"):
            if of:
                self.take_op(",")
            of.append(self.type())
        self.at += 1
        self.take_op("->")
        return n.TypeNode(name, tuple(of), result=self.type(), generic=True)


_GENERIC: Final[dict[str, Callable[[TypeParser, str], n.TypeNode]]] = {
    "list": TypeParser.type_of,
    "range": TypeParser.type_of,
    "context": TypeParser.type_context,
    "function": TypeParser.type_function,
}
