"""Reports: content (exact values, both languages) → PDF by typst, workbook by openpyxl, the same figures in each.

Law: builders compute nothing that the book or a process knows already; they choose and name. What a paper cannot be
without and is not there is refused by name, never left blank.

`deal` makes papers of what a process hands in; `client`, `investor` and `house` read the book and the engine's figures.
"""

from collections.abc import Callable, Mapping
from typing import Any

from handlers.reports import deal
from handlers.reports.content import Report
from handlers.reports.deal import Head, Missing

PAPERS: Mapping[str, Callable[[Mapping[str, Any], Head], Report]] = {
    "credit_memo": deal.credit_memo,
    "term_sheet": deal.term_sheet,
    "contract_draft": deal.contract_draft,
    "covenant_certificate": deal.covenant_certificate,
}
"""Kinds made of variables alone."""

__all__ = ["PAPERS", "Head", "Missing", "Report"]
