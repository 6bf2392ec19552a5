"""A run as a document (plain JSON) and as Markdown.

    python -m bench.report FILE.json [--record]     # the table of an earlier run; into docs/performance.md

Ratios stand first: a figure alone says more about the machine and its load than about an engine.
"""

from __future__ import annotations

import argparse
import json
import statistics
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench import chart
from bench.contenders import BATCH
from bench.frame import ROOT, Result, ratio

PAGE = ROOT / "docs" / "performance.md"
PICTURE = ROOT / "docs" / "performance.svg"
BEGIN, END = "<!-- bench: begin -->", "<!-- bench: end -->"
SHORT = {"replay": "its own SQL replayed", "bare": "bare store"}
Row = Mapping[str, Any]


def rows(results: Sequence[Result]) -> list[dict[str, Any]]:
    """One row a contender; `of` are ratios to Dealflow on the same store with the same clients and batch."""
    ours = {_place(one): one for one in results if one.contender.kind == "dealflow"}
    found = []
    for one in results:
        who = one.contender
        base = ours.get(_place(one))
        row = {
            "kind": who.kind,
            "label": who.label,
            "short": SHORT.get(who.kind, who.label),
            "store": who.store,
            "clients": who.clients,
            "batch": who.batch,
            "said": one.said,
            "trouble": one.trouble,
            "b1": one.rate("B1"),
            "b2": one.rate("B2"),
            "p50": one.completion_ms(0.5),
            "p95": one.completion_ms(0.95),
            "processor": one.processor_ms("B1"),
            "bytes": one.bytes_each if one.of("B1") else None,
            "instances": sum(slot.instances for slot in one.slots),
            "load": statistics.median([slot.load for slot in one.slots]) if one.slots else None,
            "b1_of": ratio(one, base, "B1") if base else None,
            "b2_of": ratio(one, base, "B2") if base else None,
        }
        found.append(row)
    return found


def _place(one: Result) -> tuple[str, int, int]:
    return one.contender.store, one.contender.clients, one.contender.batch


def goals(found: Sequence[Row], figures: Sequence[Row]) -> list[dict[str, Any]]:
    """What was to be reached beside what was measured; what has no figure of its own in this run is left out."""
    return [*_speed(found), *_shares(found), *_sizes(found), *(dict(figure) for figure in figures)]


def goal(what: str, wanted: str, measured: str, met: bool) -> dict[str, Any]:
    """One line of the goals."""
    return {"what": what, "goal": wanted, "measured": measured, "met": met}


def _pick(found: Sequence[Row], kind: str, store: str, clients: int, batch: int = 1, label: str = "") -> Row | None:
    for row in found:
        place = (row["kind"], row["store"], row["clients"], row["batch"])
        if place == (kind, store, clients, batch) and label in row["label"] and row["b1"]:
            return row
    return None


def _speed(found: Sequence[Row]) -> Iterator[dict[str, Any]]:
    for wanted, batch, how in ((400, 1, "a commit each"), (1000, BATCH, f"batches of {BATCH}")):
        if row := _pick(found, "dealflow", "SQLite", 1, batch):
            speed = row["b1"]
            yield goal(f"B1, SQLite, one process, {how}", f"≥ {wanted:,}/s", f"{speed:,.0f}/s", speed >= wanted)


def _shares(found: Sequence[Row]) -> Iterator[dict[str, Any]]:
    for store, clients, wanted in (("SQLite", 1, 0.4), ("PostgreSQL", 4, 0.5)):
        if (row := _pick(found, "replay", store, clients)) and row["b1_of"]:
            share = 1 / row["b1_of"]
            what = f"B1, {store}, clients: {clients}: share of its own SQL replayed"
            yield goal(what, f"≥ {wanted:.0%}", f"{share:.0%}", share >= wanted)
    for label in ("Camunda", "Flowable", "Operaton"):
        if (row := _pick(found, "peer", "PostgreSQL", 4, label=label)) and row["b1_of"]:
            times = 1 / row["b1_of"]
            what = f"B1, PostgreSQL, clients: 4: how many times {row['label']}"
            yield goal(what, "≥ 5", f"{times:.1f}", times >= 5)


def _sizes(found: Sequence[Row]) -> Iterator[dict[str, Any]]:
    for store in ("SQLite", "PostgreSQL"):
        if row := _pick(found, "dealflow", store, 1):
            size = row["bytes"]
            what = f"on disk a completed B1, full history, {store}"
            yield goal(what, "≤ 4 KB", f"{size / 1024:.1f} KB", size <= 4096)


def markdown(document: Mapping[str, Any]) -> str:
    """The whole of a run."""
    return "\n".join(_lines(document)) + "\n"


def _lines(document: Mapping[str, Any]) -> Iterator[str]:
    run = document["run"]
    yield (
        f"Measured on {run['at']}: {run['rounds']} rounds of {run['seconds']:g} s a contender and model, in turns; "
        f"load {run['load_before']:.1f} before, {run['load_after']:.1f} after, other work on {run['busy']:.0%} of the "
        f"cores before the start. Took {run['took'] / 60:.1f} minutes."
    )
    yield ""
    yield "| | |"
    yield "|---|---|"
    for name, value in document["machine"].items():
        yield f"| {name} | {value} |"
    yield ""
    yield "| what | goal | measured | |"
    yield "|---|---|---|---|"
    for line in document["goals"]:
        sign = "met" if line["met"] else "**not met**"
        yield f"| {line['what']} | {line['goal']} | {line['measured']} | {sign} |"
    for store in ("SQLite", "PostgreSQL"):
        found = [row for row in document["rows"] if row["store"] == store]
        if found:
            yield ""
            yield f"**{store}**"
            yield ""
            yield from _table(found)
    missing = [row for row in document["rows"] if row["trouble"]]
    if missing:
        yield ""
        for row in missing:
            yield f"No figures of {row['label']} ({row['store'] or 'any store'}): {row['trouble']}."


def _table(found: Sequence[Row]) -> Iterator[str]:
    yield (
        "| who | clients | commit | B1: Dealflow = 1 | B2: Dealflow = 1 | B1/s | B2/s "
        "| completion p50 / p95, ms | processor a B1, ms | bytes a B1 |"
    )
    yield "|---|---|---|---|---|---|---|---|---|---|"
    order = {"dealflow": 0, "replay": 1, "bare": 2, "peer": 3}
    for row in sorted(found, key=lambda row: (row["batch"], row["clients"], order[row["kind"]], -(row["b1"] or 0))):
        if row["trouble"]:
            continue
        name = f"**{row['label']}**" if row["kind"] == "dealflow" else row["label"]
        if row["kind"] == "peer":
            name = f"{row['said']}{' + JSON blob' if 'JSON' in row['label'] else ''}"
        cells = [
            name,
            str(row["clients"]),
            "each" if row["batch"] == 1 else f"{row['batch']} together",
            _number(row["b1_of"]),
            _number(row["b2_of"]),
            _number(row["b1"]),
            _number(row["b2"]),
            f"{_number(row['p50'])} / {_number(row['p95'])}",
            _number(row["processor"]),
            f"{row['bytes']:,.0f}" if row["bytes"] is not None and row["kind"] != "bare" else "",
        ]
        yield "| " + " | ".join(cells) + " |"


def _number(value: float | None) -> str:
    """Three figures that count."""
    if value is None:
        return "–"
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def write(document: Mapping[str, Any], folder: Path) -> Path:
    """The run as JSON, Markdown and SVG; the Markdown's path."""
    folder.mkdir(parents=True, exist_ok=True)
    name = document["run"]["at"].replace(" ", "T").replace(":", "")
    (folder / f"{name}.json").write_text(json.dumps(document, indent=1, ensure_ascii=False), encoding="utf-8")
    (folder / f"{name}.svg").write_text(chart.chart(document["rows"]), encoding="utf-8")
    page = folder / f"{name}.md"
    page.write_text(markdown(document), encoding="utf-8")
    return page


def record(document: Mapping[str, Any]) -> None:
    """Put the run between the marks of docs/performance.md, and its chart beside it."""
    before, begin, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise SystemExit(f"{PAGE} has no {BEGIN} … {END}")
    told = f"{before}{BEGIN}\n{markdown(document)}\n![B1 a second, a commit each]({PICTURE.name})\n{END}{after}"
    PAGE.write_text(told, encoding="utf-8")
    PICTURE.write_text(chart.chart(document["rows"]), encoding="utf-8")


def main() -> None:
    """Show or record an earlier run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--record", action="store_true")
    arguments = parser.parse_args()
    document = json.loads(arguments.file.read_text(encoding="utf-8"))
    if arguments.record:
        record(document)
    print(markdown(document))


if __name__ == "__main__":
    main()
