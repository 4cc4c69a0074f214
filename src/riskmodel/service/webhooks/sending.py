"""One attempt to send a message: to an address that was looked at, in a limited time, and no further than there."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException

from riskmodel.service.webhooks.addresses import AddressRefused, LookUp, Place, Target, look_up, places_of, target_of

MOST_SECONDS, CONNECT_SECONDS = 15.0, 5.0
MOST_ANSWER_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of an attempt.

    Attributes
    ----------
    status : int or None
        HTTP status of the answer; None without one.
    error : str or None
        What stood in the way, where there is no answer: ``timeout``, ``connection``, ``tls``, or a rule that the address
        breaks.
    retry_after : str or None
        The answer's ``Retry-After``, as it came.
    """

    status: int | None
    error: str | None = None
    retry_after: str | None = None

    @property
    def delivered(self) -> bool:
        """Whether the receiver took it; a redirect is no such answer, since it is not followed."""
        return self.status is not None and 200 <= self.status < 300


class Sender:
    """Sends messages; several threads may share it. Proxies that the environment names are not used.

    Parameters
    ----------
    private : bool
        Whether the installation's own network is allowed.
    asked : callable
        Looks a host up.
    context : SSLContext, optional
        Whom to trust; the system's certificates otherwise.
    seconds : float
        Longest time of an attempt, from the look-up to the end of the answer.
    """

    def __init__(
        self,
        *,
        private: bool,
        asked: LookUp = look_up,
        context: ssl.SSLContext | None = None,
        seconds: float = MOST_SECONDS,
    ) -> None:
        self._private, self._asked, self._seconds = private, asked, seconds
        self._context = context or ssl.create_default_context()

    def send(self, url: str, headers: Mapping[str, str], body: bytes) -> Sent:
        """Send a body to a URL; whatever goes wrong is told, not raised."""
        until = time.monotonic() + self._seconds
        try:
            target = target_of(url, private=self._private)
            places = places_of(target, self._asked, private=self._private)
        except AddressRefused as refused:
            return Sent(None, refused.rule)
        connection = _Connection(target, places, self._context if target.secure else None, until)
        with _cut_off(connection, until):
            return _post(connection, target.path, headers, body)


def _post(connection: _Connection, path: str, headers: Mapping[str, str], body: bytes) -> Sent:
    try:
        connection.request("POST", path, body, {**headers, "connection": "close"})
        answer = connection.getresponse()
        connection.check()
    except (OSError, HTTPException, ValueError) as error:
        return Sent(None, _kind(error, connection))
    # the status says it all; some of the rest is read so that whoever sends it is not cut off in the middle
    with suppress(OSError, HTTPException, ValueError):
        answer.read(MOST_ANSWER_BYTES)
    return Sent(answer.status, None, answer.headers.get("retry-after"))


def _kind(error: Exception, connection: _Connection) -> str:
    if connection.is_cut or isinstance(error, TimeoutError):
        return "timeout"
    return "tls" if isinstance(error, ssl.SSLError) else "connection"


class _Connection(HTTPConnection):
    """A connection to one of some places, whatever the host's name means by now."""

    def __init__(self, target: Target, places: Sequence[Place], context: ssl.SSLContext | None, until: float) -> None:
        super().__init__(target.host, target.port)
        # the port is told to the receiver where it is not that of the scheme
        self.default_port = 443 if target.secure else 80
        self._places, self._context, self._until = places, context, until
        self.is_cut = False

    def connect(self) -> None:
        """Connect to the first place that answers."""
        self.sock = self._opened()
        self.sock.settimeout(self._left())
        if self._context is not None:
            self.sock = self._context.wrap_socket(self.sock, server_hostname=self.host, do_handshake_on_connect=False)
            self.sock.do_handshake()
        self.check()

    def check(self) -> None:
        """Raise TimeoutError if it was cut: headers that stop in the middle are read as if they ended there."""
        if self.is_cut:
            raise TimeoutError

    def cut(self) -> None:
        """End it from another thread: whoever feeds a byte at a time would keep it open for ever."""
        self.is_cut = True
        if self.sock is not None:
            with suppress(OSError):
                # a secure socket's own method would first forget its keys, under the hands of who reads
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)

    def _opened(self) -> socket.socket:
        failed: OSError = TimeoutError()
        for family, place in self._places:
            opened = socket.socket(family, socket.SOCK_STREAM)
            try:
                opened.settimeout(min(self._left(), CONNECT_SECONDS))
                opened.connect(place)
            except OSError as error:
                opened.close()
                failed = error
            else:
                return opened
        raise failed

    def _left(self) -> float:
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


@contextmanager
def _cut_off(connection: _Connection, until: float) -> Iterator[None]:
    """Cut a connection at an instant, and close it at the end."""
    watch = threading.Timer(max(until - time.monotonic(), 0), connection.cut)
    watch.daemon = True
    watch.start()
    try:
        yield
    finally:
        watch.cancel()
        connection.close()
