"""Who stands behind a company: beneficial owners by shares through every path, and by control. Pure, exact.

Shares: the sum over all paths of the product of the shares on them. Control: who holds more than half of a company
controls all that it holds, so whole holdings are counted up chains of control; an own holding counts as itself. Whoever
steers a company by votes, contract or seats on its board and holds nothing of it controls it whole.
An owner by either measure reaching the threshold is a beneficial owner (25 % or more, or control otherwise: FATF
Recommendation 24; PBOC [2018] No. 164). Vectors T22a–c of the project's test vectors.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any, Literal

from engine.errors import InvalidInput
from engine.registry import BpmnError, Context, handles
from handlers import inputs, names

HALF = Fraction(1, 2)
WHOLE = Fraction(1)
TOLERANCE = Fraction(1, 1000)
"""Shares of one company may miss the whole by this (percentages rounded to a tenth)."""

NOMINEE = ("nominee", "bearer")
"""Kinds of holding that hide who holds; they are told as they are, for the rating."""

BINDING = ("contract", "board")
"""Kinds of control that steer a company whatever is held of it."""
VOTE = "vote"
"""Votes count as the share that they come with; without one they were given by others."""

Edges = Mapping[str, Mapping[str, Fraction]]
"""owned -> owner -> share; nought for an owner who controls and holds nothing."""

Steered = Collection[tuple[str, str]]
"""(owner, owned) of those who steer a company and need not hold a share of it."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Somebody at the end of the chains above a company. Shares and control as fractions of one."""

    name: str
    shares: Fraction
    control: Fraction
    path: tuple[str, ...]
    """The path that carries most, from the owner down to the company."""
    basis: Literal["shares", "control", "no"]


@dataclass(frozen=True, slots=True)
class Structure:
    """The owners at the ends of the chains, largest first, and how many layers the longest chain has."""

    owners: tuple[Owner, ...]
    layers: int


class CycleFound(Exception):
    """The companies own each other in a ring; `ring` names it."""

    def __init__(self, ring: Sequence[str]) -> None:
        super().__init__(" → ".join(ring))
        self.ring = tuple(ring)


def fraction(value: object, place: str) -> Fraction:
    """A share: 3/5, 0.6, 60%, 60 per cent as Decimal 0.6. InvalidInput."""
    plain = names.half_width(str(value)).replace(" ", "").replace(",", "")
    try:
        found = Fraction(plain[:-1]) / 100 if plain.endswith("%") else Fraction(plain)
    except (ValueError, ZeroDivisionError):
        raise InvalidInput(place=place, reason=f"not a share: {plain}", reason_zh=f"不是持股比例：{plain}") from None
    if not 0 < found <= WHOLE:
        raise InvalidInput(place=place, reason=f"not between 0 and 100 %: {plain}", reason_zh=f"比例超出范围：{plain}")
    return found


def held(value: object, place: str) -> Fraction:
    """A share, or nought: who holds nothing may steer all the same. InvalidInput."""
    plain = names.half_width(str(value)).strip().removesuffix("%")
    return Fraction(0) if plain.strip("0.") == "" and "0" in plain else fraction(value, place)


def structure(
    edges: Edges, target: str, threshold: Fraction, control_over: Fraction = HALF, steered: Steered = ()
) -> Structure:
    """Everybody at the top of the chains above `target`. CycleFound when a company owns itself through others."""
    order = _upwards(edges, target)
    shares: dict[str, Fraction] = {target: WHOLE}
    best: dict[str, tuple[Fraction, tuple[str, ...]]] = {target: (WHOLE, (target,))}
    for owned in order:
        for owner, share in edges.get(owned, {}).items():
            shares[owner] = shares.get(owner, Fraction(0)) + shares[owned] * share
            weight, path = best[owned]
            if owner not in best or weight * share > best[owner][0]:
                best[owner] = (weight * share, (owner, *path))
    control = _control(edges, target, order, control_over, steered)
    ends = [name for name in order if name != target and not edges.get(name)]
    owners = [
        Owner(
            name,
            shares[name],
            control.get(name, Fraction(0)),
            best[name][1],
            _basis(shares[name], control.get(name), threshold),
        )
        for name in ends
    ]
    owners.sort(key=lambda one: (-max(one.shares, one.control), one.name))
    return Structure(tuple(owners), _depth(edges, target))


def _basis(shares: Fraction, control: Fraction | None, threshold: Fraction) -> Literal["shares", "control", "no"]:
    if shares >= threshold:
        return "shares"
    return "control" if control is not None and control >= threshold else "no"


def _upwards(edges: Edges, target: str) -> list[str]:
    """The target and all above it, each company before its owners (topological). CycleFound."""
    done: dict[str, bool] = {}
    order: list[str] = []
    stack: list[tuple[str, bool]] = [(target, False)]
    path: list[str] = []
    while stack:
        name, leaving = stack.pop()
        if leaving:
            path.pop()
            done[name] = True
            order.append(name)
            continue
        if done.get(name):
            continue
        if name in path:
            raise CycleFound([*path[path.index(name) :], name])
        path.append(name)
        stack.append((name, True))
        stack += [(owner, False) for owner in edges.get(name, {}) if not done.get(owner)]
    return order[::-1]


def _control(
    edges: Edges, target: str, order: Sequence[str], control_over: Fraction, steered: Steered
) -> dict[str, Fraction]:
    """Holder -> share of the target that they steer: their own holding and those of all whom they control."""
    holders = [name for name in order if name != target]
    return {name: _steered(edges, target, order, name, control_over, steered) for name in holders}


def _steered(
    edges: Edges, target: str, order: Sequence[str], name: str, control_over: Fraction, steered: Steered
) -> Fraction:
    """What `name` and the companies under its control hold of the target together; all of it when they steer it.

    From the top down, so that whoever controls a company is known before its holdings are counted; two companies of
    one controller add up. Control itself needs more than `control_over`.
    """
    controlled = {name}
    for owned in reversed(order):
        if owned in (name, target):
            continue
        holding = sum((share for owner, share in edges.get(owned, {}).items() if owner in controlled), Fraction(0))
        if holding > control_over or any((owner, owned) in steered for owner in controlled):
            controlled.add(owned)
    if any((owner, target) in steered for owner in controlled):
        return WHOLE
    return sum((share for owner, share in edges.get(target, {}).items() if owner in controlled), Fraction(0))


def _depth(edges: Edges, target: str) -> int:
    """Layers of owners above the target on the longest chain (there is no ring: checked before)."""
    depth: dict[str, int] = {}
    for name in reversed(_upwards(edges, target)):
        depth[name] = max((depth[owner] + 1 for owner in edges.get(name, {})), default=0)
    return depth[target]


def incomplete(edges: Edges, target: str) -> dict[str, Fraction]:
    """Company -> the sum of its known shares, of those in the chains whose shares do not make a whole."""
    sums = {name: sum(edges[name].values(), Fraction(0)) for name in _upwards(edges, target) if edges.get(name)}
    if not edges.get(target):
        sums[target] = Fraction(0)
    return {name: total for name, total in sums.items() if abs(total - WHOLE) > TOLERANCE}


def refuse_excess(edges: Edges) -> None:
    """InvalidInput when the shares of a company make more than the whole."""
    for owned, held in edges.items():
        total = sum(held.values(), Fraction(0))
        if total > WHOLE + TOLERANCE:
            shown = percent(total)
            raise InvalidInput(
                place=owned,
                reason=f"its shares make {shown} %, more than the whole",
                reason_zh=f"持股比例合计 {shown}%，超过 100%",
            )


def percent(share: Fraction) -> Decimal:
    """0–100 with two places, rounded half up."""
    exact = Decimal(share.numerator * 100) / Decimal(share.denominator)
    return exact.quantize(Decimal("0.01"), ROUND_HALF_UP)


_SAME = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class _Given:
    """What was told: edges by comparable name, who steers without shares, comparable -> written name, and the names
    of nominees and holders of bearer shares."""

    edges: dict[str, dict[str, Fraction]] = field(default_factory=dict)
    steered: set[tuple[str, str]] = field(default_factory=set)
    written: dict[str, str] = field(default_factory=dict)
    hidden: list[str] = field(default_factory=list)


def _read(rows: Iterable[Mapping[str, Any]]) -> _Given:
    given = _Given()
    for place, row in enumerate(rows, start=1):
        owner, owned = (inputs.text(row.get(side)) for side in ("owner", "owned"))
        if owner is None or owned is None:
            raise InvalidInput(
                place=f"ownership[{place}]", reason="owner and owned are needed", reason_zh="缺少股东或被投资方名称"
            )
        share = _share(row, place)
        keys = []
        for name in (owner, owned):
            key = node(name)
            given.written.setdefault(key, name)
            keys.append(key)
        of = given.edges.setdefault(keys[1], {})
        of[keys[0]] = of.get(keys[0], Fraction(0)) + share
        control = row.get("control")
        if control in BINDING or (control == VOTE and not share):
            given.steered.add((keys[0], keys[1]))
        if control in NOMINEE:
            given.hidden.append(owner)
    return given


def _share(row: Mapping[str, Any], place: int) -> Fraction:
    where = f"ownership[{place}].pct"
    if row.get("share") is not None:
        return held(row["share"], where)
    number = inputs.number(row.get("pct"), where)
    if number is None:
        raise InvalidInput(place=where, reason="is missing", reason_zh="缺少持股比例")
    return held(f"{number}%", where)


def node(name: str) -> str:
    """Two writings of one company are one node; two people with like names stay two."""
    return _SAME.sub("", names.simplified(names.half_width(name))).lower()


@handles("party.resolve_ubo", transactional=True)
def party_resolve_ubo(ctx: Context, edges: object, target: str, threshold: object = 25) -> Mapping[str, Any]:
    """The beneficial owners of a company.

    In: edges: list of {owner, owned, pct (0–100) or share ("3/5"), control shares|vote|contract|board|nominee|bearer},
    pct nought for who holds nothing and may steer by vote, contract or board; target: the company's name;
    threshold in per cent (25).
    Out: ubos [{person, pct, control_pct, path, basis shares|control}] largest first, layers of the longest chain,
    hidden: holders through nominees or bearer shares.
    Errors: BpmnError OWNERSHIP_CYCLE (variable ring), OWNERSHIP_INCOMPLETE (variable incomplete: company -> known per
    cent) when the shares of a company in the chains do not make 100 %. Pure.
    """
    given = _read(inputs.rows(edges))
    start, written = node(target), given.written
    written.setdefault(start, target)
    limit = inputs.number(threshold, "threshold")
    share = Fraction(limit if limit is not None else 25) / 100
    try:
        lacking = incomplete(given.edges, start)
        found = structure(given.edges, start, share, steered=given.steered)
    except CycleFound as ring:
        listed = [written.get(name, name) for name in ring.ring]
        raise BpmnError("OWNERSHIP_CYCLE", " → ".join(listed), {"ring": listed}) from None
    if lacking:
        known = {written.get(name, name): percent(total) for name, total in lacking.items()}
        told = ", ".join(f"{name} {total} %" for name, total in known.items())
        raise BpmnError("OWNERSHIP_INCOMPLETE", told, {"incomplete": known})
    ubos = [
        {
            "person": written[one.name],
            "pct": percent(one.shares),
            "control_pct": percent(one.control),
            "path": " → ".join(written[name] for name in one.path),
            "basis": one.basis,
        }
        for one in found.owners
        if one.basis != "no"
    ]
    return {"ubos": ubos, "layers": found.layers, "hidden": given.hidden}
