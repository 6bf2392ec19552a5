"""Files as they come: broken, hostile, too large, in other encodings, from other tools."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import ModelRefused
from engine.process import support
from engine.process.definition import process_ids, read_bpmn
from tests.engine.process.definition.models import HEAD, faults, line_of, model
from tests.engine.process.definition.rule_cases import ERRORS, Case, line
from tests.examples import cases
from tests.paths import shared

GOOD = model(line())


def test_malformed_xml_is_refused_with_line_and_column() -> None:
    xml = GOOD.replace('<endEvent id="e"/>', '<endEvent id="e">')
    [fault] = faults(xml)
    assert fault.rule == "xml-malformed"
    assert fault.line == line_of(xml, "</process>")
    assert "column" in fault.en and "列" in fault.zh


@pytest.mark.parametrize("xml", ["", "   ", "no xml at all", "<", b"\xff\xfe<\x00", b"\x00\x01\x02"])
def test_what_is_no_xml_is_refused(xml: str | bytes) -> None:
    assert [fault.rule for fault in faults(xml)] == ["xml-malformed"]


BOMB = '<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
FILE_READER = '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize("doctype", [BOMB, FILE_READER, "<!DOCTYPE definitions>", "<!-- x --><?pi y?> <!doctype d>"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le"])
def test_a_doctype_is_refused_in_any_encoding(doctype: str, encoding: str) -> None:
    body = GOOD.split("?>", 1)[1]
    xml = f'<?xml version="1.0" encoding="{encoding[:6]}"?>\n{doctype}{body}'
    [fault] = faults(xml.encode(encoding))
    assert fault.rule in ("doctype", "xml-malformed")
    if "doctype" not in doctype:
        assert (fault.rule, fault.line) == ("doctype", 2)


def test_a_doctype_inside_a_text_is_a_text() -> None:
    script = "<script><![CDATA[page = '<!DOCTYPE html>']]></script>"
    assert faults(model(line(f'<scriptTask id="t">{script}</scriptTask>'))) == ()


def test_a_file_of_fifty_megabytes_is_refused_without_parsing() -> None:
    huge = b"<" * 50_000_000
    began = time.thread_time()
    [fault] = faults(huge)
    assert fault.rule == "too-large"
    assert time.thread_time() - began < 0.1


@pytest.mark.parametrize(
    "hostile",
    [
        "<!-- x -->" * 5000,
        "<?x y?>" * 5000 + "<!-- " + "-> " * 5000 + "-->",
    ],
)
def test_a_long_prolog_is_read_in_no_time(hostile: str) -> None:
    head, body = GOOD.split("?>", 1)
    began = time.thread_time()
    assert faults(f"{head}?>{hostile}{body}") == ()
    assert time.thread_time() - began < 2


def test_a_text_of_broken_tags_is_read_in_no_time() -> None:
    text = "<![CDATA[" + "< " + "\n" * 300_000 + "<" + "]]>"
    began = time.thread_time()
    assert faults(GOOD.replace('<task id="t"/>', f'<task id="t"><documentation>{text}</documentation></task>')) == ()
    assert time.thread_time() - began < 2


def test_deep_nesting_is_refused_not_crashed_on() -> None:
    deep = "<subProcess>" * 3000 + "</subProcess>" * 3000
    assert faults(model(deep))
    nested = "".join(f'<subProcess id="n{at}">' for at in range(200)) + "</subProcess>" * 200
    assert read_bpmn(model(line() + nested)).definitions


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "gb18030", "utf-8-sig"])
def test_chinese_names_survive_every_encoding(encoding: str) -> None:
    declared = encoding.removesuffix("-sig")
    xml = model(line('<userTask id="t" name="首次联系"/>')).replace('encoding="UTF-8"', f'encoding="{declared}"')
    assert read_bpmn(xml.encode(encoding)).definitions[0].nodes["t"].name == "首次联系"


def test_a_file_that_passed_once_is_read_again_under_stricter_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(support.RUNS, "task.none", False)
    assert [fault.rule for fault in faults(GOOD)] == ["not-yet"]
    assert faults(GOOD, checked=True) == ()


def test_the_processes_of_a_file_are_known_without_reading_it_all() -> None:
    bad = GOOD.replace('targetRef="e"', 'targetRef="nowhere"')
    assert process_ids(bad) == {"p"}


def test_another_root_is_no_bpmn() -> None:
    [fault] = faults('<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/"/>')
    assert fault.rule == "not-bpmn"


def test_a_file_without_a_process_is_refused() -> None:
    [fault] = faults(HEAD + "</definitions>")
    assert fault.rule == "no-process"


def test_two_processes_with_one_id_are_refused() -> None:
    xml = GOOD.replace("</definitions>", '<process id="p" isExecutable="true"><task id="x"/></process></definitions>')
    assert {fault.rule for fault in faults(xml)} == {"duplicate-process", "duplicate-id"}


def test_a_flow_into_another_pool_is_refused() -> None:
    xml = GOOD.replace(
        "</definitions>", '<process id="q" isExecutable="true"><task id="other"/></process></definitions>'
    ).replace('sourceRef="t" targetRef="e"', 'sourceRef="t" targetRef="other"')
    [fault] = faults(xml)
    assert (fault.rule, fault.element, fault.line) == ("flow-crosses-pool", "f2", line_of(xml, 'id="f2"'))


def test_a_process_that_is_not_executable_is_left_out_beside_one_that_is() -> None:
    xml = GOOD.replace("</definitions>", '<process id="q"><task id="x"/></process></definitions>')
    models = read_bpmn(xml)
    assert [one.key for one in models.definitions] == ["p"]
    assert [(one.rule, one.element) for one in models.warnings] == [("not-executable-skipped", "q")]


def test_what_no_bpmn_process_holds_is_refused_even_without_the_schema() -> None:
    [fault] = faults(model(line(after='<choreographyTask id="c"/>')), schema_check=False)
    assert (fault.rule, fault.element) == ("unknown-element", "c")


def test_the_line_is_where_a_tag_begins() -> None:
    xml = model(line('<serviceTask id="t"\n  name="Pay"\n/>'))
    [fault] = faults(xml, topics=set())
    assert fault.line == line_of(xml, "<serviceTask")


def test_two_files_of_the_bench_are_read() -> None:
    folder = shared()
    if folder is None:
        pytest.skip("the folder shared is absent: the bench models were not read")
    for name, nodes in (("B1", 10), ("B2", 3)):
        [definition] = read_bpmn((folder / "bench" / f"{name}.bpmn").read_bytes()).definitions
        assert (definition.key, len(definition.nodes), definition.history_ttl) == (name, nodes, "P30D")


def test_the_interchange_models_are_read_or_refused_with_reasons() -> None:
    folder = shared()
    if folder is None:
        pytest.skip("the folder shared is absent: the interchange models were not read")
    files = sorted((folder / "miwg").glob("*.bpmn"))
    assert files
    for file in files:
        text = file.read_text("utf-8")
        for xml in (text, text.replace('isExecutable="false"', 'isExecutable="true"')):
            for fault in faults(xml, file=file.name):
                assert fault.file == file.name
                assert fault.line, fault
                assert fault.element, fault


def test_the_simplest_interchange_model_runs_once_marked_executable() -> None:
    folder = shared()
    if folder is None:
        pytest.skip("the folder shared is absent: the interchange models were not read")
    xml = (folder / "miwg" / "A.1.0.bpmn").read_text("utf-8").replace('isExecutable="false"', 'isExecutable="true"')
    assert len(read_bpmn(xml).definitions[0].nodes) == 5


def test_five_thousand_nodes_take_at_most_two_seconds() -> None:
    parts = ['<startEvent id="s"/><sequenceFlow id="fs" sourceRef="s" targetRef="t0"/>']
    for at in range(4998):
        after = f"t{at + 1}" if at < 4997 else "e"
        parts.append(f'<userTask id="t{at}" name="Task {at}" camunda:assignee="${{owner}}"/>')
        parts.append(f'<sequenceFlow id="f{at}" sourceRef="t{at}" targetRef="{after}"/>')
    parts.append('<endEvent id="e"/>')
    xml = model("\n".join(parts))
    began = time.process_time()
    [definition] = read_bpmn(xml).definitions
    assert time.process_time() - began < 2.0
    assert len(definition.nodes) == 5000


def prefixed(xml: str) -> str:
    """The same file as most modelers write it: every BPMN element with a prefix."""
    xml = re.sub(r"<(/?)(?![a-z]+:)([a-zA-Z])", r"<\1bpmn:\2", xml)
    return xml.replace("xmlns=", "xmlns:bpmn=", 1)


@pytest.mark.parametrize("case", ERRORS, ids=lambda case: case.rule)
def test_a_prefix_changes_nothing(case: Case) -> None:
    plain = model(case.bad, case.roots, case.process)
    told = [(fault.rule, fault.element, fault.line) for fault in faults(plain, **case.known)]
    assert [(one.rule, one.element, one.line) for one in faults(prefixed(plain), **case.known)] == told


CORPUS = [model(case.bad, case.roots, case.process) for case in ERRORS]
CORPUS += [prefixed(xml) for xml in CORPUS]


@settings(max_examples=cases(50, 150), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_mutilated_file_never_crashes_the_reader(data: st.DataObject) -> None:
    """Lines dropped, doubled, swapped and attributes renamed: the file is read or refused, nothing else."""
    lines = data.draw(st.sampled_from(CORPUS)).splitlines()
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(lines) - 1))
        other = data.draw(st.integers(0, len(lines) - 1))
        kind = data.draw(st.sampled_from(["drop", "double", "swap", "id", "ref", "text"]))
        if kind == "drop" and len(lines) > 3:
            del lines[at]
        elif kind == "double":
            lines.insert(at, lines[other])
        elif kind == "swap":
            lines[at], lines[other] = lines[other], lines[at]
        elif kind == "id":
            lines[at] = lines[at].replace(' id="', ' name="')
        elif kind == "ref":
            lines[at] = lines[at].replace('Ref="', 'Ref="x')
        else:
            lines[at] = lines[at].replace('">', '">= (')
    try:
        read_bpmn("\n".join(lines), schema_check=data.draw(st.booleans()))
    except ModelRefused as refused:
        assert refused.faults
        assert all(fault.text("zh") and fault.text("en") for fault in refused.faults)


def test_the_table_of_features_knows_every_feature_that_is_asked_for() -> None:
    """A feature that the table lacks would be refused for ever, unseen."""
    from engine.process.rules import events, features

    places = {"start", "event-start", "catch", "throw", "boundary", "end"}
    asked = {f"{place}.{kind}" for place in places for kind in events.ALLOWED[place]}
    asked |= {f"task.{kind}" for kind in features._TASKS.values()}
    asked |= {f"gateway.{kind}" for kind in features._GATEWAYS.values()}
    assert asked <= set(support.RUNS)
    assert all("?" not in "".join(support.spoken(feature)) for feature in support.RUNS)
