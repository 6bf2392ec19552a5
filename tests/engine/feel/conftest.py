"""A loaded machine is slow, not wrong: generated cases have no deadline each."""

from hypothesis import settings

settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")
