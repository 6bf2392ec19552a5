"""A company's entry as the national enterprise credit information publicity system shows it, in our own fields. Pure.

Names of fields are those of the system's pages (国家企业信用信息公示系统): 企业名称, 法定代表人, 类型, 注册资本,
成立日期, 住所, 登记状态. A status beginning with 存续, 在营, 开业 or 在业 is active; 注销 and 吊销 are not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from handlers import inputs

FIELDS = {
    "企业名称": "legal_name",
    "名称": "legal_name",
    "法定代表人": "legal_rep",
    "负责人": "legal_rep",
    "类型": "company_type",
    "注册资本": "capital",
    "成立日期": "founded",
    "住所": "address",
}
ACTIVE = ("存续", "在营", "开业", "在业")


def entry(shown: Mapping[str, Any]) -> dict[str, Any]:
    """Our fields of an entry; what is in our fields already stays."""
    if "登记状态" not in shown:
        return dict(shown)
    found = {ours: inputs.text(shown.get(theirs)) for theirs, ours in FIELDS.items() if shown.get(theirs) is not None}
    status = inputs.text(shown.get("登记状态")) or ""
    return found | {"state": "active" if status.startswith(ACTIVE) else status or "unknown"}
