"""What runs under load: orders that use every kind of wait, and short cases that are cleaned away."""

from __future__ import annotations

from tests.engine import diagrams as d

ENDS_ONCE = ("book", "ask", "await", "pull", "timed", "ship", "tell", "told", "end")
"""Elements that every order enters once; of `paid` and `late` it enters one."""
BOOKED = {
    "order": ("book", "timed", "paid", "late", "tell"),
    "ship": ("weigh",),
    "archive": ("file",),
    "brief": ("jot",),
}
"""Elements whose transactional handlers write a row of their own."""
PULLED = {"order": ("pull",), "ship": ("pack",)}
"""Elements whose handlers work outside of any transaction."""

FLOWS = """start>book book>split split>ask ask>join split>await await>paid patience>late paid>either late>either
either>join split>pull pull>join split>wait wait>timed timed>join join>ship ship>tell tell>told told>end"""


def _service(id: str, topic: str, more: str = "") -> str:
    return f'<serviceTask id="{id}" camunda:type="external" camunda:topic="{topic}" {more}/>'


def _after(span: str) -> str:
    return f"<timerEventDefinition><timeDuration>{span}</timeDuration></timerEventDefinition>"


def order(version: int = 1) -> str:
    """Four branches (a person, a message against a timer, a handler outside, a timer), a call, a mail, a message."""
    body = (
        '<startEvent id="start"/>'
        + _service("book", "chaos.book")
        + '<parallelGateway id="split"/>'
        + d.user_task("ask", due="PT2S", reminderPolicy="quick")
        + '<receiveTask id="await" messageRef="paid_message"/>'
        f'<boundaryEvent id="patience" attachedToRef="await">{_after("PT3S")}</boundaryEvent>'
        + _service("paid", "chaos.book")
        + _service("late", "chaos.book")
        + '<exclusiveGateway id="either"/>'
        + _service("pull", "chaos.pull")
        + f'<intermediateCatchEvent id="wait">{_after("PT1S")}</intermediateCatchEvent>'
        + _service("timed", "chaos.book")
        + '<parallelGateway id="join"/><callActivity id="ship" calledElement="ship"/>'
        + _service("tell", "chaos.tell")
        + '<intermediateThrowEvent id="told"><messageEventDefinition messageRef="told_message"/>'
        '</intermediateThrowEvent><endEvent id="end"/>' + d.flows(*FLOWS.split()) + f"<!-- {version} -->"
    )
    return d.process(body, "order", '<message id="paid_message" name="paid"/><message id="told_message" name="told"/>')


def ship() -> str:
    """What an order calls: a job in a transaction of its own, a handler outside, a person."""
    return d.process(
        '<startEvent id="start"/>'
        + _service("weigh", "chaos.book", 'camunda:asyncBefore="true"')
        + _service("pack", "chaos.pull")
        + d.user_task("check")
        + '<endEvent id="end"/>'
        + d.flows("start>weigh", "weigh>pack", "pack>check", "check>end"),
        "ship",
    )


def archive() -> str:
    """What an order's last message starts."""
    return d.process(
        '<startEvent id="start"><messageEventDefinition messageRef="told_message"/></startEvent>'
        + _service("file", "chaos.book")
        + '<endEvent id="end"/>'
        + d.flows("start>file", "file>end"),
        "archive",
        '<message id="told_message" name="told"/>',
    )


def brief() -> str:
    """Ends at once, and may be cleaned away at once."""
    return d.process(
        '<startEvent id="start"/>'
        + _service("jot", "chaos.book")
        + '<endEvent id="end"/>'
        + d.flows("start>jot", "jot>end"),
        "brief",
        attributes='camunda:historyTimeToLive="0"',
    )


def package(version: int = 1) -> dict[str, bytes]:
    """All of it as a folder; every version differs from the one before."""
    files = {"order": order(version), "ship": ship(), "archive": archive(), "brief": brief()}
    return {f"{name}.bpmn": text.encode() for name, text in files.items()}
