"""One client: what stands at the top, and a tab for each side of it. Law: a tab is a page of its own with its address;
within the page htmx changes the tab alone, so that the first screen asks for the first tab's values only."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from flask import render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as N_

from engine.errors import InvalidInput, NotFound
from engine.queries import work
from handlers import merging, ownership, sights
from handlers.records import changes, custom, documents, interactions, kyc, parties, relationship, requests
from handlers.records import merging as merges
from handlers.records.parties import Party
from handlers.reports.ordering import Ordered, build
from handlers.reports.sheets import xlsx
from handlers.reports.typesetting import GENERIC, exists, pdf
from handlers.views import client_room, next_actions, ownership_picture
from web import intake
from web.ahead import is_for_me
from web.charts import Chart, Series
from web.clients.listing import sent
from web.clients.room import now, pages, party_of, today
from web.documents import may_open
from web.formats import industry
from web.formats import value as as_value
from web.paging import Pages, asked_page
from web.rights import guarded, may_act, may_see
from web.scope import actor, called, is_fragment, language, runtime, said
from web.sections import in_words

TABS: dict[str, tuple[Any, str]] = {
    "overview": (N_("Overview"), "list-details"),
    "contacts": (N_("Contacts"), "message-circle"),
    "business": (N_("Business"), "briefcase"),
    "finance": (N_("Finances"), "chart-bar"),
    "ownership": (N_("Owners"), "hierarchy"),
    "service": (N_("Service"), "star"),
    "files": (N_("Documents"), "paperclip"),
    "data": (N_("Data"), "table"),
}
SECRET_TABS = {"finance": "ratios"}
"""Tabs of which nothing is left for those who may not see a section."""


def offered() -> dict[str, tuple[Any, str]]:
    """The tabs that the person may open."""
    return {name: tab for name, tab in TABS.items() if name not in SECRET_TABS or may_see(SECRET_TABS[name])}


@pages.get("/<key>")
@guarded("clients")
def show(key: str) -> Any:
    """A client by its key, or the client of a project's key: the first tab."""
    return opened(key, "overview")


@pages.get("/<key>/<name>")
@guarded("clients")
def tab(key: str, name: str) -> Any:
    """One tab; the part alone for htmx."""
    if name not in offered():
        raise NotFound(what="page", what_zh="页面", id=name)
    return opened(key, name)


def opened(key: str, name: str) -> Any:
    """The page with a tab, or the tab."""
    with runtime().reading() as db:
        party = party_of(db, key)
        found: dict[str, Any] = {"c": party, "name": name, "tabs": offered(), "may_merge": merging.may_merge(actor())}
        found |= {"waiting": requests.open_of(db, party.id), "is_for_me": is_for_me}
        found |= TELLING[name](db, party)
        if not is_fragment():
            found["head"] = client_room.head(db, party, today())
    if is_fragment():
        return render_template("clients/fragment.html", **found)
    return render_template("clients/show.html", **found)


def _sections(sections: list[Any]) -> list[Any]:
    return [one for one in sections if may_see(one.id)]


def _overview(db: Any, party: Party) -> dict[str, Any]:
    keys = client_room.business_keys(db, party)
    return {
        **client_room.overview(db, party, now()),
        "tasks": work.open_tasks(db, keys),
        "cases": work.cases_under(db, keys, 12),
    }


TALKS_SHOWN = 30


def _contacts(db: Any, party: Party) -> dict[str, Any]:
    """People and a page of the contacts with us; `by=people`: those alone that people noted."""
    by_people = request.args.get("by") == "people"
    all_talks, by_hand = interactions.counted(db, party.id)
    paged = Pages(asked_page(), TALKS_SHOWN, by_hand if by_people else all_talks)
    return {
        "people": parties.contacts_of(db, party.id),
        "talks": interactions.timeline(db, party.id, TALKS_SHOWN, first=paged.first, by_people=by_people),
        "paged": paged,
        "by_people": by_people,
        "counts": (all_talks, by_hand),
        "channels": CHANNELS,
    }


CHANNELS = {
    "phone": N_("Call"),
    "visit": N_("Visit"),
    "meeting": N_("Meeting"),
    "email": N_("E-mail"),
    "note": N_("Note"),
}
"""How somebody notes a contact by hand."""


def _business(db: Any, party: Party) -> dict[str, Any]:
    keys = client_room.business_keys(db, party)
    return {"sections": client_room.business(db, party, today()), "cases": work.cases_under(db, keys, 100)}


def _finance(db: Any, party: Party) -> dict[str, Any]:
    sections = _sections(client_room.finance(db, party))
    ratios = next((one for one in sections if one.id == "ratio_trend"), None)
    return {"sections": sections, "trend": trend(ratios) if ratios is not None and ratios.rows else None}


DRAWN = ("dscr", "liabilities_assets", "gearing", "current", "icr_ebitda", "net_debt_ebitda")
"""The ratios that the picture shows; the table under it has them all."""


def trend(table: Any) -> Chart | None:
    """The ratios over the periods, where there are two or more."""
    periods = [column.key for column in table.columns if column.key != "name"]
    if len(periods) < 2:
        return None
    drawn = [client_room.RATIO_WORDS[name][0] for name in DRAWN]
    series = [
        Series(said(row["name"]["text"], row["name"]["text_en"]), [row.get(one) for one in periods])
        for row in table.rows
        if row["name"]["text"] in drawn
    ]
    return Chart("line", _("Ratios over the years"), periods, series, form="ratio") if series else None


def _ownership(db: Any, party: Party) -> dict[str, Any]:
    edges = kyc.ownership(db, party.id)
    checks = kyc.cases_of(db, party.id) if may_see("kyc") else ()
    decided = next((one for one in checks if one.decided_at is not None), None)
    return {
        "picture": ownership_picture.picture(edges, party.legal_name),
        "edges": edges,
        "checks": checks,
        "ubos": decided.ubos if decided else (),
        "percent": lambda share: f"{ownership.percent(ownership.fraction(share, 'share')).normalize():f} %",
    }


def _service(db: Any, party: Party) -> dict[str, Any]:
    return {
        "sections": [next_actions.next_actions(db, party, now(), today()), *client_room.serving(db, party)],
        "worth": client_room.worth(db, party, now(), today()),
        "churn": relationship.churn_of(db, party.id),
        "stages": relationship.stages_of(db, party.id),
        "years": client_room.YEARS,
    }


def _files(db: Any, party: Party) -> dict[str, Any]:
    found = documents.of_subjects(db, client_room.business_keys(db, party))
    known = {one.id for one in found}
    found = (*found, *(one for one in documents.of_party(db, party.id) if one.id not in known))
    return {"files": visible(found), "kinds": KINDS}


def visible(found: tuple[documents.Document, ...]) -> list[documents.Document]:
    """Documents that the person may see, the newest first; what was removed is told, not offered."""
    return sorted((one for one in found if may_open(one)), key=lambda one: one.created_at, reverse=True)


KINDS = {
    "attachment": N_("Attachment"),
    "minutes": N_("Minutes"),
    "contract": N_("Contract"),
    "report": N_("Report"),
    "certificate": N_("Certificate"),
    "evidence": N_("Evidence"),
    "kyc": N_("Due diligence"),
}
"""What a person files by hand."""


READ_AS: Mapping[str, Callable[[Any], Any]] = {
    "owner": called,
    "industry": industry,
    **dict.fromkeys(("kind", "lifecycle_stage", "ownership_type", "region", "country", "tier"), in_words),
}
"""Field of a client -> how a page says a value that the book keeps as a code or an id."""


def own_in_words(one: changes.Change, own: Sequence[custom.Field]) -> changes.Change:
    """A change with its values as the page says them: a choice of a field of the house by its label."""
    if one.field in READ_AS:
        say = READ_AS[one.field]
        return replace(one, before=one.before and say(one.before), after=one.after and say(one.after))
    field = next((it for it in own if one.field == f"custom.{it.key}"), None)
    labels = {it["value"]: said(it["label"], it.get("label_en")) for it in field.choices} if field else {}

    def words(value: Any) -> str:
        return labels.get(value) or as_value(value)

    return replace(one, before=words(one.before), after=words(one.after)) if field else one


def _data(db: Any, party: Party) -> dict[str, Any]:
    log = changes.log_of(db, "party", party.id, limit=100)
    own = custom.fields_of(db, "party")
    shown = [one for one in log if one.field != "risk_rating" or may_see("kyc")]
    return {
        "origins": dict(changes.origins(db, "party", party.id)),
        "changes": [own_in_words(one, own) for one in shown],
        "merges": merges.merges_of(db, party.id),
        "own": own,
        "own_words": {f"custom.{one.key}": said(one.label, one.label_en) for one in own},
        "values": custom.values_of(db, "party", party.id),
        "labels": intake.labels(db),
        "people": parties.contacts_of(db, party.id),
        "may_care": may_act("stewardship"),
        "may_edit": may_act("client-data"),
    }


TELLING: dict[str, Callable[[Any, Party], dict[str, Any]]] = {
    "overview": _overview,
    "contacts": _contacts,
    "business": _business,
    "finance": _finance,
    "ownership": _ownership,
    "service": _service,
    "files": _files,
    "data": _data,
}


@pages.get("/<key>/report.<form>")
@guarded("clients")
def report(key: str, form: str) -> Any:
    """The client on paper, without what the reader may not see."""
    if form not in ("pdf", "xlsx"):
        raise InvalidInput(place="format", reason="pdf or xlsx", reason_zh="应为 pdf 或 xlsx")
    settings, tongue = runtime().settings, language()
    with runtime().reading() as db:
        party = party_of(db, key)
        made = build(db, Ordered("client_360", party.business_key, tongue, without=sights.hidden(actor())))
    name = f"{party.business_key}-{today():%Y%m%d}.{form}"
    if form == "xlsx":
        kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        return sent(xlsx(made, tongue, settings.tzinfo), name, kind)
    template = "client_360" if exists(settings, "client_360") else GENERIC
    return sent(pdf(settings, template, made, tongue), name, "application/pdf")
