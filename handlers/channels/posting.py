"""One HTTP request that hands a message over. Law: what the answer means is said here, once, for every such channel.

2xx: taken. 408, 425, 429, 5xx and no answer: not now (DeliveryDelayed); one partner that is down holds up no other.
Everything else, redirects too: never (RecipientRefused). Client data leave over TLS only, but for this machine.
"""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from engine.errors import DeliveryDelayed, InvalidInput, RecipientRefused

TIMEOUT_SECONDS = 15
_NOT_NOW = frozenset({408, 425, 429})
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
_TOLD = 300


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """A signed message goes where it was addressed."""
        return None


_opener = urllib.request.build_opener(_NoRedirects)


def checked(url: str) -> str:
    """An address that may be posted to. InvalidInput for another scheme, and for http beyond this machine."""
    found = urlsplit(url)
    if found.scheme == "https" and found.hostname:
        return url
    if found.scheme == "http" and found.hostname in _LOCAL:
        return url
    raise InvalidInput(place="url", reason=f"https://… is wanted, not {url}", reason_zh=f"应为 https:// 地址：{url}")


def post(channel: str, recipient: str, url: str, body: bytes, headers: Mapping[str, str]) -> None:
    """Hand it over. DeliveryDelayed, RecipientRefused."""
    request = urllib.request.Request(checked(url), data=body, headers=dict(headers), method="POST")
    try:
        with _opener.open(request, timeout=TIMEOUT_SECONDS):
            return
    except urllib.error.HTTPError as error:
        with error:
            told = error.read(_TOLD).decode(errors="replace")
        reason = f"{error.code} {told}".strip()
        kind = DeliveryDelayed if error.code in _NOT_NOW or error.code >= 500 else RecipientRefused
        raise kind(channel=channel, recipient=recipient, reason=reason) from error
    except (OSError, http.client.HTTPException) as error:
        raise DeliveryDelayed(channel=channel, recipient=recipient, reason=str(error)) from error
