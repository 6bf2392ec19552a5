"""A phone in a hand. Law: only what stands on the screen is tapped; what does not is swiped to, and that is counted.

A tap is a touch at the middle of what is meant, after a look whether a finger there would touch it and nothing above
it. A swipe is a gesture of the browser with its real scrolling. Text goes to the field that has the cursor. Seconds are
those from an act until what it should bring stands on the screen: what the machine costs, not what a person needs.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Locator, Page, expect

WIDE, HIGH = 390, 844
FURTHEST = 600
"""A thumb's swipe moves the page by so many pixels at most."""
STEPS = 8
WHERE = """el => new Promise(done => {
    const whole = (el.matches('input[type=checkbox], input[type=radio]') && el.labels[0]) || el;
    const at = () => { const r = whole.getBoundingClientRect(); return [r.left, r.top, r.width, r.height]; };
    let before = at(), still = 0;
    const look = () => {
        const now = at();
        still = now.every((n, i) => n === before[i]) ? still + 1 : 0;
        before = now;
        if (still < 3) return requestAnimationFrame(look);
        const [left, top, width, height] = now;
        const x = Math.min(Math.max(left + width / 2, 1), innerWidth - 1), y = top + height / 2;
        const hit = document.elementFromPoint(x, y);
        const label = hit && hit.closest('label');
        const mine = !!hit && (whole.contains(hit) || hit.contains(el) || (!!label && label.control === el));
        done({x, y, high: height, wide: width, mine, over: hit && `${hit.tagName}.${hit.className}`});
    };
    requestAnimationFrame(look);
})"""
"""Where something stands once it stands still, and whether a finger in its middle would touch it."""
KEYBOARD = """() => { const el = document.activeElement;
    const takes = el.matches('textarea, select, [contenteditable=true], input:not([type=checkbox]):not([type=radio])');
    return {takes, kind: el.inputMode || el.type || '', font: parseFloat(getComputedStyle(el).fontSize),
            name: el.getAttribute('aria-label') || el.labels?.[0]?.innerText || el.name || el.id}; }"""
"""Which keyboard a phone would show for the field that has the cursor."""
NUMBERS = frozenset({"tel", "numeric", "decimal", "number"})


@dataclass
class Count:
    """What a task cost."""

    taps: int = 0
    swipes: int = 0
    keys: int = 0
    seconds: float = 0.0

    def __sub__(self, other: Count) -> Count:
        return Count(
            self.taps - other.taps, self.swipes - other.swipes, self.keys - other.keys, self.seconds - other.seconds
        )


class Phone:
    """One person's phone."""

    def __init__(self, browser: Browser, address: str, pictures: Path | None = None) -> None:
        self.context = browser.new_context(
            viewport={"width": WIDE, "height": HIGH}, has_touch=True, is_mobile=True, device_scale_factor=2,
            locale="zh-CN", timezone_id="Asia/Shanghai",
        )  # fmt: skip
        self.context.set_default_timeout(30_000)
        self.page: Page = self.context.new_page()
        self.gestures = self.context.new_cdp_session(self.page)
        self.address, self.pictures = address, pictures
        self.spent, self.doubts, self.wrong = Count(), [], []
        self.acted = time.monotonic()
        self.page.on("console", lambda said: self.wrong.append(said.text) if said.type == "error" else None)
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))

    def open(self, path: str) -> None:
        """An address that is typed once, or stands on the phone's first screen."""
        self.acted = time.monotonic()
        self.page.goto(self.address + path, wait_until="commit")

    def sees(self, what: Locator) -> Locator:
        """It stands on the screen now, swiped to where it must be; the time since the last act was waiting."""
        self.hears(what)
        self.bring(what)
        self.acted = time.monotonic()
        return what.first

    def hears(self, what: Locator) -> None:
        """It stands on the page, if only for a moment: a list is read anew while one looks."""
        expect(what.first).to_be_visible()
        now = time.monotonic()
        self.spent.seconds += now - self.acted
        self.acted = now

    def bring(self, what: Locator) -> dict[str, Any]:
        """Swipe until it can be touched; where."""
        what = what.first
        expect(what).to_be_visible()
        for _turn in range(40):
            at: dict[str, Any] = what.evaluate(WHERE)
            if at["mine"] and 0 < at["y"] < HIGH:
                return at
            away = at["y"] - HIGH / 2
            if abs(away) < 8:
                break
            self.swipe(max(-FURTHEST, min(FURTHEST, away)))
        raise AssertionError(f"cannot be touched: {what} at {at}")

    def swipe(self, down: float) -> None:
        """Move what is read by so many pixels."""
        self.spent.swipes += 1
        begin = HIGH * 0.75 if down > 0 else HIGH * 0.25
        self._finger("touchStart", begin)
        for step in range(1, STEPS + 1):
            self._finger("touchMove", begin - down * step / STEPS)
        self.page.wait_for_timeout(80)  # held still, so that the page stops where the finger does
        self._finger("touchEnd")

    def _finger(self, what: str, *heights: float) -> None:
        points = [{"x": WIDE / 2, "y": height} for height in heights]
        self.gestures.send("Input.dispatchTouchEvent", {"type": what, "touchPoints": points})

    def tap(self, what: Locator) -> None:
        """Touch it with a finger."""
        at = self.bring(what)
        if min(at["high"], at["wide"]) < 24:
            self.doubts.append(f"small: {at['wide']:.0f} x {at['high']:.0f} {what}")
        self.spent.taps += 1
        self.acted = time.monotonic()
        self.page.touchscreen.tap(at["x"], at["y"])

    def types(self, text: str) -> None:
        """Write into the field that has the cursor."""
        self.page.wait_for_function(f"({KEYBOARD})().takes")
        board = self.page.evaluate(KEYBOARD)
        if text.replace(".", "").isdigit() and board["kind"] not in NUMBERS:
            self.doubts.append(f"letters for a number: {board['name']} ({board['kind']})")
        if board["font"] < 16:
            self.doubts.append(f"iOS zooms in, {board['font']} px: {board['name']}")
        self.spent.keys += len(text)
        self.page.keyboard.type(text)
        self.acted = time.monotonic()

    def picture(self, name: str) -> None:
        """What stands on the screen now."""
        if self.pictures is not None:
            self.page.screenshot(path=self.pictures / f"{name}.png")

    def close(self) -> None:
        self.context.close()


class Form:
    """A form of a task, filled by touching and typing. Fields are found by the ids of the form file, which form-js
    puts at the end of its own: `fjs-form-1a2b-profile-people-name_0`, `…-contact_date-date`, `…-outcome-1`."""

    def __init__(self, phone: Phone, schema: Mapping[str, Any]) -> None:
        self.phone, self.schema = phone, schema
        self.place = phone.page.locator("[data-form]")

    def fill(self, values: Mapping[str, Any]) -> None:
        """Enter what the form has fields for, from top to bottom; what stands there already is left alone."""
        left = dict(values)
        self._section(self.schema["components"], left)
        assert not left, f"the form has no fields {sorted(left)}"

    def _section(self, components: Sequence[Mapping[str, Any]], values: dict[str, Any], row: str = "") -> None:
        for one in components:
            if one["type"] == "group" and any(inner.get("key") in values for inner in one["components"]):
                self._unfold(one)
                self._section(one["components"], values)
            elif one["type"] == "dynamiclist" and one["path"] in values:
                self._unfold(one)
                for number, entry in enumerate(values.pop(one["path"])):
                    self._row(one, number, entry)
            elif one.get("key") in values:
                getattr(self, f"_{one['type']}")(one, row, values.pop(one["key"]))

    def _unfold(self, section: Mapping[str, Any]) -> None:
        head = self.place.locator("[data-folded] > label[data-missing]", has_text=section.get("label") or "no label")
        if head.count():
            self.phone.tap(head)

    def _row(self, one: Mapping[str, Any], number: int, entry: Mapping[str, Any]) -> None:
        first = self._at(one["components"][0], f"_{number}")
        if not first.count():
            box = self.place.locator(".fjs-form-field-dynamiclist").filter(has_text=one["label"])
            self.phone.tap(box.locator(".fjs-repeat-render-add"))
        expect(first).to_have_count(1)
        self._section(one["components"], dict(entry), f"_{number}")

    def _at(self, one: Mapping[str, Any], row: str, ending: str = "") -> Locator:
        return self.place.locator(f"[id$='-{one['id']}{row}{ending}']")

    def _textfield(self, one: Mapping[str, Any], row: str, value: object) -> None:
        field = self._at(one, row)
        if field.input_value() != str(value):
            self.phone.tap(field)
            field.select_text()
            self.phone.types(str(value))

    _textarea = _number = _textfield

    def _radio(self, one: Mapping[str, Any], row: str, value: object) -> None:
        number = [option["value"] for option in one["values"]].index(value)
        self.phone.tap(self._at(one, row, f"-{number}"))

    def _checkbox(self, one: Mapping[str, Any], row: str, value: object) -> None:
        if self._at(one, row).is_checked() != bool(value):
            self.phone.tap(self._at(one, row))

    def _select(self, one: Mapping[str, Any], row: str, value: object) -> None:
        label = next(option["label"] for option in one["values"] if option["value"] == value)
        group = self._at(one, row).locator("xpath=ancestor-or-self::div[contains(@class, 'fjs-input-group')]")
        self.phone.tap(group)
        items = self.phone.page.locator(".fjs-dropdownlist:visible")
        self.phone.tap(items.get_by_text(label, exact=True))
        expect(items).to_have_count(0)

    def _datetime(self, one: Mapping[str, Any], row: str, value: object) -> None:
        year, month, day = (int(part) for part in str(value).split("-"))
        self.phone.tap(self._at(one, row, "-date"))
        calendar = self.phone.page.locator(".flatpickr-calendar.open")
        if calendar.locator(".cur-year").input_value() != str(year):
            self.phone.tap(calendar.locator(".cur-year"))
            self.phone.types(str(year))
        months = calendar.locator(".flatpickr-monthDropdown-months")
        if months.input_value() != str(month - 1):
            self.phone.spent.taps += 2  # the phone's own list of months, which is no part of the page
            months.select_option(str(month - 1))
        days = calendar.locator(".flatpickr-day:not(.prevMonthDay):not(.nextMonthDay)")
        self.phone.tap(days.get_by_text(str(day), exact=True))
        expect(calendar).to_have_count(0)
