"""Message catalogues: .po files are the source, .mo files are made when they are missing or stale.

They go into the data folder, so that an installation whose program files are read-only needs no step of its own.
"""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

SOURCES = Path(__file__).parent / "translations"


def compiled(data_dir: Path) -> Path:
    """The folder of compiled catalogues, made when a .po file has changed."""
    folder = data_dir.resolve() / "translations"
    for source in sorted(SOURCES.glob("*/LC_MESSAGES/*.po")):
        target = folder / source.relative_to(SOURCES).with_suffix(".mo")
        stamp = target.with_suffix(".sha256")
        content = source.read_bytes()
        digest = sha256(content).hexdigest()
        if target.is_file() and stamp.is_file() and stamp.read_text() == digest:
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        half = target.with_suffix(f".{os.getpid()}")
        with source.open("rb") as text, half.open("wb") as binary:
            write_mo(binary, read_po(text, locale=source.parent.parent.name))
        half.replace(target)
        stamp.write_text(digest)
    return folder
