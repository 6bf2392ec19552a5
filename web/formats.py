"""How pages write amounts, moments and people. Law: the business zone, thousands separators, the page's language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from babel.dates import format_date, format_timedelta, get_timezone_gmt, get_timezone_name
from flask import Flask, current_app, g, url_for
from flask_babel import gettext as _
from markupsafe import Markup

from handlers import industries
from web.scope import called, is_chinese, language, runtime, said

_LOCALES = {"zh": "zh_Hans_CN", "en": "en_GB"}


def locale() -> str:
    """The Babel locale of the page."""
    return _LOCALES[language()]


def money(amount: object, currency: object = None) -> str:
    """`12,500,000.00 CNY` without needless decimals; anything that is no number as it stands."""
    if isinstance(amount, bool) or amount is None:
        return "" if amount is None else str(amount)
    try:
        value = Decimal(str(amount))
        text = f"{value:,.2f}" if value != value.to_integral_value() else f"{value:,.0f}"
    except ArithmeticError:
        text = str(amount)
    return f"{text} {currency}".strip() if currency else text


def moment(value: datetime | None) -> str:
    """`2026-11-21 22:45` in the business zone."""
    if value is None:
        return ""
    return value.astimezone(runtime().zone).strftime("%Y-%m-%d %H:%M")


def clock_words() -> str:
    """Whose clock the moments on pages are by, for people elsewhere: `China Standard Time (GMT+08:00)`."""
    at = runtime().now().astimezone(runtime().zone)
    name, offset = get_timezone_name(at, locale=locale()), get_timezone_gmt(at, locale="en")
    return f"{name}（{offset}）" if is_chinese() else f"{name} ({offset})"


def day(value: date | datetime | None) -> str:
    """The day alone, with the weekday, in the page's language."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        value = value.astimezone(runtime().zone).date()
    return format_date(value, "M月d日 EEE" if is_chinese() else "EEE d MMM", locale=locale())


def month(value: date) -> str:
    """The month with its year, in the page's language."""
    return format_date(value, "yyyy年M月" if is_chinese() else "MMMM yyyy", locale=locale())


def weekday(value: date) -> str:
    """The day of the week, short, in the page's language."""
    return format_date(value, "EEE", locale=locale())


def short(value: datetime | None) -> str:
    """`11-21 22:45`, with the year when it is another one."""
    if value is None:
        return ""
    local, now = value.astimezone(runtime().zone), runtime().now().astimezone(runtime().zone)
    return local.strftime("%m-%d %H:%M" if local.year == now.year else "%Y-%m-%d %H:%M")


def relative(value: datetime | None) -> str:
    """`in 2 days`, `3 hours ago`, in the page's language. Days are those of the calendar: what is due tomorrow at
    six is due in one day, in the morning as in the evening. Rounded down: no deadline looks further away than it is."""
    if value is None:
        return ""
    now = runtime().now()
    span = value - now
    if abs(span) < timedelta(minutes=1):
        return _("now") if span > timedelta(0) else _("just now")
    if abs(span) >= timedelta(days=1):
        span = timedelta(days=(value.astimezone(runtime().zone).date() - now.astimezone(runtime().zone).date()).days)
    step = next(step for least, step in _STEPS if abs(span) >= least)
    whole = abs(span) // step * step * (1 if span > timedelta(0) else -1)
    few = 1 if abs(whole) < timedelta(days=7) else 2
    return format_timedelta(whole, add_direction=True, threshold=few, locale=locale())


_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)
_STEPS = (
    (730 * _DAY, 365 * _DAY),
    (60 * _DAY, 30 * _DAY),
    (14 * _DAY, 7 * _DAY),
    (_DAY, _DAY),
    (_HOUR, _HOUR),
    (timedelta(0), timedelta(minutes=1)),
)
"""From how long on a span is said in which unit: years, months and weeks from two of them on."""


def ago(value: datetime | None) -> str:
    """How long ago something happened; its moment where the clock was moved back behind it: no age is negative."""
    if value is not None and value - runtime().now() >= timedelta(minutes=1):
        return moment(value)
    return relative(value)


def value(item: Any) -> str:
    """A variable's value for a table of facts."""
    match item:
        case None | "":
            return "—"
        case bool():
            return _("yes") if item else _("no")
        case int() | Decimal() | float():
            return money(item)
        case datetime():
            return moment(item)
        case date():
            return item.isoformat()
        case time():
            return item.strftime("%H:%M")
        case timedelta():
            return format_timedelta(item, locale=locale())
        case list() | tuple():
            return "、".join(value(part) for part in item) if is_chinese() else ", ".join(map(value, item))
        case Mapping():
            return "; ".join(f"{key}: {value(part)}" for key, part in item.items())
    return str(item)


def filesize(size: int) -> str:
    """How large a file is: `340 kB`, `1.2 MB` (decimal, as file managers say it)."""
    if size < 1_000_000:
        return f"{max(1, round(size / 1000))} kB"
    return f"{size / 1_000_000:.1f} MB"


def asset(name: str) -> str:
    """A static file's address, another one when the file has changed, so that browsers may keep it."""
    path = Path(current_app.static_folder or "") / name
    version = format(path.stat().st_mtime_ns // 1_000_000, "x") if path.is_file() else "0"
    return url_for("static", filename=name, v=version)


def icon(name: str, extra: str = "") -> Markup:
    """An icon of the sprite; decoration, hidden from screen readers."""
    if "sprite" not in g:
        g.sprite = asset("vendor/icons.svg")
    drawn = Markup('<svg class="icon {}" aria-hidden="true"><use href="{}#{}"></use></svg>')
    return drawn.format(extra, g.sprite, name)


def industry(code: str) -> str:
    """An industry's code with its name: `D44 电力、热力生产和供应业`."""
    return industries.called(code, "zh" if is_chinese() else "en")


def register(app: Flask) -> None:
    """Make them known to templates."""
    from web import talk, words

    app.jinja_env.filters.update(money=money, moment=moment, day=day, weekday=weekday, short=short, value=value)
    app.jinja_env.globals.update(clock_words=clock_words)
    app.jinja_env.filters.update(relative=relative, ago=ago, month=month)
    app.jinja_env.filters.update(
        state_words=words.state_words,
        state_icon=words.state_icon,
        kyc_words=words.kyc_words,
        rating_words=words.rating_words,
        wait_words=words.wait_words,
        wait_name=words.name_of,
        main_waits=words.main_waits,
        called=called,
        industry=industry,
        filesize=filesize,
        worded=talk.worded,
    )
    app.jinja_env.globals.update(asset=asset, icon=icon, said=said, language=language, is_chinese=is_chinese)
