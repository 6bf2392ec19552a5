"""Chinese sentences in the program have Chinese punctuation: every text of the engine, the pages and the handlers."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.paths import ROOT

CHINESE = "[\u4e00-\u9fff]"
HALF_WIDTH = re.compile(
    rf"{CHINESE}[,;:!?(]|[,;:!?)]{CHINESE}|[”）》][,;:!?]|[,;:!?][“（《]|{CHINESE}\)|\({CHINESE}|{CHINESE}\.(?:\s|$)"
)
ALLOWED = {
    "约：:": "signs that are taken off an amount",
    "smtp://[用户:密码@]主机[:端口] 或 smtps://…": "an address as it is typed",
    "sqlite:///文件 或 postgresql://用户:密码@主机/库名": "an address as it is typed",
    "http://主机[:端口] 或 https://…": "an address as it is typed",
}


def texts(path: Path) -> Iterator[tuple[int, str]]:
    """Every string of a file but docstrings; what a format fills in is left out."""
    source = path.read_text("utf-8")
    if not re.search(CHINESE, source):
        return
    nodes = list(ast.walk(ast.parse(source)))
    told = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    for node in nodes:
        if isinstance(node, ast.JoinedStr):
            told |= {id(part) for part in node.values}
            text = "".join(str(part.value) if isinstance(part, ast.Constant) else "\0" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            text = re.sub(r"\{\w*[^{}]*\}", "\0", node.value)
        else:
            continue
        if re.search(CHINESE, text):
            yield node.lineno, text


def is_chinese(text: str) -> bool:
    """Whether a text is a Chinese one: not English that quotes a Chinese word, nor a pattern to search with."""
    if re.search(r"\\[sd]|\)[?$]|\w\|\w", text):
        return False
    return len(re.findall(CHINESE, text)) * 3 > len(re.findall(r"[A-Za-z]{2,}", text))


@pytest.mark.parametrize("room", ["engine", "web", "handlers"])
def test_chinese_texts_have_chinese_punctuation(room: str) -> None:
    found = [
        (path, line, text)
        for path in (ROOT / room).rglob("*.py")
        if "node_modules" not in path.parts
        for line, text in texts(path)
    ]
    wrong = [
        f"{path.relative_to(ROOT)}:{line}: {text}"
        for path, line, text in found
        if is_chinese(text) and text not in ALLOWED and HALF_WIDTH.search(text)
    ]
    assert wrong == [] and len(found) > 10
