"""Documents: once stored, versioned, kept as long as they must be, in any place that fsspec knows."""

from datetime import date
from types import SimpleNamespace
from typing import Any

import fsspec
import pytest

from engine.errors import DocumentTooLarge, InvalidInput, NotFound
from engine.execution import Runtime
from handlers import documents
from handlers.records import documents as filed
from handlers.records.changes import Stamp
from handlers.records.documents import Filing
from tests.engine.together import POSTGRES, behind
from tests.handlers.conftest import NOW, Desk

STAMP = Stamp(NOW, "li", "upload", why="保存期满")
FILING = Filing("PJ-2026-0001", "evidence", "批复.pdf")


def test_the_same_bytes_are_one_version_and_other_bytes_the_next(quick_desk: Desk) -> None:
    with quick_desk.runtime.transaction() as session:
        first = documents.keep(session, b"one", FILING, STAMP)
        assert documents.keep(session, b"one", FILING, STAMP) == first
        second = documents.keep(session, b"two", FILING, STAMP)
        assert (first.version, second.version, second.media_type) == (1, 2, "application/pdf")
        assert [one.version for one in filed.of_subjects(session, ["PJ-2026-0001"])] == [2, 1]
        assert documents.content(session, first) == b"one"
        for wrong in (Filing("", "evidence", "x"), Filing("PJ-1", "evidence", "")):
            with pytest.raises(InvalidInput):
                documents.keep(session, b"x", wrong, STAMP)
        with pytest.raises(DocumentTooLarge):
            documents.keep(session, bytes(quick_desk.runtime.settings.max_upload_bytes + 1), FILING, STAMP)
        with pytest.raises(NotFound):
            filed.get(session, "12")


def test_what_need_not_be_kept_goes_but_not_bytes_that_another_document_stands_for(quick_desk: Desk) -> None:
    runtime = quick_desk.runtime
    with runtime.transaction() as session:
        old = documents.keep(session, b"same", Filing("PJ-1", "evidence", "a", retain_until=date(2026, 1, 1)), STAMP)
        alone = documents.keep(session, b"only", Filing("PJ-1", "evidence", "b", retain_until=date(2026, 1, 1)), STAMP)
        still = documents.keep(session, b"same", Filing("PJ-2", "evidence", "a", retain_until=date(2027, 1, 1)), STAMP)
    with runtime.transaction() as session:
        assert documents.remove_over(session, date(2026, 3, 2), STAMP) == 2
        assert documents.remove_over(session, date(2026, 3, 2), STAMP) == 0
    with runtime.reading() as session:
        assert documents.content(session, still) == b"same"
        for one in (old, alone):
            row = filed.get(session, one.id)
            assert row.removed_at == NOW
            with pytest.raises(NotFound):
                documents.content(session, row)
    assert len(list(runtime.settings.data_dir.glob("files/*/*"))) == 1


def test_a_removal_that_was_written_down_and_not_carried_out_is_carried_out_later(quick_desk: Desk) -> None:
    runtime = quick_desk.runtime
    with runtime.transaction() as session:
        alone = documents.keep(session, b"only", FILING, STAMP)
        documents.keep(session, b"same", Filing("PJ-2", "evidence", "a"), STAMP)
        filed.mark_removed(session, alone.id, STAMP)
    assert [runtime.unit(documents.finish_removals) for _ in range(2)] == [1, 0]
    assert [path.read_bytes() for path in runtime.settings.data_dir.glob("files/*/*")] == [b"same"]


@POSTGRES
def test_bytes_that_another_is_about_to_name_are_not_taken_away(book: Runtime) -> None:
    house: Any = SimpleNamespace(runtime=book, looking=book.reading)
    with book.transaction() as session:
        old = documents.keep(session, b"same", FILING, STAMP)
    with book.transaction() as session:
        new = documents.keep(session, b"same", Filing("PJ-2", "evidence", "a"), STAMP)
        with behind(house, lambda: book.unit(lambda other: documents.remove(other, old, STAMP))) as gone:
            session.keep()  # type: ignore[attr-defined]  # what transaction() does at its end
            gone.result()
    with book.reading() as session:
        assert documents.content(session, new) == b"same"


@POSTGRES
def test_versions_that_are_made_at_once_follow_each_other(book: Runtime) -> None:
    house: Any = SimpleNamespace(runtime=book, looking=book.reading)
    with book.transaction() as session:
        documents.keep(session, b"one", FILING, STAMP)
        with behind(house, lambda: book.unit(lambda s: documents.keep(s, b"two", FILING, STAMP))) as filing:
            session.keep()  # type: ignore[attr-defined]
            assert filing.result().version == 2


def test_they_lie_where_the_setting_says(quick_desk: Desk) -> None:
    runtime = quick_desk.runtime
    runtime.settings = runtime.settings.model_copy(update={"files_url": "memory://deals"})
    with runtime.transaction() as session:
        kept = documents.keep(session, b"elsewhere", FILING, STAMP)
        assert documents.content(session, kept) == b"elsewhere"
    assert fsspec.filesystem("memory").cat_file(f"/deals/{kept.sha256[:2]}/{kept.sha256}") == b"elsewhere"
    assert not (runtime.settings.data_dir / "files").exists()
