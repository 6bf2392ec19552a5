"""Outside sources in the forms in which they come: published lists, a bureau's report, the national register."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from handlers.providers import Files, InTime, ProviderDown, credit_reports
from handlers.providers.sanction_lists import lists
from handlers.screening import screen
from tests.patience import within

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
OFAC = """<?xml version="1.0" standalone="yes"?>
<sdnList xmlns="https://sanctionslistservice.ofac.treas.gov/api/PublicationPreview/exports/XML">
  <publshInformation><Publish_Date>11/18/2026</Publish_Date><Record_Count>2</Record_Count></publshInformation>
  <sdnEntry><uid>900001</uid><firstName>Viktor</firstName><lastName>DEMOV</lastName><sdnType>Individual</sdnType>
    <programList><program>DEMO-EO1</program></programList>
    <akaList><aka><uid>1</uid><type>a.k.a.</type><category>weak</category><lastName>DEMOFF</lastName>
      <firstName>Victor</firstName></aka></akaList></sdnEntry>
  <sdnEntry><uid>900002</uid><lastName>CHIXIA ENERGY HOLDINGS</lastName><sdnType>Entity</sdnType>
    <programList><program>DEMO-EO1</program><program>DEMO-EO2</program></programList></sdnEntry>
</sdnList>"""
UN = """<?xml version="1.0" encoding="UTF-8"?>
<CONSOLIDATED_LIST dateGenerated="2026-11-19T23:00:03.428Z">
 <INDIVIDUALS><INDIVIDUAL><FIRST_NAME>JÉRÔME</FIRST_NAME><SECOND_NAME>DEMO BUKANDE</SECOND_NAME><THIRD_NAME/>
   <UN_LIST_TYPE>DRC</UN_LIST_TYPE><REFERENCE_NUMBER>XXi.001</REFERENCE_NUMBER>
   <NAME_ORIGINAL_SCRIPT>维克托·杰莫夫</NAME_ORIGINAL_SCRIPT>
   <INDIVIDUAL_ALIAS><QUALITY/><ALIAS_NAME/></INDIVIDUAL_ALIAS>
   <INDIVIDUAL_ALIAS><QUALITY>Low</QUALITY><ALIAS_NAME>Demo Kakwavu</ALIAS_NAME></INDIVIDUAL_ALIAS>
 </INDIVIDUAL></INDIVIDUALS>
 <ENTITIES><ENTITY><FIRST_NAME>Demo Island Movement</FIRST_NAME><REFERENCE_NUMBER>XXe.001</REFERENCE_NUMBER>
   <ENTITY_ALIAS><ALIAS_NAME>DIM</ALIAS_NAME></ENTITY_ALIAS></ENTITY></ENTITIES>
</CONSOLIDATED_LIST>"""
SDN_CSV = """36,"DEMOV, Viktor Anatolievich","individual","DEMO-EO1","President",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,"x"
99,"DEMO SHIPPING LLC","-0- ","SDGT",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,"Linked To: SOMEONE."
\x1a"""
ALT_CSV = '36,1,"aka","DEMOFF, Victor",-0-\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sanctions").mkdir()
    return tmp_path


def put(folder: Path, **files: str) -> None:
    for name, text in files.items():
        path = folder / "sanctions" / name.replace("_", ".")
        path.write_text(text, "utf-8")
        os.utime(path, (NOW.timestamp(), NOW.timestamp()))


def test_published_lists_are_read_with_their_aliases_and_numbers(folder: Path) -> None:
    put(folder, sdn_xml=OFAC, un_xml=UN)
    answer = Files(folder).listed(NOW)
    assert answer.provider == "OFAC 2026-11-18; UN 2026-11-19" and len(answer.raw_sha256) == 64
    people = {name: entry["list"] for entry in answer.content for name in entry["names"]}
    assert people == {
        "Viktor DEMOV": "OFAC 900001 (DEMO-EO1)",
        "Victor DEMOFF": "OFAC 900001 (DEMO-EO1)",
        "CHIXIA ENERGY HOLDINGS": "OFAC 900002 (DEMO-EO1, DEMO-EO2)",
        "JÉRÔME DEMO BUKANDE": "UN XXi.001 (DRC)",
        "维克托·杰莫夫": "UN XXi.001 (DRC)",
        "Demo Kakwavu": "UN XXi.001 (DRC)",
        "Demo Island Movement": "UN XXe.001",
        "DIM": "UN XXe.001",
    }
    assert [hit.score for hit in screen(["Jerome Demo-Bukande"], answer.content)] == [100]
    [hit] = screen(["Demov, Viktor"], answer.content)
    assert (hit.score, hit.list) == (100, "OFAC 900001 (DEMO-EO1)")


def test_the_delimited_list_is_read_with_the_aliases_beside_it(folder: Path) -> None:
    put(folder, sdn_csv=SDN_CSV, alt_csv=ALT_CSV)
    [found] = lists(folder / "sanctions", NOW)
    assert [(one.number, one.kind, one.names) for one in found.entries] == [
        ("36", "person", ("DEMOV, Viktor Anatolievich", "DEMOFF, Victor")),
        ("99", "company", ("DEMO SHIPPING LLC",)),
    ]
    assert screen(["Viktor Anatolievich Demov"], [one.shown("OFAC") for one in found.entries])[0].score == 100


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({}, "no list"),
        ({"sdn_xml": OFAC.replace("<Record_Count>2", "<Record_Count>3")}, "2 entries where the list says 3"),
        ({"sdn_xml": OFAC[:600]}, "sdn.xml"),
        ({"sdn_xml": OFAC.replace("11/18/2026", "09/18/2026")}, "older than 31 days"),
        ({"un_xml": UN.replace("2026-11-19", "2026-10-01")}, "older than 31 days"),
        ({"sdn_csv": SDN_CSV}, "alt.csv"),
        ({"sdn_csv": "<html>", "alt_csv": ALT_CSV}, "unknown form"),
        ({"sdn_xml": "<html/>"}, "unknown form html"),
        ({"sdn_xml": '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><sdnList>&a;</sdnList>'}, "document type"),
        ({"sdn_xml": OFAC, "un_xml": "cut off"}, "un.xml"),
    ],
)  # fmt: skip
def test_a_list_that_is_cut_off_too_old_or_something_else_clears_nobody(
    folder: Path, files: dict[str, str], told: str
) -> None:
    put(folder, **files)
    with pytest.raises(ProviderDown, match=told):
        Files(folder).listed(NOW)


def test_a_source_that_hangs_counts_as_down(tmp_path: Path) -> None:
    """A pipe that nobody writes to is read for ever."""
    os.mkfifo(tmp_path / "registry.json")
    began = datetime.now(UTC)
    with pytest.raises(ProviderDown, match=r"within 0\.2 s"):
        InTime(Files(tmp_path), 0.2).company("91310000607337822J", NOW)
    assert datetime.now(UTC) - began < timedelta(seconds=within(5))


REPORT: dict[str, Any] = {
    "报告头": {"报告编号": "2026112000001", "报告时间": "2026-11-19", "统一社会信用代码": "91310000607337822J"},
    "信贷交易信息": {
        "未结清": [
            {"授信机构": "甲银行", "业务种类": "贷款", "余额": "120000000", "五级分类": "正常", "逾期总额": "0"},
            {"授信机构": "乙银行", "余额": "5000000", "五级分类": "关注", "逾期总额": "200000", "逾期月数": 2},
        ],
        "已结清": [{"授信机构": "丙银行", "业务种类": "贷款", "余额": "0", "五级分类": "次级", "逾期总额": "0"}],
    },
    "相关还款责任": [{"主业务借款人": "华丰集团", "责任类型": "保证", "还款责任金额": "30000000", "五级分类": "正常"}],
    "公共信息": {"强制执行记录": [{"机构": "某法院", "日期": "2025-03-01", "金额": "800000", "案由": "买卖合同"}]},
}  # fmt: skip


def test_a_bureaus_report_tells_overdue_defaults_guarantees_and_judgments() -> None:
    found = credit_reports.events(REPORT, "91310000607337822J")
    assert [(one["lender"], one["overdue"], one["months_overdue"]) for one in found["overdue"]] == [
        ("乙银行", 200000, 2)
    ]
    assert [one["lender"] for one in found["defaults"]] == ["丙银行"]
    assert [(one["for"], one["amount"]) for one in found["guarantees"]] == [("华丰集团", 30000000)]
    assert [(one["kind"], one["by"]) for one in found["litigation"]] == [("enforcement", "某法院")]
    with pytest.raises(ProviderDown, match="another company"):
        credit_reports.events(REPORT, "91320900MA1MUQ3G0X")
    with pytest.raises(ProviderDown, match="信贷交易信息"):
        credit_reports.events({"报告头": REPORT["报告头"]}, "91310000607337822J")
