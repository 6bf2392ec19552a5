"""What comes in from outside: one message, one row, one matter (requirement A34).

Law: the same message again (its own id) changes nothing. What belongs to a matter that runs stays with it: by the
letter that it answers, by the key in its subject, by its thread. Everything else starts S1 (`complaint_received`) or
P1 (`inquiry_received`), or waits for a person. Nothing is thrown away, and nothing that comes in is believed: a sender
is known by the address alone, so that an answer never changes what is on file.

`mail` reads e-mail; `webhooks` reads signed requests; `routing` says what a message is about.
"""

from handlers.inbound.receiving import Incoming, Received, receive

__all__ = ["Incoming", "Received", "receive"]
