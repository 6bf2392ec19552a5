"""Built-ins on strings (DMN 1.5 §10.3.4.3). Characters are Unicode code points; patterns are XQuery's."""

from __future__ import annotations

from decimal import Decimal

from engine.feel.builtin import builtin, whole
from engine.feel.patterns import PATIENCE, compiled, replacement
from engine.feel.reasons import Null
from engine.feel.text import MAX_STRING
from engine.feel.values import Value


def _bounded(text: str) -> str:
    if len(text) > MAX_STRING:
        raise Null("size", limit=MAX_STRING)
    return text


@builtin("substring", "string: string, start position: number, length?: number|null")
def substring(string: str, start_position: Decimal, length: Decimal | None = None) -> str:
    """From the 1-based position (negative: from the end) to the end, or `length` characters."""
    start = whole(start_position, "substring")
    count = None if length is None else whole(length, "substring")
    if start == 0 or abs(start) > len(string) or (count is not None and count < 1):
        raise Null("index", index=start, length=len(string))
    first = start - 1 if start > 0 else len(string) + start
    return string[first:] if count is None else string[first : first + count]


@builtin("string length", "string: string")
def string_length(string: str) -> Decimal:
    return Decimal(len(string))


@builtin("upper case", "string: string")
def upper_case(string: str) -> str:
    return _bounded(string.upper())


@builtin("lower case", "string: string")
def lower_case(string: str) -> str:
    return _bounded(string.lower())


@builtin("substring before", "string: string, match: string")
def substring_before(string: str, match: str) -> str:
    before, found, _ = string.partition(match) if match else ("", "", "")
    return before if found else ""


@builtin("substring after", "string: string, match: string")
def substring_after(string: str, match: str) -> str:
    return string.partition(match)[2] if match else string


@builtin("contains", "string: string, match: string")
def contains(string: str, match: str) -> bool:
    return match in string


@builtin("starts with", "string: string, match: string")
def starts_with(string: str, match: str) -> bool:
    return string.startswith(match)


@builtin("ends with", "string: string, match: string")
def ends_with(string: str, match: str) -> bool:
    return string.endswith(match)


@builtin("matches", "input: string, pattern: string, flags?: string|null")
def matches(text: str, pattern: str, flags: str | None = None) -> bool:
    return compiled(pattern, flags or "").search(text, timeout=PATIENCE) is not None


@builtin("replace", "input: string, pattern: string, replacement: string, flags?: string|null")
def replace(text: str, pattern: str, by: str, flags: str | None = None) -> str:
    """All matches replaced; `$1` is a group, `$0` the match. A pattern that matches nothing at all is
    refused."""
    regex = compiled(pattern, flags or "")
    if regex.search(""):
        raise Null("pattern", pattern=pattern, reason="it matches the empty string")
    write = replacement(by, regex.groups, literal="q" in (flags or ""))
    pieces: list[str] = []
    size = last = 0
    for match in regex.finditer(text, timeout=PATIENCE):
        pieces += (text[last : match.start()], write(match))
        size += len(pieces[-1]) + len(pieces[-2])
        if size > MAX_STRING:
            raise Null("size", limit=MAX_STRING)
        last = match.end()
    return _bounded("".join(pieces) + text[last:])


@builtin("split", "string: string, delimiter: string")
def split(string: str, delimiter: str) -> list[str]:
    regex = compiled(delimiter, "")
    pieces: list[str] = []
    last = 0
    for match in regex.finditer(string, timeout=PATIENCE):
        if match.end() > match.start():
            pieces.append(string[last : match.start()])
            last = match.end()
    return [*pieces, string[last:]]


@builtin(
    "string join",
    "list: list, delimiter?: string|null, prefix?: string|null, suffix?: string|null",
)
def string_join(
    items: list[Value], delimiter: str | None = None, prefix: str | None = None, suffix: str | None = None
) -> str:
    """The strings of the list with the delimiter between them; null items are left out. Prefix and suffix, which
    Camunda's FEEL has beside the standard's two parameters, come together or not at all."""
    if (prefix is None) != (suffix is None):
        raise Null("arguments", function="string join", given="three", expected="list, delimiter")
    present = [item for item in items if item is not None]
    if not all(isinstance(item, str) for item in present):
        raise Null("arguments", function="string join", given="a list of others", expected="a list of strings")
    if sum(map(len, present)) + len(delimiter or "") * len(present) > MAX_STRING:
        raise Null("size", limit=MAX_STRING)
    return (prefix or "") + (delimiter or "").join(present) + (suffix or "")
