"""Help: what each team does here, the words of the field, shortcuts, and the tours of the pages."""

from web.help.pages import pages, tour_of

__all__ = ["pages", "tour_of"]
