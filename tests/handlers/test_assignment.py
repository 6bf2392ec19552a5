"""A lead has an owner with a reason, or says plainly that nobody could take it."""

from handlers import records
from tests.handlers.conftest import Desk
from tests.handlers.people import inquiry


def test_the_existing_owner_keeps_the_client(desk: Desk) -> None:
    desk.people.teams = {"rm": ("chen.jie", "li.wei")}
    found = desk.run("lead.assign", {"group": "rm", "strategy": "least_busy", "keep": "li.wei"})
    assert (found["user_id"], found["why"]["rule"]) == ("li.wei", "keep_owner")


def test_the_excluded_and_the_absent_are_passed_over(desk: Desk) -> None:
    desk.people.teams = {"rm": ("chen.jie", "li.wei", "zhou.tao")}
    desk.people.absent = {"li.wei"}
    found = desk.run("lead.assign", {"group": "rm", "strategy": "least_busy", "exclude": ["chen.jie", None]})
    assert found["user_id"] == "zhou.tao"


def test_the_backup_group_steps_in(desk: Desk) -> None:
    desk.people.teams = {"rm": ("li.wei",)}
    found = desk.run("lead.assign", {"group": "rm_power", "strategy": "least_busy", "backup": "rm"})
    assert (found["user_id"], found["why"]["group"]) == ("li.wei", "rm")


def test_nobody_left_is_an_outcome_of_the_diagram(desk: Desk) -> None:
    desk.people.teams = {"rm": ("li.wei",)}
    refused = desk.refused("lead.assign", {"group": "rm", "exclude": ["li.wei"]})
    assert refused.code == "NO_CANDIDATE"
    assert refused.variables["why"]["group"] == "rm"  # type: ignore[index]


def test_client_and_project_get_the_owner_and_the_reason_is_logged(desk: Desk) -> None:
    desk.people.teams = {"rm": ("li.wei",)}
    made = desk.run("intake.register", inquiry())
    desk.run("lead.assign", {"group": "rm", "party_id": made["party_id"], "project_key": made["project_key"]})
    with desk.runtime.reading() as session:
        card = records.client_card(session, made["client_key"])
    assert card.party.owner == card.projects[0].owner == "li.wei"
    assert [one.why for one in card.changes if one.field == "owner"] == ["least busy"]


def test_a_second_run_of_the_same_job_keeps_the_first_choice(desk: Desk) -> None:
    desk.people.teams = {"rm": ("chen.jie",)}
    desk.run("lead.assign", {"group": "rm"}, job_key="7001:svc_assign")
    desk.people.teams = {"rm": ("li.wei",)}
    again = desk.run("lead.assign", {"group": "rm"}, job_key="7001:svc_assign")
    assert again["user_id"] == "chen.jie"


def test_recalling_excludes_each_person_once(desk: Desk) -> None:
    first = desk.run("lead.recall", {"owner": "li.wei", "excluded_owners": None})
    second = desk.run("lead.recall", {"owner": "li.wei", "excluded_owners": first["excluded_owners"]})
    queue = desk.run("lead.recall", {"owner": None, "excluded_owners": second["excluded_owners"]})
    assert queue == {"excluded_owners": ["li.wei"]}
