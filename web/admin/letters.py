"""Letters: what they say in both languages, with sample data, and the house's own words for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from engine import api
from engine.errors import InvalidInput, NotFound, TemplateWrong
from handlers import letters as kept
from handlers.channels import preview
from handlers.channels.rendering import LANGUAGES, Text, headline
from handlers.records.changes import Stamp
from web.admin.room import pages, text
from web.errors import spoken
from web.rights import PAGES, guarded
from web.scope import actor, language, runtime

OWNERS = PAGES["admin-letters"].act
"""Who may change letters, beside administrators."""


@pages.get("/letters")
@guarded("admin-letters")
def letters() -> Any:
    """All letters by name, with their subjects."""
    with runtime().reading() as db:
        own = kept.own(db)
        rows = [
            (name, subject(own, name), [one for one in LANGUAGES if f"{one}/{name}.txt" in own])
            for name in preview.templates()
        ]
    return render_template("admin/letters.html", rows=rows)


def subject(own: Mapping[str, str], name: str) -> str:
    """What stands in the subject with sample data."""
    tongue, settings = language(), runtime().settings
    return headline(name, tongue, preview.samples(settings, name, tongue), settings.tzinfo, own)


@pages.get("/letters/<name>")
@guarded("admin-letters")
def letter(name: str) -> Any:
    """One letter in one language: its text, how it looks, what it may ask for, its versions."""
    return letter_page(name)


def letter_page(name: str, typed: str | None = None, fault: str | None = None) -> Any:
    """The page; with what was typed when it is looked at or was refused."""
    spoken_here = request.values.get("in")
    spoken_here = spoken_here if spoken_here in LANGUAGES else language()
    if name not in preview.templates():
        raise NotFound(what="letter", id=name)
    with runtime().reading() as db:
        source = typed if typed is not None else kept.standing(db, name, spoken_here)
        shown: Text | None = None
        try:
            shown = kept.trial(db, name, spoken_here, source)
        except (InvalidInput, TemplateWrong) as error:
            fault = fault or spoken(error)
        page = render_template(
            "admin/letter.html",
            name=name,
            tongue=spoken_here,
            source=source,
            shown=shown,
            fault=fault,
            names=sorted(kept.known_names(name)),
            versions=kept.versions(db, name),
            is_own=f"{spoken_here}/{name}.txt" in kept.own(db),
            shipped=kept.shipped(name, spoken_here),
        )
    return (page, 422) if fault and typed is not None else page


@pages.post("/letters/<name>")
@guarded("admin-letters")
def save_letter(name: str) -> Any:
    """Look at what was typed, or keep it as a new version; or take the shipped one back."""
    typed = request.form.get("text", "")[:20_000].replace("\r\n", "\n")
    chosen = request.form.get("in", "zh")
    what = text("do")
    if what == "look":
        return letter_page(name, typed)
    try:
        with runtime().transaction() as db:
            stamp = Stamp(runtime().now(), actor().id, "web_form")
            before = kept.standing(db, name, chosen)
            number = kept.write(db, name, chosen, "" if what == "shipped" else typed, text("note"), stamp)
            told = {"language": chosen, "version": number, "before": before, "after": kept.standing(db, name, chosen)}
            api.note(db, actor(), f"letter:{name}", "letter_set", {**told, "note": text("note")}, OWNERS)
    except (InvalidInput, TemplateWrong) as fault:
        return letter_page(name, typed, spoken(fault))
    flash(_("Version %(number)s counts from now on.", number=number), "success")
    return redirect(url_for("admin.letter", name=name) + f"?in={'en' if chosen == 'en' else 'zh'}")
