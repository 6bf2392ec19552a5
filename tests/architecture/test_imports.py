"""The import contracts that `.importlinter` cannot express; its own run beside the tests (`make check`)."""

import grimp
import pytest

# What pages, REST and the command line may use of the engine; everything else is behind these doors.
DOORS = {
    "engine.api",
    "engine.queries",
    "engine.forms",
    "engine.settings",
    "engine.errors",
    "engine.play",
    "engine.simulation",
}
TRANSACTION = {"engine.store", "engine.store.transaction"}
# Only the outermost room starts processes and sets them up.
FOR_THE_COMMAND_LINE = {
    "engine.batches",
    "engine.cleanup",
    "engine.clock",
    "engine.definitions",
    "engine.log",
    "engine.scheduler",
    "engine.seals",
    "engine.statistics",
    "engine.transfer",
    "engine.verification",
    "engine.wakeups",
    "engine.watcher",
    "engine.worker",
}


@pytest.fixture(scope="module")
def imports() -> list[tuple[str, str]]:
    """Every direct import between our own modules, importer first."""
    graph = grimp.build_graph("engine", "handlers", "web", cache_dir=None)
    return [
        (importer, imported)
        for importer in sorted(graph.modules)
        for imported in sorted(graph.find_modules_directly_imported_by(importer))
    ]


def is_in(module: str, rooms: set[str]) -> bool:
    return any(module == room or module.startswith(room + ".") for room in rooms - TRANSACTION) or (
        module in TRANSACTION & rooms
    )


def test_web_enters_the_engine_only_by_its_doors(imports: list[tuple[str, str]]) -> None:
    strays = [
        f"{importer} imports {imported}"
        for importer, imported in imports
        if is_in(importer, {"web"})
        and imported.startswith("engine.")
        and not is_in(imported, DOORS | TRANSACTION)
        and not (is_in(importer, {"web.cli"}) and is_in(imported, FOR_THE_COMMAND_LINE))
    ]
    assert not strays, "\n".join(strays)


def test_nobody_imports_the_command_line(imports: list[tuple[str, str]]) -> None:
    strays = [
        importer
        for importer, imported in imports
        if is_in(imported, {"web.cli"}) and not is_in(importer, {"web.cli", "web.__main__"})
    ]
    assert not strays, f"web.cli is imported by {', '.join(strays)}"


def test_the_guard_sees_a_stray_import() -> None:
    assert not is_in("engine.advance", DOORS | TRANSACTION)
    assert not is_in("engine.store.tables", DOORS | TRANSACTION)
    assert is_in("engine.api.tasks", DOORS)
    assert is_in("engine.store.transaction", DOORS | TRANSACTION)
