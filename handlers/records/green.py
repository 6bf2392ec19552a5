"""The green tag of a project and the file that shows it. Law: no tag without a kept file as its evidence.

The tag is the evidence: a project is green while a file of kind `green_evidence` is filed with it and not removed.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from handlers.records import documents, portfolio
from handlers.records.documents import Document
from handlers.records.tables import document

KIND = "green_evidence"


@dataclass(frozen=True, slots=True)
class Standing:
    """A project with its category, and the newest evidence of its green tag; None without the tag."""

    project: portfolio.Green
    evidence: Document | None

    @property
    def tagged(self) -> bool:
        """Whether the project carries the green tag."""
        return self.evidence is not None


def overview(session: Session) -> tuple[Standing, ...]:
    """Projects by category, with their tags."""
    rows = portfolio.by_category(session)
    found = evidence(session, [one.project_key for one in rows])
    return tuple(Standing(one, found.get(one.project_key)) for one in rows)


def evidence(session: Session, keys: list[str]) -> dict[str, Document]:
    """Project -> its newest evidence that is still kept."""
    where = (document.c.kind == KIND, document.c.removed_at.is_(None), document.c.subject_key.in_(keys))
    ids = session.execute(sa.select(document.c.id).where(*where).order_by(document.c.id)).scalars()
    return {one.subject_key: one for one in (documents.get(session, id) for id in ids.all())}
