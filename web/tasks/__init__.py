"""The task page: the form, what stands beside it, and what is said about a case. Law: nothing entered is ever lost."""

from web.tasks import acting, beside, checking, page
from web.tasks.room import pages, sent_json

__all__ = ["acting", "beside", "checking", "page", "pages", "sent_json"]
