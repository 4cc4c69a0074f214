"""Where messages may go: addresses of the open network alone, unless the installation allows its own.

::

    url ── target_of ──> scheme, host, port, path ── places_of ──> addresses that were looked at, and are connected to

A name is looked up once for each attempt, every address that it has is looked at, and the connection is made to one of
those very addresses: a name that means something else a moment later leads nowhere else.
"""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any
from urllib.parse import SplitResult, urlsplit

from riskmodel.errors import InputError

Place = tuple[socket.AddressFamily, tuple[Any, ...]]
"""Where a socket connects to: the kind of address, and the address with its port."""
LookUp = Callable[[str, int], Sequence[Place]]
"""Returns the places of a host and a port; raises OSError where there are none."""

LOOK_UP_SECONDS = 5.0
_PRINTABLE = re.compile(r"[!-~]+")
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"(?=.{{1,253}}$){_LABEL}(?:\.{_LABEL})*")
# what a resolver reads as a number, such as 2130706433 or 0x7f.1
_NUMBER = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)")
_UNICAST, _NAT64 = IPv6Network("2000::/3"), IPv6Network("64:ff9b::/96")


class AddressRefused(InputError):
    """Nothing is sent to this address.

    Parameters
    ----------
    rule : str
        Stable name of the rule that it breaks.
    message : str
        What was expected; never the address, which may hold a password.
    """

    code = "invalid_request"

    def __init__(self, rule: str, message: str) -> None:
        self.rule, self.message = rule, message
        super().__init__(message)

    def __reduce__(self) -> tuple[type[AddressRefused], tuple[str, str]]:
        """Keep the rule."""
        return type(self), (self.rule, self.message)


class Unresolved(AddressRefused):
    """No address is known of the host, for now."""


@dataclass(frozen=True, slots=True)
class Target:
    """Parts of a URL.

    Attributes
    ----------
    secure : bool
        Whether by HTTPS.
    host : str
        Name or address, without brackets.
    port : int
        Its own, or that of the scheme.
    path : str
        With the query.
    """

    secure: bool
    host: str
    port: int
    path: str


def target_of(url: str, *, private: bool) -> Target:
    """Read a URL.

    Parameters
    ----------
    url : str
        As somebody gave it.
    private : bool
        Whether the installation's own network is allowed, and with it HTTP.

    Raises
    ------
    AddressRefused
        If it is not ``https://HOST[:PORT][/PATH]``.
    """
    if not _PRINTABLE.fullmatch(url) or "\\" in url or "#" in url:
        raise AddressRefused(
            "url", "expected printable ASCII without blanks, backslash or '#'; write others as %XX, a host as xn--"
        )
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise AddressRefused("url", "expected https://HOST:PORT/PATH with a port up to 65535") from None
    if parts.scheme not in (("http", "https") if private else ("https",)):
        raise AddressRefused(
            "scheme", f"expected an address that begins with https://{' or http://' if private else ''}"
        )
    if "@" in parts.netloc:
        raise AddressRefused("credentials", "holds a name or a password; leave it out, the signature shows who sends")
    if port == 0 or not _is_host(parts):
        raise AddressRefused(
            "host", "expected a host's name, an IPv4 address in four parts, or an IPv6 one in brackets"
        )
    secure = parts.scheme == "https"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(secure, parts.hostname or "", port or (443 if secure else 80), path)


def _is_host(parts: SplitResult) -> bool:
    host = parts.hostname or ""
    try:
        if parts.netloc.startswith("["):
            IPv6Address(host)
            return "%" not in host
        if _NUMBER.fullmatch(host):
            IPv4Address(host)
            return True
    except ValueError:
        return False
    return _NAME.fullmatch(host) is not None


def look_up(host: str, port: int) -> list[Place]:
    """Ask the system for the places of a host."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [(family, place) for family, _, _, _, place in found]


def places_of(target: Target, asked: LookUp, *, private: bool) -> Sequence[Place]:
    """Return the places of a target, all of which may be connected to.

    Parameters
    ----------
    target : Target
        Where to.
    asked : callable
        Looks a host up.
    private : bool
        Whether the installation's own network is allowed.

    Raises
    ------
    Unresolved
        If there are none, or they can't be found out in time.
    AddressRefused
        If one of them is not of the open network.
    """
    try:
        found = _in_time(lambda: asked(target.host, target.port), LOOK_UP_SECONDS)
    except (OSError, UnicodeError):
        found = []
    if not found:
        raise Unresolved("unresolved", "no address is known of the host; check its name")
    if not private and not all(is_public(place[0]) for _, place in found):
        raise AddressRefused(
            "private_address",
            "leads into a private network or to this machine; name a public host, or let whoever runs the service allow it",
        )
    return found


def is_public(address: str) -> bool:
    """Tell whether an address belongs to one host of the open network.

    An IPv6 address that stands for an IPv4 one (mapped, NAT64, 6to4) is what that one is.

    Examples
    --------
    >>> is_public("93.184.216.34"), is_public("10.0.0.1"), is_public("::ffff:10.0.0.1")
    (True, False, False)
    """
    return _is_public(ip_address(address))


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv4Address):
        return address.is_global and not address.is_multicast
    inner = IPv4Address(int(address) % 2**32) if address in _NAT64 else address.ipv4_mapped or address.sixtofour
    # what is not unicast may be global by name, such as multicast, or stand for an IPv4 address in ways of long ago
    return _is_public(inner) if inner is not None else address in _UNICAST and address.is_global


def _in_time(do: Callable[[], Sequence[Place]], seconds: float) -> Sequence[Place]:
    """Do what can't be interrupted in a thread that is left behind where it takes too long."""
    found: Future[Sequence[Place]] = Future()

    def run() -> None:
        try:
            found.set_result(do())
        except Exception as error:
            found.set_exception(error)

    threading.Thread(target=run, name="look-up", daemon=True).start()
    # TimeoutError is an OSError
    return found.result(seconds)
