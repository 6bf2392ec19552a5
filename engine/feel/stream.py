"""Reading tokens one after the other: what parsers of expressions and of types share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from engine.errors import FeelSyntaxError
from engine.feel.lexer import Token, full_width, half_width, syntax_error, tokens
from engine.feel.names import NAME_SIGNS, joined

MAX_DEPTH: Final = 60
"""Deepest nesting of brackets and bodies."""


class TokenStream:
    """The tokens of one text and the place that has been reached."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.stream = tokens(text)
        self.at = 0
        self.depth = 0

    @property
    def token(self) -> Token:
        return self.stream[self.at]

    def is_op(self, *texts: str) -> bool:
        token = self.stream[self.at]
        return token.kind == "op" and token.text in texts

    def is_word(self, word: str, ahead: int = 0) -> bool:
        token = self.stream[min(self.at + ahead, len(self.stream) - 1)]
        return token.kind == "name" and token.text == word and not token.quoted

    def take(self) -> Token:
        token = self.stream[self.at]
        self.at += 1
        return token

    def take_op(self, text: str) -> Token:
        if not self.is_op(text):
            raise self.unexpected(f"expected {text!r}", f"此处应为 {text!r}")
        return self.take()

    def take_word(self, word: str) -> None:
        if not self.is_word(word):
            raise self.unexpected(f"expected {word!r}", f"此处应为 {word!r}")
        self.at += 1

    def unexpected(self, hint: str = "", hint_zh: str = "") -> FeelSyntaxError:
        """The error at the current token, with what was expected."""
        token = self.token
        self.refuse_full_width(token)
        found, found_zh = (
            ("the expression ends", "表达式提前结束")
            if token.kind == "end"
            else (f"unexpected {token.text[:40]!r}", f"意外的 {token.text[:40]!r}")
        )
        return self.error(found + (f", {hint}" if hint else ""), found_zh + (f",{hint_zh}" if hint_zh else ""))

    def error(self, reason: str, reason_zh: str) -> FeelSyntaxError:
        """The error with this reason at the current token."""
        return syntax_error(self.text, self.token.position, reason, reason_zh)

    def refuse_full_width(self, token: Token) -> None:
        """Raises for a word with a full-width sign: a name to the grammar, a slip of the input method to people."""
        sign = full_width(token.text) if token.kind == "name" and not token.quoted else None
        if sign is not None:
            plain = half_width(sign)
            place = token.position + token.text.index(sign)
            raise syntax_error(
                self.text,
                place,
                f"{sign!r} is a full-width sign; write {plain!r}",
                f"{sign!r} 是全角符号，请改用半角 {plain!r}",
            )

    @contextmanager
    def nested(self) -> Iterator[None]:
        """Counts one level of nesting."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.error(f"nested deeper than {MAX_DEPTH} levels", f"嵌套超过 {MAX_DEPTH} 层")
        try:
            yield
        finally:
            self.depth -= 1

    def words_until(self, *stops: str) -> str:
        """A new name: all tokens up to one of `stops`."""
        start = self.at
        while self.token.kind in ("name", "number") or self.token.text in NAME_SIGNS:
            if self.at > start and self.token.text in stops and not self.token.quoted:
                break
            self.at += 1
        if self.at == start or self.stream[start].kind != "name":
            raise self.unexpected("expected a name", "此处应为名称")
        return joined(self.stream[start : self.at])
