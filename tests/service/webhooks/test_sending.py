"""A message goes to the address that was looked at and nowhere else, in a limited time, whatever the receiver does."""

from __future__ import annotations

import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from helpers.receivers import LOOPBACK, Receiver, certificate, receiving, talking
from riskmodel.service.webhooks.addresses import Place
from riskmodel.service.webhooks.sending import MOST_ANSWER_BYTES, Sender, Sent

BODY = json.dumps({"type": "alert.raised"}).encode()
HEADERS = {"content-type": "application/json", "webhook-id": "msg_1"}


def places(*found: tuple[str, int]) -> Sequence[Place]:
    return [(socket.AF_INET6 if ":" in host else socket.AF_INET, (host, port)) for host, port in found]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def reached(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Let no connection be made, and return where to they were to be."""
    found: list[tuple[str, int]] = []

    def connect(self: socket.socket, place: tuple[str, int]) -> None:
        found.append(place)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket.socket, "connect", connect, raising=False)
    return found


def sender(seconds: float = 5) -> Sender:
    return Sender(private=True, seconds=seconds)


def test_what_is_sent_arrives(receiver: Receiver) -> None:
    sent = sender().send(f"{receiver.url}?a=b%20c", HEADERS, BODY)
    assert sent == Sent(204)
    assert sent.delivered
    [got] = receiver.got
    assert (got.method, got.path, got.body) == ("POST", "/hook?a=b%20c", BODY)
    assert HEADERS.items() <= got.headers.items()
    assert got.headers["host"] == f"{LOOPBACK}:{receiver.port}"


@pytest.mark.parametrize("status", [200, 201, 299])
def test_any_success_counts(receiver: Receiver, status: int) -> None:
    receiver.answer = lambda _: (status, {}, b"thanks")
    assert sender().send(receiver.url, HEADERS, BODY).delivered


@pytest.mark.parametrize("status", [400, 404, 410, 429, 500, 503])
def test_other_answers_do_not(receiver: Receiver, status: int) -> None:
    receiver.answer = lambda _: (status, {"retry-after": "7"}, b"no")
    sent = sender().send(receiver.url, HEADERS, BODY)
    assert sent == Sent(status, None, "7")
    assert not sent.delivered


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(receiver: Receiver, status: int) -> None:
    with receiving() as inner:
        receiver.answer = lambda _: (status, {"location": inner.url}, b"")
        assert not sender().send(receiver.url, HEADERS, BODY).delivered
        assert inner.got == []
    assert len(receiver.got) == 1


def test_proxies_of_the_environment_are_not_used(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    with receiving() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, f"http://{LOOPBACK}:{proxy.port}")
        assert sender().send(receiver.url, HEADERS, BODY).delivered
        assert proxy.got == []


class TestAddresses:
    @pytest.mark.parametrize(
        "host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0.0.0.0", "2130706433", "[::1]", "127.1"]
    )
    def test_this_machine_is_not_reached(self, receiver: Receiver, host: str) -> None:
        sent = Sender(private=False, seconds=5).send(f"https://{host}:{receiver.port}/", HEADERS, BODY)
        assert sent.error in {"private_address", "host", "unresolved"}
        assert receiver.got == []

    def test_http_is_refused(self, receiver: Receiver) -> None:
        assert Sender(private=False).send(receiver.url, HEADERS, BODY) == Sent(None, "scheme")

    def test_a_name_that_means_something_else_a_moment_later(
        self, receiver: Receiver, reached: list[tuple[str, int]]
    ) -> None:
        """What was looked at is connected to; what the name means when asked again is never asked for."""
        answers = iter([places(("93.184.216.34", 443)), places((LOOPBACK, receiver.port))])
        one = Sender(private=False, asked=lambda host, port: next(answers))
        assert one.send("https://rebind.example/", HEADERS, BODY) == Sent(None, "connection")
        assert reached == [("93.184.216.34", 443)]

    def test_the_second_time_is_looked_at_too(self, receiver: Receiver, reached: list[tuple[str, int]]) -> None:
        answers = iter([places(("93.184.216.34", 443)), places((LOOPBACK, receiver.port))])
        one = Sender(private=False, asked=lambda host, port: next(answers))
        one.send("https://rebind.example/", HEADERS, BODY)
        assert one.send("https://rebind.example/", HEADERS, BODY) == Sent(None, "private_address")
        assert reached == [("93.184.216.34", 443)]

    def test_the_connection_is_made_to_what_was_looked_at(self, receiver: Receiver) -> None:
        one = Sender(private=True, asked=lambda host, port: places((LOOPBACK, receiver.port)))
        assert one.send("http://nowhere.invalid:81/x", HEADERS, BODY).delivered
        assert receiver.got[0].headers["host"] == "nowhere.invalid:81"

    def test_the_next_place_where_the_first_does_not_answer(self, receiver: Receiver) -> None:
        with socket.create_server((LOOPBACK, 0)) as free:
            closed = free.getsockname()[1]
        found = places((LOOPBACK, closed), (LOOPBACK, receiver.port))
        assert Sender(private=True, asked=lambda host, port: found).send("http://two.invalid/", HEADERS, BODY).delivered


class TestFailing:
    def test_nobody_listens(self) -> None:
        with socket.create_server((LOOPBACK, 0)) as free:
            closed = free.getsockname()[1]
        assert sender().send(f"http://{LOOPBACK}:{closed}/", HEADERS, BODY) == Sent(None, "connection")

    @pytest.mark.parametrize("said", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n", b"SSH-2.0-x\r\n"])
    def test_what_is_no_answer(self, said: bytes) -> None:
        with talking(lambda connection: (connection.recv(65536), connection.sendall(said))[1]) as port:
            assert sender().send(f"http://{LOOPBACK}:{port}/", HEADERS, BODY) == Sent(None, "connection")

    def test_an_endless_header(self) -> None:
        def talk(connection: socket.socket) -> None:
            connection.sendall(b"HTTP/1.1 200 OK\r\n")
            while True:
                connection.sendall(b"x: " + b"y" * 60_000 + b"\r\n")

        with talking(talk) as port:
            assert sender().send(f"http://{LOOPBACK}:{port}/", HEADERS, BODY) == Sent(None, "connection")

    def test_a_receiver_that_does_not_answer(self) -> None:
        over = threading.Event()
        with talking(lambda connection: over.wait(30) and None) as port:
            begun = time.monotonic()
            assert sender(0.2).send(f"http://{LOOPBACK}:{port}/", HEADERS, BODY) == Sent(None, "timeout")
            assert time.monotonic() - begun < 3
            over.set()

    def test_a_receiver_that_feeds_a_byte_at_a_time(self) -> None:
        """Each read is answered in time, and the whole would never end."""

        def talk(connection: socket.socket) -> None:
            for byte in b"HTTP/1.1 200 OK\r\nx: " + b"y" * 1000:
                connection.sendall(bytes([byte]))
                time.sleep(0.02)

        with talking(talk) as port:
            begun = time.monotonic()
            assert sender(0.3).send(f"http://{LOOPBACK}:{port}/", HEADERS, BODY) == Sent(None, "timeout")
            assert time.monotonic() - begun < 3

    def test_an_answer_without_end_is_read_so_far_and_counts(self) -> None:
        took: list[int] = []

        def talk(connection: socket.socket) -> None:
            connection.recv(65536)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            while True:
                took.append(connection.send(b"x" * 4096))

        with talking(talk) as port:
            begun = time.monotonic()
            assert sender(5).send(f"http://{LOOPBACK}:{port}/", HEADERS, BODY) == Sent(200)
            assert time.monotonic() - begun < 3
        # what is on its way in the system's buffers was never read
        assert sum(took) < MOST_ANSWER_BYTES + 8 * 1024 * 1024

    def test_a_body_that_does_not_come_takes_nothing_from_the_status(self) -> None:
        over = threading.Event()

        def talk(connection: socket.socket) -> None:
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n")
            over.wait(30)

        with talking(talk) as port:
            assert sender(0.2).send(f"http://{LOOPBACK}:{port}/", HEADERS, BODY) == Sent(200)
            over.set()


class TestTls:
    @pytest.fixture
    def trusted(self, tmp_path: Path) -> Path:
        return certificate(tmp_path, "hook.example")

    @pytest.fixture
    def secure(self, trusted: Path) -> Iterator[Receiver]:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(trusted)
        with receiving(context) as receiver:
            yield receiver

    def send(self, secure: Receiver, host: str, context: ssl.SSLContext | None) -> Sent:
        found = places((LOOPBACK, secure.port))
        one = Sender(private=True, asked=lambda host, port: found, context=context, seconds=5)
        return one.send(f"https://{host}/hook", HEADERS, BODY)

    def test_a_receiver_that_shows_who_it_is(self, secure: Receiver, trusted: Path) -> None:
        assert self.send(secure, "hook.example", ssl.create_default_context(cafile=trusted)).delivered
        assert secure.got[0].headers["host"] == "hook.example"

    def test_another_name_than_the_certificate_has(self, secure: Receiver, trusted: Path) -> None:
        context = ssl.create_default_context(cafile=trusted)
        assert self.send(secure, "other.example", context) == Sent(None, "tls")
        assert secure.got == []

    def test_a_certificate_that_nobody_signed(self, secure: Receiver) -> None:
        assert self.send(secure, "hook.example", None) == Sent(None, "tls")
        assert secure.got == []

    def test_a_receiver_that_speaks_no_tls(self, receiver: Receiver) -> None:
        assert self.send(receiver, "hook.example", None).error == "tls"

    def test_a_handshake_that_never_ends(self) -> None:
        over = threading.Event()
        with talking(lambda connection: over.wait(30) and None) as port:
            one = Sender(private=True, asked=lambda host, _: places((LOOPBACK, port)), seconds=0.2)
            assert one.send("https://hook.example/", HEADERS, BODY) == Sent(None, "timeout")
            over.set()
