"""Camunda Forms (form-js schemas) on the server. Law: pure; the rules of the form in the page, for everybody.

`validate` accepts exactly what form-js-viewer 2.0 accepts from its widgets, and refuses what a widget could
never have sent. The rules were read off its behaviour and are held against the real viewer by a browser test.
"""

from engine.feel import Moment
from engine.forms.messages import MESSAGES, message
from engine.forms.validator import Errors, keys, prefill, validate

__all__ = ["MESSAGES", "Errors", "Moment", "keys", "message", "prefill", "validate"]
