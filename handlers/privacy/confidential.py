"""What a person is not told of what the house holds of them (《反洗钱法》 of 2024, Art. 7; FATF Recommendation 21).

Law: whoever checks a client for money laundering or sanctions must not tell them of it. So what is handed out has no
word of the checks themselves: neither cases that know the client, nor hits on lists, nor what compliance said among
colleagues; and erasing does not reach into a check that is still open.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from engine.store import tables as t

CHECKS = frozenset({"kyc_onboarding", "kyc_refresh"})
"""Processes that check a client."""
FOUND = frozenset({"hits"})
"""Variables of any process that tell what a check found."""
TEAMS = ("compliance", "compliance_head")
"""Whose words about a client stay in the house."""


def may_be_told(process: str, variables: Mapping[str, Any]) -> dict[str, Any]:
    """A case's variables without what the person must not learn."""
    return {} if process in CHECKS else {name: value for name, value in variables.items() if name not in FOUND}


def may_be_erased(variables: Mapping[str, Any]) -> dict[str, Any]:
    """A running case's variables without what a check found: that stays until it is decided."""
    return {name: value for name, value in variables.items() if name not in FOUND}


def said_by_compliance() -> sa.ColumnElement[bool]:
    """Of comments: written by compliance, or beside a check."""
    member, case, made = t.membership.c, t.instance.c, t.definition.c
    theirs = sa.select(member.person_id).where(member.team_id.in_(TEAMS))
    checks = sa.select(case.id).join(t.definition, made.id == case.definition_id).where(made.key.in_(CHECKS))
    return sa.or_(t.comment.c.by.in_(theirs), t.comment.c.instance_id.in_(checks))
