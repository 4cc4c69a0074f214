"""Whatever bytes come, on whatever route, by whomever: no failure, one shape of error, and nothing of them goes out again."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import re
import uuid
from collections import Counter
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from conftest import AS_OF
from helpers.accounts import EVERYTHING, SAME_ORIGIN, as_client, as_user
from helpers.asgi import Answered, Asked, Headers, ask
from helpers.hostile import JSON_VALUES, MARK, MEDIA_TYPES, TEXTS, altered_bodies, million_keys, quoted, raw_bodies
from helpers.reports import cloud_event
from riskmodel.service.access import POLICY, Role
from riskmodel.service.errors import CODES, MEDIA_TYPE
from riskmodel.service.guarding import routes_of
from riskmodel.settings import Settings

pytestmark = pytest.mark.slow

FULL = os.environ.get("RISKMODEL_FUZZ") == "full"
HOUSEHOLD = "000000000000000007"
MOST_GROWTH_BYTES = 100 * 2**20
JSON = (b"content-type", b"application/json")
FORM = (b"content-type", b"application/x-www-form-urlencoded")
PAGE = (b"accept", b"text/html")

DECISIONS = ("POST", "/v1/households/{household_id}/decisions")
UNMASKING = ("POST", "/v1/households/{household_id}/unmasking")
PROMOTION = ("POST", "/v1/models/{version}/promotion")
SCORES = ("POST", "/v1/scores")
SIGN_IN = ("POST", "/review/sign-in")
EVENTS = ("POST", "/v1/events")
COUNTS = ("accepted", "known", "refused")
EVENT_COLUMNS = ("event_id", "household_id", "kind", "occurred_on", "amount", "cause")

HOUSE = "/review/households/{household_id}"
FORMS: Mapping[tuple[str, str], Sequence[Mapping[str, str]]] = {
    ("POST", f"{HOUSE}/decide"): (
        {"key": "k", "score": "1", "outcome": "monitor", "reason": "no", "notes": "n", "evidence": "e"}
        | {"next_on": "2021-06-30", "corrects": ""},
    ),
    ("POST", f"{HOUSE}/help"): (
        {"key": "k", "measure": "cash", "on": "2021-06-01", "text": "t"},
        {"key": "k", "about": "1", "step": "finished", "on": "2021-06-01", "result": "helped", "text": "t"},
    ),
    ("POST", f"{HOUSE}/appeals"): (
        {"key": "k", "kind": "appeal", "decision": "1", "received_on": "2021-06-01", "text": "t"},
        {"key": "k", "about": "1", "result": "upheld", "text": "t"},
    ),
    ("POST", f"{HOUSE}/ending"): (
        {"key": "k", "confirmed-gone": "yes", "note-gone": "n", "text": "t"},
        {"key": "k", "act": "confirm", "about": "1", "text": "t"},
    ),
}
"""Forms of a household's case -> what they hold."""
CASES = (*FORMS, ("GET", f"{HOUSE}/case"), ("GET", f"{HOUSE}/decide"), ("GET", f"{HOUSE}/ending"))

MAY: Mapping[tuple[str, str], str] = {
    DECISIONS: Role.REVIEWER,
    UNMASKING: Role.REVIEWER,
    PROMOTION: Role.MODELLER,
    ("GET", "/v1/audit"): Role.AUDITOR,
    ("GET", "/"): Role.VIEWER,
    ("GET", "/review"): Role.VIEWER,
    ("GET", "/review/households/{household_id}"): Role.VIEWER,
    **dict.fromkeys(CASES, Role.REVIEWER),
    # whoever signs out is nobody from then on
    ("POST", "/review/sign-out"): Role.SUPERVISOR,
}
"""Routes that a client with every scope may not ask, or that are for people: who asks instead."""

QUERIES: Mapping[tuple[str, str], Sequence[str]] = {
    ("GET", "/review"): ("page", "area", "lang"),
    ("GET", "/review/sign-in"): ("next", "lang"),
    ("GET", "/static/{name}"): ("v",),
    ("GET", "/review/households/{household_id}"): ("lang",),
    ("GET", f"{HOUSE}/case"): ("kept", "lang"),
    ("GET", f"{HOUSE}/decide"): ("corrects", "lang"),
}
"""What pages read of their addresses; the interface's document tells it of all other routes."""

HEADERS: Sequence[tuple[tuple[str, ...], tuple[bytes, ...]]] = (
    (("authorization",), (b"", b"Bearer ", b"Basic ")),
    (("cookie",), (b"", b"session=", b"lang=")),
    (("content-type",), (b"",)),
    (("idempotency-key",), (b"",)),
    (("host", "origin", "referer", "sec-fetch-site"), (b"",)),
    (("accept", "accept-language", "x-request-id", "x-forwarded-for", "user-agent", "range", "if-none-match"), (b"",)),
)
"""Names that get a value together, and what is written before it."""

EDGE, READ_WITH_BODIES = ("host", "accept"), ("content-type", "idempotency-key")
"""Headers that the same code reads whatever the route: each route meets a third of the values, unless everything is asked."""

REPEATED: Mapping[tuple[str, str], str] = {
    SCORES: "each score names the household that the caller named",
    DECISIONS: "the answer is the decision as it is kept, with the reviewer's own reason",
    ("GET", "/v1/households/{household_id}/decisions"): "decisions as they are kept, with the reviewers' own reasons",
    **dict.fromkeys(CASES, "people's words stand on the pages of a case, and in its forms"),
    ("GET", "/review"): "the language's and the pages' links keep the area",
    ("GET", "/review/sign-in"): "the form keeps a path of this service, and so do the language's links",
    SIGN_IN: "the form comes back with the name that was typed, and leads on to a path of this service",
}
"""Routes whose answers hold what came in, each with its reason; escaped, and never in an error of the API."""


def path_parameters(path: str) -> list[str]:
    return re.findall(r"{(\w+)}", path)


def sound_path(settings: Settings, path: str, **given: str) -> str:
    champion = json.loads((settings.models / "tinyland" / "CHAMPION.json").read_text())["history"][-1]["version"]
    sound = {
        "household_id": HOUSEHOLD,
        "version": champion,
        "code": "n1",
        "name": "base.css",
        "webhook": "1",
        "job": "0" * 32,
    }
    return path.format(**{**sound, **given})


def is_page(route: tuple[str, str]) -> bool:
    return route[1] in ("/", "/docs") or route[1].startswith("/review")


def headers_of(method: str, path: str) -> list[tuple[bytes, bytes]]:
    who = MAY.get((method, path), EVERYTHING)
    given = SAME_ORIGIN if (method, path) == SIGN_IN else as_client(who) if who == EVERYTHING else as_user(who)
    return [(name.encode(), value.encode()) for name, value in given.items()]


class Judge:
    """Asks, and keeps what should not have been answered."""

    def __init__(self, app: FastAPI) -> None:
        self.app = app
        self.statuses: Counter[int] = Counter()
        self.wrong: list[str] = []

    async def ask(self, route: tuple[str, str], name: str, asked: Asked) -> Answered:
        """Ask; what is wrong with the answer is kept with the name of what was sent."""
        try:
            answer = await ask(self.app, asked)
        except Exception as error:
            self.wrong.append(f"{route} {name}: raised {type(error).__name__}")
            raise
        self.statuses[answer.status] += 1
        self.wrong += [f"{route} {name}: {answer.status} {what}" for what in faults(route, answer)]
        return answer


def faults(route: tuple[str, str], answer: Answered) -> Iterator[str]:
    """Yield what is wrong with an answer."""
    if answer.status >= 500 or answer.status < 200:
        yield "failed"
    is_problem = answer.header("content-type") == MEDIA_TYPE
    if answer.status >= 400:
        if is_problem:
            yield from _shape_faults(answer)
        elif not (answer.header("content-type").startswith("text/html") and route[1].startswith("/review")):
            yield f"is no problem document: {answer.header('content-type')}"
    head = b"\n".join(name + b": " + value for name, value in answer.headers if not _leads_back(answer, value))
    if MARK.encode() in head:
        yield "holds the mark in a header"
    if MARK.encode() in answer.body and (route not in REPEATED or is_problem):
        yield "holds the mark"
    if b"<script>" + MARK.encode() in answer.body and b"html" in head:
        yield "holds markup of whoever asked"


def _leads_back(answer: Answered, value: bytes) -> bool:
    """Tell whether a header leads to the sign-in page, and from there back to the address asked for, percent-encoded."""
    return answer.status == 303 and re.fullmatch(rb"/review/sign-in\?next=[\w%/.~-]*", value) is not None


def _shape_faults(answer: Answered) -> Iterator[str]:
    found = json.loads(answer.body)
    if list(found) != ["type", "title", "status", "code", "detail", "instance", "errors"]:
        yield "has another shape"
    elif not (
        found["status"] == answer.status
        and found["title"] == CODES[found["code"]]
        and found["type"].endswith(found["code"])
        and found["instance"] == f"urn:uuid:{uuid.UUID(answer.header('x-request-id'))}"
    ):
        yield "contradicts itself"


def run(coroutine: Coroutine[Any, Any, None]) -> None:
    asyncio.run(coroutine)


@pytest.fixture
def judge(fuzzed_app: FastAPI) -> Iterator[Judge]:
    """Return what asks; afterwards nothing may have gone wrong."""
    judge = Judge(fuzzed_app)
    yield judge
    assert judge.wrong == [], "\n".join(judge.wrong[:40])
    assert judge.statuses.total()


@pytest.fixture(scope="module", autouse=True)
def bounded_memory(fuzzed_app: FastAPI) -> Iterator[None]:
    """Let all of this module's requests together cost no more than so much memory.

    What the allocator keeps of the largest body, 60 MiB, is left aside: it is used again for the next one.
    """
    asyncio.run(ask(fuzzed_app, Asked("GET", "/review", headers=headers_of("GET", "/review"))))
    asyncio.run(ask(fuzzed_app, Asked("POST", "/v1/scores", "", [JSON, *headers_of(*SCORES)], million_keys())))
    before = resident_bytes()
    yield
    gc.collect()
    assert resident_bytes() - before < MOST_GROWTH_BYTES


def resident_bytes() -> int:
    found = re.search(r"VmRSS:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found.group(1)) * 1024


@pytest.fixture(scope="module")
def sound(fuzzed_settings: Settings, fuzzed_app: FastAPI) -> dict[tuple[str, str], dict[str, Any]]:
    """Return a body for each route that reads one, which it takes."""
    versions = fuzzed_app.state.riskmodel.versions.champion().scorer.id.version
    scores = fuzzed_app.openapi()["paths"]["/v1/scores"]["post"]["requestBody"]["content"]["application/json"]
    household = scores["examples"]["by features"]["value"]["households"][0]
    return {
        SCORES: {"household_ids": [HOUSEHOLD], "as_of": AS_OF.isoformat(), "model": versions, "reasons": 3},
        DECISIONS: {"outcome": "monitor", "reason": "no", "as_of": AS_OF.isoformat(), "version": versions}
        | {"notes": "n", "evidence": "e", "next_on": "2021-06-30"},
        UNMASKING: {"purpose": "visit", "words": "on Monday"},
        PROMOTION: {"expected_champion": versions, "reason": "better"},
        EVENTS: cloud_event("1", HOUSEHOLD, source="clinic"),
        ("features", ""): household["features"],
        ("household", ""): household,
        ("households", ""): {"households": [household], "reasons": 3, "model": versions},
    }


def test_every_route_is_asked(fuzzed_app: FastAPI) -> None:
    assert {(method, path) for method, path, _ in routes_of(fuzzed_app)} == set(POLICY)
    assert set(MAY) | set(QUERIES) | set(REPEATED) <= set(POLICY)


def media_types_of(route: tuple[str, str]) -> Sequence[bytes | None]:
    if route == EVENTS:
        return (*MEDIA_TYPES, b"text/csv", b"application/cloudevents-batch+json")
    return MEDIA_TYPES if route[0] == "POST" else MEDIA_TYPES[:1]


class TestBodies:
    def test_no_documents_at_all(self, judge: Judge, fuzzed_settings: Settings) -> None:
        async def asking() -> None:
            for route in POLICY:
                path, known = sound_path(fuzzed_settings, route[1]), headers_of(*route)
                for name, body in raw_bodies():
                    for media_type in media_types_of(route):
                        given = [] if media_type is None else [(b"content-type", media_type)]
                        asked = Asked(route[0], path, "", [*given, *known], body)
                        await judge.ask(route, f"{name} as {media_type!r}", asked)
                    if route[0] != "GET":
                        # nobody is refused before anything is read, whatever it is declared as
                        await judge.ask(route, f"{name} of nobody", Asked(route[0], path, "", [JSON], body))

        run(asking())

    @pytest.mark.parametrize("route", [SCORES, DECISIONS, UNMASKING, PROMOTION, EVENTS])
    def test_sound_documents_altered(
        self, judge: Judge, fuzzed_settings: Settings, sound: Mapping[Any, dict[str, Any]], route: tuple[str, str]
    ) -> None:
        async def asking() -> None:
            headers = [JSON, *headers_of(*route)]
            path = sound_path(fuzzed_settings, route[1])
            for name, body in altered_bodies(sound[route]):
                answer = await judge.ask(route, name, Asked("POST", path, "", headers, body))
                if "twice" in name and answer.status != 422:
                    judge.wrong.append(f"{route} {name}: {answer.status} took a key that stands twice")
            assert judge.statuses[200] + judge.statuses[201] + judge.statuses[409], (route, judge.statuses)

        run(asking())

    @pytest.mark.parametrize("route", FORMS)
    def test_forms_altered(self, judge: Judge, fuzzed_settings: Settings, route: tuple[str, str]) -> None:
        async def asking() -> None:
            headers, path = [FORM, *headers_of(*route)], sound_path(fuzzed_settings, route[1])
            for form in FORMS[route]:
                for field in form:
                    for name, value in TEXTS.items():
                        body = "&".join(
                            f"{one}={quoted(value if one == field else sent.encode())}" for one, sent in form.items()
                        )
                        await judge.ask(route, f"{field}: {name}", Asked("POST", path, "", headers, body.encode()))

        run(asking())

    def test_sound_households_altered(self, judge: Judge, sound: Mapping[Any, dict[str, Any]]) -> None:
        features, household, whole = (sound[name, ""] for name in ("features", "household", "households"))

        def bodies() -> Iterator[tuple[str, bytes]]:
            yield from altered_bodies(whole)
            for inner, outer, key in ((features, {**household}, "features"), (household, {**whole}, "households")):
                for name, body in altered_bodies(inner):
                    text = json.dumps({**outer, key: "PLACE" if key == "features" else ["PLACE"]}).encode()
                    text = text.replace(b'"PLACE"', body)
                    yield name, text if key == "households" else b'{"households": [' + text + b"]}"

        async def asking() -> None:
            for name, body in bodies():
                asked = Asked("POST", "/v1/scores", "", [JSON, *headers_of(*SCORES)], body)
                answer = await judge.ask(SCORES, name, asked)
                if "twice" in name and answer.status != 422:
                    judge.wrong.append(f"{name}: {answer.status} took a key that stands twice")
            assert judge.statuses[200]

        run(asking())

    @pytest.mark.parametrize("inner", [False, True])
    def test_sound_events_altered_in_a_batch(
        self, judge: Judge, sound: Mapping[Any, dict[str, Any]], inner: bool
    ) -> None:
        """Each is counted or refused by itself, and the sound ones beside it count whatever it is."""
        batch = [(b"content-type", b"application/cloudevents-batch+json"), *headers_of(*EVENTS)]
        other = json.dumps(cloud_event("beside", HOUSEHOLD)).encode()

        async def asking() -> None:
            for name, body in altered_bodies({"amount": 20.0, "occurred_on": "2021-05-03"} if inner else sound[EVENTS]):
                one = json.dumps({**sound[EVENTS], "data": "PLACE"}).encode().replace(b'"PLACE"', body)
                asked = Asked("POST", "/v1/events", "", batch, b"[%b, %b]" % (one if inner else body, other))
                answer = await judge.ask(EVENTS, name, asked)
                if answer.status == 200 and sum(json.loads(answer.body)[count] for count in COUNTS) != 2:
                    judge.wrong.append(f"{name}: of two events not every one is told of")
            assert judge.statuses[200] > judge.statuses[400]

        run(asking())

    def test_tables_of_events(self, judge: Judge) -> None:
        headers = [(b"content-type", b"text/csv"), *headers_of(*EVENTS)]
        header = ",".join(EVENT_COLUMNS).encode()

        def bodies() -> Iterator[tuple[str, bytes]]:
            for name, value in TEXTS.items():
                for place in range(len(EVENT_COLUMNS)):
                    row = [b"1", HOUSEHOLD.encode(), b"illness", b"2021-05-03", b"1", b""]
                    row[place] = value
                    yield f"{EVENT_COLUMNS[place]}: {name}", header + b"\n" + b",".join(row) + b"\n"
                    row[place] = b'"' + value.replace(b'"', b'""') + b'"'
                    yield f"{EVENT_COLUMNS[place]}: {name}, quoted", header + b"\n" + b",".join(row) + b"\n"
                yield f"column: {name}", header + b"," + value + b"\n1,2,illness,2021-05-03,1,,x\n"
                yield f"header: {name}", value + b"," + value + b"\n"
                yield f"after all: {name}", header + b"\n" + value

        async def asking() -> None:
            for name, body in bodies():
                await judge.ask(EVENTS, name, Asked("POST", "/v1/events", "source=clinic", headers, body))
            assert judge.statuses[200] and judge.statuses[422]

        run(asking())

    def test_a_million_keys(self, judge: Judge, fuzzed_settings: Settings) -> None:
        body = million_keys()

        async def asking() -> None:
            for route in (SCORES, DECISIONS, UNMASKING, PROMOTION, SIGN_IN):
                path = sound_path(fuzzed_settings, route[1])
                for _ in range(2 if route == SCORES else 20):
                    await judge.ask(route, "a million keys", Asked("POST", path, "", [JSON, *headers_of(*route)], body))
            assert judge.statuses == {413: 80, 422: 2}

        run(asking())

    def test_forms(self, judge: Judge) -> None:
        async def asking() -> None:
            for name, value in TEXTS.items():
                text = quoted(value).encode()
                body = b"name=" + text + b"&password=" + text + b"&next=/review" + text
                headers: Headers = [FORM, (b"sec-fetch-site", b"same-origin"), PAGE]
                await judge.ask(SIGN_IN, name, Asked("POST", "/review/sign-in", "", headers, body))

        run(asking())


def parameters_of(app: FastAPI, route: tuple[str, str]) -> Sequence[str]:
    operation = app.openapi()["paths"].get(route[1], {}).get(route[0].lower(), {})
    declared = [one["name"] for one in operation.get("parameters", ()) if one["in"] == "query"]
    return [*declared, *QUERIES.get(route, ())]


class TestAddresses:
    def test_path_parameters(self, judge: Judge, fuzzed_settings: Settings) -> None:
        async def asking() -> None:
            for route in POLICY:
                for parameter in path_parameters(route[1]):
                    for name, value in TEXTS.items():
                        path = sound_path(fuzzed_settings, route[1], **{parameter: quoted(value)})
                        for more in ([], headers_of(*route), [*headers_of(*route), PAGE]):
                            asked = Asked(route[0], path, "", [JSON, *more], b"{}")
                            await judge.ask(route, f"{parameter}: {name}", asked)

        run(asking())

    def test_query_parameters(self, judge: Judge, fuzzed_app: FastAPI, fuzzed_settings: Settings) -> None:
        async def asking() -> None:
            for route in POLICY:
                path = sound_path(fuzzed_settings, route[1])
                for parameter in (*parameters_of(fuzzed_app, route), MARK):
                    for name, value in TEXTS.items():
                        query, more = f"{parameter}={quoted(value)}", [PAGE] if is_page(route) else []
                        for one in (query, f"{query}&{parameter}=1") if name in ("plain", "empty") else (query,):
                            asked = Asked(route[0], path, one, [*headers_of(*route), *more])
                            await judge.ask(route, f"{parameter}: {name}", asked)

        run(asking())

    @pytest.mark.parametrize("day", ["0001-01-01", "1677-09-21", "1970-01-01", "2013-01-01", "2021-06-01"])
    def test_any_day_by_any_model(
        self, judge: Judge, sound: Mapping[Any, dict[str, Any]], fuzzed_settings: Settings, day: str
    ) -> None:
        async def asking() -> None:
            version = sound[SCORES]["model"]
            for what in ("score", "explanation"):
                route = ("GET", f"/v1/households/{{household_id}}/{what}")
                for query in (f"as_of={day}&model={version}", f"as_of={day}"):
                    path = sound_path(fuzzed_settings, route[1])
                    for household in (path, path.replace(HOUSEHOLD, "000000000000000599")):
                        await judge.ask(route, day, Asked("GET", household, query, headers_of(*route)))
            body = json.dumps({**sound[SCORES], "as_of": day, "household_ids": [HOUSEHOLD] * 100}).encode()
            await judge.ask(SCORES, day, Asked("POST", "/v1/scores", "", [JSON, *headers_of(*SCORES)], body))

        run(asking())

    def test_no_address_of_ours(self, judge: Judge) -> None:
        async def asking() -> None:
            for value in TEXTS.values():
                for before in ("/", "/v1/", "/review/", "/static/", "/v1/households/", "/v1/models/"):
                    for method in ("GET", "POST", "DELETE", MARK.upper()):
                        path = f"{before}{quoted(value)}"
                        await judge.ask(
                            (method, before), "address", Asked(method, path, "", headers_of("GET", "/v1/queue"))
                        )

        run(asking())


def test_headers(judge: Judge, fuzzed_settings: Settings, sound: Mapping[Any, dict[str, Any]]) -> None:
    values = {name: value for name, value in TEXTS.items() if not set(value) & set(b"\0\r\n")}

    async def asking() -> None:
        for number, route in enumerate(POLICY):
            path, body = sound_path(fuzzed_settings, route[1]), json.dumps(sound.get(route, {})).encode()
            for names, prefixes in HEADERS:
                own = [one for one in (JSON, *headers_of(*route)) if one[0].decode() not in names]
                shared = not FULL and (names[0] in EDGE or (route[0] == "GET" and names[0] in READ_WITH_BODIES))
                for name, value in list(values.items())[number % 3 :: 3] if shared else values.items():
                    for prefix in prefixes:
                        given = [(header.encode(), prefix + value) for header in names]
                        asked = Asked(route[0], path, "", [*own, *given], body)
                        await judge.ask(route, f"{names[0]}: {prefix!r} {name}", asked)

    run(asking())


def test_the_corpus_is_what_it_says() -> None:
    assert {"deep lists", "hundred thousand keys", "binary", "empty"} <= {name for name, _ in raw_bodies()}
    assert sum(MARK in value for value in JSON_VALUES.values()) >= 10
