"""No message goes into a private network or to this machine, however its address is written or what its name means."""

from __future__ import annotations

import pickle
import socket
import threading
from collections.abc import Sequence

import pytest

from riskmodel.service.webhooks import addresses
from riskmodel.service.webhooks.addresses import (
    AddressRefused,
    Place,
    Target,
    Unresolved,
    is_public,
    look_up,
    places_of,
    target_of,
)

PRIVATE = (
    *(
        "127.0.0.1",
        "127.8.8.8",
        "0.0.0.0",
        "10.0.0.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "169.254.169.254",
    ),
    *("100.64.0.1", "192.0.0.1", "192.0.2.1", "198.18.0.1", "203.0.113.1", "224.0.0.1", "239.1.1.1", "240.0.0.1"),
    *("255.255.255.255", "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "fe80::1"),
    *("fe80::1%eth0", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "ff0e::1", "2001:db8::1", "64:ff9b::7f00:1"),
    *("64:ff9b::10.0.0.1", "64:ff9b:1::1", "2002:7f00:1::", "2002:a00:1::", "2002:a9fe:a9fe::1", "2001::1", "100::1"),
    # as IPv6 wrote IPv4 addresses once
    *("::127.0.0.1", "::10.0.0.1", "::ffff:0:127.0.0.1", "4000::1"),
)
PUBLIC = (
    *("93.184.216.34", "1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:2800:220:1::1", "2a00:1450:4001::1"),
    *("::ffff:93.184.216.34", "64:ff9b::93.184.216.34", "2002:5db8:d822::1"),
)


@pytest.mark.parametrize("address", PRIVATE)
def test_what_is_not_of_the_open_network(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_what_is(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://example.org", Target(True, "example.org", 443, "/")),
        ("https://EXAMPLE.org:8443/a/b?c=d&e", Target(True, "example.org", 8443, "/a/b?c=d&e")),
        ("https://example.org?x=1", Target(True, "example.org", 443, "/?x=1")),
        ("https://xn--fiqs8s.example/%E5", Target(True, "xn--fiqs8s.example", 443, "/%E5")),
        ("https://93.184.216.34/x", Target(True, "93.184.216.34", 443, "/x")),
        ("https://[2606:2800:220:1::1]:444/", Target(True, "2606:2800:220:1::1", 444, "/")),
    ],
)
def test_what_a_url_says(url: str, expected: Target) -> None:
    assert target_of(url, private=False) == expected


def test_http_where_private_networks_are_allowed() -> None:
    assert target_of("http://localhost:8000/x", private=True) == Target(False, "localhost", 8000, "/x")
    assert target_of("http://localhost", private=True).port == 80


@pytest.mark.parametrize(
    ("url", "rule"),
    [
        ("http://example.org/", "scheme"),
        ("ftp://example.org/", "scheme"),
        ("file:///etc/passwd", "scheme"),
        ("gopher://example.org", "scheme"),
        ("javascript:alert(1)", "scheme"),
        ("//example.org", "scheme"),
        ("example.org", "scheme"),
        ("https:/example.org", "host"),
        ("https:///path", "host"),
        ("https://", "host"),
        ("https://:443/", "host"),
        ("https://user:secret@example.org/", "credentials"),
        ("https://user@example.org/", "credentials"),
        ("https://@example.org/", "credentials"),
        ("https://example.org:443@127.0.0.1/", "credentials"),
        ("https://example.org\\@127.0.0.1/", "url"),
        ("https://example.org#@127.0.0.1/", "url"),
        ("https://example.org/\r\nhost: internal", "url"),
        ("https://exa\tmple.org/", "url"),
        (" https://example.org/", "url"),
        ("https://例子.example/", "url"),
        ("https://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/", "url"),
        ("https://example.org:0/", "host"),
        ("https://example.org:65536/", "url"),
        ("https://example.org:x/", "url"),
        ("https://2130706433/", "host"),
        ("https://0x7f000001/", "host"),
        ("https://0x7f.1/", "host"),
        ("https://017700000001/", "host"),
        ("https://127.1/", "host"),
        ("https://127.0.0.01/", "host"),
        ("https://0/", "host"),
        ("https://a.0x/", "host"),
        ("https://127.0.0.1./", "host"),
        ("https://localhost./", "host"),
        ("https://exa_mple..org/", "host"),
        ("https://.example.org/", "host"),
        ("https://-example.org/", "host"),
        ("https://exam%70le.org/", "host"),
        ("https://exam!ple.org/", "host"),
        (f"https://{'a' * 64}.org/", "host"),
        (f"https://{'a.' * 130}org/", "host"),
        ("https://[::1/", "url"),
        ("https://[fe80::1%25eth0]/", "host"),
        ("https://[fe80::1%eth0]/", "host"),
        ("https://[127.0.0.1]/", "url"),
    ],
)
def test_a_hostile_url_is_refused_before_anything_is_looked_up(url: str, rule: str) -> None:
    with pytest.raises(AddressRefused) as refused:
        target_of(url, private=False)
    # versions of the library differ in what they notice first
    assert refused.value.rule in {rule, "host"} if rule == "url" else refused.value.rule == rule
    assert "secret" not in str(refused.value) and "example" not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    [
        *("https://127.0.0.1/", "https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://0.0.0.0/"),
        *(
            "https://169.254.169.254/latest/meta-data/",
            "https://localhost/",
            "https://[::]/",
            "https://[64:ff9b::a00:1]/",
        ),
    ],
)
def test_what_leads_to_this_machine_or_the_provider_is_refused(url: str) -> None:
    target = target_of(url, private=False)
    with pytest.raises(AddressRefused) as refused:
        places_of(target, look_up, private=False)
    assert refused.value.rule == "private_address"


def answering(*found: str) -> addresses.LookUp:
    def asked(host: str, port: int) -> Sequence[Place]:
        return [(socket.AF_INET6 if ":" in one else socket.AF_INET, (one, port)) for one in found]

    return asked


class TestPlaces:
    target = Target(True, "example.org", 443, "/")

    def test_all_of_them_are_returned(self) -> None:
        found = places_of(self.target, answering("1.1.1.1", "2606:2800::1"), private=False)
        assert [place[0] for _, place in found] == ["1.1.1.1", "2606:2800::1"]

    def test_one_private_address_among_public_ones_is_enough(self) -> None:
        with pytest.raises(AddressRefused) as refused:
            places_of(self.target, answering("1.1.1.1", "10.0.0.1"), private=False)
        assert refused.value.rule == "private_address"

    def test_private_ones_where_they_are_allowed(self) -> None:
        assert len(places_of(self.target, answering("10.0.0.1"), private=True)) == 1

    @pytest.mark.parametrize(
        "error", [socket.gaierror("no name"), OSError("no network"), UnicodeError("label too long")]
    )
    def test_a_name_without_an_address(self, error: Exception) -> None:
        def broken(host: str, port: int) -> Sequence[Place]:
            raise error

        for asked in (broken, answering()):
            with pytest.raises(Unresolved, match="check its name"):
                places_of(self.target, asked, private=False)

    def test_a_look_up_that_takes_too_long(self, monkeypatch: pytest.MonkeyPatch) -> None:
        over = threading.Event()

        def slow(host: str, port: int) -> Sequence[Place]:
            over.wait(30)
            return []

        monkeypatch.setattr(addresses, "LOOK_UP_SECONDS", 0.05)
        with pytest.raises(Unresolved):
            places_of(self.target, slow, private=False)
        over.set()


def test_the_error_travels_whole() -> None:
    for kind in (AddressRefused, Unresolved):
        found = pickle.loads(pickle.dumps(kind("host", "expected a host")))
        assert (type(found), found.rule, str(found)) == (kind, "host", "expected a host")
