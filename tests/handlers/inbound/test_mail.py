"""Mail of all kinds is read: charsets as programs write them, HTML, attachments, answers, machines."""

from email.message import EmailMessage

from handlers.inbound.mail import read
from handlers.inbound.routing import key_in, route_of
from tests.handlers.conftest import NOW


def mail(**headers: str) -> EmailMessage:
    made = EmailMessage()
    for name, value in {"From": "陈晓 <chen@example.org>", "To": "desk@house.example", **headers}.items():
        made[name.replace("_", "-")] = value
    return made


def test_text_is_read_in_the_charsets_that_mail_programs_really_mean() -> None:
    body = "放款迟迟未到，请尽快处理。镕".encode("gb18030")
    raw = (
        b"From: chen@example.org\r\nSubject: =?gb2312?B?" + b"zbbL3w==" + b"?=\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: text/plain; charset="gb2312"\r\nContent-Transfer-Encoding: 8bit\r\n\r\n' + body
    )
    found = read(raw, NOW)
    assert (found.subject, found.text) == ("投诉", "放款迟迟未到，请尽快处理。镕")
    assert (found.language, found.external_id[:7]) == ("zh", "sha256:")


def test_html_becomes_words_and_files_come_along() -> None:
    made = mail(Subject="Report", Message_ID="<a@x>", References="<r1@x> <r2@x>", In_Reply_To="<r2@x>")
    made.set_content("<p>Dear&nbsp;all,</p><script>alert(1)</script><p>see <b>below</b></p>", subtype="html")
    made.add_attachment(b"%PDF-1", maintype="application", subtype="pdf", filename="../../报告.pdf")
    found = read(made.as_bytes(), NOW)
    assert found.text.split() == ["Dear", "all,", "see", "below"]
    assert [one.name for one in found.files] == ["mail.eml", ".._.._报告.pdf"]
    assert (found.thread, found.answers) == ("<r1@x>", ("<r1@x>", "<r2@x>"))
    assert (found.sender, found.sender_name) == ("chen@example.org", "陈晓")


def test_what_is_quoted_is_not_said_again() -> None:
    made = mail(Subject="Re: x")
    made.set_content("收到，谢谢。\n\n在 2026年3月2日，李雷 写道：\n> 请补充资料\n")
    assert read(made.as_bytes(), NOW).text == "收到，谢谢。"


def test_machines_are_told_from_people_and_rubbish_does_not_stop_us() -> None:
    for header, value in (("Auto_Submitted", "auto-replied"), ("Precedence", "bulk"), ("Return_Path", "<>")):
        made = mail(**{header: value})
        made.set_content("away")
        assert read(made.as_bytes(), NOW).automatic, header
    assert not read(mail(Auto_Submitted="no").as_bytes(), NOW).automatic
    for rubbish in (
        b"",
        b"\x00\xff\xfe",
        b"From: \r\nContent-Type: multipart/mixed\r\n\r\n--x",
        b"Subject: =?x?Q?\r\n\r\n",
    ):
        assert read(rubbish, NOW).channel == "email"


def test_what_a_message_is_about_is_told_by_mailbox_then_by_words() -> None:
    assert route_of("complaints+x@house.example", "hello", "", known=False) == "complaint"
    assert route_of("desk@house.example", "关于放款的投诉", "", known=True) == "complaint"
    assert route_of("desk@house.example", "", "一点建议：……", known=True) == "suggestion"
    assert route_of("desk@house.example", "Hello", "We build a wind farm.", known=False) == "inquiry"
    assert route_of("desk@house.example", "Hello", "see you", known=True) == "unsorted"
    assert key_in("Re: 已收到（编号 pj-2026-0001）") == "PJ-2026-0001"
