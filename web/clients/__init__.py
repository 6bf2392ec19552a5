"""Clients: the list, one page each with what is known and what is going on, and the care of their data."""

from web.clients import acting, joining, listing, page
from web.clients.room import pages

__all__ = ["acting", "joining", "listing", "page", "pages"]
