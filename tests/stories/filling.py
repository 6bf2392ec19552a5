"""Fill a Camunda form in the page as a person does: click, type, choose. Fields are found by the ids of the form file.

form-js makes an element's id from its own prefix, the component's id, the row's number in a dynamic list and an
ending of the kind of control: `fjs-form-1a2b-profile-people-name_0`, `…-contact_date-date`, `…-outcome-1`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from playwright.sync_api import Locator, Page, expect

Component = Mapping[str, Any]


def fill(page: Page, schema: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    """Enter `values` (field key → value, lists for dynamic lists) in the order of the form."""
    expect(page.locator("[data-form][data-ready=true] .fjs-form-field").first).to_be_visible()
    left = dict(values)
    _fill_all(page, schema["components"], left)
    assert not left, f"the form has no fields {sorted(left)}"


def _fill_all(page: Page, components: Sequence[Component], values: dict[str, Any]) -> None:
    for component in components:
        if component["type"] in ("group", "dynamiclist"):
            _unfold(page, component)
        if component["type"] == "dynamiclist":
            if component["path"] in values:
                _fill_rows(page, component, values.pop(component["path"]))
        elif component["type"] == "group":
            _fill_all(page, component["components"], values)
        elif component.get("key") in values:
            _KINDS[component["type"]](page, component, values.pop(component["key"]), None)


def _unfold(page: Page, component: Component) -> None:
    """On a phone the sections of a long form are open one at a time: this one now."""
    if component.get("label"):
        head = page.locator("[data-folded] > label[data-missing]", has_text=component["label"])
        if head.count():
            head.first.click()


def _fill_rows(page: Page, component: Component, rows: Sequence[Mapping[str, Any]]) -> None:
    first = component["components"][0]
    expect(_adding(page, component)).to_be_visible()  # drawn together with the rows that are there already
    for number, row in enumerate(rows):
        if not _control(page, first, number).count():
            _adding(page, component).click()
        expect(_control(page, first, number)).to_have_count(1)
        left = dict(row)
        for inner in component["components"]:
            if inner.get("key") in left:
                _KINDS[inner["type"]](page, inner, left.pop(inner["key"]), number)
        assert not left, f"a row of {component['path']} has no fields {sorted(left)}"


def _adding(page: Page, component: Component) -> Locator:
    """The button that adds a row: of the box that bears the list's label."""
    box = page.locator(".fjs-form-field-dynamiclist").filter(has_text=component["label"])
    return box.locator(".fjs-repeat-render-add").last


_ENDINGS = {"datetime": "-date", "radio": "-0"}


def _control(page: Page, component: Component, row: int | None, ending: str | None = None) -> Locator:
    """The control of a component: of one row inside a dynamic list, else the only one."""
    ending = _ENDINGS.get(component["type"], "") if ending is None else ending
    number = "" if row is None else f"_{row}"
    return page.locator(f"[data-form] [id$='-{component['id']}{number}{ending}']")


def _text(page: Page, component: Component, value: Any, row: int | None) -> None:
    _control(page, component, row).fill(str(value))


def _date(page: Page, component: Component, value: Any, row: int | None) -> None:
    control = _control(page, component, row)
    control.fill(str(value))
    control.press("Enter")
    control.press("Escape")
    expect(page.locator(".flatpickr-calendar.open")).to_have_count(0)  # it would lie over the next field
    expect(control).not_to_have_value("")


def _check(page: Page, component: Component, value: Any, row: int | None) -> None:
    _control(page, component, row).set_checked(bool(value))


def _options(component: Component) -> list[Mapping[str, str]]:
    return list(component["values"])


def _choose_radio(page: Page, component: Component, value: Any, row: int | None) -> None:
    number = [option["value"] for option in _options(component)].index(value)
    _control(page, component, row, f"-{number}").check()


def _choose(page: Page, component: Component, value: Any, row: int | None) -> None:
    label = next(option["label"] for option in _options(component) if option["value"] == value)
    control = _control(page, component, row)
    items = page.locator(".fjs-dropdownlist:visible")
    group = control.locator("xpath=ancestor::div[contains(@class, 'fjs-input-group')]")
    if component.get("searchable"):
        control.fill(label)
    elif not items.count():
        group.click()
    items.get_by_text(re.compile(f"^{re.escape(label)}$")).click()
    expect(items).to_have_count(0)
    if component.get("searchable"):
        expect(control).to_have_value(label)
    else:
        expect(group).to_contain_text(label)


_KINDS: dict[str, Callable[[Page, Component, Any, int | None], None]] = {
    "textfield": _text,
    "textarea": _text,
    "number": _text,
    "datetime": _date,
    "checkbox": _check,
    "radio": _choose_radio,
    "select": _choose,
}
