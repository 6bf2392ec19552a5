"""Every letter to a client says how to answer it."""

from handlers.records import parties
from handlers.records.changes import Stamp
from tests.handlers.conftest import NOW, Desk


def test_a_letter_to_a_client_bears_the_link_for_a_word_back_and_one_to_staff_does_not(quick_desk: Desk) -> None:
    with quick_desk.runtime.transaction() as session:
        company = parties.create(session, {"legal_name": "华丰集团"}, Stamp(NOW, "li", "test"), 2026)
    letter = {"channel": "email", "template": "client_form_link", "data": {"client_name": "华丰"}}
    quick_desk.run("notify.send", letter | {"to": "chen@example.org", "party_id": str(company.id)})
    quick_desk.run("notify.send", letter | {"to": "staff@house.example"})
    links = [one["data"].get("feedback_url") for one in quick_desk.posted.messages]
    assert links[0].startswith("https://") and "/feedback/" in links[0]
    assert links[1] is None
