"""What each team's members may open and change: the table of rights, page by page, to read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask import render_template

from engine.queries import administration
from web.admin.room import SHELVES, pages
from web.navigation import MENU, Entry
from web.rights import PAGES, guarded
from web.scope import runtime, said


@dataclass(frozen=True, slots=True)
class Row:
    """A page of the menu; whom it is open to, and who may change something there: None for everybody."""

    entry: Entry
    read: tuple[str, ...] | None
    act: tuple[str, ...] | None


@pages.get("/roles")
@guarded("admin-people")
def roles() -> Any:
    """All pages of the menu and of administration, as the menu orders them."""
    with runtime().reading() as db:
        names = {one.id: said(one.name, one.name_en) for one in administration.team_cards(db)}
    return render_template("admin/roles.html", shelves_of_rights=list(shelves_of_rights(names)))


def shelves_of_rights(names: Mapping[str, str]) -> Iterator[tuple[Any, list[Row]]]:
    """The rows by the heading of their menu. `names`: the teams of this house by their id."""
    headings = [(group.words, group.entries) for group in MENU] + [(words, entries) for words, entries in SHELVES]
    for words, entries in headings:
        yield (
            words,
            [
                Row(entry, called_teams(PAGES[entry.page].read, names), called_teams(PAGES[entry.page].act, names))
                for entry in entries
            ],
        )


def called_teams(teams: frozenset[str], names: Mapping[str, str]) -> tuple[str, ...] | None:
    """The names of those teams that the house has; None when everybody is meant."""
    return None if "*" in teams else tuple(sorted(names[team] for team in teams if team in names))
