"""What a new colleague learns: lessons given, done, and confirmed by whoever leads them. Law: nobody confirms
themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine import identity
from engine.errors import FourEyes
from engine.registry import Context, handles
from handlers import inputs
from handlers.contacting import completed_by
from handlers.finance.exact import needed, refused
from handlers.records import training
from handlers.records.changes import once


@handles("training.assign", transactional=True)
def training_assign(ctx: Context, new_user: str, lessons: object, manager: str | None = None) -> Mapping[str, Any]:
    """Give a new colleague their lessons.

    In: new_user (sign-in name), lessons [{lesson, title, title_en, days (working days), material}], manager (else the
    lead of the first of their teams that somebody else leads). Out: assigned [{lesson, title, title_en, material,
    due_on}], each lesson once and the shortest time first; manager (null: nobody leads them). Errors: NotFound for an
    unknown person, FourEyes for somebody who would lead themselves, InvalidInput without lessons. Idempotent.
    """
    person = identity.actor(ctx.session, new_user)
    rows = {str(row.get("lesson")): row for row in inputs.rows(lessons)}
    if not rows:
        raise refused("lessons", "none is given", "没有课程")
    leads = [identity.lead_of(ctx.session, team) for team in sorted(person.teams)]
    chosen = inputs.text(manager) or next((one for one in leads if one not in (None, new_user)), None)
    if chosen == new_user:
        raise FourEyes(person=new_user, other="training")
    stamp = inputs.stamp(ctx, "training")
    given = []
    for key, row in rows.items():
        due = ctx.calendar.add_working_days(inputs.today(ctx), int(needed(row.get("days"), "days")))
        titles = str(row.get("title")), str(row.get("title_en"))
        training.assign(ctx.session, new_user, key, *titles, due, stamp)
        texts = {"lesson": key, "title": titles[0], "title_en": titles[1], "material": row.get("material")}
        given.append(texts | {"due_on": due})
    given.sort(key=lambda one: (one["due_on"], one["lesson"]))
    return {"assigned": given, "manager": chosen}


@handles("training.done", transactional=True)
def training_done(ctx: Context, new_user: str, lesson: str, correct_pct: object = None) -> Mapping[str, Any]:
    """A lesson was done.

    In: new_user, lesson, correct_pct (0–100, of its questions). Out: open_lessons: how many are still to be done.
    Errors: NotFound, InvalidInput for a share outside 0–100. Idempotent: writes the same again.
    """
    share = inputs.number(correct_pct, "correct_pct")
    if share is not None and not 0 <= share <= 100:
        raise refused("correct_pct", f"must lie between 0 and 100: {share}", f"须介于 0 与 100 之间：{share}")

    def keep() -> Mapping[str, Any]:
        training.done(ctx.session, new_user, lesson, share, inputs.stamp(ctx, "training", new_user))
        return {"open_lessons": sum(one.state == "assigned" for one in training.of_person(ctx.session, new_user))}

    return once(ctx.session, ctx.job_key, "training.done", ctx.now, keep)


@handles("training.confirm", transactional=True)
def training_confirm(ctx: Context, new_user: str, by: str | None = None) -> Mapping[str, Any]:
    """Whoever leads the new colleague confirms what they learned.

    In: new_user, by (else who completed `ut_confirm`). Out: confirmed: how many lessons. Errors: FourEyes when it is
    the colleague themselves or nobody is named. Idempotent: what is confirmed stays so.
    """
    person = inputs.text(by) or completed_by(ctx, "ut_confirm")
    if person is None or person == new_user:
        raise FourEyes(person=person or "", other="training")
    return {"confirmed": training.confirm(ctx.session, new_user, inputs.stamp(ctx, "training", person))}
