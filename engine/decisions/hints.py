"""What people write in a cell when FEEL wants something else, and how to say it to them."""

from __future__ import annotations

import re
from typing import Final

_HINTS: Final[tuple[tuple[re.Pattern[str], str, str], ...]] = tuple(
    (re.compile(pattern), en, zh)
    for pattern, en, zh in (
        (r"[“”„‟]", 'Use straight quotes "…" instead of “…”.', "请使用英文双引号 \"…\"，不要用中文引号“…”。"),
        (r"[‘’]|'", 'Put texts in double quotes: "…".', "文本请用英文双引号：\"…\"。"),
        (r"[，；（）]", "Use half-width signs: , ( ).", "请使用半角符号 , ( )，不要用全角符号。"),
        (r"[≥≤≠]", "Write >=, <= or !=.", "请写作 >=、<= 或 !=。"),
        (r"==", "In a cell write only the value; elsewhere a single =.", "相等用单个 =；单元格中只写值即可。"),
        (r"=>|=<", "Write >= or <=.", "请写作 >= 或 <=。"),
        (r"&&|\|\|", "Write and, or; in a cell a comma means or.", "请写 and、or；单元格中逗号表示“或”。"),
        (r"^\s*!(?!=)", "Write not(…).", "请写 not(…)。"),
        (r"\$\{|#\{", "Leave ${…} away: cells are FEEL already.", "无需 ${…}：单元格本身就是 FEEL。"),
        (r"\d\s*(?:-|~|～|–|—|至|到)\s*\d", "An interval is written [1..5].", "区间请写作 [1..5]。"),
        (r"%", "Write a share as a number: 0.05 for 5 %.", "比例请写成小数：5% 写作 0.05。"),
        (r"\d,\d{3}", "Write numbers without separators: 1000000.", "数字不要加千位分隔符：1000000。"),
    )
)  # fmt: skip

_STRING: Final = re.compile(r'"(?:[^"\\]|\\.)*"')


def hint_for(text: str) -> tuple[str, str]:
    """The way out in English and Chinese, ("", "") when no common slip is seen."""
    written = _STRING.sub('""', text)
    for pattern, en, zh in _HINTS:
        if pattern.search(written):
            return en, zh
    return "", ""
