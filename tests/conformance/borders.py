"""Where one thing borders on another: a caller and the called, a gateway and the instance it begins, data and work."""

# One case a line reads best as a table.
# ruff: noqa: E501

from __future__ import annotations

from tests.conformance.drawing import (
    boundary,
    call,
    catch,
    diagram,
    end,
    error,
    extensions,
    message,
    process,
    script,
    signal,
    tag,
    throw,
    timer,
    user,
)
from tests.conformance.events import come, go, later
from tests.conformance.flows import done, one, run
from tests.conformance.judging import Case

_ORDER = '<dataObject id="do" name="order"/><dataObjectReference id="dor" dataObjectRef="do" name="order"/>'
_WORK = tag(
    "userTask", "w",
    '<ioSpecification><dataInput id="di" name="given"/><dataOutput id="out" name="made"/><inputSet><dataInputRefs>di</dataInputRefs></inputSet><outputSet><dataOutputRefs>out</dataOutputRefs></outputSet></ioSpecification>'
    '<dataInputAssociation><sourceRef>dor</sourceRef><targetRef>di</targetRef></dataInputAssociation>'
    '<dataOutputAssociation><sourceRef>out</sourceRef><targetRef>dor</targetRef></dataOutputAssociation>',
)  # fmt: skip
_CALLER = process(
    "p",
    "s -> c -> e; b -> h -> f",
    call("c", "q"),
    boundary("b", "c", timer("Duration", "PT1H")),
    throw("h", signal("G")),
    end("f"),
)
_CALLED = process(
    "q",
    "s2 -> u2 -> e2; b2 -> x2 -> f2",
    user("u2"),
    boundary("b2", "u2", signal("G")),
    script("x2", "heard = True"),
    end("f2"),
)
_GATE = one(
    "g -> c1 -> e; g -> c2 -> e",
    tag("eventBasedGateway", "g", instantiate=True),
    catch("c1", message("m")),
    catch("c2", message("n")),
)

CASES = [
    Case("what was called ends with the call, before the boundary event's path goes on", diagram(_CALLER, _CALLED), [go("p"), later("PT1H")], trace="s +c s2 +u2 ~u2 ~c b h f", states="completed cancelled", thrown="signal:G:false", never="x2"),
    Case("an error brings of the called process what the call maps, and no more", diagram(process("p", "s -> c -> e; b -> t -> f", call("c", "q", extensions('<camunda:out source="r" target="known"/>')), boundary("b", "c", error("A")), end("f")), process("q", "s2 -> x2 -> e2", script("x2", "r = 5"), end("e2", error("A")))), [go("p")], states="completed failed", variables={"known": 5, "r": "-absent-"}),
    Case("an instance begun behind a gateway has passed the gateway", _GATE, [come("n")], trace="g c2 e", states="completed"),
    Case("an activity waits until an input set is filled, and is cancelled like any", one("s -> w -> e", _WORK, _ORDER), [run(), {"expect": {"waiting": ["w"]}}, {"set": {"order": 5}}, done("w", made=9), {"set": {"order": None}}, run(), {"cancel": 2}], trace="s +w -w e s +w ~w", states="completed cancelled"),
    Case("an input set is filled by its association, whatever the data object is called", one("s -> w -> e", _WORK, _ORDER), [run(order=5), done("w", made=9)], trace="s w e", variables={"order": 9}),
]  # fmt: skip
