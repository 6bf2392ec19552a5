"""A provider that answers from files of one folder.

`registry.json`, `sanctions.json`, `bureau.json`: each {"status": "up" | "down", "provider": …, …}. With a folder
`sanctions/` the published lists in it are read instead (`sanction_lists`). A report of the bureau may be in our own
short form or structured as the bureau's (`credit_reports`). A file that is missing, says down, or cannot be read is a
source that is down. The files that ship are invented: no company, person or list in them is real.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Any

from handlers.providers import credit_reports, registry_entries, sanction_lists
from handlers.providers.contract import Answer, ProviderDown

SHIPPED = Path(str(files("handlers.providers"))) / "data"
LARGEST_BYTES = 50_000_000


@dataclass(frozen=True, slots=True)
class Files:
    """Answers from the files of `folder`, read anew each time, so that a changed file counts at once."""

    folder: Path

    def company(self, reg_no: str, now: datetime) -> Answer:
        """`companies`: registration number -> entry, in our fields or as the national register shows it."""
        content, raw, name = self._read("registry")
        found = _part(content, "companies", dict).get(reg_no)
        return Answer(name, now, raw, registry_entries.entry(found) if isinstance(found, dict) else found)

    def listed(self, now: datetime) -> Answer:
        """`entries`: [{"list", "kind", "names": […]}], or all lists of the folder `sanctions/`."""
        published = self.folder / "sanctions"
        if published.is_dir():
            entries, mark, told = sanction_lists.combined(sanction_lists.lists(published, now))
            return Answer(told, now, mark, entries)
        content, raw, name = self._read("sanctions")
        return Answer(name, now, raw, _part(content, "entries", list))

    def credit(self, reg_no: str, authorisation: str, now: datetime) -> Answer:
        """`reports`: registration number -> report."""
        content, raw, name = self._read("bureau")
        report = _part(content, "reports", dict).get(reg_no)
        if credit_reports.is_report(report):
            report = credit_reports.events(report, reg_no)
        return Answer(name, now, raw, report)

    def _read(self, source: str) -> tuple[dict[str, Any], str, str]:
        path = self.folder / f"{source}.json"
        try:
            if path.stat().st_size > LARGEST_BYTES:
                raise ProviderDown(f"{source}: the file is larger than {LARGEST_BYTES} bytes")
            raw = path.read_bytes()
            content = json.loads(raw, parse_float=Decimal)
        except (OSError, ValueError) as error:
            raise ProviderDown(f"{source}: {error}") from error
        if not isinstance(content, dict) or content.get("status") != "up":
            raise ProviderDown(f"{source}: the source says that it is down")
        return content, hashlib.sha256(raw).hexdigest(), str(content.get("provider") or source)


def _part(content: dict[str, Any], name: str, kind: type[Any]) -> Any:
    part = content.get(name)
    if not isinstance(part, kind):
        raise ProviderDown(f"the answer has no {name}")
    return part
