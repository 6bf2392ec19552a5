"""What people without an account see: the inquiry and the one-time link, against the real intake process."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from engine import api
from engine.store import tables as t
from handlers import documents, feedback
from handlers.records import links, parties
from handlers.records.changes import Stamp
from handlers.records.documents import Filing
from tests.conformance.drawing import diagram, process
from tests.house import House
from tests.paths import ROOT
from tests.web import intake
from tests.web.conftest import Visitor
from web import schemas

WHO = Callable[[str], Visitor]


@pytest.fixture
def open_for_business(house: House) -> House:
    intake.deploy(house)
    return house


def ticket(text: str) -> str:
    return text.split('name="ticket" value="')[1].split('"')[0]


def send(guest: Visitor, values: dict[str, Any], **more: str) -> Any:
    page = guest.get("/inquiry").get_data(as_text=True)
    return guest.post("/inquiry", {"variables": json.dumps(values), "ticket": ticket(page), **more})


def test_an_inquiry_starts_a_case_and_gives_a_reference(open_for_business: House, visitor: WHO) -> None:
    guest = visitor("")
    assert send(guest, intake.INQUIRY).headers["Location"] == "/inquiry/thanks"
    thanks = guest.get("/inquiry/thanks").get_data(as_text=True)
    assert "PJ-2026-0001" in thanks and "。 " not in thanks
    task = open_for_business.task("ut_first_contact")
    assert task["assignee"] in ("li", "wang")
    assert task["facts"]["client_name"] == intake.INQUIRY["client_name"]
    found = open_for_business.variables(task["instance_id"])
    assert found["source"] == "website" and str(found["amount"]) == "425000000.00"


def choices(text: str, key: str) -> set[str]:
    """What a form on a page offers for a field."""
    schema = json.loads(text.split('id="form-schema">')[1].split("</script>")[0])
    return {str(one["value"]) for field in schemas.fields(schema) if field.get("key") == key for one in field["values"]}


def test_clients_are_offered_no_choice_that_is_for_staff(open_for_business: House, visitor: WHO) -> None:
    text = visitor("").get("/inquiry").get_data(as_text=True)
    assert "prohibited" not in choices(text, "sector") and "renewable_power" in choices(text, "sector")
    assert "manual" not in choices(text, "source") and "referral" in choices(text, "source")
    by_hand = visitor("li").get("/processes/client_intake/start").get_data(as_text=True)
    assert "prohibited" in choices(by_hand, "sector") and "manual" in choices(by_hand, "source")


@pytest.mark.parametrize("field", [{"sector": "prohibited"}, {"source": "manual"}])
def test_a_choice_for_staff_is_refused_when_a_client_sends_it(
    open_for_business: House, visitor: WHO, field: dict[str, str]
) -> None:
    assert send(visitor(""), intake.INQUIRY | field).status_code == 422
    assert open_for_business.rows(t.instance) == []


def test_an_english_reader_finds_every_choice_of_the_inquiry_in_english(open_for_business: House, visitor: WHO) -> None:
    text = visitor("").get("/inquiry", headers={"Accept-Language": "en"}).get_data(as_text=True)
    shown = re.sub(r'<button[^>]*lang="zh-CN".*?</button>', "", text, flags=re.S)
    assert "Language for letters" in shown and re.findall(r"[\u4e00-\u9fff]+", shown) == []


def test_the_form_comes_back_with_its_faults_and_what_was_entered(open_for_business: House, visitor: WHO) -> None:
    answer = send(visitor(""), intake.INQUIRY | {"email": "nowhere", "amount": "0"})
    text = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "请填写有效的电子邮箱" in text and "不得小于 1" in text and "盐池 100MW" in text
    assert open_for_business.rows(t.instance) == []


def test_the_same_page_sent_twice_is_one_inquiry(open_for_business: House, visitor: WHO) -> None:
    guest = visitor("")
    page = guest.get("/inquiry").get_data(as_text=True)
    data = {"variables": json.dumps(intake.INQUIRY), "ticket": ticket(page)}
    assert guest.post("/inquiry", data).status_code == guest.post("/inquiry", data).status_code == 302
    assert len([row for row in open_for_business.rows(t.instance) if row["key"] == "client_intake"]) == 1
    assert "PJ-2026-0001" in guest.get("/inquiry/thanks").get_data(as_text=True)


def test_a_second_click_answers_with_the_number_of_the_first_and_uses_none_up(
    open_for_business: House, visitor: WHO
) -> None:
    first, second = visitor(""), visitor("")
    page = first.get("/inquiry").get_data(as_text=True)
    data = {"variables": json.dumps(intake.INQUIRY), "ticket": ticket(page)}
    first.post("/inquiry", data)
    second.get("/inquiry")
    second.post("/inquiry", data)  # its cookies know nothing of the first answer
    assert "PJ-2026-0001" in second.get("/inquiry/thanks").get_data(as_text=True)
    send(second, intake.INQUIRY | {"client_name": "又一家"})
    assert "PJ-2026-0002" in second.get("/inquiry/thanks").get_data(as_text=True)


def test_full_width_telephones_addresses_and_codes_are_read(open_for_business: House, visitor: WHO) -> None:
    typed = {
        "phone": "１３８００１３８０９９",
        "email": "ｇａｏ＠ｅｘａｍｐｌｅ．ｃｏｍ",
        "reg_no": "９１６４０３００ma９０００００５ｘ",
    }
    answer = send(visitor(""), intake.INQUIRY | typed)
    assert answer.status_code == 302, answer.get_data(as_text=True)
    found = open_for_business.variables(open_for_business.task("ut_first_contact")["instance_id"])
    assert (found["email"], found["reg_no"]) == ("gao@example.com", "91640300MA9000005X")
    assert "13800138099" in found["phone"]


def test_a_machine_that_fills_every_field_is_thanked_and_forgotten(open_for_business: House, visitor: WHO) -> None:
    assert send(visitor(""), intake.INQUIRY, website_address="http://spam.example").status_code == 302
    assert open_for_business.rows(t.instance) == []


def test_an_investor_gets_a_client_number(open_for_business: House, visitor: WHO) -> None:
    guest = visitor("")
    send(guest, intake.INQUIRY | {"client_role": "investor"})
    assert "CL-2026-" in guest.get("/inquiry/thanks").get_data(as_text=True)


def test_the_form_is_english_on_an_english_page(open_for_business: House, visitor: WHO) -> None:
    guest = visitor("")
    guest.get("/login")
    guest.post("/language", {"language": "en", "next": "/inquiry"})
    text = guest.get("/inquiry").get_data(as_text=True)
    assert "Tell us about your project" in text and "Renewable power" in text


def test_what_cannot_be_kept_or_takes_long_to_read_is_refused_before_it_is_read(visitor: WHO) -> None:
    guest = visitor("")
    guest.get("/complaint")
    assert guest.post("/complaint", {"text": "a\0b"}).status_code == 400
    assert guest.get("/complaint?sent=%00").status_code == 400
    assert guest.get("/complaint/%00").status_code == 404
    refused = guest.post("/complaint", {"text": "x" * 1_000_001})
    text = refused.get_data(as_text=True)
    assert refused.status_code == 413
    assert 'href="/complaint"' in text and "前往登录" not in text  # who has no account is led back, not to the sign-in


def test_without_the_process_the_page_says_so(visitor: WHO) -> None:
    assert "暂时无法接收咨询" in visitor("").get("/inquiry").get_data(as_text=True)


def test_an_inquiry_by_a_program_is_checked_by_the_same_form(open_for_business: House, visitor: WHO) -> None:
    with open_for_business.writing() as session:
        token = api.make_token(session, "portal", "messages")
    headers = {"Authorization": f"Bearer {token}"}
    client = visitor("").client
    bad = {"name": "inquiry_received", "variables": intake.INQUIRY | {"reg_no": "123", "currency": "XXX"}}
    answer = client.post("/api/v1/messages", json=bad, headers=headers)
    assert answer.status_code == 422 and set(answer.json["errors"]) == {"reg_no", "currency"}  # type: ignore[index]
    good = client.post("/api/v1/messages", json={**bad, "variables": intake.INQUIRY}, headers=headers)
    assert good.json is not None and good.json["business_key"] == "PJ-2026-0001"


@pytest.fixture
def link(open_for_business: House) -> str:
    """A link as `client.open_link` makes it."""
    house = open_for_business
    now = house.clock()
    with house.writing() as session:
        stamp = Stamp(now, "li", "test")
        party = parties.create(session, {"legal_name": "宁夏光伏", "kind": "company", "country": "CN"}, stamp, 2026)
        _id, token = links.create(
            session,
            business_key="PJ-2026-0077",
            party_id=party.id,
            form="suitability",
            message="client_form_submitted",
            now=now,
            expires_at=now + timedelta(days=10),
        )
    return token


ANSWERS = {
    "risk_class": "R3",
    "investor_type": "institutional",
    "ticket_max": "5000000",
    "horizon_months": 36,
    "suitability_result": "suitable",
    "suitability_comment": "符合要求,资料齐全",
}


def test_a_link_takes_the_answers_once(open_for_business: House, visitor: WHO, link: str) -> None:
    guest = visitor("")
    assert "PJ-2026-0077" in guest.get(f"/link/{link}").get_data(as_text=True)
    first = guest.post(f"/link/{link}", {"variables": json.dumps(ANSWERS)})
    assert "谢谢，已收到" in first.get_data(as_text=True)
    kept = open_for_business.rows(t.message, t.message.c.name == "client_form_submitted")
    assert len(kept) == 1 and kept[0]["business_key"] == "PJ-2026-0077"
    again = guest.get(f"/link/{link}")
    assert again.status_code == 410 and "资料已提交" in again.get_data(as_text=True)
    guest.post(f"/link/{link}", {"variables": json.dumps(ANSWERS)})
    assert len(open_for_business.rows(t.message, t.message.c.name == "client_form_submitted")) == 1


def test_a_link_of_another_process_shows_its_form_with_what_it_gave_and_says_which_of_several_is_meant(
    open_for_business: House, visitor: WHO
) -> None:
    house, now = open_for_business, open_for_business.clock()
    field = {"type": "textfield", "id": "finding", "key": "finding", "label": "主要发现"}
    form = json.dumps({"id": "report", "type": "default", "components": [field]})
    house.deploy("diligence", report_form=form, d_bpmn=diagram(process("d", "s -> u -> e")))
    with house.writing() as session:
        _id, token = links.create(
            session, business_key="PJ-2026-0077", party_id=None, form="report", message="report_received", process="d",
            correlation={"stream": "technical"}, given={"finding": "风资源已复核"}, now=now,
            expires_at=now + timedelta(days=10),
        )  # fmt: skip
    guest = visitor("")
    page = guest.get(f"/link/{token}").get_data(as_text=True)
    assert "主要发现" in page and "风资源已复核" in page
    guest.post(f"/link/{token}", {"variables": json.dumps({"finding": "无重大问题"})})
    [kept] = house.rows(t.message, t.message.c.name == "report_received")
    assert (kept["correlation"], kept["variables"]) == ({"stream": "technical"}, {"finding": "无重大问题"})


def test_a_survey_is_answered_by_its_link_once(open_for_business: House, visitor: WHO) -> None:
    house, now, folder = open_for_business, open_for_business.clock(), ROOT / "bpmn/satisfaction_survey"
    files = [*folder.glob("*.bpmn"), *folder.glob("*.dmn"), *folder.glob("forms/*"), *folder.glob("i18n/*.json")]
    with house.writing() as session:
        package = {one.relative_to(folder).as_posix(): one.read_bytes() for one in files}
        api.deploy(session, api.SYSTEM, "satisfaction_survey", package)
        _id, token = links.create(
            session, business_key="SV-2026-0001", party_id=None, form="satisfaction_survey", message="survey_answered",
            process="satisfaction_survey", now=now, expires_at=now + timedelta(days=14),
        )  # fmt: skip
    guest = visitor("")
    text = guest.get(f"/link/{token}").get_data(as_text=True)
    assert "您会把我们推荐给同行吗？" in text and "<h1>满意度调查</h1>" in text
    said = {"nps": 9, "csat": 4, "suggestion": "回复更快"}
    assert guest.post(f"/link/{token}", {"variables": json.dumps(said)}).status_code == 200
    assert guest.get(f"/link/{token}").status_code == 410
    [kept] = house.rows(t.message, t.message.c.name == "survey_answered")
    assert kept["variables"]["nps"] == 9 and kept["business_key"] == "SV-2026-0001"


def test_a_link_expires_and_an_unknown_one_is_told(open_for_business: House, visitor: WHO, link: str) -> None:
    guest = visitor("")
    assert guest.get("/link/made-up").status_code == 404
    open_for_business.clock.move(days=11)
    answer = guest.get(f"/link/{link}")
    assert answer.status_code == 410 and "已过期" in answer.get_data(as_text=True)


def test_a_link_opens_the_paper_of_its_own_matter_while_it_is_open_and_no_other(
    open_for_business: House, visitor: WHO
) -> None:
    house, now, guest = open_for_business, open_for_business.clock(), visitor("")
    tokens = []
    with house.writing() as session:
        for subject in ("PJ-2026-0077", "PJ-2026-0078"):
            filing = Filing(subject, "term_sheet", "条款清单.pdf")
            paper = documents.keep(session, b"%PDF-1.7", filing, Stamp(now, "li", "test"))
            _id, token = links.create(
                session, business_key="PJ-2026-0077", party_id=None, form="suitability", message="m",
                given={links.PAPER: str(paper.id)}, now=now, expires_at=now + timedelta(days=10),
            )  # fmt: skip
            tokens.append(token)
    own, other = tokens
    assert "打开“条款清单.pdf”" in guest.get(f"/link/{own}").get_data(as_text=True)
    answer = guest.get(f"/link/{own}/paper")
    assert answer.get_data() == b"%PDF-1.7" and answer.headers["Cache-Control"] == "no-store"
    assert guest.get(f"/link/{other}/paper").headers["Location"] == f"/link/{other}"
    house.clock.move(days=11)
    assert guest.get(f"/link/{own}/paper").headers["Location"] == f"/link/{own}"


def test_a_link_of_a_case_that_has_ended_says_so_and_takes_nothing(
    open_for_business: House, visitor: WHO, link: str
) -> None:
    house, guest = open_for_business, visitor("")
    case = house.message("inquiry_received", "PJ-2026-0077", variables=intake.INQUIRY).instance_id
    assert guest.get(f"/link/{link}").status_code == 200, "while it is under way"
    with house.writing() as session:
        api.cancel(session, house.actor("owen"), int(case or 0), "客户撤回")
    guest.post(f"/link/{link}", {"variables": json.dumps(ANSWERS)})
    answer = guest.get(f"/link/{link}")
    assert answer.status_code == 410 and "已无需提交" in answer.get_data(as_text=True)
    assert house.rows(t.message, t.message.c.name == "client_form_submitted") == []


def test_a_linked_form_with_faults_uses_nothing_up(open_for_business: House, visitor: WHO, link: str) -> None:
    guest = visitor("")
    guest.get(f"/link/{link}")
    answer = guest.post(f"/link/{link}", {"variables": json.dumps({**ANSWERS, "risk_class": "R9"})})
    assert answer.status_code == 422
    assert guest.post(f"/link/{link}", {"variables": json.dumps(ANSWERS)}).status_code == 200


def test_a_letter_s_link_brings_a_word_back_and_a_made_up_one_nothing(open_for_business: House, visitor: WHO) -> None:
    with open_for_business.writing() as db:
        stamp = Stamp(open_for_business.clock(), "li", "test")
        party = parties.create(db, {"legal_name": "北辰水务有限公司"}, stamp, 2026)
    letter = feedback.Letter(party.id, "chen@example.org", "7001:letter")
    path = feedback.url(open_for_business.runtime.settings, letter).partition("/feedback/")[2]
    guest = visitor("")
    assert guest.get("/feedback/made-up").status_code == 404
    assert guest.client.post("/feedback/made-up", data={"text": "放款太慢"}).status_code == 404
    assert guest.get(f"/feedback/{path}").status_code == 200
    assert guest.post(f"/feedback/{path}", {"kind": "complaint", "text": " "}).status_code == 422
    long = guest.post(f"/feedback/{path}", {"kind": "complaint", "text": "长" * 4001})
    assert long.status_code == 422 and "最多 4,000 个字符" in long.get_data(as_text=True), "nothing is cut off"
    assert guest.post(f"/feedback/{path}", {"kind": "complaint", "text": "放款太慢"}).status_code == 200
    (kept,) = open_for_business.rows(t.message, t.message.c.name == "complaint_received")
    assert kept["business_key"] == "CO-2026-0001"
    refused = guest.client.post("/hooks/portal", data=b"{}", headers={"Dealflow-Signature": "t=1,v1=0"})
    assert refused.status_code == 403


def test_a_form_that_cannot_be_taken_is_told_in_words_and_keeps_what_was_entered(
    open_for_business: House, visitor: WHO
) -> None:
    guest = visitor("")
    guest.get("/inquiry")
    unreadable = guest.post("/inquiry", {"variables": "{torn"})
    assert unreadable.status_code == 400
    assert "提交的内容无法读取" in unreadable.get_data(as_text=True)
    assert "JSON" not in unreadable.get_data(as_text=True)
    sent = {"variables": json.dumps({"client_name": "江苏澄远"}), "csrf_token": "of yesterday", "ticket": "t-1"}
    answer = guest.client.post("/inquiry", data=sent)
    assert answer.status_code == 400, "it is not taken for done"
    forgotten = answer.get_data(as_text=True)
    assert "页面打开时间过长" in forgotten and "江苏澄远" in forgotten and 'value="t-1"' in forgotten
    complaint = guest.client.post("/complaint", data={"text": "放款迟了", "csrf_token": "of yesterday"})
    assert "放款迟了" in complaint.get_data(as_text=True)


@pytest.mark.parametrize(
    ("path", "kept", "found"),
    [
        ("/inquiry", "no-cache", True),
        ("/complaint", "no-cache", True),
        ("/login", "no-cache", False),
        ("/link/made-up", "no-store", False),
        ("/report/made-up", "no-store", False),
        ("/feedback/made-up", "no-store", False),
        ("/complaint/made-up", "no-store", False),
        ("/welcome/made-up", "no-store", False),
        ("/portal/in", "no-store", False),
    ],
)
def test_what_a_link_opens_stays_in_no_browser_and_in_no_search_engine(
    visitor: WHO, path: str, kept: str, found: bool
) -> None:
    headers = visitor("").get(path).headers
    assert headers["Cache-Control"] == kept
    assert ("X-Robots-Tag" not in headers) is found


def test_the_language_is_switched_where_one_is_also_after_a_form_was_answered(
    open_for_business: House, visitor: WHO, link: str
) -> None:
    guest = visitor("")
    guest.get("/inquiry")
    pages = [guest.post("/inquiry", {"variables": "{}"}), guest.post("/portal/in", {"email": "ir@fund.example"})]
    guest.get(f"/link/{link}")
    pages.append(guest.post(f"/link/{link}", {"variables": json.dumps(ANSWERS)}))
    way = re.compile(r'name="next" value="([^"]*)"')
    assert [way.findall(page.get_data(as_text=True)) for page in pages] == [
        ["/inquiry"], ["/portal/in"], [f"/link/{link}"],
    ]  # fmt: skip
