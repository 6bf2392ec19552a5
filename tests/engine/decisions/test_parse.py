"""Reading DMN text: every version, and nothing that could hurt."""

from __future__ import annotations

import pytest

from engine.decisions import compile_decisions
from engine.decisions.parse import parse_model
from engine.decisions.xml import DMN_NAMESPACES
from engine.errors import Fault, ModelRefused
from tests.engine.decisions.models import compiled, decision, definitions, literal, one_table, table, value_of


def faults_of(xml: str | bytes, **more: int) -> tuple[Fault, ...]:
    with pytest.raises(ModelRefused) as refused:
        compile_decisions(xml, "t.dmn", **more)
    return refused.value.faults


@pytest.mark.parametrize("dmn", sorted(DMN_NAMESPACES))
def test_every_version_of_dmn_is_read(dmn: str) -> None:
    assert value_of(definitions(decision("d", literal("1 + 1")), dmn=dmn)) == 2


@pytest.mark.parametrize(
    "text",
    [
        '<!DOCTYPE definitions><definitions xmlns="x"/>',
        '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
        '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        '<!DOCTYPE l [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]><l>&c;</l>',
    ],
)
def test_a_doctype_or_entity_is_refused(text: str) -> None:
    (fault,) = faults_of(text)
    assert fault.rule == "xml.doctype"


def test_malformed_xml_is_refused_with_its_line() -> None:
    (fault,) = faults_of("<definitions>\n<decision>\n</definitions>")
    assert (fault.rule, fault.line, fault.file) == ("xml.malformed", 3, "t.dmn")


def test_another_format_is_refused() -> None:
    (fault,) = faults_of("<bpmn/>")
    assert fault.rule == "dmn.not_dmn"


def test_a_file_over_the_limit_is_refused_before_it_is_parsed() -> None:
    (fault,) = faults_of("<" * 1000, max_bytes=999)
    assert fault.rule == "xml.too_large"


def test_a_decoded_string_may_still_declare_its_old_encoding() -> None:
    text = '<?xml version="1.0" encoding="GB18030"?>' + definitions(decision("d", literal('"中文"')))
    assert value_of(text) == "中文"
    assert value_of("\ufeff" + text) == "中文"
    assert compile_decisions(text.encode("gb18030")).names() == ("d",)


def test_all_faults_are_collected_with_their_lines() -> None:
    xml = definitions(
        decision("a", table("SOMETIMES", [("x", "number")], ["o"], [("1", "2")]))
        + "\n"
        + decision("b", literal("1 +"))
        + "\n<oracle/>"
    )
    faults = faults_of(xml)
    assert {fault.rule for fault in faults} >= {"dmn.hit_policy", "feel.syntax", "dmn.unknown_element"}
    lines = xml.splitlines()
    assert all("SOMETIMES" in lines[f.line - 1] for f in faults if f.rule == "dmn.hit_policy" and f.line)
    assert all("<oracle/>" in lines[f.line - 1] for f in faults if f.rule == "dmn.unknown_element" and f.line)


@pytest.mark.parametrize(
    ("cell", "hint"),
    [
        ("≥ 7", "请写作 >="),
        ("== 5", "单元格中只写值"),
        ("“A”", "英文双引号"),
        ("'A'", "英文双引号"),
        ("> 1 && < 5", "逗号"),
        ("5%", "0.05"),
        ("${amount > 5}", "无需"),
    ],
)
def test_a_wrong_cell_names_table_row_and_column_and_gives_a_hint(cell: str, hint: str) -> None:
    rules = [("-", "1"), (cell, "2")]
    (fault,) = [f for f in faults_of(one_table("COLLECT", [("amount", "number")], ["o"], rules))]
    assert fault.rule == "feel.syntax"
    assert "d, rule 2, column “amount”" in fault.text("en")
    assert "d，规则 2，列“amount”：" in fault.text("zh")
    assert hint in fault.text("zh")


def test_a_wrong_output_names_its_place_too() -> None:
    xml = one_table("COLLECT", [("amount", "number")], ["body"], [("-", '"two" signatures')])
    (fault,) = faults_of(xml.replace('name="d"', 'name="授权"'))
    assert fault.element == "d"
    assert "授权, rule 1, column “body”" in fault.text("en")


def test_a_row_of_another_width_is_refused() -> None:
    xml = one_table("COLLECT", [("a", "number"), ("b", "number")], ["o"], [("1", "2", "3")])
    short = xml.replace("<inputEntry><text>2</text></inputEntry>", "")
    assert faults_of(short)[0].rule == "dmn.rule_width"


def test_a_lone_word_in_a_cell_is_pointed_at() -> None:
    warnings = compiled(one_table("COLLECT", [("tier", "string")], ["o"], [("A", "Approved")])).warnings
    assert [fault.rule for fault in warnings] == ["table.bare_word", "table.bare_word"]
    assert 'write "A"' in warnings[0].text("en")


def test_other_expression_languages_are_refused_by_name() -> None:
    xml = definitions(
        decision("d", '<literalExpression expressionLanguage="juel"><text>${a}</text></literalExpression>')
    )
    assert faults_of(xml)[0].rule == "dmn.language"


def test_functions_outside_feel_are_refused_by_kind() -> None:
    xml = definitions(decision("d", '<functionDefinition kind="Java"><context/></functionDefinition>'))
    assert faults_of(xml)[0].rule == "dmn.function_kind"


def test_names_lose_superfluous_blanks_and_keep_their_signs() -> None:
    model, _ = parse_model(definitions('<inputData id="i" name="a   b/c"><variable name="a  b/c"/></inputData>'))
    assert model.inputs[0].variable.name == "a b/c"
