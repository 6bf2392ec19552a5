"""How long a large diagram takes to open in a browser: on the page of its process, and in the studio's modeler.

    python -m bench.drawing [--nodes 300] [--looks 5]

A house on SQLite with `dealflow serve` as it is started, one Chromium without a screen. Each look is a click on the
link in the page before (the list of processes, the package in the studio), in a tab of its own that has come to rest:
from the click (the navigation's start) until the diagram and its marks are painted. A tab that was just opened will
not do: Chromium then still loads the list of suggestions for its address line, 200 files beside the page, for about
half a second of processor. The first look has an empty cache, but for what the page before shares with it; the others
have what the first one kept. Beside the clock stands the processor time of the page's own process, as the clock says
more about the machine's other work than about the page. At rest is: nothing else runs, load below 1.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, sync_playwright

from engine import api, identity
from engine.settings import load
from tests.conftest import CHROMIUM_FLAGS, chromium
from tests.stories.served import dealflow, free_port

KEY, PERSON, PASSWORD = "large", "owen", "bench bench"
BRANCHES = 8
REST = 1500
"""Milliseconds until a tab that was just opened has come to rest."""
KINDS = (
    ("userTask", "核对第 {} 项资料", 'camunda:candidateGroups="process_owner"', ""),
    ("serviceTask", "登记第 {} 项", 'camunda:type="external" camunda:topic="bench"', ""),
    (
        "intermediateCatchEvent", "满 {} 日", "",
        "<timerEventDefinition><timeDuration>P1D</timeDuration></timerEventDefinition>",
    ),
)  # fmt: skip
WATCH = """
const painted = (name) => requestAnimationFrame(() => setTimeout(() => performance.mark(name)));
new MutationObserver((changes) => {
  for (const { target } of changes) if (target.dataset.ready === 'true') painted('opened');
}).observe(document, { subtree: true, attributes: true, attributeFilter: ['data-ready'] });
"""
"""Marks the moment at which the frame with the diagram has been handed to the screen."""
OPENED = "() => performance.getEntriesByName('opened')[0]?.startTime"


@dataclass(frozen=True, slots=True)
class Look:
    """One opening: milliseconds on the clock, and of the processor (all of the page, scripts alone)."""

    clock: float
    processor: float
    scripts: float


def model(nodes: int) -> bytes:
    """A process of so many nodes: eight branches side by side between a fork and a join, laid out."""
    parts: list[str] = []
    flows: list[str] = []

    def add(tag: str, id: str, name: str = "", attributes: str = "", body: str = "") -> str:
        parts.append(f'<{tag} id="{id}" name="{name}" {attributes}>{body}</{tag}>')
        return id

    def connect(source: str, target: str) -> str:
        flows.append(f'<sequenceFlow id="f{len(flows)}" sourceRef="{source}" targetRef="{target}"/>')
        return target

    connect(add("startEvent", "start", "开始"), add("parallelGateway", "fork"))
    add("parallelGateway", "join")
    before = ["fork"] * BRANCHES
    for number in range(nodes - 4):
        tag, name, attributes, body = KINDS[number // BRANCHES % len(KINDS)]
        branch = number % BRANCHES
        before[branch] = connect(before[branch], add(tag, f"n{number}", name.format(number), attributes, body))
    for last in before:
        connect(last, "join")
    connect("join", add("endEvent", "end", "结束"))
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"'
        ' xmlns:camunda="http://camunda.org/schema/1.0/bpmn" id="d" targetNamespace="bench">'
        f'<process id="{KEY}" name="大流程" isExecutable="true">{"".join(parts + flows)}</process></definitions>'
    )
    return api.arrange(text.encode())


def furnish(folder: Path, nodes: int) -> None:
    """A house with the process and a person who owns processes."""
    runtime = api.open_engine(load(database_url=f"sqlite:///{folder / 'dealflow.db'}", data_dir=folder))
    api.migrate(runtime)
    with runtime.transaction() as session:
        identity.add_team(session, "process_owner", "流程负责人")
        identity.add_person(session, PERSON, "欧文", password=PASSWORD)
        identity.add_member(session, "process_owner", PERSON)
        api.deploy(session, api.SYSTEM, KEY, {f"{KEY}.bpmn": model(nodes)})
        api.start(session, api.SYSTEM, KEY, {})
    runtime.database.dispose()


def looks(context: BrowserContext, before: str, path: str, number: int) -> Iterator[Look]:
    """The link to the path clicked so often in the page before, each time in a tab of its own."""
    for _ in range(number):
        page = context.new_page()
        page.goto(before, wait_until="networkidle")
        page.wait_for_timeout(REST)
        session = context.new_cdp_session(page)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})
        at_rest = _spent(session)
        page.click(f'a[href="{path}"]', no_wait_after=True)
        page.wait_for_url(f"**{path}", wait_until="commit")
        page.wait_for_function(f"() => ({OPENED})() !== undefined")
        clock = page.evaluate(OPENED)
        yield Look(clock, *(now - then for now, then in zip(_spent(session), at_rest, strict=True)))
        page.close()


def _spent(session: CDPSession) -> tuple[float, float]:
    """Milliseconds of processor that the page's process has used: all, and for scripts."""
    found = {one["name"]: one["value"] * 1000 for one in session.send("Performance.getMetrics")["metrics"]}
    return found["TaskDuration"], found["ScriptDuration"]


def signed_in(browser: Browser, address: str) -> BrowserContext:
    """A browser with an empty cache in which the person has signed in."""
    context = browser.new_context(locale="zh-CN", viewport={"width": 1440, "height": 900})
    context.add_init_script(WATCH)
    page: Page = context.new_page()
    page.goto(f"{address}/login")
    page.fill("#name", PERSON)
    page.fill("#password", PASSWORD)
    page.press("#password", "Enter")
    page.wait_for_url(lambda url: not url.endswith("/login"))
    page.close()
    return context


def row(name: str, found: list[Look]) -> str:
    """A line of the table: medians, and the longest on the clock."""
    clock, processor, scripts = (statistics.median(getattr(one, key) for one in found) for key in Look.__slots__)
    return f"| {name} | {clock:.0f} | {max(one.clock for one in found):.0f} | {processor:.0f} | {scripts:.0f} |"


def measure(nodes: int, number: int) -> list[str]:
    """The rows of the table."""
    rows = []
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        folder = Path(place)
        furnish(folder, nodes)
        launched = playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_FLAGS)
        with dealflow(folder, free_port(), "serve") as served:
            for name, before, path in (
                ("page of the process", "/processes", f"/processes/{KEY}"),
                ("studio's modeler", f"/studio/{KEY}", f"/studio/{KEY}/edit/{KEY}.bpmn"),
            ):
                context = signed_in(launched, served.address)
                [first, *others] = looks(context, served.address + before, path, number + 1)
                rows += [row(f"{name}, first look", [first]), row(f"{name}, median of {number}", others)]
                context.close()
        launched.close()
    return rows


def main() -> None:
    """Print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nodes", type=int, default=300)
    parser.add_argument("--looks", type=int, default=5)
    asked = parser.parse_args()
    before = os.getloadavg()[0]
    rows = measure(asked.nodes, asked.looks)
    print(f"{asked.nodes} nodes; load {before:.1f} before, {os.getloadavg()[0]:.1f} after\n")
    print("| milliseconds | clock | longest | processor | of it scripts |\n|---|---|---|---|---|")
    print("\n".join(rows))


if __name__ == "__main__":
    main()
