"""The studio: where process owners draw, check, try and deploy. Law: a draft is the owner's own; what runs changes by a
deployment alone, and every rule of it is the engine's.
"""

from __future__ import annotations

from flask import Blueprint

pages = Blueprint("studio", __name__, url_prefix="/studio")

from web.studio import comparing as comparing  # noqa: E402
from web.studio import deploying as deploying  # noqa: E402
from web.studio import library as library  # noqa: E402
from web.studio import packing as packing  # noqa: E402
from web.studio import playing as playing  # noqa: E402
from web.studio import writing as writing  # noqa: E402
