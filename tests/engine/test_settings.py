"""Settings: read once, refused by name and in our own words, links that lead where the pages are."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import SettingsInvalid
from engine.settings import Settings, load


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder without a settings file."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refusal(**overrides: object) -> SettingsInvalid:
    with pytest.raises(SettingsInvalid) as refused:
        load(**overrides)
    return refused.value


REFUSED = [
    ("DEALFLOW_PROT", "9", "did you mean DEALFLOW_PORT?", "是否指 DEALFLOW_PORT？"),
    ("DEALFLOW_FOO", "1", "there is no such setting", "没有这项设置"),
    ("DEALFLOW_PORT", "abc", "“abc” (from the environment) cannot be used; allowed: a whole number from 0 to 65535",
     "“abc”（来自环境变量）不可用，应为：0 至 65535 的整数"),
    ("DEALFLOW_PORT", "99999", "a whole number from 0 to 65535", "0 至 65535 的整数"),
    ("DEALFLOW_SWEEP_SECONDS", "0", "a number above 0", "大于 0 的数字"),
    ("DEALFLOW_SESSION_MINUTES", "0", "a whole number from 1", "不小于 1 的整数"),
    ("DEALFLOW_WATCH", "maybe", "“maybe” (from the environment) cannot be used; allowed: true or false",
     "应为：true 或 false"),
    ("DEALFLOW_ZONE", "Nowhere", "“Nowhere”", "Asia/Shanghai"),
    ("DEALFLOW_ZONE", "../../etc/passwd", "IANA", "时区"),
    ("DEALFLOW_COUNTRY", "Atlantis", "ISO 3166", "国家代码"),
    ("DEALFLOW_CLOCK_OFFSET", "soon", "P3D", "P3D"),
    ("DEALFLOW_LANGUAGE", "fr", "zh or en", "zh 或 en"),
    ("DEALFLOW_LOG_LEVEL", "LOUD", "DEBUG, INFO, WARNING or ERROR", "DEBUG、INFO、WARNING 或 ERROR"),
    ("DEALFLOW_SMTP_URL", "mail.example.com:25", "smtp://", "smtp://"),
    ("DEALFLOW_SMTP_URL", "smtp://mail.example.com:mail", "smtp://", "smtp://"),
    ("DEALFLOW_BASE_URL", "deals.example.com", "http://host", "http://主机"),
    ("DEALFLOW_DATABASE_URL", "mysql://host/x", "postgresql://", "postgresql://"),
    ("DEALFLOW_DATABASE_URL", "", "sqlite:///FILE", "sqlite:///"),
    ("DEALFLOW_HANDLERS", "[1", "Python packages", "Python 包名"),
    ("DEALFLOW_HANDLERS", "handlers,nonsense", "installed Python packages", "已安装的 Python 包名"),
    ("DEALFLOW_HANDLERS", "", "installed Python packages", "已安装的 Python 包名"),
    ("DEALFLOW_HANDLERS", "no.where.at.all", "installed Python packages", "已安装的 Python 包名"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value", "en", "zh"), REFUSED)
def test_an_unusable_setting_is_refused_by_name_in_both_languages(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, en: str, zh: str
) -> None:
    monkeypatch.setenv(name, value)
    refused = refusal()
    assert refused.fields["place"] == name
    assert en in refused.text("en") and zh in refused.text("zh")
    for library in ("pydantic", "Input should", "Value error", "valid integer"):
        assert library not in refused.text("en") + refused.text("zh")


def test_a_password_in_an_address_and_a_secret_are_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SMTP_URL", "DATABASE_URL"):
        for value in ("ftp://me:hunter2@host/x", "me:hunter2@host", "postgresql://me:hunter2@host:abc/x"):
            monkeypatch.setenv(f"DEALFLOW_{name}", value)
            refused = refusal()
            assert "hunter2" not in refused.text("en") + refused.text("zh") and "host" in refused.text("en")
            monkeypatch.delenv(f"DEALFLOW_{name}")
    refused = refusal(secret_key=["hunter2"])
    assert "hunter2" not in refused.text("en") + refused.text("zh")
    assert "given by the command" in refused.text("en") and "由命令给定" in refused.text("zh")


def test_what_the_file_says_is_refused_as_the_file_s(empty_folder: Path) -> None:
    file = empty_folder / "dealflow.toml"
    for written, place, en, zh in (
        ('port = "abc"', "port", "“abc” (from dealflow.toml)", "“abc”（来自 dealflow.toml）"),
        ("prot = 9", "prot", "did you mean port?", "是否指 port？"),
        ("port 8000", "dealflow.toml", "is not TOML (line 1, column 6)", "不是有效的 TOML（第 1 行第 6 列）"),
    ):
        file.write_text(written, encoding="utf-8")
        refused = refusal()
        assert refused.fields["place"] == place
        assert en in refused.text("en") and zh in refused.text("zh")
    file.write_bytes(b"\xff\xfe")
    assert "UTF-8" in refusal().text("zh")


def test_handlers_may_be_written_with_commas_or_as_a_list(monkeypatch: pytest.MonkeyPatch) -> None:
    for value in ("handlers, json", '["handlers", "json"]'):
        monkeypatch.setenv("DEALFLOW_HANDLERS", value)
        assert load().handlers == ("handlers", "json")


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_every_default_may_be_written_down(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    default = Settings.model_fields[name].default
    monkeypatch.setenv(f"DEALFLOW_{name.upper()}", ",".join(default) if isinstance(default, tuple) else str(default))
    assert getattr(load(), name) == default or name == "base_url"


def test_links_lead_where_the_pages_are_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEALFLOW_PORT", "8123")
    assert load().base_url == "http://127.0.0.1:8123"
    monkeypatch.setenv("DEALFLOW_BASE_URL", "https://deals.example.com")
    assert load().base_url == "https://deals.example.com"
