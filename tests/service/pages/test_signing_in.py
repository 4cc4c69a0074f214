"""People sign in and out on a page that works without scripts, in both languages, and are led nowhere else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from pathlib import Path

import pytest
import structlog
from starlette.requests import Request
from starlette.testclient import TestClient

from helpers.accounts import (
    NOW,
    PASSWORD,
    SAME_ORIGIN,
    Clock,
    guarded_app,
    settings,
    store_with,
    user,
)
from riskmodel.language import LOCALES
from riskmodel.service.access import ROLE_PERMISSIONS, Principal, Role
from riskmodel.service.authenticating import Access
from riskmodel.service.edge import HEADERS
from riskmodel.service.pages.rendering import render
from riskmodel.service.store.accounts import disable_user

SIGN_IN, SIGN_OUT = "/review/sign-in", "/review/sign-out"
WRONG = "wrong horse battery staple"
HTML = {"accept": "text/html"}


class Fields(HTMLParser):
    """Collects the elements of a page with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def one(self, tag: str, **attributes: str) -> dict[str, str | None]:
        """Return the attributes of the only element of a kind."""
        (found,) = (own for name, own in self.found if name == tag and attributes.items() <= own.items())
        return found


@pytest.fixture
def access(tmp_path: Path) -> Iterator[Access]:
    store = store_with(tmp_path, [user("li"), user("mo", Role.MODELLER), user("gone")])
    with store.writing() as connection:
        disable_user(connection, "gone", NOW)
    yield Access(store, settings(), Clock())
    store.close()


@pytest.fixture
def asked(access: Access) -> TestClient:
    return TestClient(guarded_app(access, with_pages=True), follow_redirects=False)


def sign_in(asked: TestClient, name: str = "li", password: str = PASSWORD, after: str | None = None, **headers: str):  # type: ignore[no-untyped-def]
    form = {"name": name, "password": password} | ({} if after is None else {"next": after})
    return asked.post(SIGN_IN, data=form, headers={**SAME_ORIGIN, **HTML, **headers})


def test_in_and_out(asked: TestClient) -> None:
    assert asked.get("/review").status_code == 401
    begun = sign_in(asked, after="/review?page=2")
    assert (begun.status_code, begun.headers["location"]) == (303, "/review?page=2")
    token = asked.cookies["session"]
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", token)
    assert asked.get("/review").text == "user:li"
    ended = asked.post(SIGN_OUT, headers=SAME_ORIGIN)
    assert (ended.status_code, ended.headers["location"]) == (303, SIGN_IN)
    assert "session" not in asked.cookies
    assert asked.get("/review").status_code == 401
    reused = asked.get("/review", headers={"cookie": f"session={token}"})
    assert reused.status_code == 401, "a token is dead at once, though it was remembered"


def test_a_session_ended_in_one_process_is_over_in_others_within_a_second(access: Access, asked: TestClient) -> None:
    sign_in(asked)
    cookie = {"cookie": f"session={asked.cookies['session']}"}
    clock = Clock()
    other = TestClient(guarded_app(Access(access.store, settings(), clock)))
    assert other.get("/review", headers=cookie).status_code == 200
    asked.post(SIGN_OUT, headers=SAME_ORIGIN)
    clock.pass_by(1)
    assert other.get("/review", headers=cookie).status_code == 401


@pytest.mark.parametrize("secure", [True, False])
def test_the_cookies_flags(tmp_path: Path, secure: bool) -> None:
    store = store_with(tmp_path, [user("li")])
    access = Access(store, settings(cookie_secure=secure), Clock())
    answer = sign_in(TestClient(guarded_app(access, with_pages=True), follow_redirects=False))
    flags = set(answer.headers["set-cookie"].lower().split("; ")[1:])
    assert flags == {"httponly", "samesite=strict", "path=/", "max-age=43200", *(["secure"] if secure else [])}
    assert answer.headers["set-cookie"].startswith("__Host-session=" if secure else "session=")
    store.close()


@pytest.mark.parametrize(
    ("name", "password"),
    [("li", WRONG), ("nobody", PASSWORD), ("gone", PASSWORD), ("", ""), ("x" * 100, PASSWORD), ("LI", PASSWORD)],
)
def test_whatever_is_wrong_looks_the_same(asked: TestClient, name: str, password: str) -> None:
    answer = sign_in(asked, name, password)
    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers
    assert "The name or the password is wrong." in answer.text
    reference = sign_in(asked, "li", WRONG).text
    kept = Fields(answer.text).one("input", id="name")["value"]
    assert kept == name[:64]
    assert answer.text.replace(f'value="{kept}"', "") == reference.replace('value="li"', "")
    assert password not in answer.text or not password


def test_ten_bad_attempts(asked: TestClient) -> None:
    answers = [sign_in(asked, "li", WRONG) for _ in range(10)]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429] * 5
    assert all(1 <= int(answer.headers["retry-after"]) <= 60 for answer in answers[5:])
    assert "Too many attempts failed" in answers[-1].text
    assert sign_in(asked).status_code == 429, "the right password has to wait as well"
    assert sign_in(asked, "mo").status_code == 303


@pytest.mark.parametrize(
    "after", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:x", "/\t/evil.example", ""]
)
def test_nobody_is_led_elsewhere(asked: TestClient, after: str) -> None:
    assert sign_in(asked, after=after).headers["location"] == "/review"
    page = asked.get(SIGN_IN, params={"next": after})
    assert "evil" not in page.text and "javascript" not in page.text


def test_who_sees_no_household_is_led_to_the_routes(asked: TestClient) -> None:
    assert sign_in(asked, "mo").headers["location"] == "/docs"


@pytest.mark.parametrize("headers", [{"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}, {}])
def test_another_sites_page_signs_nobody_in_or_out(asked: TestClient, headers: Mapping[str, str]) -> None:
    form = {"name": "li", "password": PASSWORD}
    answer = asked.post(SIGN_IN, data=form, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "cross_site")
    assert "set-cookie" not in answer.headers
    sign_in(asked)
    assert asked.post(SIGN_OUT, headers=headers).status_code == 403
    assert asked.get("/review").status_code == 200


def test_a_form_longer_than_any_of_ours_is_not_read(asked: TestClient) -> None:
    form = {**SAME_ORIGIN, "content-type": "application/x-www-form-urlencoded"}
    assert asked.post(SIGN_IN, content=b"name=li&password=" + b"x" * 20_000, headers=form).status_code == 413


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (json.dumps({"name": "li", "password": PASSWORD}).encode(), "application/json"),
        (b"&".join(b"a=1" for _ in range(100)), "application/x-www-form-urlencoded"),
        (b"name=%ff%fe&password=%00", "application/x-www-form-urlencoded"),
        (b"\xff\xfe", "application/x-www-form-urlencoded"),
        (b"", "application/x-www-form-urlencoded"),
        (b"name=li", "multipart/form-data; boundary=x"),
    ],
)
def test_what_is_no_form_of_ours_is_a_wrong_password(asked: TestClient, body: bytes, kind: str) -> None:
    answer = asked.post(SIGN_IN, content=body, headers={**SAME_ORIGIN, "content-type": kind})
    assert answer.status_code == 401
    assert "The name or the password is wrong." in answer.text


def test_the_password_and_the_token_show_nowhere(asked: TestClient, capsys: pytest.CaptureFixture[str]) -> None:
    with structlog.testing.capture_logs() as lines:
        answers = [sign_in(asked, "li", WRONG), sign_in(asked), asked.get("/review")]
    token = asked.cookies["session"]
    shown = json.dumps(lines) + "".join(answer.text for answer in answers) + "".join(capsys.readouterr())
    assert all(secret not in shown for secret in (PASSWORD, WRONG, token))


@pytest.mark.parametrize("code", LOCALES)
def test_the_form_can_be_used_by_everybody(asked: TestClient, code: str) -> None:
    plain = asked.get(SIGN_IN, params={"next": "/review?page=2", "lang": code})
    page = Fields(plain.text)
    assert page.one("form", method="post")["action"] == SIGN_IN
    assert page.one("input", name="next", type="hidden")["value"] == "/review?page=2"
    name, password = page.one("input", name="name"), page.one("input", name="password", type="password")
    assert (name["autocomplete"], password["autocomplete"]) == ("username", "current-password")
    assert {own["for"] for tag, own in page.found if tag == "label"} == {name["id"], password["id"]}
    assert "aria-invalid" not in name
    others = [own["href"] for tag, own in page.found if tag == "a" and "hreflang" in own]
    assert others and all("next=%2Freview%3Fpage%3D2" in str(there) for there in others)
    failed = sign_in(asked, "li", WRONG, cookie=f"lang={code}")
    page = Fields(failed.text)
    assert page.one("div", role="alert")["aria-labelledby"] == "faults"
    assert page.one("a", href="#name") == {"href": "#name"}
    assert page.one("input", name="name")["aria-describedby"] == "faults"
    assert ("账号或密码错误" in failed.text) == (code == "zh")


def test_nothing_in_the_page_needs_an_exception_from_the_policy(asked: TestClient) -> None:
    page = Fields(sign_in(asked, "<script>alert(1)</script>", WRONG).text)
    assert "script" not in {tag for tag, _ in page.found} and "style" not in {tag for tag, _ in page.found}
    assert not any(name.startswith("on") or name == "style" for _, own in page.found for name in own)
    assert "form-action 'self'" in HEADERS["content-security-policy"]


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("code", LOCALES)
def test_the_layout_says_who_is_signed_in(role: Role, code: str) -> None:
    request = Request({"type": "http", "query_string": f"lang={code}".encode(), "headers": []})
    principal = Principal("user", "li", role, ROLE_PERMISSIONS[role], "")
    context = {"title": "t", "advice": "a", "request_id": "r", "programme": None}
    text = bytes(render(request, "problem.html", {**context, "principal": principal}, path="/review").body).decode()
    page = Fields(text)
    assert page.one("form", method="post")["action"] == SIGN_OUT
    assert ("已登录：li" if code == "zh" else "Signed in as li") in text
    (shown,) = re.findall(r'<span class="role">(.+?)</span>', text)
    assert bool(re.search(r"[\u4e00-\u9fff]", shown)) == (code == "zh")
    alone = bytes(render(request, "problem.html", context, path="/review").body).decode()
    assert "form" not in {tag for tag, _ in Fields(alone).found}
