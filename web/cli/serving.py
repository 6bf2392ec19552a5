"""`run`, `serve`, `worker`: start processes. Law: what is prepared is prepared before the first request."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Callable
from typing import Any

import click
from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]

from engine import api, log, queries, scheduler, watcher
from engine.errors import SettingsInvalid
from engine.settings import Settings, load
from web.cli.saying import faults, words

THREADS = 64


class Server(BaseApplication):
    """gunicorn with threads over our application; what runs beside it starts in the worker."""

    def __init__(self, settings: Settings, beside: Callable[[Any], Callable[[], None]]) -> None:
        self.settings = settings
        self.beside = beside
        self.over: Callable[[], None] = lambda: None
        super().__init__()

    def load_config(self) -> None:
        """The few options that matter."""
        self.cfg.set("bind", f"{self.settings.host}:{self.settings.port}")
        self.cfg.set("worker_class", "gthread")
        self.cfg.set("workers", 1)
        self.cfg.set("threads", THREADS)
        self.cfg.set("timeout", 120)
        self.cfg.set("graceful_timeout", 10)
        self.cfg.set("keepalive", 30)
        self.cfg.set("loglevel", "warning")
        self.cfg.set("worker_exit", lambda server, worker: self.over())

    def load(self) -> Any:
        """The application, in the process that serves it."""
        from web import create_app

        runtime = api.open_engine(self.settings)
        self.over = self.beside(runtime)
        return create_app(self.settings, runtime)


def beside(settings: Settings, told: Callable[[watcher.Outcome], None]) -> Callable[[Any], Callable[[], None]]:
    """What runs beside the pages: the worker's sweeps and the watcher, as the settings say."""

    def start(runtime: Any) -> Callable[[], None]:
        stop = threading.Event()
        clock = scheduler.start(runtime) if settings.embedded_worker else None
        if settings.watch and settings.bpmn_dir.is_dir():
            watching = threading.Thread(target=watcher.watch, args=(runtime, stop, told), daemon=True, name="watcher")
            watching.start()

        def over() -> None:
            stop.set()
            if clock is not None:
                clock.shutdown(wait=False)

        return over

    return start


def must_be_free(settings: Settings) -> None:
    """SettingsInvalid when something else listens at our address."""
    with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise SettingsInvalid(
                place="DEALFLOW_PORT",
                reason=f"{settings.host}:{settings.port} cannot be taken ({error.strerror}); "
                f"choose another one, e.g. DEALFLOW_PORT={settings.port + 1}",
            ) from error


def say_outcome(settings: Settings) -> Callable[[watcher.Outcome], None]:
    """Tells the terminal what became of a save."""

    def told(outcome: watcher.Outcome) -> None:
        if outcome.deployed is None:
            text = words(settings, "未通过检查，运行中的流程不变", "refused; what runs is unchanged")
            click.secho(f"✗ {outcome.folder}: {text}", fg="red")
            click.echo(outcome.error or faults(outcome.folder, outcome.faults, settings.language))
            return
        if outcome.mended and outcome.deployed.unchanged:
            text = words(settings, "已恢复，与运行中的版本相同", "mended: the same as what runs")
            click.secho(f"✓ {outcome.folder}: {text}", fg="green")
        if not outcome.deployed.unchanged:
            names = ", ".join(f"{key} v{version}" for key, version in outcome.deployed.definitions)
            text = words(settings, "已部署", "deployed")
            click.secho(f"✓ {outcome.folder}: {text} {names}", fg="green")
        if outcome.faults:
            click.echo(faults(outcome.folder, outcome.faults, settings.language))

    return told


def prepare(settings: Settings) -> list[watcher.Outcome]:
    """Schema, demonstration people on an empty database, models of the folder."""
    from handlers import demo

    runtime = api.open_engine(settings)
    try:
        api.migrate(runtime)
        with runtime.transaction() as session:
            if not queries.people(session):  # a house where people live is left alone
                demo.seed(session, runtime.now())
        outcomes = watcher.deploy_all(runtime, settings.bpmn_dir, api.SYSTEM, "start")
        with runtime.transaction() as session:
            demo.seed_book(session)
        return outcomes
    finally:
        runtime.database.dispose()


@click.command()
def run() -> int:
    """Prepare everything, then serve: for trying Dealflow and for changing processes."""
    settings = load(watch=True, embedded_worker=True)
    log.configure(settings.log_format, "WARNING")
    must_be_free(settings)
    told = say_outcome(settings)
    for outcome in prepare(settings):
        told(outcome)
    click.echo(welcome(settings))
    serve_until_stopped(settings, told)
    return 0


def welcome(settings: Settings) -> str:
    """Where to go, who can sign in, what to try."""
    from handlers import demo

    address = f"http://{settings.host}:{settings.port}"
    people = "\n".join(f"    {name:<8} {shown}" for name, shown in demo.who(settings.language))
    return words(
        settings,
        f"\nDealflow 已启动：{address}\n\n  可登录的人员（密码均为 {demo.PASSWORD}）：\n{people}\n\n"
        f"  试一试：\n    1. 打开 {address}/inquiry 提交一条融资咨询\n    2. 登录并在“待办”中办理\n"
        f"    3. 用 Camunda Modeler 修改 {settings.bpmn_dir}/ 下的流程图并保存，两秒内生效\n\n  Ctrl+C 停止\n",
        f"\nDealflow is up: {address}\n\n  Who can sign in (the password is {demo.PASSWORD}):\n{people}\n\n"
        f"  Try this:\n    1. Send an inquiry at {address}/inquiry\n    2. Sign in and work on it in the inbox\n"
        f"    3. Change a diagram in {settings.bpmn_dir}/ with Camunda Modeler: it is live in two seconds\n\n"
        "  Ctrl+C stops it\n",
    )


def serve_until_stopped(settings: Settings, told: Callable[[watcher.Outcome], None]) -> None:
    """Serve pages until a signal comes."""
    Server(settings, beside(settings, told)).run()


@click.command()
def serve() -> int:
    """Serve pages and REST; with `embedded_worker` timers, jobs and mail as well."""
    settings = load()
    log.configure(settings.log_format, settings.log_level)
    must_be_free(settings)
    serve_until_stopped(settings, say_outcome(settings))
    return 0


@click.command()
@click.option("--once", is_flag=True, help="Do what is due now, then stop.")
def worker(once: bool) -> int:
    """Run timers, jobs, reminders and mail, without pages."""
    from engine import worker as duties

    settings = load()
    log.configure(settings.log_format, settings.log_level)
    runtime = api.open_engine(settings)
    if once:
        click.echo(str(duties.drain(runtime)))
        return 0
    over = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: over.set())
    clock = scheduler.start(runtime)
    over.wait()
    clock.shutdown(wait=True)
    return 0


COMMANDS = (run, serve, worker)
