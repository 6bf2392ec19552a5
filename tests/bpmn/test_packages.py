"""Every process package under bpmn/: it plays, its tables are tested, it is drawn well, and it speaks English."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from lxml import etree

from engine import registry
from engine.decisions import compile_decisions
from engine.decisions.row_tests import read_row_tests, run_row_tests
from engine.errors import ScenarioWrong
from engine.feel import Moment
from engine.play import play, read_scenario
from engine.play import test_folder as play_folder
from engine.process.definition import read_bpmn
from engine.process.model import Definition
from tests.bpmn.packages import BPMN, DMN, FOLDER, components, drawing, english, forms, names
from tests.examples import cases
from web.schemas import shown

ZONE = ZoneInfo("Asia/Shanghai")
PACKAGES = names()
EVERY_FILE = [path for ending in ("bpmn", "dmn", "form") for path in sorted(FOLDER.rglob(f"*.{ending}"))]
TABLES = [path for path in EVERY_FILE if path.suffix == ".dmn"]
each_package = pytest.mark.parametrize("package", PACKAGES)


def definition(package: str) -> Definition:
    path = FOLDER / package / f"{package}.bpmn"
    return read_bpmn(path.read_bytes(), file=path.name).definition(package)


# ── behaviour ──────────────────────────────────────────────────────────────────────────────────────────────────


BOTH = [pytest.param(True, id="saved between steps"), pytest.param(False, id="kept in memory")]
"""That these two agree is held by the cases of the standard, one by one."""


@pytest.mark.parametrize("saved", BOTH[: cases(1, 2)])
def test_every_scenario_ends_as_it_says_and_together_they_visit_everything(saved: bool) -> None:
    report = play_folder(FOLDER, save_between_steps=saved)
    assert report["refused"] == []
    assert [result for result in report["scenarios"] if not result["passed"]] == []
    assert {covered["process"] for covered in report["coverage"]} == set(PACKAGES)
    missing = {c["process"]: c["nodes"]["missing"] + c["flows"]["missing"] for c in report["coverage"]}
    assert missing == {key: [] for key in PACKAGES}


def scenario(package: str, name: str) -> dict[str, Any]:
    return read_scenario(FOLDER / package / "scenarios" / f"{name}.json")


def own_files(package: str) -> list[Path]:
    return [path for path in EVERY_FILE if path.is_relative_to(FOLDER / package)]


def completed_by(found: dict[str, Any], element: str, person: str) -> dict[str, Any]:
    """The scenario with the first completion of a task done by somebody else."""
    at = next(number for number, step in enumerate(found["steps"]) if step.get("complete") == element)
    steps = [{**step, "as": person} if number == at else step for number, step in enumerate(found["steps"])]
    return {**found, "steps": steps}


@pytest.mark.parametrize(
    ("package", "name", "element", "person"),
    [
        ("client_intake", "12_register_down", "ut_verify", "li"),
        ("client_intake", "14_hold_then_decline", "ut_initial_review", "li"),
        ("kyc_onboarding", "03_pep_senior_approval_by_another", "ut_kyc_senior", "sun"),
        ("complaint_response", "03_by_hand_about_a_person", "ut_approve_remedy", "ye"),
        ("service_improvement", "01_effective", "ut_check", "dong"),
        ("investor_reporting", "01_quarterly_report", "ut_release", "gao"),
        ("investor_reporting", "05_question", "ut_check_answer", "wu"),
        ("credit_evaluation", "11_override_needs_a_second_person", "ut_rating_second", "tang"),
        ("credit_evaluation", "12_risk_review_is_independent", "ut_rating", "jin"),
        ("due_diligence", "01_in_house", "ut_review", "jin"),
        ("client_maintenance", "10_repaid_released_and_archived", "ut_release_confirm", "cai"),
        ("retention", "01_offer_approved_and_retained", "ut_approve", "li"),
        ("care_occasions", "03_key_client_with_a_gift_and_a_call", "ut_approve", "li"),
    ],
)
def test_nobody_checks_their_own_work(package: str, name: str, element: str, person: str) -> None:
    with pytest.raises(ScenarioWrong, match="second person must do this"):
        play(own_files(package), completed_by(scenario(package, name), element, person))


def test_an_approved_project_starts_its_evaluation_with_all_its_data() -> None:
    files = own_files("client_intake") + own_files("kyc_onboarding")
    thrown = play(files, scenario("client_intake", "01_inquiry_to_evaluation"))["thrown"]
    assert [(entry["kind"], entry["name"], entry["handled"]) for entry in thrown] == [
        ("message", "start_evaluation", False)
    ]
    end = definition("client_intake").nodes["end_start_evaluation"].events[0]
    sent = {parameter.name for parameter in end.inputs}
    collected = {
        component["key"]
        for form in ("inquiry", "client_profile")
        for component in forms("client_intake")[form]["components"]
        for component in [component, *components(component)]
        if "key" in component and component["id"].split("-")[1] not in ("people", "ownership", "roles", "statements")
    }
    own_affair = {"has_financials", "consent_contact", "profile_complete", "website"}
    assert collected - sent == own_affair
    assert {"project_key", "people", "ownership", "roles", "statements", "score", "tier", "kyc_rating", "ubos"} <= sent


def test_a_kyc_rejection_never_tells_the_client_why() -> None:
    letter = definition("client_intake").nodes["svc_letter_neutral"]
    [data] = [parameter.value for parameter in letter.inputs if parameter.name == "data"]
    told = {"client_name": "A", "contact_name": "B", "project_name": "C", "project_key": "D"}
    everything = {**told, "kyc_record_text": "hit", "hits": [{"list": "UN"}], "kyc_status": "rejected"}
    assert data(everything, Moment(datetime(2026, 1, 5, tzinfo=ZONE), ZONE)) == told


@each_package
def test_every_topic_has_a_handler_that_gets_what_it_needs(package: str) -> None:
    known = registry.load(["handlers"])
    process = definition(package)
    assert process.topics <= known.topics
    for node in process.nodes.values():
        if node.work is not None and node.work.topic is not None and node.inputs:
            given = {parameter.name for parameter in node.inputs}
            handler = known.find(node.work.topic)
            assert set(handler.needs) <= given, node.id
            assert handler.accepts is None or given <= handler.accepts, node.id


# ── decision tables ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("table", TABLES, ids=lambda path: path.stem)
def test_every_row_of_every_table_has_a_test_that_passes(table: Path) -> None:
    model = compile_decisions(table.read_bytes(), table.name)
    assert model.warnings == ()
    beside = table.with_name(f"{table.stem}.tests.json")
    tests = read_row_tests(beside.read_text("utf-8"), beside.name)
    report = run_row_tests(model, tests, datetime(2026, 1, 5, 9, tzinfo=ZONE), ZONE)
    assert [(o.test.number, o.test.name, o.en) for o in report.outcomes if not o.passed] == []
    assert report.untested == ()
    with_tables = {e.getparent().get("id") for e in etree.parse(table).iter(f"{DMN}decisionTable")}
    assert with_tables <= {test.decision for test in tests}


# ── forms ──────────────────────────────────────────────────────────────────────────────────────────────────────


@each_package
def test_every_user_task_has_its_form_a_team_a_due_date_and_words_that_explain_it(package: str) -> None:
    found = forms(package)
    for node in definition(package).nodes.values():
        if node.type == "userTask":
            assert node.user is not None and node.user.form in found, node.id
            assert node.user.candidate_groups is not None, node.id
            assert node.properties.get("due"), node.id
            assert len(node.documentation) >= 20, node.id


@each_package
def test_every_form_is_used_and_its_components_have_ids_of_their_own(package: str) -> None:
    nodes = definition(package).nodes.values()
    used = {node.user.form for node in nodes if node.user is not None}
    used |= {one.value.text for node in nodes for one in node.inputs if one.name == "form" or one.name[-5:] == "_form"}
    assert set(forms(package)) == used
    for schema in forms(package).values():
        ids = [component["id"] for component in components(schema)]
        assert len(ids) == len(set(ids)), schema["id"]


@each_package
def test_money_is_asked_for_exactly(package: str) -> None:
    for schema in forms(package).values():
        for component in components(schema):
            if component["type"] == "number" and component.get("decimalDigits"):
                assert component.get("serializeToString") is True, component["id"]


# ── English ────────────────────────────────────────────────────────────────────────────────────────────────────


def chinese(text: str) -> bool:
    return any("一" <= letter <= "鿿" for letter in text)


@each_package
def test_everything_that_people_read_has_english(package: str) -> None:
    texts = english(package)
    wanted = {e.get("id"): e.get("name") for e in drawing(package).root.iter() if e.get("name") and e.get("id")}
    wanted |= {
        f"{e.getparent().get('id')}.documentation": e.text for e in drawing(package).root.iter(f"{BPMN}documentation")
    }
    for table in (FOLDER / package).glob("*.dmn"):
        for element in etree.parse(table).getroot().iter(f"{DMN}decision", f"{DMN}input", f"{DMN}output", f"{DMN}rule"):
            wanted[element.get("id")] = element.get("name") or element.get("label") or ""
    wanted |= {f"scenarios/{path.stem}": "" for path in (FOLDER / package).glob("scenarios/*.json")}
    missing = [key for key in wanted if not texts.get(key)]
    assert missing == []
    assert [key for key, text in texts.items() if chinese(json.dumps(text, ensure_ascii=False))] == []


@each_package
def test_every_text_of_every_form_has_english(package: str) -> None:
    texts = english(package)
    for schema in forms(package).values():
        for component in components(schema):
            own = texts.get(component["id"])
            assert own, component["id"]
            words: Mapping[str, Any] = {"label": own} if isinstance(own, str) else own
            for name in ("label", "dateLabel", "description", "text"):
                if name in component:
                    assert words.get("label" if name == "dateLabel" else name), (component["id"], name)
            if "patternErrorMessage" in component.get("validate", {}):
                assert words.get("patternErrorMessage"), component["id"]
            options = {str(option["value"]) for option in component.get("values", ())}
            assert options == set(words.get("values", {})), component["id"]
            assert len(component.get("columns", ())) == len(words.get("columns", ())), component["id"]


@each_package
def test_english_speaks_of_nothing_that_is_gone(package: str) -> None:
    known = {e.get("id") for e in drawing(package).root.iter() if isinstance(e.tag, str) and e.get("id")}
    for table in (FOLDER / package).glob("*.dmn"):
        known |= {e.get("id") for e in etree.parse(table).iter() if isinstance(e.tag, str) and e.get("id")}
    for schema in forms(package).values():
        known |= {one["id"] for one in (*components(schema), *([schema] if "title" in schema else []))}
    known |= {f"scenarios/{path.stem}" for path in (FOLDER / package).glob("scenarios/*.json")}
    # What a process says of itself in words, such as the name of its milestone.
    known |= {e.get("name") for e in drawing(package).root.iter("{*}property")}
    stale = [key for key in english(package) if key.removesuffix(".documentation") not in known]
    assert stale == []


@each_package
def test_a_form_in_the_page_is_wholly_english_for_english_readers(package: str) -> None:
    for schema in forms(package).values():
        for component in components(shown(schema, english(package), "en")):
            own = {name: value for name, value in component.items() if name not in ("components", "id")}
            assert not chinese(json.dumps(own, ensure_ascii=False)), component["id"]
        assert not chinese(str((shown(schema, english(package), "en") or {}).get("title", ""))), schema["id"]


@each_package
def test_a_form_that_a_link_opens_says_what_it_is(package: str) -> None:
    places = ("form", "accept_form", "counter_form")
    asked = [e.text for e in drawing(package).root.iter("{*}inputParameter") if e.get("name") in places]
    assert [form for form in asked if not forms(package)[str(form)].get("title")] == []


# ── the drawing ────────────────────────────────────────────────────────────────────────────────────────────────


@each_package
def test_every_node_and_flow_is_drawn_and_flows_end_at_their_nodes(package: str) -> None:
    found = drawing(package)
    assert [node.get("id") for node in found.nodes() if node.get("id") not in found.shapes] == []
    for flow in found.flows():
        points = found.edges[flow.get("id")]
        assert found.shapes[flow.get("sourceRef")].touches(*points[0]), flow.get("id")
        assert found.shapes[flow.get("targetRef")].touches(*points[-1]), flow.get("id")
        straight = all(a[0] == b[0] or a[1] == b[1] for a, b in pairwise(points))
        assert straight, flow.get("id")


@each_package
def test_no_two_nodes_of_one_parent_overlap(package: str) -> None:
    found = drawing(package)
    by_parent: dict[str, list[str]] = {}
    for node in found.nodes():
        if node.get("attachedToRef") is None:
            by_parent.setdefault(node.getparent().get("id"), []).append(node.get("id"))
    for parent, ids in by_parent.items():
        clashes = [(a, b) for a, b in combinations(ids, 2) if found.shapes[a].overlaps(found.shapes[b])]
        assert clashes == []
        if parent in found.shapes:
            assert [one for one in ids if not found.shapes[parent].holds(found.shapes[one])] == []


@each_package
def test_every_node_lies_in_its_lane(package: str) -> None:
    found = drawing(package)
    for lane in found.root.iter(f"{BPMN}lane"):
        area = found.shapes[lane.get("id")]
        held = [ref.text for ref in lane.iter(f"{BPMN}flowNodeRef")]
        assert [one for one in held if not area.holds(found.shapes[one])] == []


@each_package
def test_no_label_lies_on_a_node_or_on_another_label(package: str) -> None:
    found = drawing(package)
    large = {e.get("id") for e in found.root.iter(f"{BPMN}subProcess", f"{BPMN}lane", f"{BPMN}participant")}
    nodes = {key: box for key, box in found.shapes.items() if key not in large}
    over = [
        (label, node)
        for label, box in found.labels.items()
        for node, other in nodes.items()
        if box.overlaps(other) and not (label == node and node.startswith("gw_"))  # a diamond's corners are free
    ]
    assert over == []
    assert [(a, b) for (a, x), (b, y) in combinations(found.labels.items(), 2) if x.overlaps(y)] == []
