"""DMN text for tests: a table, or elements inside a definitions element."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from engine.decisions import Decisions, compile_decisions
from engine.feel import Moment

DMN_13 = "https://www.omg.org/spec/DMN/20191111/MODEL/"
DMN_15 = "https://www.omg.org/spec/DMN/20230324/MODEL/"


def moment() -> Moment:
    """A quiet Monday morning."""
    return Moment(datetime(2026, 1, 5, 1, tzinfo=UTC), UTC)


def definitions(body: str, namespace: str = "urn:test", dmn: str = DMN_15) -> str:
    """A model around `body`."""
    return f'<definitions xmlns="{dmn}" id="model" name="model" namespace="{namespace}">\n{body}\n</definitions>'


def table(
    policy: str,
    inputs: Sequence[tuple[str, str]],
    outputs: Sequence[str],
    rules: Sequence[Sequence[str]],
    aggregation: str = "",
    allowed: dict[str, str] | None = None,
    priorities: dict[str, str] | None = None,
    defaults: dict[str, str] | None = None,
) -> str:
    """A decisionTable element, one rule a line."""
    aggregated = f' aggregation="{aggregation}"' if aggregation else ""
    parts = [f'<decisionTable id="t1" hitPolicy="{policy}"{aggregated}>']
    for name, kind in inputs:
        values = _tests("inputValues", (allowed or {}).get(name))
        expression = f"<inputExpression typeRef={quoteattr(kind)}>{_text(name)}</inputExpression>"
        parts.append(f"<input>{expression}{values}</input>")
    for name in outputs:
        values = _tests("outputValues", (priorities or {}).get(name))
        default = _tests("defaultOutputEntry", (defaults or {}).get(name))
        parts.append(f"<output name={quoteattr(name)}>{values}{default}</output>")
    for number, rule in enumerate(rules, 1):
        cells = [f"<inputEntry>{_text(cell)}</inputEntry>" for cell in rule[: len(inputs)]]
        cells += [f"<outputEntry>{_text(cell)}</outputEntry>" for cell in rule[len(inputs) :]]
        parts.append(f'<rule id="r{number}">{"".join(cells)}</rule>')
    return "\n".join([*parts, "</decisionTable>"])


def decision(name: str, logic: str, requires: Sequence[str] = (), type_ref: str = "") -> str:
    """A decision; `requires` are hrefs written kind:id with kind input, decision or knowledge."""
    needs = []
    for href in requires:
        kind, _, ident = href.partition(":")
        if kind == "knowledge":
            needs.append(f'<knowledgeRequirement><requiredKnowledge href="{ident}"/></knowledgeRequirement>')
        else:
            tag = "requiredInput" if kind == "input" else "requiredDecision"
            needs.append(f'<informationRequirement><{tag} href="{ident}"/></informationRequirement>')
    kind = f' typeRef="{type_ref}"' if type_ref else ""
    return f'<decision id="{name}" name="{name}"><variable name="{name}"{kind}/>{"".join(needs)}{logic}</decision>'


def literal(text: str) -> str:
    """A literal expression."""
    return f"<literalExpression>{_text(text)}</literalExpression>"


def input_data(name: str, type_ref: str = "") -> str:
    """An input whose id is its name without blanks."""
    kind = f' typeRef="{type_ref}"' if type_ref else ""
    return f'<inputData id="{name.replace(" ", "_")}" name="{name}"><variable name="{name}"{kind}/></inputData>'


def one_table(*arguments: Any, **more: Any) -> str:
    """A model with the decision `d`, which is that table."""
    return definitions(decision("d", table(*arguments, **more)))


def value_of(xml: str, name: str = "d", imports: Sequence[str] = (), **inputs: Any) -> Any:
    """The value of one decision."""
    return compiled(xml, imports).evaluate(name, inputs, moment()).value


def compiled(xml: str, imports: Sequence[str] = ()) -> Decisions:
    return compile_decisions(xml, "test.dmn", imports)


def _text(text: str) -> str:
    return f"<text>{escape(text)}</text>"


def _tests(tag: str, text: str | None) -> str:
    return f"<{tag}>{_text(text)}</{tag}>" if text else ""
