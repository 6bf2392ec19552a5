"""Rights by segment, page by page: investor relations alone see investors, their projects and what they take part in;
and files come out for those whose business they are, as files that a browser does not run."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from engine import api, identity
from engine.errors import InvalidInput
from engine.store import tables as t
from handlers import case_files, documents
from handlers.records import parties, projects
from handlers.records.changes import Stamp
from handlers.records.documents import Filing
from tests.house import PASSWORD, House
from tests.web.conftest import Visitor

Visit = Callable[..., Visitor]
THEIRS, OTHERS = ("CL-2026-0001", "PJ-2026-0001"), ("CL-2026-0002", "PJ-2026-0002")


@pytest.fixture
def numbers(house: House) -> dict[str, int]:
    """A fund that invests in one project and a borrower of another one, each with a case and with files."""
    with house.writing() as session:
        for team, person in (("investor_relations", "wu"), ("marketing", "ma")):
            identity.add_team(session, team, team)
            identity.add_person(session, person, person, password=PASSWORD)
            identity.add_member(session, team, person)
        stamp, found = Stamp(house.clock(), "li", "interview"), {}
        for key, project_key, role in ((*THEIRS, "investor"), (*OTHERS, "borrower")):
            party = parties.create(session, {"legal_name": f"某{role}公司"}, stamp, 2026)
            asked = {"name": f"{role} 100MW", "sector": "renewable_power", "amount": Decimal(100)}
            project = projects.create(session, asked, stamp, 2026, project_key)
            projects.give_role(session, party.id, project.id, role, stamp)
            found[project_key] = api.start(session, api.SYSTEM, "offer", {"client_name": party.legal_name}, project_key)
            for kind in ("evidence", "opinion"):
                filing = Filing(project_key, kind, f"{kind}.html", party_id=party.id)
                found[f"{kind} {key}"] = documents.keep(session, b"<script>1</script>", filing, stamp, "text/html").id
        found["of the case"] = documents.keep(
            session, b"x", Filing("case:1", "attachment", "a.txt", instance=str(found[OTHERS[1]])), stamp
        ).id
    return found


def test_a_segment_holds_on_every_page_that_names_a_client_a_project_or_a_case(
    house: House, visitor: Visit, numbers: dict[str, int]
) -> None:
    wu, li = visitor("wu"), visitor("li")
    for (client, project), opens in ((THEIRS, 200), (OTHERS, 403)):
        case = numbers[project]
        for path in (
            f"/clients/{client}", f"/clients/{project}", f"/clients/{client}/files", f"/clients/{client}/report.xlsx",
            f"/projects/{project}", f"/projects/{project}/files", f"/pipeline/{project}/to/evaluation",
            f"/instances/{case}", f"/instances/{case}/state.json", f"/instances/{case}/comments",
            f"/library?like={project}", f"/documents/{numbers[f'evidence {client}']}",
        ):  # fmt: skip
            assert (path, wu.client.get(path).status_code) == (path, opens)
            assert li.client.get(path).status_code == 200, path
        assert wu.post(f"/instances/{case}/comments", {"text": "看过"}).status_code == (302 if opens == 200 else 403)
        offered = li.get(f"/instances/{case}/comments").get_data(as_text=True)
        assert ('["wu", ' in offered, '["investor_relations", ' in offered) == (opens == 200, opens == 200)
        assert '["ma", ' in offered
        named = li.post(f"/instances/{case}/comments", {"text": "@wu 看一下"}, headers={"HX-Request": "true"})
        assert named.status_code == (200 if opens == 200 else 422)
        assert ("无权查看此业务" in named.get_data(as_text=True)) == (opens != 200)
    for path in ("/clients", "/clients?q=公司", "/pipeline", "/instances", "/instances?q=公司", "/processes/offer"):
        seen, all_of_it = (one.client.get(path).get_data(as_text=True) for one in (wu, li))
        assert "某investor公司" in seen and "某borrower公司" not in seen, path
        assert "某borrower公司" in all_of_it, path
    assert wu.client.get(f"/documents/{numbers['of the case']}").status_code == 403


def test_who_takes_part_in_a_case_sees_it_whosever_client_it_is(
    house: House, visitor: Visit, numbers: dict[str, int]
) -> None:
    with house.writing() as session:
        api.reassign(session, api.SYSTEM, house.task("assess", numbers[OTHERS[1]])["id"], "wu", "问投资者")
    assert visitor("wu").client.get(f"/instances/{numbers[OTHERS[1]]}").status_code == 200


def test_programs_of_a_segment_read_no_more_than_its_people(
    house: House, visitor: Visit, numbers: dict[str, int]
) -> None:
    with house.writing() as session:
        token = identity.make_token(session, "wu-tool", "read clients engine-rest team:investor_relations")
    program = visitor()

    def ask(path: str) -> Any:
        return program.client.get(path, headers={"Authorization": f"Bearer {token}"})

    found = ask("/api/v1/search?q=公司").json["items"]
    assert {one["business_key"] for one in found} == {"CL-2026-0001"}
    assert [one["business_key"] for one in ask("/api/v1/instances").json["items"]] == ["PJ-2026-0001"]
    for (client, project), status in ((THEIRS, 200), (OTHERS, 403)):
        paths = (f"clients/{client}", f"clients/{project}", f"projects/{project}", f"instances/{numbers[project]}")
        assert {ask(f"/api/v1/{path}").status_code for path in paths} == {status}
    house_wide = ("events", "tasks", "incidents", f"instances/{numbers[OTHERS[1]]}/history")
    assert {ask(f"/api/v1/{path}").status_code for path in house_wide} == {403}
    assert ask("/api/v1/tasks?team=investor_relations").status_code == 200
    assert ask("/engine-rest/process-instance").status_code == 403


def test_marketing_reads_a_bureau_s_word_on_no_way_and_may_not_ask_by_it(
    house: House, visitor: Visit, numbers: dict[str, int]
) -> None:
    case = numbers[OTHERS[1]]
    told = {"overdue_amount": "7654321", "credit_events": {"report_no": "7654321"}, "link_url": "https://h/7654321"}
    with house.writing() as session:
        api.set_variables(session, api.SYSTEM, case, {**told, "need": "十年期"})
        token = identity.make_token(session, "ma-tool", "read engine-rest team:marketing")
    ma, li, program = visitor("ma"), visitor("li"), visitor()
    headers = {"Authorization": f"Bearer {token}"}
    answers = [ma.client.get(f"/instances/{case}{part}") for part in ("", "/changed")]
    of_case = f"processInstanceId={case}"
    paths = (f"api/v1/instances/{case}", f"engine-rest/process-instance/{case}/variables",
             f"engine-rest/history/variable-instance?{of_case}", f"engine-rest/history/detail?{of_case}")  # fmt: skip
    answers += [program.client.get(f"/{path}", headers=headers) for path in paths]
    texts = [answer.get_data(as_text=True).replace(",", "") for answer in answers]
    assert [answer.status_code for answer in answers] == [200] * len(answers)
    assert "十年期" in texts[0] and "十年期" in texts[2]
    assert not [text for text in texts if "7654321" in text]
    assert "7654321" in li.client.get(f"/instances/{case}").get_data(as_text=True).replace(",", "")
    assert ma.client.get("/instances?fact=kyc_rating&value=4").status_code == 403
    asked = program.client.get("/api/v1/instances?fact.kyc_rating=4", headers=headers)
    assert asked.status_code == 403


def test_a_hidden_fact_is_found_by_no_search(house: House, visitor: Visit, numbers: dict[str, int]) -> None:
    case = numbers[OTHERS[1]]
    hidden = {"kyc_rating": 4711, "bureau_state": "Struck-Off"}
    facts = {"client_name": "某borrower公司", **hidden, "amount": Decimal("815.5")}
    with house.writing() as session:
        session.execute(sa.update(t.instance).where(t.instance.c.id == case).values(facts=facts))
        text = "核查 struck-off 4711 某borrower公司 815.5"
        told = {"facts": facts, "search": text, "assignee": "ma"}
        session.execute(sa.update(t.user_task).where(t.user_task.c.instance_id == case).values(told))
        [token, whole] = [identity.make_token(session, name, scopes) for name, scopes in
                          (("ma-tool", "read team:marketing"), ("all", "read"))]  # fmt: skip
    ma, li, program = visitor("ma"), visitor("root"), visitor()

    def listed(key: str, word: str) -> Any:
        headers = {"Authorization": f"Bearer {key}"}
        return program.client.get(f"/api/v1/instances?text={word}", headers=headers).json

    def found(word: str) -> dict[str, bool]:
        return {
            "cases": f'/instances/{case}"' in ma.client.get(f"/instances?q={word}").get_data(as_text=True),
            "tasks": "某borrower公司" in ma.client.get(f"/inbox?q={word}").get_data(as_text=True),
            "programs": bool(listed(token, word)["items"]),
            "who may": f'/instances/{case}"' in li.client.get(f"/instances?q={word}").get_data(as_text=True),
            "the house's programs": bool(listed(whole, word)["items"]),
        }

    for word in ("4711", "Struck-Off", "ruck-Off", ":4711,", "kyc_rating"):  # words that no name of a process holds
        mine = found(word)
        assert (word, [mine.pop(name) for name in ("cases", "tasks", "programs")]) == (word, [False] * 3)
        assert all(mine.values()), word
    for word in ("某borrower", "815.5"):
        assert all(found(word).values()), word


def test_a_file_of_an_unknown_kind_is_for_the_deal_teams_and_comes_out_as_a_file(
    visitor: Visit, numbers: dict[str, int]
) -> None:
    ma, li = visitor("ma"), visitor("li")
    evidence, opinion = (f"/documents/{numbers[f'{kind} {OTHERS[0]}']}" for kind in ("evidence", "opinion"))
    assert (ma.client.get(evidence).status_code, ma.client.get(opinion).status_code) == (200, 403)
    answer = li.client.get(opinion)
    assert answer.mimetype == "application/octet-stream"  # whatever was said of it when it came in
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer.headers["Cache-Control"] == "no-store"  # no proxy and no browser keeps it


def test_an_upload_is_looked_into_not_believed(house: House, visitor: Visit, numbers: dict[str, int]) -> None:
    li = visitor("li")
    li.get("/clients/CL-2026-0001/files")

    def send(name: str, content: bytes) -> int:
        given = {"kind": "evidence", "file": (io.BytesIO(content), name)}
        return li.post("/clients/CL-2026-0001/files", given, content_type="multipart/form-data").status_code

    assert send("证明.pdf", b"%PDF-1.7") == 302
    for name, content in (("a.html", b"<p>"), ("a.svg", b"<svg/>"), ("a.pdf", b"MZ"), ("a.pdf", b""), ("a.exe", b"MZ")):
        assert send(name, content) in (400, 422), name
    assert send("../../etc/报表.xlsx", office("xl/workbook.xml")) == 302
    with house.looking() as session:
        party = parties.get(session, "CL-2026-0001")
        from handlers.records import documents as filed

        assert {one.name for one in filed.of_party(session, party.id)} >= {"报表.xlsx", "证明.pdf"}


@pytest.mark.parametrize("parts", [("word/document.xml",), ("xl/workbook.xml", "xl/vbaProject.bin")])
def test_an_office_file_is_of_its_kind_and_without_macros(parts: tuple[str, ...]) -> None:
    with pytest.raises(InvalidInput):
        case_files.checked("a.xlsx", office(*parts))
    with pytest.raises(InvalidInput):
        case_files.checked("a.xlsx", b"PK\x03\x04 no archive")


def office(*parts: str) -> bytes:
    """An office file with these parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in ("[Content_Types].xml", *parts):
            archive.writestr(name, "<x/>")
    return out.getvalue()
