"""What somebody is not shown they do not find by its value, on both databases."""

from __future__ import annotations

from dataclasses import replace

from engine import queries
from engine.queries import finding
from engine.queries.selection import Cases
from tests.engine import diagrams as d
from tests.house import House


def test_a_text_is_looked_for_in_the_facts_that_somebody_is_shown(house: House) -> None:
    facts = d.properties(facts="client, rating, amount")
    house.deploy(p_bpmn=d.one_task().replace("<startEvent", facts + "<startEvent", 1))
    house.start("p", client='Anhui "Solar"', rating="Grade B", amount=815, business_key="CL-9")
    who = house.actor(house.task("ask")["assignee"])
    part = replace(who, unseen=frozenset({"rating"}))
    with house.looking() as session:
        for text, shown in (
            ('i "Solar"', True), ("815", True), ("CL-9", True), ("Grade", False), ("rating", False), ('B","am', False),
        ):  # fmt: skip
            counted = [
                finding.number_of_cases(session, Cases(text=text, unseen=one))
                for one in (part.unseen, frozenset[str]())
            ]
            assert (text, counted[0]) == (text, int(shown))
            listed = [bool(queries.inbox(session, one, "mine", search=text).tasks) for one in (part, who)]
            assert (text, listed[0]) == (text, shown)
            assert listed[1] or not shown
        assert finding.number_of_cases(session, Cases(text="Grade")) == 1
        assert queries.inbox(session, who, "mine", search="grade").total == 1
