"""What a letter looks like before anybody gets one. Law: rendered as it will be, by the same code; only its data are
made up, and what nobody made up stands in brackets by its name."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from jinja2 import Environment, meta

from engine.settings import Settings
from handlers.channels.rendering import LANGUAGES, TEMPLATES, Text, render

SAMPLES: Mapping[str, tuple[Any, Any]] = {
    "client_name": ("江苏澄远海上风电有限公司", "Chengyuan Offshore Wind Co., Ltd."),
    "contact_name": ("顾明辉", "Gu Minghui"),
    "project_name": ("澄远如东海上风电场一期", "Chengyuan Rudong Offshore Wind I"),
    "project_key": ("PJ-2026-0001", "PJ-2026-0001"),
    "business_key": ("PJ-2026-0001", "PJ-2026-0001"),
    "complaint_key": ("CO-2026-0001", "CO-2026-0001"),
    "facility_key": ("FA-2026-0001", "FA-2026-0001"),
    "amount": (Decimal("680000000"), Decimal("680000000")),
    "currency": ("CNY", "CNY"),
    "due": (date(2026, 3, 31), date(2026, 3, 31)),
    "due_at": (date(2026, 3, 31), date(2026, 3, 31)),
    "test_date": (date(2026, 3, 31), date(2026, 3, 31)),
    "person": ("李雷", "Li Lei"),
    "assignee": ("李雷", "Li Lei"),
    "task": ("首次联系", "First contact"),
    "subject": ("关于放款进度", "About the drawdown"),
    "facts": ({"client_name": "江苏澄远海上风电有限公司"}, {"client_name": "Chengyuan Offshore Wind Co., Ltd."}),
    "sender": ("顾明辉", "Gu Minghui"),
}
"""Name -> Chinese and English sample."""


def templates() -> tuple[str, ...]:
    """All templates by name."""
    return tuple(sorted({place.stem for language in LANGUAGES for place in (TEMPLATES / language).glob("*.txt")}))


@cache
def asked(template: str) -> frozenset[str]:
    """The data that a template asks for, in either language. Syntax faults are told when it is rendered."""
    found: set[str] = set()
    environment = Environment(autoescape=False)
    environment.filters.update({"moment": str, "money": str})
    waiting = [f"{language}/{template}.txt" for language in LANGUAGES]
    for name in waiting:  # grows by the templates that these take in
        place = TEMPLATES / name
        if place.is_file():
            tree = environment.parse(place.read_text("utf-8"))
            found |= meta.find_undeclared_variables(tree)
            waiting += [one for one in meta.find_referenced_templates(tree) if one and one not in waiting]
    return frozenset(found) - {"house"}


def preview(settings: Settings, template: str, data: Mapping[str, Any] | None = None) -> tuple[Text, ...]:
    """The letter in Chinese and in English, with samples in place of the data not given. TemplateWrong."""
    return tuple(
        render(settings, template, language, samples(settings, template, language) | dict(data or {}))
        for language in LANGUAGES
    )


def samples(settings: Settings, template: str, language: str) -> dict[str, Any]:
    """Data for everything that the template asks for, in the language."""
    place = LANGUAGES.index(language)
    made = {name: SAMPLES[name][place] if name in SAMPLES else _made_up(settings, name) for name in asked(template)}
    return {name: value for name, value in made.items() if not name.endswith("_en")}


def _made_up(settings: Settings, name: str) -> Any:
    if name.endswith(("url", "link")):
        return f"{settings.base_url or 'https://deals.example.com'}/link/…"
    if name.endswith("s") and not name.endswith("ss"):
        return []
    return f"[{name}]"
