"""The chart of a run, as SVG by hand: B1 a second on a logarithmic scale, a block for each store and clients."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

WIDTH, LEFT, RIGHT, BAR, GAP, HEAD = 880, 300, 90, 18, 6, 34
COLOURS = {"dealflow": "#1f6feb", "replay": "#9db8d9", "bare": "#c9ccd1", "peer": "#d0883a"}


def chart(rows: Sequence[Mapping[str, Any]]) -> str:
    """SVG of rows with `kind`, `label`, `store`, `clients`, `batch` and `b1` (instances a second)."""
    blocks: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        if row["b1"] and row["batch"] == 1:
            clients = "1 client" if row["clients"] == 1 else f"{row['clients']} clients"
            blocks.setdefault(f"{row['store']}, {clients}", []).append(row)
    values = [row["b1"] for block in blocks.values() for row in block]
    if not values:
        return ""
    low = 10 ** math.floor(math.log10(min(values)))
    high = 10 ** math.ceil(math.log10(max(values) * 1.01))
    height = sum(HEAD + (BAR + GAP) * len(block) for block in blocks.values()) + 40
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}"',
        ' font-family="sans-serif" font-size="12">',
        "<title>B1 instances a second, a commit each, logarithmic scale</title>",
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        *_scale(low, high, height),
    ]
    top = 8.0
    for name, block in blocks.items():
        lines.append(f'<text x="8" y="{top + 18:.0f}" font-weight="bold">{escape(name)}</text>')
        top += HEAD - 8
        for row in sorted(block, key=lambda row: -row["b1"]):
            lines += _bar(row, top, _x(row["b1"], low, high))
            top += BAR + GAP
        top += 8
    return "\n".join([*lines, "</svg>"]) + "\n"


def _x(value: float, low: float, high: float) -> float:
    share = (math.log10(value) - math.log10(low)) / (math.log10(high) - math.log10(low))
    return LEFT + share * (WIDTH - LEFT - RIGHT)


def _scale(low: float, high: float, height: int) -> Iterator[str]:
    value = low
    while value <= high * 1.001:
        x = _x(value, low, high)
        yield f'<line x1="{x:.1f}" y1="8" x2="{x:.1f}" y2="{height - 24}" stroke="#e4e6ea"/>'
        yield f'<text x="{x:.1f}" y="{height - 8}" text-anchor="middle" fill="#555">{value:,.0f}/s</text>'
        value *= 10


def _bar(row: Mapping[str, Any], top: float, end: float) -> Iterator[str]:
    middle = top + BAR / 2 + 4
    bold = ' font-weight="bold"' if row["kind"] == "dealflow" else ""
    yield f'<text x="{LEFT - 8}" y="{middle:.0f}" text-anchor="end"{bold}>{escape(row["short"])}</text>'
    width = max(1.0, end - LEFT)
    yield f'<rect x="{LEFT}" y="{top:.0f}" width="{width:.1f}" height="{BAR}" rx="2" fill="{COLOURS[row["kind"]]}"/>'
    yield f'<text x="{end + 6:.0f}" y="{middle:.0f}"{bold}>{row["b1"]:,.0f}</text>'
