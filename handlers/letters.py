"""Letters in the house's own words. Law: a version is never rewritten; what is kept can be sent: it was rendered with
sample data before, and asks for nothing that the shipped letter is not given.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from jinja2 import Environment, TemplateSyntaxError, meta, nodes
from sqlalchemy.orm import Session

from engine.errors import InvalidInput
from engine.execution import runtime_of
from engine.ids import new_id
from engine.queries import administration
from engine.store import after_commit, take_turn
from handlers.channels import preview
from handlers.channels.rendering import LANGUAGES, TEMPLATES, Text, render
from handlers.records.changes import Stamp
from handlers.records.tables import letter_version as kept

_WORDS = (
    nodes.Template, nodes.TemplateData, nodes.Output, nodes.Name, nodes.Const, nodes.Getattr, nodes.Getitem, nodes.If,
    nodes.CondExpr, nodes.And, nodes.Or, nodes.Not, nodes.Compare, nodes.Operand, nodes.Test, nodes.Filter, nodes.Call,
    nodes.For, nodes.Include, nodes.Tuple, nodes.List,
)  # fmt: skip
"""What a letter is written with: data, conditions, loops over data, other letters."""
_FILTERS = frozenset(
    {"money", "moment", "figure", "default", "d", "join", "length", "count", "first", "last", "upper", "lower", "trim"}
    | {"title", "capitalize", "round", "sort"}
)

_CACHE, KEPT = "letters", timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Version:
    """What a letter said since a moment. `text` is empty where the shipped one was taken back."""

    version: int
    language: str
    text: str
    note: str
    at: datetime
    by: str


def own(session: Session) -> Mapping[str, str]:
    """The house's own texts that count now, by `<language>/<template>.txt`; kept in the runtime, at most KEPT long."""
    runtime = runtime_of(session)
    now, known = runtime.now(), runtime.cache.get(_CACHE)
    if known is not None and abs(now - known[0]) < KEPT and _CACHE not in session.info:
        standing: Mapping[str, str] = known[1]
        return standing
    last = sa.select(kept.c.template, kept.c.language, sa.func.max(kept.c.version).label("version"))
    newest = last.group_by(kept.c.template, kept.c.language).subquery()
    same = sa.and_(
        kept.c.template == newest.c.template,
        kept.c.language == newest.c.language,
        kept.c.version == newest.c.version,
    )
    rows = session.execute(sa.select(kept.c.template, kept.c.language, kept.c.text).join(newest, same))
    found = {f"{row.language}/{row.template}.txt": row.text for row in rows if row.text}
    if _CACHE not in session.info:
        runtime.cache[_CACHE] = (now, found)
    return found


def signature(session: Session) -> str:
    """How the house signs its letters: the name that an administrator gave it; empty where nobody did."""
    return str(administration.setting(session, "house").get("name") or "")


def shipped(template: str, language: str) -> str:
    """The text of the file that ships; empty when there is none in that language."""
    place = TEMPLATES / language / f"{template}.txt"
    return place.read_text("utf-8") if template in preview.templates() and place.is_file() else ""


def standing(session: Session, template: str, language: str) -> str:
    """The text that counts now."""
    return own(session).get(f"{language}/{template}.txt") or shipped(template, language)


def versions(session: Session, template: str) -> tuple[Version, ...]:
    """All versions of a letter in both languages, the newest first."""
    columns = (kept.c.version, kept.c.language, kept.c.text, kept.c.note, kept.c.at, kept.c.by)
    query = sa.select(*columns).where(kept.c.template == template)
    rows = session.execute(query.order_by(kept.c.at.desc(), kept.c.id.desc()))
    return tuple(Version(*row) for row in rows)


def known_names(template: str) -> frozenset[str]:
    """What the letter is given: the names that the shipped one asks for, in either language."""
    return preview.asked(template) | {"house"}


def asked(text: str) -> frozenset[str]:
    """The names that a text asks for. InvalidInput: it is no template."""
    environment = Environment(autoescape=False)
    environment.filters.update({"moment": str, "money": str})
    try:
        tree = environment.parse(text)
        _refuse_computing(tree)
        return frozenset(meta.find_undeclared_variables(tree))
    except TemplateSyntaxError as error:
        reason = f"line {error.lineno}: {error.message}"
        raise InvalidInput(place="text", reason=reason, reason_zh=f"第 {error.lineno} 行：{error.message}") from error


def _refuse_computing(tree: nodes.Template) -> None:
    """InvalidInput for what no letter needs: to calculate, to loop over more than data, to call. A sandbox keeps a text
    from reaching out, not from filling the memory (`'a' * 10 ** 10`)."""
    for one in tree.find_all(nodes.Node):
        known = isinstance(one, _WORDS) and not (isinstance(one, nodes.Filter) and one.name not in _FILTERS)
        if isinstance(one, nodes.Call):
            known = isinstance(one.node, nodes.Getattr) and one.node.attr == "get"
        if isinstance(one, nodes.For):
            inner = [loop for loop in one.find_all(nodes.For) if list(loop.find_all(nodes.For))]
            known = isinstance(one.iter, nodes.Name | nodes.Getattr) and not one.recursive and not inner
        if not known:
            name = one.name if isinstance(one, nodes.Filter) else type(one).__name__
            raise InvalidInput(
                place="text",
                reason=f"line {one.lineno}: a letter has no use for {name}",
                reason_zh=f"第 {one.lineno} 行：信函中不能使用 {name}",
            )


def trial(session: Session, template: str, language: str, text: str) -> Text:
    """The letter with sample data. InvalidInput: names that it is not given; TemplateWrong: anything else."""
    unknown = sorted(asked(text) - known_names(template))
    if unknown:
        names = ", ".join(unknown)
        raise InvalidInput(place="text", reason=f"nobody gives it {names}", reason_zh=f"以下变量不存在：{names}")
    settings = runtime_of(session).settings
    texts = {**own(session), f"{language}/{template}.txt": text}
    samples = preview.samples(settings, template, language)
    return render(settings, template, language, samples, texts, signature(session))


def write(session: Session, template: str, language: str, text: str, note: str, stamp: Stamp) -> int:
    """Keep a new version, which counts from now on; an empty text takes the shipped one back. Returns its number.

    InvalidInput: no such letter or language, names that it is not given. TemplateWrong: it cannot be rendered.
    """
    if template not in preview.templates() or language not in LANGUAGES:
        raise InvalidInput(place="template", reason=f"there is no {template}", reason_zh=f"没有模板 {template}")
    text = text.replace("\r\n", "\n").strip() + "\n" if text.strip() else ""
    if text:
        trial(session, template, language, text)
    take_turn(session, f"letter:{template}:{language}")
    mine = sa.and_(kept.c.template == template, kept.c.language == language)
    number = int(session.scalar(sa.select(sa.func.max(kept.c.version)).where(mine)) or 0) + 1
    row = {"template": template, "language": language, "version": number, "text": text, "note": note}
    session.execute(sa.insert(kept).values(id=new_id(), **row, at=stamp.at, by=stamp.by))
    session.info[_CACHE] = "changed"
    after_commit(session, lambda: runtime_of(session).cache.pop(_CACHE, None))
    return number
