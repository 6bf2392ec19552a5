"""People: who they are, which teams they are in, how they come in, and what becomes of their work when they leave."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from engine import api, queries
from engine.errors import CallerError, InvalidInput
from engine.queries import administration
from web.admin.audits import changed
from web.admin.room import done, pages, text, whole
from web.errors import spoken
from web.rights import guarded
from web.scope import actor, called, runtime
from web.scope import said as in_words
from web.words import listed

SHOWN = ("active", "away", "left", "all")


@pages.get("/people")
@guarded("admin-people")
def people() -> Any:
    """Everybody who works here; those who are away, those who left."""
    show = request.args.get("show") if request.args.get("show") in SHOWN else "active"
    with runtime().reading() as db:
        found = administration.person_cards(db)
    kept = {
        "active": [one for one in found if one.active],
        "away": [one for one in found if one.active and one.away_until],
        "left": [one for one in found if not one.active],
        "all": found,
    }
    counts = {name: len(some) for name, some in kept.items()}
    return render_template("admin/people.html", rows=kept[str(show)], counts=counts, show=show)


@pages.get("/people/new")
@guarded("admin-people")
def new_person() -> Any:
    """The form for somebody new."""
    return person_form(None, {"language": "zh", "capacity": 100})


def person_form(card: administration.PersonCard | None, values: Any, fault: str | None = None) -> Any:
    """The form with what is kept, or what was typed and why it was refused."""
    page = render_template("admin/person_form.html", card=card, values=values, fault=fault)
    return (page, 422) if fault else page


def typed() -> dict[str, Any]:
    """What was typed of a person."""
    return {
        "name": text("name"),
        "name_en": text("name_en"),
        "email": text("email") or None,
        "language": text("language", 2),
        "region": text("region") or None,
        "skills": [one for one in text("skills", 500).replace("，", ",").replace(" ", "").split(",") if one],
        "capacity": whole("capacity") or 0,
    }


@pages.post("/people/new")
@guarded("admin-people")
def add_person() -> Any:
    """Enter somebody; then a link to choose a password can be made."""
    id = text("id", 60).lower()
    try:
        values = typed()
        with runtime().transaction() as db:
            api.save_person(db, actor(), id, new=True, **values)
    except InvalidInput as fault:
        return person_form(None, {**request.form, "id": id}, spoken(fault))
    said = _("%(name)s is entered. Choose the teams, then make the link to choose a password.", name=values["name"])
    flash(said, "success")
    return redirect(url_for("admin.person", id=id))


@pages.get("/people/<id>")
@guarded("admin-people")
def person(id: str) -> Any:
    """One person: what is kept, teams, sign-in, absences, what they hold."""
    return person_page(id)


def person_page(id: str, link: str | None = None) -> Any:
    """The page; `link`: the one-time address just made, shown this once."""
    with runtime().reading() as db:
        return render_template(
            "admin/person.html",
            card=administration.person_card(db, id),
            teams=administration.team_cards(db),
            sessions=administration.sessions(db, id),
            absences=administration.absences(db, id),
            past=administration.audit_entries(db, subject=f"person:{id}", size=15),
            link=link,
            changed=changed,
        )


@pages.get("/people/<id>/change")
@guarded("admin-people")
def change_person(id: str) -> Any:
    """The form with what is kept."""
    with runtime().reading() as db:
        card = administration.person_card(db, id)
    values = {name: getattr(card, name) or "" for name in ("name", "name_en", "email", "language", "region")}
    return person_form(card, {**values, "capacity": card.capacity, "skills": ", ".join(card.skills)})


@pages.post("/people/<id>/change")
@guarded("admin-people")
def save_person(id: str) -> Any:
    """Write what was changed."""
    try:
        values = typed()
        with runtime().transaction() as db:
            api.save_person(db, actor(), id, new=False, **values)
    except InvalidInput as fault:
        with runtime().reading() as db:
            return person_form(administration.person_card(db, id), request.form, spoken(fault))
    flash(_("Saved."), "success")
    return redirect(url_for("admin.person", id=id))


@pages.post("/people/<id>/teams")
@guarded("admin-people")
def save_teams(id: str) -> Any:
    """Put somebody into the teams that are ticked."""
    chosen, why = request.form.getlist("team"), text("why")
    return done(lambda db: api.set_teams(db, actor(), id, chosen, why), url_for("admin.person", id=id))


@pages.post("/people/<id>/link")
@guarded("admin-people")
def make_link(id: str) -> Any:
    """Make the address at which they choose a password; it is in this answer alone."""
    try:
        with runtime().transaction() as db:
            secret = api.invite(db, actor(), id)
    except CallerError as fault:
        flash(spoken(fault), "danger")
        return redirect(url_for("admin.person", id=id))
    path = url_for("entering.choose", secret=secret)
    return person_page(id, runtime().settings.base_url.rstrip("/") + path)


@pages.post("/people/<id>/active")
@guarded("admin-people")
def let_back(id: str) -> Any:
    """Let somebody in again who had left."""
    return done(lambda db: api.set_active(db, actor(), id, True), url_for("admin.person", id=id))


@pages.post("/people/<id>/sign-out")
@guarded("admin-people")
def sign_out_person(id: str) -> Any:
    """End all their sessions."""
    said = _("Signed out everywhere.")
    return done(lambda db: api.sign_out_everywhere(db, actor(), id) >= 0, url_for("admin.person", id=id), said)


@pages.get("/people/<id>/leaving")
@guarded("admin-people")
def leaving(id: str) -> Any:
    """What would become of their tasks: to whom each goes and what stays, before anything is done."""
    to = request.args.get("to") or None
    with runtime().reading() as db:
        card = administration.person_card(db, id)
        others = [one for one in queries.people(db) if one.active and one.id != id]
    preview = preview_of(id, to)
    return render_template("admin/leaving.html", card=card, others=others, to=to, preview=preview)


def preview_of(id: str, to: str | None) -> api.HandOver:
    """What would be moved; tried in a unit of work of which nothing is kept."""
    with runtime().transaction() as db:
        return api.preview_hand_over(db, actor(), id, to=to)


@pages.post("/people/<id>/leaving")
@guarded("admin-people")
def leave(id: str) -> Any:
    """Hand over what they hold; with `leaves` they are kept out from now on."""
    to, reason, leaves = text("to") or None, text("reason"), text("leaves") == "1"

    def work(db: Any) -> api.HandOver:
        if leaves:
            api.set_active(db, actor(), id, False)
        return api.hand_over(db, actor(), id, to=to, reason=reason)

    try:
        handed = runtime().unit(work)
    except CallerError as fault:
        flash(spoken(fault), "danger")
        return redirect(url_for("admin.leaving", id=id, to=to))
    moved, stays = len(handed.moved), len(handed.refused)
    flash(_("%(moved)s tasks handed over, %(stays)s stay.", moved=moved, stays=stays), "success")
    for one in handed.refused:
        flash(f"{in_words(one.name, one.name_en)}: {in_words(one.reason_zh, one.reason_en)}", "warning")
    if handed.leads:
        flash(_("These teams need another lead: %(teams)s", teams=listed(map(called, handed.leads))), "warning")
    return redirect(url_for("admin.person", id=id))
