"""What one's teams did and said lately. Law: what is told of stood in one of the reader's own teams' queues; who
looks after all teams (CRM specialists) and administrators read of all.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Blueprint, render_template, request

from engine import queries
from engine.queries.team_news import team_news
from web.rights import guarded
from web.scope import actor, runtime

pages = Blueprint("team_news", __name__, url_prefix="/team-news")
DAYS = 14
ACROSS = "crm_specialist"


@pages.get("")
@guarded("inbox")
def index() -> Any:
    """Tasks done and words said at them in the last two weeks, of all one's teams or one of them."""
    reader = actor()
    across = reader.is_admin or ACROSS in reader.teams
    asked = request.args.get("team", "")
    with runtime().reading() as db:
        known = {one.id: one for one in queries.teams(db) if across or one.id in reader.teams}
        chosen = asked if asked in known else ""
        news = team_news(db, [chosen] if chosen else known, runtime().now() - timedelta(days=DAYS)) if known else []
    return render_template("team_news.html", news=news, teams=known, chosen=chosen, days=DAYS)
