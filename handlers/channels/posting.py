"""One HTTP request that hands a message over. Law: what the answer means is said here, once, for every such channel.

2xx: taken. 408, 425, 429, 5xx and no answer: not now (DeliveryDelayed); one partner that is down holds up no other.
Everything else, redirects too: never (RecipientRefused). Client data leave over TLS only, but for this machine, which
is reached by its usual names alone; addresses that answer any machine that asks with its own secrets (link-local: the
metadata services of clouds) and those that are nobody's are never posted to, whatever name leads there.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
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
    host = found.hostname or ""
    if not (found.scheme == "https" and host) and not (found.scheme == "http" and host in _LOCAL):
        raise InvalidInput(
            place="url", reason=f"https://… is wanted, not {url}", reason_zh=f"应为 https:// 地址：{url}"
        )
    literal = _literal(host)
    if literal is not None and _is_closed(host, literal):
        raise InvalidInput(place="url", reason=f"nothing is posted to {host}", reason_zh=f"不向 {host} 发送")
    return url


def _literal(host: str) -> str | None:
    """The address that a host is by itself, in any writing that a system takes (`0x7f.1`, `2852039166`)."""
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        pass
    try:
        return socket.inet_ntoa(socket.inet_aton(host))
    except (OSError, UnicodeError):
        return None


def _is_closed(host: str, address: str) -> bool:
    found = ipaddress.ip_address(address.partition("%")[0])
    plain = getattr(found, "ipv4_mapped", None) or found
    odd = plain.is_link_local or plain.is_multicast or plain.is_unspecified
    return odd or (plain.is_loopback and host not in _LOCAL)


def _refuse_closed(channel: str, recipient: str, url: str) -> None:
    """RecipientRefused where the host's name leads to a closed address. What does not resolve, posting tells."""
    host = urlsplit(url).hostname or ""
    try:
        led_to = {str(one[4][0]) for one in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError):
        return
    if any(_is_closed(host, one) for one in led_to):
        raise RecipientRefused(channel=channel, recipient=recipient, reason=f"{host} leads to a closed address")


def post(channel: str, recipient: str, url: str, body: bytes, headers: Mapping[str, str]) -> None:
    """Hand it over. DeliveryDelayed, RecipientRefused."""
    _refuse_closed(channel, recipient, checked(url))
    request = urllib.request.Request(url, data=body, headers=dict(headers), method="POST")
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
