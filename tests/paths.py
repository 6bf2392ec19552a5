"""Where tests find what lies outside the repository."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def shared() -> Path | None:
    """The folder `shared` beside the repository, with plans and public conformance data; None when absent."""
    folder = ROOT.parent / "shared"
    return folder if folder.is_dir() else None
