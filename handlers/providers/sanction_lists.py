"""Sanctions lists in the forms in which they are published. Pure reading; whoever downloads them puts them in a folder.

| file | form | date of the list |
|---|---|---|
| `*.xml` with root `sdnList` | OFAC lists, XML | `Publish_Date`; `Record_Count` must agree |
| `*.xml` with root `CONSOLIDATED_LIST` | consolidated list of the UN Security Council, XML | `dateGenerated` |
| `sdn.csv` with `alt.csv` | OFAC's delimited files: no headers, `-0-` for nothing | when the file was written |

Aliases count as names, weak ones too: a miss costs more than a false hit that a person looks at. A list that is cut
off, of another form, or too old is no list: nobody is cleared by it. Document types are refused (XML entities).
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from lxml import etree

from handlers.providers.contract import ProviderDown

OLDEST = timedelta(days=31)
"""An older list clears nobody; the publishers' own lists change weekly."""
LARGEST_BYTES = 100_000_000
NOTHING = "-0-"
KINDS = {"individual": "person", "entity": "company", "vessel": "vessel", "aircraft": "aircraft"}


@dataclass(frozen=True, slots=True)
class Entry:
    """Somebody listed: the publisher's number, all names, the regime or programme."""

    number: str
    kind: str
    names: tuple[str, ...]
    programme: str

    def shown(self, source: str) -> dict[str, object]:
        """As screening reads it."""
        listed = f"{source} {self.number}" + (f" ({self.programme})" if self.programme else "")
        return {"list": listed, "kind": self.kind, "names": list(self.names)}


@dataclass(frozen=True, slots=True)
class SanctionList:
    """One published list. `dated` is the publisher's day."""

    source: str
    dated: date
    entries: tuple[Entry, ...]
    sha256: str


def lists(folder: Path, now: datetime) -> list[SanctionList]:
    """All lists of a folder, by file name. ProviderDown: none is there, or one of them cannot be used."""
    files = sorted(one for one in folder.iterdir() if one.suffix.lower() in (".xml", ".csv"))
    found = [_read(one) for one in files if one.name.lower() != "alt.csv"]
    if not found:
        raise ProviderDown(f"{folder.name}: no list is there")
    for one in found:
        if now - datetime(one.dated.year, one.dated.month, one.dated.day, tzinfo=UTC) > OLDEST:
            raise ProviderDown(f"{one.source}: the list of {one.dated} is older than {OLDEST.days} days")
    return found


def _read(path: Path) -> SanctionList:
    try:
        told = path.stat()
        if told.st_size > LARGEST_BYTES:
            raise ProviderDown(f"{path.name}: larger than {LARGEST_BYTES} bytes")
        beside = path.with_name("alt.csv" if path.name.islower() else "ALT.CSV")
        second = beside.stat().st_mtime_ns if path.suffix.lower() == ".csv" and beside.is_file() else 0
        return _kept(path, told.st_mtime_ns, told.st_size, second)
    except OSError as error:
        raise ProviderDown(f"{path.name}: {error}") from error


@lru_cache(maxsize=16)
def _kept(path: Path, written: int, size: int, beside: int) -> SanctionList:
    """Read once as long as the files stay the same."""
    raw = path.read_bytes()
    if path.suffix.lower() == ".csv":
        day = datetime.fromtimestamp(written / 1e9, UTC).date()
        return _delimited(path, raw, day)
    try:
        return _xml(path.name, raw)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise ProviderDown(f"{path.name}: {error}") from error


def _xml(name: str, raw: bytes) -> SanctionList:
    if b"<!DOCTYPE" in raw[:4096]:
        raise ProviderDown(f"{name}: has a document type")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True)
    root = etree.fromstring(raw, parser)
    mark = hashlib.sha256(raw).hexdigest()
    match etree.QName(root).localname:
        case "sdnList":
            return _ofac(name, root, mark)
        case "CONSOLIDATED_LIST":
            generated = datetime.fromisoformat((root.get("dateGenerated") or "").replace("Z", "+00:00"))
            return SanctionList("UN", generated.date(), tuple(_un(root)), mark)
        case other:
            raise ProviderDown(f"{name}: unknown form {other}")


def _text(element: etree._Element, name: str) -> str:
    found = element.find(f"{{*}}{name}")
    return " ".join((found.text or "").split()) if found is not None else ""


def _whole(element: etree._Element, *parts: str) -> str:
    return " ".join(part for part in (_text(element, name) for name in parts) if part)


def _ofac(name: str, root: etree._Element, mark: str) -> SanctionList:
    head = root.find("{*}publshInformation")  # as OFAC spells it
    if head is None:
        raise ProviderDown(f"{name}: no date of publication")
    day = datetime.strptime(_text(head, "Publish_Date"), "%m/%d/%Y").date()
    entries = tuple(_sdn(one) for one in root.iterfind("{*}sdnEntry"))
    told = _text(head, "Record_Count")
    if told and int(told) != len(entries):
        raise ProviderDown(f"{name}: {len(entries)} entries where the list says {told}")
    return SanctionList("OFAC", day, entries, mark)


def _sdn(one: etree._Element) -> Entry:
    names = [_whole(one, "firstName", "lastName")]
    names += [_whole(aka, "firstName", "lastName") for aka in one.iterfind("{*}akaList/{*}aka")]
    programmes = [(found.text or "").strip() for found in one.iterfind("{*}programList/{*}program")]
    kind = KINDS.get(_text(one, "sdnType").lower(), "company")
    return Entry(_text(one, "uid"), kind, _distinct(names), ", ".join(filter(None, programmes)))


def _un(root: etree._Element) -> Iterator[Entry]:
    """People's names stand in up to four parts, organisations' in the first."""
    for tag, kind, alias in (("INDIVIDUAL", "person", "INDIVIDUAL_ALIAS"), ("ENTITY", "company", "ENTITY_ALIAS")):
        for one in root.iter(f"{{*}}{tag}"):
            names = [_whole(one, "FIRST_NAME", "SECOND_NAME", "THIRD_NAME", "FOURTH_NAME")]
            names.append(_text(one, "NAME_ORIGINAL_SCRIPT"))
            names += [_text(other, "ALIAS_NAME") for other in one.iterfind(f"{{*}}{alias}")]
            yield Entry(_text(one, "REFERENCE_NUMBER"), kind, _distinct(names), _text(one, "UN_LIST_TYPE"))


def _distinct(names: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in names if name))


def _delimited(path: Path, raw: bytes, day: date) -> SanctionList:
    """SDN.CSV: number, name, type, programme, …; ALT.CSV: number, alias number, kind of alias, alias, …"""
    beside = next((one for one in path.parent.iterdir() if one.name.lower() == "alt.csv"), None)
    if beside is None:
        raise ProviderDown(f"{path.name}: alt.csv with the aliases is missing")
    aliases: dict[str, list[str]] = {}
    second = beside.read_bytes()
    for row in _rows(beside.name, second, 4):
        aliases.setdefault(row[0], []).append(row[3])
    entries = tuple(
        Entry(row[0], KINDS.get(row[2].lower(), "company"), _distinct([row[1], *aliases.get(row[0], [])]), row[3])
        for row in _rows(path.name, raw, 4)
    )
    if not entries:
        raise ProviderDown(f"{path.name}: is empty")
    return SanctionList("OFAC", day, entries, hashlib.sha256(raw + second).hexdigest())


def _rows(name: str, raw: bytes, least: int) -> Iterator[list[str]]:
    """Rows without nothings; the byte 0x1A that old exports end with is no row."""
    try:
        text = raw.rstrip(b"\x1a\r\n").decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.rstrip(b"\x1a\r\n").decode("latin-1")
    for row in csv.reader(io.StringIO(text)):
        plain = ["" if one.strip() == NOTHING else one.strip() for one in row]
        if len(plain) < least or not plain[0].isdigit():
            raise ProviderDown(f"{name}: unknown form: {','.join(row)[:80]}")
        yield plain


def combined(found: list[SanctionList]) -> tuple[list[Mapping[str, object]], str, str]:
    """(entries as screening reads them, one hash of all, which lists of which days)."""
    entries: list[Mapping[str, object]] = [entry.shown(one.source) for one in found for entry in one.entries]
    mark = hashlib.sha256("".join(one.sha256 for one in found).encode()).hexdigest()
    return entries, mark, "; ".join(f"{one.source} {one.dated}" for one in found)
