"""The book over REST: clients and projects, as their cards show them to those who see no bureau data."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from pydantic import BaseModel, Field

from engine import api
from handlers import segments
from handlers.records import cards
from web.api.calls import Call


class Found(BaseModel):
    kind: Literal["client", "project"]
    business_key: str
    name: str
    detail: str


class Hits(BaseModel):
    items: list[Found]


class Search(BaseModel):
    model_config = {"extra": "forbid"}

    q: str = Field(min_length=1, max_length=200, description="Name, key, registration number, phone or e-mail.")
    limit: int = Field(20, ge=1, le=100)


class Contact(BaseModel):
    name: str
    title: str | None
    mobile: str | None
    email: str | None


class ClientProject(BaseModel):
    business_key: str
    name: str
    sector: str | None
    amount: Decimal | None
    currency: str | None


class Client(BaseModel):
    business_key: str
    kind: str
    legal_name: str
    reg_no: str | None
    lei: str | None
    country: str
    region: str | None
    address: str | None
    legal_rep: str | None
    founded: date | None
    capital: Decimal | None
    capital_currency: str | None
    industry: str | None
    ownership_type: str | None
    website: str | None
    phone: str | None
    email: str | None
    lifecycle_stage: str
    tier: str | None
    owner: str | None
    created_at: datetime
    last_verified_at: datetime | None
    contacts: list[Contact]
    projects: list[ClientProject]


class Party(BaseModel):
    role: str
    party_key: str | None


class Project(BaseModel):
    business_key: str
    name: str
    sector: str | None
    location: str | None
    amount: Decimal | None
    currency: str | None
    main_party: str | None = Field(description="Key of the borrower, else of the sponsor.")


def search(db: Any, who: api.Actor, asked: Search) -> Mapping[str, Any]:
    """Search clients and projects, clients first."""
    return {"items": cards.search(db, asked.q, asked.limit, among=segments.among(who))}


def client(db: Any, who: api.Actor, key: str) -> Mapping[str, Any]:
    """Read a client, by its key or by the key of one of its projects. Amounts are texts."""
    card = cards.client_card(db, key)
    segments.require_client(db, who, card.party.id)
    own = set(Client.model_fields) - {"contacts", "projects"}
    return {
        **{name: getattr(card.party, name) for name in own},
        "contacts": [{name: getattr(one, name) for name in Contact.model_fields} for one in card.contacts],
        "projects": [{name: getattr(one, name) for name in ClientProject.model_fields} for one in card.projects],
    }


def project(db: Any, who: api.Actor, key: str) -> Mapping[str, Any]:
    """Read a project."""
    card = cards.project_card(db, key)
    segments.require_project(db, who, card.project.id)
    own = set(Project.model_fields) - {"main_party"}
    main = card.main_party.business_key if card.main_party is not None else None
    return {**{name: getattr(card.project, name) for name in own}, "main_party": main}


CALLS = (
    Call("GET", "/search", "searchBook", "clients", "book", Hits, search, query=Search),
    Call("GET", "/clients/<key>", "getClient", "clients", "book", Client, client),
    Call("GET", "/projects/<key>", "getProject", "clients", "book", Project, project),
)
