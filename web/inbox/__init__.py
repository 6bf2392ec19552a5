"""The inbox: lists, many tasks at once, the calendar. Law: a page reads; a deed answers with its row."""

from web.inbox import calendar, feed, kept, listing, many
from web.inbox.room import pages

__all__ = ["calendar", "feed", "kept", "listing", "many", "pages"]
