"""``POST /v1/events``: what departments report counts once, is refused one by one, and is done once under its key."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import structlog
from sqlalchemy import Connection, Row, delete, func, select, update

from conftest import NOW, TODAY
from helpers.accounts import Clock
from helpers.canaries import found_in, id_number_of, name_of, phone_of
from helpers.offices import Headers, Office, office, told_apart
from helpers.reports import cloud_event
from riskmodel.service.access import Origin, Role, Scope
from riskmodel.service.api import events as route
from riskmodel.service.api.event_schemas import EventsReply
from riskmodel.service.cloud_events import BATCH, SINGLE
from riskmodel.service.errors import MEDIA_TYPE
from riskmodel.service.store.report_rows import Received
from riskmodel.service.store.tables import clients, events, idempotency, waiting

PATH, JSON, CSV = "/v1/events", "application/json", "text/csv"
HEADER = "event_id,household_id,kind,occurred_on,amount,cause"
NOTHING = {"accepted": 0, "known": 0, "refused": 0, "recorded_on": TODAY.isoformat(), "faults": []}


@pytest.fixture
def place(models_dir: Path, tmp_path: Path) -> Iterator[Office]:
    with office(models_dir, f"sqlite:///{tmp_path / 'store.db'}") as place:
        yield place


@pytest.fixture
def clinic(place: Office) -> Headers:
    return place.department("clinic", "illness")


def send(place: Office, who: Headers, body: Any, media_type: str = JSON, **more: Any) -> Any:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {**who, "content-type": media_type, **more.pop("headers", {})}
    return place.web.post(PATH, content=raw, headers=headers, **more)


def table(*rows: Sequence[object], header: str = HEADER) -> bytes:
    return "\n".join([header, *(",".join(str(cell) for cell in row) for row in rows), ""]).encode()


def line(event_id: str = "1", household_id: str = "h0", kind: str = "illness", day: str = "2021-05-03") -> list[str]:
    return [event_id, household_id, kind, day, "20", ""]


def kept(place: Office) -> Sequence[Row[Any]]:
    with place.store.reading() as connection:
        return connection.execute(select(events).order_by(events.c.event)).all()


def how_many_wait(place: Office) -> int:
    with place.store.reading() as connection:
        return int(connection.execute(select(func.count()).select_from(waiting)).scalar_one())


class TestJson:
    @pytest.mark.parametrize("media_type", [SINGLE, JSON, f"{SINGLE}; charset=UTF-8"])
    def test_one_event(self, place: Office, clinic: Headers, media_type: str) -> None:
        answer = send(place, clinic, cloud_event(), media_type)
        assert (answer.status_code, answer.headers["content-type"]) == (200, JSON)
        EventsReply.model_validate_json(answer.content)
        assert answer.json() == {**NOTHING, "accepted": 1}
        [row] = kept(place)
        assert (row.household, row.kind, row.amount) == (place.numbers[0], "illness", 20.0)
        assert (row.source, row.sender, row.origin) == ("clinic", "client:clinic", "department_screening")
        assert (row.recorded_on, row.received_at) == (TODAY, NOW)
        assert how_many_wait(place) == 1

    def test_the_sound_ones_of_a_batch_count_and_the_others_are_told_by_position(
        self, place: Office, clinic: Headers
    ) -> None:
        batch = [
            cloud_event("0", "nobody"),
            cloud_event("1"),
            "no event",
            cloud_event("1"),
            cloud_event("1", data={"amount": 21}),
            cloud_event("2", type="example.listed"),
            cloud_event("3", "h2"),
            cloud_event("4", time="2021-06-02T00:00:00Z"),
        ]
        answer = send(place, clinic, batch, BATCH)
        assert answer.status_code == 200
        EventsReply.model_validate_json(answer.content)
        found = answer.json()
        assert (found["accepted"], found["known"], found["refused"]) == (2, 1, 5)
        assert [(one["position"], one["where"], one["rule"]) for one in found["faults"]] == [
            (0, "subject", "unknown_household"),
            (2, "event", "object"),
            (4, "id", "id_reused"),
            (5, "type", "not_allowed"),
            (7, "data.occurred_on", "future"),
        ]
        assert how_many_wait(place) == 2

    def test_one_that_is_not_sound_is_refused_and_nothing_is_kept(self, place: Office, clinic: Headers) -> None:
        for event in (cloud_event(specversion="2"), cloud_event("1", "nobody")):
            answer = send(place, clinic, event)
            assert (answer.status_code, answer.headers["content-type"]) == (422, MEDIA_TYPE)
            assert answer.json()["code"] == "invalid_request" and len(answer.json()["errors"]) == 1
        assert list(kept(place)) == [] and place.acts("events_received") == []

    def test_the_sender_s_own_recorded_on_counts_for_nothing(self, place: Office, clinic: Headers) -> None:
        assert send(place, clinic, cloud_event(recorded_on="2020-01-01")).status_code == 200
        answer = send(place, clinic, cloud_event("2", data={"recorded_on": "2020-01-01"}))
        assert answer.json()["errors"][0]["rule"] == "unknown_key"
        assert [row.recorded_on for row in kept(place)] == [TODAY]

    @pytest.mark.parametrize(
        ("body", "media_type", "status", "code"),
        [
            (b"", JSON, 400, "invalid_json"),
            (b"{", JSON, 400, "invalid_json"),
            (b"[]", JSON, 422, "invalid_request"),
            (b"{}", BATCH, 422, "invalid_request"),
            (b"[{}]", SINGLE, 422, "invalid_request"),
            (b"{}", "text/plain", 415, "unsupported_media_type"),
            (b"{}", "application/xml", 415, "unsupported_media_type"),
        ],
    )
    def test_other_bodies(
        self, place: Office, clinic: Headers, body: bytes, media_type: str, status: int, code: str
    ) -> None:
        answer = send(place, clinic, body, media_type)
        assert (answer.status_code, answer.json()["code"]) == (status, code)

    def test_more_faults_than_are_listed(self, place: Office, clinic: Headers, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(route, "MOST_FAULTS", 2)
        found = send(place, clinic, ["no event"] * 5, BATCH).json()
        assert found["refused"] == 5 and [one["position"] for one in found["faults"]] == [0, 1]


class TestTables:
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
    def test_a_file_of_an_office(self, place: Office, clinic: Headers, encoding: str) -> None:
        raw = table(line("大病一"), line("大病二", "h1")).decode().encode(encoding)
        answer = send(place, clinic, raw, CSV)
        assert answer.json() == {**NOTHING, "accepted": 2}, answer.text
        digest = hashlib.sha256(raw).hexdigest()
        # without another word the ids are the key's own
        assert {row.source for row in kept(place)} == {f"clinic sha256:{digest[:24]}"}
        assert place.acts("events_received")[0]["detail"]["sha256"] == digest

    def test_faults_are_told_by_the_row_below_the_header(
        self, place: Office, clinic: Headers, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(route, "CHUNK_ROWS", 2)
        rows = [line("1"), line("2", "nobody"), line("1"), line("3", kind="listed"), line("4", day="soon"), line("5")]
        found = send(place, clinic, table(*rows), CSV).json()
        assert (found["accepted"], found["known"], found["refused"]) == (2, 1, 3)
        assert [(one["position"], one["rule"]) for one in found["faults"]] == [
            (1, "unknown_household"),
            (3, "not_allowed"),
            (4, "date"),
        ]
        # a transaction a chunk, each with its entry
        counts = [act["detail"]["accepted"] for act in place.acts("events_received")]
        assert counts == [1, 0, 1]

    def test_of_more_faults_than_are_listed_no_more_are_held(
        self, place: Office, clinic: Headers, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A file of nothing but faults has millions of them."""
        monkeypatch.setattr(route, "CHUNK_ROWS", 2)
        monkeypatch.setattr(route, "MOST_FAULTS", 3)
        held, plus = [], Received.plus

        def noted(self: Received, other: Received) -> Received:
            held.append(len(self.refused))
            return plus(self, other)

        monkeypatch.setattr(Received, "plus", noted)
        found = send(place, clinic, table(*[line(day="soon")] * 9, line("2")), CSV).json()
        assert (found["accepted"], found["refused"]) == (1, 9)
        assert [one["position"] for one in found["faults"]] == [0, 1, 2]
        assert max(held) == 3

    def test_a_file_and_a_request_of_the_same_source_know_each_other(self, place: Office, clinic: Headers) -> None:
        assert send(place, clinic, cloud_event()).json()["accepted"] == 1
        assert send(place, clinic, table(line()), CSV, params={"source": "clinic"}).json()["known"] == 1
        assert send(place, clinic, table(line()), CSV, params={"source": "other"}).json()["accepted"] == 1
        assert len(kept(place)) == 2

    def test_a_header_alone(self, place: Office, clinic: Headers) -> None:
        assert send(place, clinic, table(), CSV).json() == NOTHING

    @pytest.mark.parametrize(
        ("raw", "code"),
        [
            (b"", "table_unreadable"),
            (table(header="event_id,household_id,kind"), "columns_mismatch"),
            (table(header=HEADER + ",recorded_on"), "columns_mismatch"),
            (table(header=HEADER + ",kind"), "table_unreadable"),
            (table(["1", "h0"]), "table_unreadable"),
            (HEADER.encode("utf-16"), "table_unreadable"),
            (b"PK\x03\x04\x00", "table_unreadable"),
        ],
    )
    def test_no_such_table(self, place: Office, clinic: Headers, raw: bytes, code: str) -> None:
        answer = send(place, clinic, raw, CSV)
        assert (answer.status_code, answer.json()["code"]) == (422, code), answer.text
        assert list(kept(place)) == []

    @pytest.mark.parametrize("source", ["two words", "农", "x" * 65, "a\n"])
    def test_a_source_of_another_kind(self, place: Office, clinic: Headers, source: str) -> None:
        assert send(place, clinic, table(line()), CSV, params={"source": source}).status_code == 422

    def test_one_that_breaks_off_is_gone_on_with(
        self, place: Office, clinic: Headers, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(route, "CHUNK_ROWS", 2)
        rows = [line(f"{number}") for number in range(5)]
        headers = {"idempotency-key": "one"}
        note, count = route.Receiving.note, iter(range(9))

        def failing(*arguments: Any, **more: Any) -> None:
            if next(count) == 1:
                raise ZeroDivisionError
            note(*arguments, **more)

        with monkeypatch.context() as patch:
            patch.setattr(route.Receiving, "note", failing)
            assert send(place, clinic, table(*rows), CSV, headers=headers).status_code == 500
        assert len(kept(place)) == 2
        found = send(place, clinic, table(*rows), CSV, headers=headers)
        assert (found.json()["accepted"], found.json()["known"]) == (3, 2)
        assert len(kept(place)) == 5 == sum(act["detail"]["accepted"] for act in place.acts("events_received"))

    def test_nothing_is_left_in_the_folder_for_temporary_files(
        self, place: Office, clinic: Headers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "temporary").mkdir()
        monkeypatch.setattr(route.tempfile, "tempdir", str(tmp_path / "temporary"))
        for raw in (table(line()), b"", table(["1", "h0"])):
            send(place, clinic, raw, CSV)
        assert list((tmp_path / "temporary").iterdir()) == []


class TestWhen:
    """A body may take minutes to arrive: what it says counts from when all of it is there."""

    @pytest.fixture
    def clock(self, place: Office, monkeypatch: pytest.MonkeyPatch) -> Clock:
        """Let every body take ten minutes."""
        clock = Clock(NOW.replace(hour=23, minute=55))
        monkeypatch.setattr(place.web.app.state.riskmodel, "now", clock)  # type: ignore[attr-defined]

        def slowly(read: Any) -> Any:
            async def found(*arguments: Any) -> Any:
                body = await read(*arguments)
                clock.pass_by(600)
                return body

            return found

        for name in ("json_body", "spooled_body"):
            monkeypatch.setattr(route, name, slowly(getattr(route, name)))
        return clock

    @pytest.mark.parametrize(("body", "media_type"), [(cloud_event(), JSON), (table(line()), CSV)])
    def test_midnight_passes_while_it_arrives(
        self, place: Office, clinic: Headers, clock: Clock, body: Any, media_type: str
    ) -> None:
        """Else it would be known before it came: to those who were scored in between, it was not."""
        tomorrow = (TODAY + dt.timedelta(days=1)).isoformat()
        assert send(place, clinic, body, media_type).json()["recorded_on"] == tomorrow
        [row] = kept(place)
        assert (row.recorded_on.isoformat(), row.received_at) == (tomorrow, clock())

    @pytest.mark.parametrize(
        ("body", "media_type", "name"), [(cloud_event(), JSON, "_keep_json"), (table(line()), CSV, "_keep_table")]
    )
    def test_it_is_not_done_twice_at_the_same_time(
        self,
        place: Office,
        clinic: Headers,
        clock: Clock,
        monkeypatch: pytest.MonkeyPatch,
        body: Any,
        media_type: str,
        name: str,
    ) -> None:
        """A claim counts as given up a minute after the work was begun, not after its body began to arrive."""
        keep, again, headers = getattr(route, name), [], {"idempotency-key": "one"}

        def meanwhile(*arguments: Any) -> Any:
            if not again:
                again.append(None)
                monkeypatch.setattr(clock, "pass_by", lambda _: None)
                again[0] = send(place, clinic, body, media_type, headers=headers)
            return keep(*arguments)

        monkeypatch.setattr(route, name, meanwhile)
        assert send(place, clinic, body, media_type, headers=headers).json()["accepted"] == 1
        assert (again[0].status_code, again[0].json()["code"]) == (409, "request_in_progress")

    def test_a_later_chunk_is_not_told_of_what_an_earlier_one_was(
        self, place: Office, clinic: Headers, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What was looked at between two chunks is not looked at again."""
        clock, note = Clock(NOW), route.Receiving.note
        monkeypatch.setattr(place.web.app.state.riskmodel, "now", clock)  # type: ignore[attr-defined]
        monkeypatch.setattr(route, "CHUNK_ROWS", 1)

        def looked_at(receiving: Any, connection: Connection, *arguments: Any, **more: Any) -> None:
            note(receiving, connection, *arguments, **more)
            if len(connection.execute(select(events)).all()) == 1:
                connection.execute(delete(waiting))
            clock.pass_by(1)

        monkeypatch.setattr(route.Receiving, "note", looked_at)
        assert send(place, clinic, table(line("1"), line("2")), CSV).json()["accepted"] == 2
        with place.store.reading() as connection:
            assert connection.execute(select(waiting.c.first_event)).scalar_one() == kept(place)[1].event


def test_a_body_over_the_limit(models_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RISKMODEL_MAX_BODY_BYTES", "4096")
    with office(models_dir, f"sqlite:///{tmp_path / 'store.db'}") as place:
        clinic = place.department("clinic", "illness")
        for raw, media_type in ((table(*[line()] * 200), CSV), (json.dumps([cloud_event()] * 40).encode(), BATCH)):
            for content in (raw, io.BytesIO(raw)):
                answer = place.web.post(PATH, content=content, headers={**clinic, "content-type": media_type})
                assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
        assert list(kept(place)) == []


class TestOnce:
    @pytest.mark.parametrize(("body", "media_type"), [(cloud_event(), JSON), (table(line()), CSV)])
    def test_a_replay_gives_the_same_bytes(self, place: Office, clinic: Headers, body: Any, media_type: str) -> None:
        headers = {"idempotency-key": "one"}
        first = send(place, clinic, body, media_type, headers=headers)
        again = send(place, clinic, body, media_type, headers=headers)
        assert (again.status_code, again.content) == (200, first.content)
        assert again.headers["content-type"] == JSON and first.json()["accepted"] == 1
        assert len(kept(place)) == len(place.acts("events_received")) == 1
        # without the key it is told how it is: known
        assert send(place, clinic, body, media_type).json()["known"] == 1

    def test_another_body_under_the_same_key(self, place: Office, clinic: Headers) -> None:
        headers = {"idempotency-key": "one"}
        send(place, clinic, cloud_event(), headers=headers)
        others = [
            (cloud_event("2"), JSON, {}),
            (cloud_event(), SINGLE, {}),
            (table(line()), CSV, {}),
            ([cloud_event()], BATCH, {}),
        ]
        for body, media_type, params in others:
            answer = send(place, clinic, body, media_type, headers=headers, params=params)
            assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
        assert len(kept(place)) == 1

    def test_the_source_of_a_table_is_part_of_what_is_asked(self, place: Office, clinic: Headers) -> None:
        headers = {"idempotency-key": "one"}
        answers = [
            send(place, clinic, table(line()), CSV, headers=headers, params={"source": source}).status_code
            for source in ("a", "b")
        ]
        assert answers == [200, 422]

    def test_keys_are_those_of_their_sender(self, place: Office, clinic: Headers) -> None:
        other, headers = place.department("other", "illness"), {"idempotency-key": "one"}
        assert [send(place, who, cloud_event(), headers=headers).json()["accepted"] for who in (clinic, other)] == [
            1,
            1,
        ]

    def test_what_was_refused_may_be_sent_again(self, place: Office, clinic: Headers) -> None:
        headers = {"idempotency-key": "one"}
        assert send(place, clinic, cloud_event("1", "nobody"), headers=headers).status_code == 422
        assert send(place, clinic, cloud_event("1", "h0"), headers=headers).status_code == 200

    def test_of_two_at_the_same_time_one_is_told_to_wait(
        self, place: Office, clinic: Headers, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        begun, go_on, keep = threading.Event(), threading.Event(), route._keep_json

        def slowly(*arguments: Any) -> Any:
            begun.set()
            assert go_on.wait(30)
            return keep(*arguments)

        monkeypatch.setattr(route, "_keep_json", slowly)
        headers = {"idempotency-key": "one"}
        with ThreadPoolExecutor(1) as pool:
            first = pool.submit(send, place, clinic, cloud_event(), headers=headers)
            assert begun.wait(30)
            second = send(place, clinic, cloud_event(), headers=headers)
            go_on.set()
            answer = first.result(30)
        assert (second.status_code, second.json()["code"]) == (409, "request_in_progress")
        assert second.headers["retry-after"] == "1"
        assert answer.json()["accepted"] == 1 and len(kept(place)) == 1
        assert send(place, clinic, cloud_event(), headers=headers).content == answer.content

    def test_without_a_key_nothing_is_kept_about_the_request(self, place: Office, clinic: Headers) -> None:
        send(place, clinic, cloud_event())
        with place.store.reading() as connection:
            assert connection.execute(select(func.count()).select_from(idempotency)).scalar_one() == 0


class TestWhoMay:
    def test_a_key_without_the_scope(self, place: Office) -> None:
        every = [scope for scope in Scope if scope is not Scope.EVENTS]
        assert send(place, place.client("mon", *every), cloud_event()).status_code == 403

    def test_no_user(self, place: Office) -> None:
        for role in Role:
            assert send(place, place.user(role.value, role), cloud_event()).status_code == 403
        assert send(place, {}, cloud_event()).status_code == 401

    def test_a_key_that_nobody_told_what_it_may_send(self, place: Office) -> None:
        answer = send(place, place.client("new", Scope.EVENTS), cloud_event())
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
        answer = send(place, place.department("none"), cloud_event())
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")

    def test_the_area_limits_whom_it_may_tell_of(self, place: Office) -> None:
        town = place.department("town", "illness", area="c1")
        batch = [cloud_event(f"{number}", one) for number, one in enumerate(["h0", "h1", "h2", "nobody"])]
        found = send(place, town, batch, BATCH).json()
        assert found["accepted"] == 2
        # a household elsewhere and none at all are told alike
        assert [(one.pop("position"), one) for one in found["faults"]] == [
            (2, found["faults"][0]),
            (3, found["faults"][0]),
        ]
        alone = [told_apart(send(place, town, cloud_event("9", one)).content) for one in ("h2", "nobody")]
        assert alone[0] == alone[1]

    def test_an_area_that_is_gone_holds_nobody(self, place: Office) -> None:
        gone = place.department("gone", "illness", area="c1")
        with place.store.writing() as connection:
            connection.execute(update(clients).where(clients.c.name == "gone").values(area_code="x9"))
        assert send(place, gone, [cloud_event()], BATCH).json()["refused"] == 1

    @pytest.mark.parametrize("origin", [Origin.SELF_REPORT, Origin.OFFICIAL_CHECK, Origin.DEPARTMENT_SCREENING])
    def test_each_event_says_who_noticed(self, place: Office, origin: Origin) -> None:
        send(place, place.department("some", "illness", origin=origin), cloud_event(origin="model"))
        assert [row.origin for row in kept(place)] == [origin.value]


def test_the_audit_is_told_what_came_and_of_whom_nothing(place: Office, clinic: Headers) -> None:
    answer = send(place, clinic, [cloud_event("1"), cloud_event("1"), "no event"], BATCH)
    [act] = place.acts("events_received")
    assert act["request_id"] == answer.headers["x-request-id"]
    assert (act["actor"], act["role"], act["subject"]) == ("client:clinic", "", "")
    assert act["detail"] == {"origin": "department_screening", "accepted": 1, "known": 1, "refused": 1}


def test_an_entry_that_can_not_be_written_keeps_nothing(
    place: Office, clinic: Headers, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(route.Receiving, "note", fail)
        assert send(place, clinic, cloud_event(), headers={"idempotency-key": "one"}).status_code == 500
    assert (list(kept(place)), how_many_wait(place)) == ([], 0)
    assert send(place, clinic, cloud_event(), headers={"idempotency-key": "one"}).json()["accepted"] == 1


def test_nothing_of_a_person_gets_into_answers_logs_figures_or_the_audit(place: Office, clinic: Headers) -> None:
    canaries = (name_of(3), id_number_of(3), phone_of(3))
    bodies: list[tuple[Any, str]] = [
        (table(*[line(one, one, one, one) for one in canaries]), CSV),
        (table(header=",".join(canaries)), CSV),
        (table(header=f"{canaries[0]},{canaries[0]}"), CSV),
        (table(list(canaries)), CSV),
        *(([cloud_event(**{key: one})], BATCH) for one in canaries for key in cloud_event()),
        *(([cloud_event(data={key: one})], BATCH) for one in canaries for key in ("occurred_on", "amount", one)),
        *((cloud_event(one, one), JSON) for one in canaries),
    ]
    with structlog.testing.capture_logs() as lines:
        answers = [send(place, clinic, body, media_type) for body, media_type in bodies]
    assert {answer.status_code for answer in answers} == {200, 422}
    assert not [answer.text for answer in answers if found_in(f"{answer.headers}{answer.text}")]
    assert found_in(str(lines)) == []
    assert found_in(json.dumps(place.acts(), ensure_ascii=False)) == []
    metrics = place.web.get("/metrics", headers=place.client("watch", Scope.METRICS))
    assert metrics.status_code == 200 and 'route="/v1/events"' in metrics.text
    assert found_in(metrics.text) == []
