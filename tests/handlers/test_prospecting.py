"""Leads are ranked by weights that a process owner edits in a table."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from engine.decisions import compile_decisions
from engine.feel import Moment
from handlers import prospecting
from tests.handlers.pure import ZONE, Counter
from tests.paths import ROOT

TABLE = ROOT / "bpmn/high_potential/high_potential_weights.dmn"
DESK = Counter(prospecting.lead_rank)
FEATURES: list[dict[str, Any]] = [
    {"feature": name, "label": name, "label_en": name,
     "values": [{"kind": "values", "values": [value], "weight": weight}]}
    for name, value, weight in (("sector", "renewable_power", "0.5"), ("offtake_type", "ppa_longterm", "0.4"))
]  # fmt: skip
LEADS = [
    {"client_key": "CL-2026-0001", "client_name": "晴川光伏", "sector": "renewable_power"},
    {"client_key": "CL-2026-0002", "client_name": "通达公路", "offtake_type": "ppa_longterm"},
]


def ranked(table: str) -> list[str]:
    """The leads in their order under the weights that a table gives."""
    moment = Moment(datetime(2026, 3, 2, 10, tzinfo=ZONE), ZONE)
    weights = compile_decisions(table).evaluate("high_potential_weights", {"sample": Decimal(200)}, moment).value
    found = DESK.run("lead.rank", {"features": FEATURES, "sample": 200, "weights": weights, "leads": LEADS})["ranked"]
    assert all(sum(one["points"] for one in row["reasons"]) == row["points"] for row in found)
    return [row["client_key"] for row in found]


def test_a_changed_weight_in_the_table_changes_the_order() -> None:
    shipped = TABLE.read_text(encoding="utf-8")
    place = '_offtake_type_out_weight">\n          <text>1.5</text>'
    assert shipped.count(place) == 1
    assert ranked(shipped) == ["CL-2026-0002", "CL-2026-0001"]
    assert ranked(shipped.replace(place, place.replace("1.5", "1"))) == ["CL-2026-0001", "CL-2026-0002"]
