"""Pages, REST and the command line. Law: the only rooms that know HTTP; they enter the engine by its doors."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module
from typing import Any

from flask import Flask, redirect, url_for
from flask_login import current_user
from flask_wtf.csrf import generate_csrf

from engine import api
from engine.settings import Settings, secret
from engine.settings import load as load_settings
from web import admitting, catalogue, errors, formats, headers, looking, modules, notices, scope, searching, sessions
from web.extensions import babel, csrf, limiter, sign_ins
from web.packed import PackedFiles
from web.routes import BoundedInteger, Route

__all__ = ["create_app"]


class Application(PackedFiles):
    """Flask, with our rules."""

    url_rule_class = Route


def create_app(settings: Settings | None = None, runtime: Any = None) -> Flask:
    """The application of one installation: everything is wired here, nothing at import.

    settings: read from the environment and dealflow.toml when missing. runtime: an open engine (tests, the embedded
    worker); opened from the settings when missing.
    """
    settings = settings or (runtime.settings if runtime is not None else load_settings())
    app = Application("web", static_folder="static", template_folder="templates")
    app.extensions["dealflow"] = runtime if runtime is not None else api.open_engine(settings)
    app.config.update(
        SECRET_KEY=secret(settings),
        SESSION_COOKIE_NAME="dealflow",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        PERMANENT_SESSION_LIFETIME=timedelta(minutes=settings.session_minutes),
        MAX_CONTENT_LENGTH=settings.max_upload_bytes,
        MAX_FORM_MEMORY_SIZE=settings.max_upload_bytes,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,
        BABEL_TRANSLATION_DIRECTORIES=str(catalogue.compiled(settings.data_dir)),
        SEND_FILE_MAX_AGE_DEFAULT=3600,
        RATELIMIT_ENABLED=True,
    )
    app.session_interface = sessions.Sessions()
    app.url_map.converters["int"] = BoundedInteger
    app.json.sort_keys = app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    babel.init_app(app, locale_selector=scope.language, timezone_selector=lambda: settings.zone)
    admitting.add_before_forms(app)
    csrf.init_app(app)
    admitting.add_after_forms(app)
    limiter.init_app(app)
    sign_ins.init_app(app)
    sign_ins.unauthorized_handler(errors.signed_out)
    headers.add_to(app)
    errors.register(app)
    modules.add_to(app)
    formats.register(app)
    _add_blueprints(app)
    searching.add_to(app)
    notices.add_to(app)
    looking.add_to(app)
    _share_with_templates(app)
    return app


ROOMS = (
    "admin",
    "auth",
    "clients",
    "complaints",
    "disclosure",
    "documents",
    "entering",
    "health",
    "help",
    "inbox",
    "instances",
    "leads",
    "library",
    "me",
    "notifications",
    "oidc",
    "operations.analysis",
    "operations.batches",
    "operations.cases",
    "operations.incidents",
    "operations.machinery",
    "operations.steering",
    "operations.whatif",
    "outside",
    "pipeline",
    "portal",
    "portfolio.conditions",
    "portfolio.exposures",
    "portfolio.facilities",
    "portfolio.monitoring",
    "portfolio.plans",
    "processes",
    "projects",
    "public",
    "quality",
    "setup",
    "reports.building",
    "reports.pages",
    "searching",
    "starting",
    "studio",
    "talk",
    "task_board",
    "tasks",
    "team_news",
    "team_training",
    "tips",
    "workload",
)
"""The modules of this room with a blueprint `pages`, sorted."""


def _add_blueprints(app: Flask) -> None:
    from web import engine_rest, health
    from web.api import api_v1

    for name in ROOMS:
        app.register_blueprint(import_module(f"web.{name}").pages)
    csrf.exempt(api_v1)
    csrf.exempt(health.pages)
    app.register_blueprint(api_v1)
    engine_rest.register(app, app.extensions["dealflow"])

    @app.get("/")
    def home() -> Any:
        return redirect(url_for("inbox.index"))


def _share_with_templates(app: Flask) -> None:
    from engine import queries
    from web import auth, help, navigation, rights, sections, setup, starting
    from web.admin import wording

    sections.register(app)
    setup.add_to(app)
    wording.add_to(app)

    app.jinja_env.globals.update(
        startable=starting.offered,
        menu=navigation.menu,
        may_read=rights.may_read,
        may_act=rights.may_act,
        may_see=rights.may_see,
        house_name=scope.house_name,
        house_contact=scope.house_contact,
        single_sign_on=auth.single_sign_on,
        address_is_on=modules.address_is_on,
        tour_of=help.tour_of,
    )

    @app.context_processor
    def shared() -> dict[str, Any]:
        unread = 0
        if current_user.is_authenticated and not scope.is_fragment():
            with scope.runtime().reading() as db:
                unread = queries.unread_count(db, current_user.id)
        return {
            "csrf_token": generate_csrf,
            "here": scope.here(),
            "me": current_user,
            "now": scope.runtime().now(),
            "unread": unread,
            "zone": scope.runtime().settings.zone,
        }
