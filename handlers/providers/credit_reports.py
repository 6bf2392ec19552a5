"""A company's credit report as a Chinese bureau structures it, turned into what the book keeps. Pure.

The sections and their Chinese names follow the enterprise credit report of the People's Bank of China's credit
reference centre (企业信用报告，二代): 报告头 (who, when), 信贷交易信息 with open and settled accounts (五级分类,
逾期总额, 逾期月数), 相关还款责任 (guarantees given), 公共信息 (judgments, enforcement, penalties, tax arrears).
We know of no published interchange form; this one, a JSON object with those names, is ours to map a feed to.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from handlers import inputs
from handlers.finance.exact import ZERO
from handlers.providers.contract import ProviderDown

BAD_CLASSES = frozenset({"次级", "可疑", "损失"})
"""Of the five classes, those that mean default (《贷款风险分类指引》: the last three are 不良)."""
PUBLIC = {
    "民事判决记录": "judgment",
    "强制执行记录": "enforcement",
    "行政处罚记录": "penalty",
    "欠税记录": "tax_arrears",
}


def events(report: Mapping[str, Any], reg_no: str) -> dict[str, Any]:
    """{report_no, reported_on, overdue, defaults, guarantees, litigation} of a report. ProviderDown when it is not of
    this form, or another company's."""
    head = _part(report, "报告头")
    if inputs.text(head.get("统一社会信用代码")) != reg_no:
        raise ProviderDown("the report is of another company")
    day = _day(head.get("报告时间"))
    accounts = _part(report, "信贷交易信息")
    open_, settled = inputs.rows(accounts.get("未结清")), inputs.rows(accounts.get("已结清"))
    return {
        "report_no": inputs.text(head.get("报告编号")),
        "reported_on": day,
        "overdue": [_account(one) for one in open_ if _late(one)],
        "defaults": [_account(one) for one in (*open_, *settled) if one.get("五级分类") in BAD_CLASSES],
        "guarantees": [_guarantee(one) for one in inputs.rows(report.get("相关还款责任"))],
        "litigation": _public(report.get("公共信息")),
    }


def is_report(value: object) -> bool:
    """Whether a value looks like such a report."""
    return isinstance(value, Mapping) and "报告头" in value


def _part(report: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = report.get(name)
    if not isinstance(part, Mapping):
        raise ProviderDown(f"the report has no {name}")
    return part


def _day(value: object) -> date:
    try:
        found = inputs.day(value, "报告时间")
    except Exception as error:
        raise ProviderDown(f"the report's date cannot be read: {value}") from error
    if found is None:
        raise ProviderDown("the report has no date")
    return found


def _late(account: Mapping[str, Any]) -> bool:
    return (inputs.number(account.get("逾期总额"), "逾期总额") or ZERO) > 0


def _account(one: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "lender": inputs.text(one.get("授信机构")),
        "kind": inputs.text(one.get("业务种类")),
        "currency": inputs.text(one.get("币种")) or "CNY",
        "balance": inputs.number(one.get("余额"), "余额"),
        "overdue": inputs.number(one.get("逾期总额"), "逾期总额"),
        "months_overdue": inputs.whole(one.get("逾期月数"), "逾期月数"),
        "five_class": inputs.text(one.get("五级分类")),
    }


def _guarantee(one: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "for": inputs.text(one.get("主业务借款人")),
        "kind": inputs.text(one.get("责任类型")),
        "amount": inputs.number(one.get("还款责任金额"), "还款责任金额"),
        "five_class": inputs.text(one.get("五级分类")),
    }


def _public(given: object) -> list[dict[str, Any]]:
    part: Mapping[str, Any] = given if isinstance(given, Mapping) else {}
    return [
        {"kind": kind, "by": inputs.text(row.get("机构")), "on": inputs.text(row.get("日期")),
         "amount": inputs.number(row.get("金额"), "金额"), "text": inputs.text(row.get("案由"))}
        for name, kind in PUBLIC.items()
        for row in inputs.rows(part.get(name))
    ]  # fmt: skip
