"""Why a setting was refused, in words of our own.

Law: a secret's value is never shown, and a password in an address neither. Every text names the setting,
its value, where that came from (environment, file, the command itself) and what is allowed instead.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from engine.errors import SettingsInvalid

PREFIX = "DEALFLOW_"
SECRET = ("secret_key",)

_ALLOWED: Mapping[str, tuple[str, str]] = {
    "zone": ("the IANA name of a time zone, e.g. Asia/Shanghai", "IANA 时区名称，例如 Asia/Shanghai"),
    "country": ("a country's two letters (ISO 3166) with known holidays, e.g. CN",
                "有节假日数据的国家代码（ISO 3166），例如 CN"),
    "language": ("zh or en", "zh 或 en"),
    "clock_offset": ("a duration such as P3D, PT2H or -P1D", "时长，例如 P3D、PT2H 或 -P1D"),
    "log_format": ("console or json", "console 或 json"),
    "log_level": ("DEBUG, INFO, WARNING or ERROR", "DEBUG、INFO、WARNING 或 ERROR"),
    "database_url": ("sqlite:///FILE or postgresql://user:password@host/name",
                     "sqlite:///文件 或 postgresql://用户:密码@主机/库名"),
    "smtp_url": ("smtp://[user:password@]host[:port] or smtps://…", "smtp://[用户:密码@]主机[:端口] 或 smtps://…"),
    "base_url": ("http://host[:port] or https://…", "http://主机[:端口] 或 https://…"),
    "handlers": ("names of installed Python packages with commas between", "已安装的 Python 包名，以逗号分隔"),
}  # fmt: skip
"""What may stand there, where the type alone does not tell."""


def said(
    error: ValidationError,
    known: Mapping[str, FieldInfo],
    given: Mapping[str, object],
    environment: Mapping[str, str],
    written: Mapping[str, Any],
    file: str,
) -> SettingsInvalid:
    """The first of the faults that were found, in words."""
    fault = error.errors()[0]
    name = str(fault["loc"][0])
    if name not in known:
        return _no_such(name if name in written else PREFIX + name.upper(), sorted(known) if name in written else ())
    places = {one.upper(): one for one in environment}
    if name in given:
        place, value, en, zh = name, given[name], "given by the command", "由命令给定"
    elif (PREFIX + name).upper() in places:
        place = (PREFIX + name).upper()
        value, en, zh = environment[places[place]], "from the environment", "来自环境变量"
    else:
        place, value, en, zh = name, written.get(name), f"from {file}", f"来自 {file}"
    what = shown(name, value)
    allowed_en, allowed_zh = allowed(name, known[name])
    return SettingsInvalid(
        place=place,
        reason=f"{f'“{what}” ' if what is not None else 'the value '}({en}) cannot be used; allowed: {allowed_en}",
        reason_zh=f"{f'“{what}”' if what is not None else '取值'}（{zh}）不可用，应为：{allowed_zh}",
    )


def shown(name: str, value: object) -> str | None:
    """A value as it may be told: None for a secret, an address without what stands before its host."""
    if name in SECRET:
        return None
    text = str(value)
    if name.endswith("_url") and "@" in text:
        head, _, host = text.rpartition("@")
        scheme = re.match(r"[a-z+]*://", head)
        return f"{scheme[0] if scheme else ''}…@{host}"
    return text


def allowed(name: str, field: FieldInfo) -> tuple[str, str]:
    """(English, Chinese): what may stand there."""
    if name in _ALLOWED:
        return _ALLOWED[name]
    if field.annotation is bool:
        return "true or false", "true 或 false"
    if field.annotation in (int, float):
        en, zh = ("a whole number", "整数") if field.annotation is int else ("a number", "数字")
        bounds = {type(one).__name__: limit_of(one) for one in field.metadata}
        if "Ge" in bounds and "Le" in bounds:
            return f"{en} from {bounds['Ge']} to {bounds['Le']}", f"{bounds['Ge']} 至 {bounds['Le']} 的{zh}"
        if "Ge" in bounds:
            return f"{en} from {bounds['Ge']}", f"不小于 {bounds['Ge']} 的{zh}"
        if "Gt" in bounds:
            return f"{en} above {bounds['Gt']}", f"大于 {bounds['Gt']} 的{zh}"
        return en, zh
    return "a text", "文本"


def limit_of(bound: object) -> object:
    """The limit that a bound (annotated_types.Ge and its like) holds."""
    return next((getattr(bound, name) for name in ("ge", "le", "gt", "lt") if hasattr(bound, name)), None)


def unknown_names(environment: Mapping[str, str], known: Collection[str], others: Collection[str]) -> None:
    """SettingsInvalid for the first name in the environment that looks like ours and is not."""
    ours = {PREFIX + name.upper() for name in known} | set(others)
    for name in sorted(environment):
        if name.upper().startswith(PREFIX) and name.upper() not in ours:
            raise _no_such(name, sorted(ours))


def _no_such(name: str, known: Collection[str]) -> SettingsInvalid:
    near = difflib.get_close_matches(name.upper() if name.isupper() else name, known, 1)
    if near:
        hint, hint_zh = f"did you mean {near[0]}?", f"是否指 {near[0]}？"
    else:
        hint, hint_zh = "docs/operations.md lists all settings", "全部设置见 docs/operations.md"
    return SettingsInvalid(place=name, reason=f"there is no such setting; {hint}", reason_zh=f"没有这项设置；{hint_zh}")


def unreadable_file(file: str, error: Exception) -> SettingsInvalid:
    """The settings' file cannot be read: where, or why not."""
    whole = Path(file).resolve()
    if isinstance(error, tomllib.TOMLDecodeError):
        found = re.search(r"line (\d+), column (\d+)", str(error))
        en = f" (line {found[1]}, column {found[2]})" if found else ""
        zh = f"（第 {found[1]} 行第 {found[2]} 列）" if found else ""
        return SettingsInvalid(place=file, reason=f"{whole} is not TOML{en}", reason_zh=f"{whole} 不是有效的 TOML{zh}")
    if isinstance(error, UnicodeDecodeError):
        return SettingsInvalid(place=file, reason=f"{whole} is not UTF-8", reason_zh=f"{whole} 不是 UTF-8 编码")
    return SettingsInvalid(place=file, reason=f"{whole} cannot be opened", reason_zh=f"无法打开 {whole}")
