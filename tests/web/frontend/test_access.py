"""Forms and diagrams for people who see little, or use no mouse: axe finds nothing serious, in either theme."""

import pytest
from playwright.sync_api import Page

from tests.browser.axe import serious
from tests.web.frontend.site import Site
from tests.web.frontend.test_form import open_form
from tests.web.frontend.test_viewer import open_diagram

pytestmark = pytest.mark.browser

STATE = {"active": ["call"], "done": ["start"], "incidents": ["end"], "waits": {"call": "等待"}, "counts": {"call": 2}}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_form_with_faults_can_be_read_and_reached(page: Page, site: Site, theme: str) -> None:
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    open_form(page, site, values={"name": "华能"}, errors={"name": ["已有同名客户。"]})
    assert serious(page) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_diagram_with_its_labels_can_be_read_and_reached(page: Page, site: Site, theme: str) -> None:
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    open_diagram(page, site, STATE)
    assert serious(page) == []
