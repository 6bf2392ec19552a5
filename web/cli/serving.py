"""`run`, `serve`, `worker`: start processes. Law: what is prepared is prepared before the first request.

The terminal hears what is being done and how long it took, where the pages are once they answer, and at the end that
everything has stopped.
"""

from __future__ import annotations

import errno
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import click
from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]

from engine import api, log, queries, scheduler, wakeups, watcher
from engine.clock import system_clock
from engine.errors import SettingsInvalid
from engine.queries import mails, moments
from engine.settings import Settings, load, parse_offset
from web import wellness
from web.cli.saying import faults, words
from web.engine_rest.waiting import WAITING, Desk, room_of

THREADS = 64
"""So many requests are worked on at once; those that wait for work (long polling) have threads beside these."""
CLOCKS_DIFFER = timedelta(minutes=2)
"""Two machines' clocks may differ by this much before it is news."""
notes = log.logger("start")


class Server(BaseApplication):
    """gunicorn with threads over our application; what runs beside it starts in the worker."""

    def __init__(self, settings: Settings, beside: Callable[[Any], Callable[[], None]], up: Callable[[], None]) -> None:
        self.settings = settings
        self.beside = beside
        self.up = up
        self.over: Callable[[], None] = lambda: None
        super().__init__()

    def load_config(self) -> None:
        """The few options that matter."""
        self.cfg.set("bind", f"{self.settings.host}:{self.settings.port}")
        self.cfg.set("worker_class", "gthread")
        self.cfg.set("workers", 1)
        self.cfg.set("threads", THREADS + WAITING)
        self.cfg.set("timeout", 120)
        self.cfg.set("graceful_timeout", 10)
        self.cfg.set("keepalive", 30)
        self.cfg.set("loglevel", "warning")
        self.cfg.set("post_worker_init", self.begin)
        self.cfg.set("worker_exit", lambda server, worker: self.over())
        self.cfg.set("on_exit", lambda server: say_stopped(self.settings))

    def load(self) -> Any:
        """The application, in the process that serves it."""
        from web import create_app

        runtime = api.open_engine(self.settings)
        api.steady()
        self.over = self.beside(runtime)
        app = create_app(self.settings, runtime)
        desk = Desk(app, THREADS)
        self.room = room_of(app.extensions)
        self.room.stepping_out = desk.stepping_out
        return desk

    def begin(self, worker: Any) -> None:
        """The worker takes requests; when it is told to stop, whoever waits for work is answered."""
        self.room.goes_on = lambda: bool(worker.alive)
        self.up()


def beside(settings: Settings) -> Callable[[Any], Callable[[], None]]:
    """What runs beside the pages: the worker's sweeps and the watcher, as the settings say."""

    def start(runtime: Any) -> Callable[[], None]:
        stop = threading.Event()
        running = scheduler.start(runtime) if settings.embedded_worker else None
        told = wakeups.connect(runtime) if running is None else None
        unwatch = watched(runtime, running)
        if settings.watch and settings.bpmn_dir.is_dir():
            watching = threading.Thread(
                target=watcher.watch, args=(runtime, stop, say_outcome), daemon=True, name="watcher"
            )
            watching.start()

        def over() -> None:
            stop.set()
            unwatch()
            if running is not None:
                running.shutdown()
            if told is not None:
                wakeups.close(told)

        return over

    return start


def watched(runtime: Any, running: scheduler.Duties | None) -> Callable[[], None]:
    """Health and metrics on the port that the settings name, if any; call what comes back to stop."""
    port = runtime.settings.health_port
    if not port:
        return lambda: None
    return wellness.serve_beside(runtime, port, None if running is None else lambda: running.crew.swept)


def must_be_free(settings: Settings) -> None:
    """SettingsInvalid when something else listens at our address."""
    with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            why, why_zh = {
                errno.EADDRINUSE: ("something else listens there", "已被其他程序占用"),
                errno.EACCES: ("this needs more rights", "权限不足"),
            }.get(error.errno or 0, ("this machine has no such address", "本机没有此地址"))
            address, other = f"{settings.host}:{settings.port}", f"DEALFLOW_PORT={min(settings.port + 1, 65535)}"
            raise SettingsInvalid(
                place="DEALFLOW_PORT",
                reason=f"{address} cannot be taken: {why}; choose another one, e.g. {other}",
                reason_zh=f"无法使用 {address}：{why_zh}；请换一个，例如 {other}",
            ) from error


@contextmanager
def step(zh: str, en: str) -> Iterator[None]:
    """Say what is being done, and how many seconds it took."""
    click.echo(f"{words(zh, en)} … ", nl=False)
    began = time.monotonic()
    try:
        yield
    except BaseException:
        click.echo("✗")
        raise
    click.echo(words(f"{time.monotonic() - began:.1f} 秒", f"{time.monotonic() - began:.1f} s"))


def say_outcome(outcome: watcher.Outcome) -> None:
    """Tell the terminal what became of a save."""
    if outcome.deployed is None:
        text = words("未通过检查，运行中的流程不变", "refused; what runs is unchanged")
        click.secho(words(f"✗ {outcome.folder}：{text}", f"✗ {outcome.folder}: {text}"), fg="red")
        told = outcome.error.text(words("zh", "en")) if outcome.error else faults(outcome.folder, outcome.faults)
        click.echo(told)
        return
    if outcome.mended and outcome.deployed.unchanged:
        text = words("：已恢复，与运行中的版本相同", ": mended: the same as what runs")
        click.secho(f"✓ {outcome.folder}{text}", fg="green")
    if not outcome.deployed.unchanged:
        names = ", ".join(f"{key} v{version}" for key, version in outcome.deployed.definitions)
        click.secho(f"✓ {outcome.folder}{words('：已部署', ': deployed')} {names}", fg="green")
    if outcome.faults:
        click.echo(faults(outcome.folder, outcome.faults))


def prepare(settings: Settings) -> list[watcher.Outcome]:
    """Schema, demonstration people on an empty database, models of the folder."""
    from handlers import demo

    runtime = api.open_engine(settings)
    try:
        with step(f"准备数据库 {shown_database(settings)}", f"Preparing the database {shown_database(settings)}"):
            api.migrate(runtime)
            with runtime.transaction() as session:
                if not queries.people(session):  # a house where people live is left alone
                    demo.seed(session, runtime.now())
        warn_of_what_waits(runtime)
        with step(
            f"检查并部署流程 {settings.bpmn_dir}/", f"Checking and deploying the processes in {settings.bpmn_dir}/"
        ):
            outcomes = watcher.deploy_all(runtime, settings.bpmn_dir, api.SYSTEM, "start", keep_newer=True)
            with runtime.transaction() as session:
                demo.seed_book(session)
        return outcomes
    finally:
        runtime.database.dispose()


def shown_database(settings: Settings) -> str:
    """Which database, without what signs in to it: neither before the @ nor among the options (`?password=`)."""
    return settings.database_url.removeprefix("sqlite:///").rpartition("@")[2].partition("?")[0]


def warn_of_what_waits(runtime: Any) -> None:
    """Say what a person must know before work begins: the clock stands before what is stored; mail is held."""
    with runtime.reading() as session:
        latest, held = moments.latest_moment(session), mails.held(session)
    now = runtime.now()
    if latest is not None and latest - now > CLOCKS_DIFFER:
        at, then = (moment.astimezone(runtime.zone).strftime("%Y-%m-%d %H:%M") for moment in (now, latest))
        offset = runtime.settings.clock_offset
        notes.warning("clock_behind_database", now=at, latest=then, clock_offset=offset)
        warning(
            f"时钟（{at}）早于库中最近的记录（{then}）：时钟被回拨过，DEALFLOW_CLOCK_OFFSET 现为 {offset}。"
            "已发出的提醒不会重发；当时产生的记录会显示为将来，新的到期按现在的时钟计算。演示可删除 var 重新开始。",
            f"The clock ({at}) stands before the latest that the database holds ({then}): it was moved back; "
            f"DEALFLOW_CLOCK_OFFSET is {offset}. Reminders that were sent are not sent again; what happened then "
            "shows as yet to come, and new due dates count from now. For a demonstration, remove var and begin anew.",
        )
    if held:
        warning(
            f"有 {held} 封邮件因等待过久被留存，未寄出：用 dealflow mail 查看，再决定寄出或作废。",
            f"{held} mail(s) waited too long and are held: `dealflow mail` shows them, to be sent or dropped.",
        )


def warning(zh: str, en: str) -> None:
    """A warning to the terminal."""
    click.secho(f"⚠ {words(zh, en)}", fg="yellow", err=True)


def ready(settings: Settings) -> None:
    """SettingsInvalid, or an engine that cannot run here, before any process is forked; warnings of what waits."""
    must_be_free(settings)
    runtime = api.open_engine(settings)
    try:
        api.require_schema(runtime)
        warn_of_what_waits(runtime)
    finally:
        runtime.database.dispose()


@click.command()
def run() -> int:
    """Prepare everything, then serve: for trying Dealflow and for changing processes."""
    settings = load(watch=True, embedded_worker=True)
    log.configure(settings.log_format, "WARNING")
    must_be_free(settings)
    for outcome in prepare(settings):
        say_outcome(outcome)
    click.echo(words("启动页面、定时与提醒 …", "Starting pages, timers and reminders …"))
    Server(settings, beside(settings), lambda: click.echo(welcome(settings))).run()
    return 0


def welcome(settings: Settings) -> str:
    """Where to go, who can sign in, what to try."""
    from handlers import demo

    address = f"http://{settings.host}:{settings.port}"
    offset = parse_offset(settings.clock_offset)
    moved, moved_zh = "", ""
    if offset:
        now = system_clock(offset)().astimezone(settings.tzinfo).strftime("%Y-%m-%d %H:%M")
        moved = f"  The demonstration clock says {now} ({settings.clock_offset})\n\n"
        moved_zh = f"  演示时钟：{now}（{settings.clock_offset}）\n\n"
    people = "\n".join(f"    {name:<8} {shown}" for name, shown in demo.who(words("zh", "en")))
    return words(
        f"\nDealflow 已启动：{address}\n\n{moved_zh}  可登录的人员（密码均为 {demo.PASSWORD}）：\n{people}\n\n"
        f"  试一试：\n    1. 打开 {address}/inquiry 提交一条融资咨询\n    2. 登录并在“待办”中办理\n"
        f"    3. 用 Camunda Modeler 修改 {settings.bpmn_dir}/ 下的流程图并保存，两秒内生效\n\n  Ctrl+C 停止\n",
        f"\nDealflow is up: {address}\n\n{moved}  Who can sign in (the password is {demo.PASSWORD}):\n{people}\n\n"
        f"  Try this:\n    1. Send an inquiry at {address}/inquiry\n    2. Sign in and work on it in the inbox\n"
        f"    3. Change a diagram in {settings.bpmn_dir}/ with Camunda Modeler: it is live in two seconds\n\n"
        "  Ctrl+C stops it\n",
    )


def say_stopped(settings: Settings) -> None:
    """The last line: nothing of ours runs any more, and where everything is."""
    where = shown_database(settings)
    text = words(
        f"已全部停止；数据保存在 {where}，再次启动即可继续。",
        f"Everything has stopped; what was done is kept in {where} and goes on at the next start.",
    )
    click.echo(f"\n{text}")


@click.command()
def serve() -> int:
    """Serve pages and REST; with `embedded_worker` timers, jobs and mail as well."""
    settings = load()
    log.configure(settings.log_format, settings.log_level)
    ready(settings)
    address = f"http://{settings.host}:{settings.port}"
    up = words(f"Dealflow 已启动：{address}，Ctrl+C 停止", f"Dealflow is up: {address}; Ctrl+C stops it")
    Server(settings, beside(settings), lambda: click.echo(up + set_up_words(settings))).run()
    return 0


def set_up_words(settings: Settings) -> str:
    """Where the first administrator is entered, with the code for it; nothing once anybody is there."""
    from web import setup

    runtime = api.open_engine(settings)
    try:
        with runtime.reading() as session:
            if api.is_set_up(session):
                return ""
    finally:
        runtime.database.dispose()
    address, code = f"{settings.base_url.rstrip('/')}/setup", setup.code(settings)
    return words(
        f"\n首次使用：打开 {address} 完成初始设置（从其他机器访问时的设置码：{code}）",
        f"\nFirst start: open {address} and set the house up (code from another machine: {code})",
    )


@click.command()
@click.option("--once", is_flag=True, help="Do what is due now, then stop.")
@click.option("--concurrency", type=click.IntRange(1, 200), help="How many handlers run at once.")
@click.option("--health-port", type=click.IntRange(0, 65535), help="Port for health and metrics; 0: none.")
def worker(once: bool, concurrency: int | None, health_port: int | None) -> int:
    """Run timers, jobs, reminders and mail, without pages."""
    from engine import worker as duties

    asked = {"concurrency": concurrency, "health_port": health_port}
    settings = load(**{name: value for name, value in asked.items() if value is not None})
    log.configure(settings.log_format, settings.log_level)
    runtime = api.open_engine(settings)
    api.require_schema(runtime)
    api.steady()
    warn_of_what_waits(runtime)
    if once:
        click.echo(str(duties.drain(runtime)))
        return 0
    over = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: over.set())
    running = scheduler.start(runtime)
    unwatch = watched(runtime, running)
    click.echo(
        words(
            f"定时、任务、提醒与邮件已启动（进程 {os.getpid()}），Ctrl+C 停止",
            f"Timers, jobs, reminders and mail are running (process {os.getpid()}); Ctrl+C stops them",
        )
    )
    over.wait()
    unwatch()
    back = running.shutdown()
    if back:
        click.echo(words(f"已交还 {back} 项未完成的任务", f"{back} unfinished job(s) were given back to others"))
    say_stopped(settings)
    return 0


COMMANDS = (run, serve, worker)
