"""Settings: read once, refused by name, links that lead where the pages are."""

from __future__ import annotations

import pytest

from engine.errors import SettingsInvalid
from engine.settings import load


@pytest.mark.parametrize(
    ("name", "value", "word"),
    [
        ("DEALFLOW_PROT", "9", "DEALFLOW_PORT"),
        ("DEALFLOW_FOO", "1", "no such setting"),
        ("DEALFLOW_PORT", "abc", "integer"),
        ("DEALFLOW_ZONE", "Nowhere", "Nowhere"),
        ("DEALFLOW_CLOCK_OFFSET", "soon", "P3D"),
        ("DEALFLOW_LANGUAGE", "fr", "zh or en"),
    ],
)
def test_an_unusable_setting_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, word: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsInvalid) as refused:
        load()
    assert refused.value.fields["place"] == name
    assert word in str(refused.value)


def test_links_lead_where_the_pages_are_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEALFLOW_PORT", "8123")
    assert load().base_url == "http://127.0.0.1:8123"
    monkeypatch.setenv("DEALFLOW_BASE_URL", "https://deals.example.com")
    assert load().base_url == "https://deals.example.com"
