"""A house's own fields: asked in forms, checked, logged, found by, read by decisions."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from engine import forms
from engine.decisions import compile_decisions
from engine.errors import InvalidInput
from engine.feel import Moment
from handlers import custom as asking
from handlers.records import changes, custom, parties
from handlers.records import tables as book
from handlers.records.changes import Stamp
from tests.handlers.conftest import NOW, Desk
from tests.handlers.people import inquiry

STAMP = Stamp(NOW, "owen", "form")
GREEN = [
    {"value": "solar", "label": "光伏", "label_en": "Solar"},
    {"value": "wind", "label": "风电", "label_en": "Wind"},
]


@pytest.fixture
def made(quick_desk: Desk) -> Mapping[str, Any]:
    found = quick_desk.run("intake.register", inquiry())
    with quick_desk.runtime.transaction() as session:
        custom.define(session, "party", "jobs", "number", "就业人数", "Jobs", STAMP)
        custom.define(
            session, "party", "green", "choice", "绿色类别", "Green class", STAMP, choices=GREEN, required=True
        )
        custom.define(session, "party", "audit_day", "date", "审计日", "Audit day", STAMP)
        custom.define(session, "party", "strategic", "yes", "战略客户", "Strategic", STAMP)
        custom.define(session, "party", "note", "text", "备注", "Note", STAMP)
    return found


def test_what_a_form_brings_is_kept_logged_and_read_by_decisions(quick_desk: Desk, made: Mapping[str, Any]) -> None:
    with quick_desk.runtime.reading() as session:
        fields = custom.fields_of(session, "party")
    schema = asking.extended({"type": "default", "components": [{"type": "textfield", "id": "a", "key": "a"}]}, fields)
    moment = forms.Moment(NOW, quick_desk.runtime.zone)
    sent = {"custom_jobs": 120, "custom_green": "wind", "custom_audit_day": "2026-06-30", "custom_strategic": True}
    clean, errors = forms.validate(schema, sent, moment)
    assert not errors
    assert forms.validate(schema, {"custom_jobs": 1}, moment)[1].keys() == {"custom_green"}
    told = quick_desk.run("custom.write", {"record": "party", "id": made["party_id"], **clean})
    expected = {"jobs": Decimal(120), "green": "wind", "audit_day": date(2026, 6, 30), "strategic": True}
    assert told["custom"] == expected
    read = quick_desk.run("custom.read", {"record": "party", "key": made["client_key"]})
    assert read["custom"] == expected and read["custom_green"] == "wind"
    with quick_desk.runtime.reading() as session:
        logged = {one.field for one in changes.log_of(session, "party", int(made["party_id"]))}
    assert {"custom.jobs", "custom.green"} <= logged
    assert asking.texts(fields)["custom_jobs"] == "Jobs"


def test_records_are_found_by_their_values(quick_desk: Desk, made: Mapping[str, Any]) -> None:
    ids = {}
    with quick_desk.runtime.transaction() as session:
        for name, jobs in (("九人", 9), ("百人", 100), ("负数", -5)):
            party = parties.create(session, {"legal_name": name}, STAMP, 2026)
            custom.put(session, "party", party.id, {"jobs": jobs, "note": f"50% {name}", "strategic": jobs > 50}, STAMP)
            ids[party.id] = name
    found: dict[tuple[Any, ...], set[str]] = {}
    with quick_desk.runtime.reading() as session:
        for asked in (("jobs", ">", 9), ("jobs", "<=", 9), ("jobs", "=", "9.0"), ("note", "contains", "0% 九"),
                      ("strategic", "is", True)):  # fmt: skip
            rows = session.execute(
                sa.select(book.party.c.id).where(book.party.c.id.in_(custom.matching(session, "party", *asked)))
            )
            found[asked] = {ids[one] for one in rows.scalars()}
    assert found[("jobs", ">", 9)] == {"百人"} and found[("jobs", "<=", 9)] == {"九人", "负数"}
    assert found[("jobs", "=", "9.0")] == {"九人"} and found[("note", "contains", "0% 九")] == {"九人"}
    assert found[("strategic", "is", True)] == {"百人"}


def test_what_is_no_value_no_choice_or_no_field_is_refused_by_name(quick_desk: Desk, made: Mapping[str, Any]) -> None:
    who = int(made["party_id"])
    with quick_desk.runtime.transaction() as session:
        custom.put(session, "party", who, {"green": "wind"}, STAMP)
        for values in ({"green": "coal"}, {"green": None}, {"jobs": "many"}, {"colour": 1}):
            with pytest.raises(InvalidInput, match=f"custom.{next(iter(values))}"):
                custom.put(session, "party", who, values, STAMP)
        with pytest.raises(InvalidInput):
            custom.define(session, "party", "jobs", "text", "x", "x", STAMP)
        with pytest.raises(InvalidInput):
            custom.define(session, "nothing", "jobs", "text", "x", "x", STAMP)
        assert custom.retire(session, "party", "green")
        assert custom.values_of(session, "party", who) == {}
        custom.define(session, "party", "green", "choice", "绿色", "Green", STAMP, choices=GREEN)
        assert custom.values_of(session, "party", who) == {"green": "wind"}


TABLE = """<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="x">
  <decision id="care" name="care"><decisionTable id="t" hitPolicy="FIRST">
    <input id="i"><inputExpression id="e" typeRef="string"><text>custom.green</text></inputExpression></input>
    <output id="o" name="gift" typeRef="string"/>
    <rule id="r1"><inputEntry id="a"><text>"wind"</text></inputEntry>
      <outputEntry id="b"><text>"turbine"</text></outputEntry></rule>
    <rule id="r2"><inputEntry id="c"><text>-</text></inputEntry>
      <outputEntry id="f"><text>"card"</text></outputEntry></rule>
  </decisionTable></decision></definitions>"""


def test_a_decision_table_reads_a_custom_field_by_its_key(quick_desk: Desk, made: Mapping[str, Any]) -> None:
    quick_desk.run("custom.write", {"record": "party", "id": made["party_id"], "custom_green": "wind"})
    told = quick_desk.run("custom.read", {"record": "party", "id": made["party_id"]})
    model = compile_decisions(TABLE)
    moment = Moment(datetime(2026, 3, 2, tzinfo=UTC), quick_desk.runtime.zone)
    assert model.evaluate("care", dict(told), moment).value == "turbine"
