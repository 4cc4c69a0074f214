"""The visit list: what is filtered is what is shown, counted and taken along; a search leads to the household."""

from __future__ import annotations

import csv
import io
import re
import tempfile
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import openpyxl
import pytest
from httpx2 import Response
from sqlalchemy import delete, select, update
from starlette.testclient import TestClient

from conftest import NOW
from helpers.accounts import add_everyone, as_user, settings
from helpers.acts import acts_of
from helpers.population import settle
from helpers.standings import stand
from helpers.stores import SHAPED, closing_store, fresh_database
from riskmodel.service.access import Role
from riskmodel.service.app import create_app
from riskmodel.service.pages.queue import export as exporting
from riskmodel.service.pages.queue import view as queue_view
from riskmodel.service.store.engine import Store
from riskmodel.service.store.tables import areas, cases, households, records, snapshots, standings, users

SUPERVISOR, REVIEWER, VIEWER = (as_user(role.value) for role in (Role.SUPERVISOR, Role.REVIEWER, Role.VIEWER))


@pytest.fixture
def web(models_dir: Path, store_copy: str) -> Iterator[TestClient]:
    given = settings(models=models_dir, programme="tinyland", store=store_copy)
    with TestClient(create_app(given, now=lambda: NOW), headers=SUPERVISOR, follow_redirects=False) as web:
        yield web


@pytest.fixture
def store(store_copy: str) -> Iterator[Store]:
    with closing_store(store_copy) as store:
        yield store


def ids_of(page: str) -> list[str]:
    return re.findall(r'<th[^>]*class="who">\s*<a href="/review/households/(\w+)"', page)


def listed(web: TestClient, **asked: object) -> list[str]:
    found: list[str] = []
    for page in range(1, 20):
        answer = web.get("/review", params={"lang": "en", "page": page, **asked})  # type: ignore[dict-item]
        assert answer.status_code == 200
        some = ids_of(answer.text)
        if not some or some[0] in found:
            return found
        found += some
    raise AssertionError("the list does not end")


def top(store: Store) -> list[str]:
    order = standings.c.negative_log_odds, standings.c.household_id
    with store.reading() as connection:
        return list(connection.execute(select(standings.c.household_id).order_by(*order)).scalars())


class TestFiltering:
    def test_everything_is_the_head_of_the_queue(self, web: TestClient, store: Store) -> None:
        found = listed(web)
        assert found == top(store)[: len(found)]
        assert f"<strong>{len(found)}</strong>" in web.get("/review?lang=en").text

    @pytest.mark.parametrize(("name", "column"), [("band", "band"), ("group", "leading_group")])
    def test_by_a_column(self, web: TestClient, store: Store, name: str, column: str) -> None:
        everybody = listed(web)
        with store.reading() as connection:
            values = dict(connection.execute(select(standings.c.household_id, standings.c[column])).all())
        for value in sorted(set(values.values()) - {""}):
            assert listed(web, **{name: value}) == [one for one in everybody if values[one] == value]

    def test_by_area_the_ranks_stay(self, web: TestClient, store: Store) -> None:
        with store.reading() as connection:
            query = select(households.c.household_id, areas.c.path).join(areas)
            path = dict(connection.execute(query).all())
        everybody = listed(web)
        assert listed(web, area="n1") == [one for one in everybody if "/n1/" in path[one]]
        assert listed(web, area="atlantis") == []

    def test_a_word_that_is_none_of_ours_asks_for_nothing(self, web: TestClient) -> None:
        assert listed(web, origin="x", status="x", who="x", band="\x00", group="\x00") == listed(web)
        assert listed(web, area="\x00") == []

    def test_what_holds_can_be_taken_off_one_by_one(self, web: TestClient) -> None:
        page = unescape(web.get("/review?lang=en&band=high&who=nobody").text)
        assert 'href="/review?who=nobody"' in page and 'href="/review?band=high"' in page
        assert re.search(r'<option value="high" selected>', page)


class TestSearching:
    def test_an_id_leads_to_its_household(self, web: TestClient, store: Store) -> None:
        last = top(store)[-1]
        answer = web.get("/review/search", params={"q": f" {last} "})
        assert (answer.status_code, answer.headers["location"]) == (303, f"/review/households/{last}")

    def test_a_beginning_lists_some(self, web: TestClient, store: Store) -> None:
        one = top(store)[0]
        page = web.get("/review/search", params={"q": one[:-1], "lang": "en"}).text
        assert one in page
        assert "No household of your area" in web.get("/review/search?q=zzzz&lang=en").text

    @pytest.mark.parametrize("text", ["", "0", "\x00", "'; DROP", "<script>alert(1)</script>", "农户" * 20])
    def test_whatever_is_typed_stays_text(self, web: TestClient, text: str) -> None:
        answer = web.get("/review/search", params={"q": text, "lang": "en"})
        assert answer.status_code == 200 and "<script>alert" not in answer.text

    def test_the_audit_knows_who_was_found_by_pseudonym(self, web: TestClient, store: Store) -> None:
        one = top(store)[0]
        web.get("/review/search", params={"q": one})
        [act] = [act for act in acts_of(store) if act["detail"].get("what") == "search"]
        assert len(act["detail"]["subjects"]) == 1 and one not in str(act)


class TestTakingAlong:
    @pytest.mark.parametrize("kind", ["csv", "xlsx"])
    def test_what_is_filtered_and_nothing_else(self, web: TestClient, store: Store, kind: str) -> None:
        answer = web.get("/review/export", params={"format": kind, "band": "high", "lang": "zh"})
        assert answer.headers["content-disposition"] == f'attachment; filename="visit-list.{kind}"'
        if kind == "csv":
            rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
        else:
            sheet = openpyxl.load_workbook(io.BytesIO(answer.content), read_only=True).active
            rows = [list(row) for row in sheet.iter_rows(values_only=True)]  # type: ignore[union-attr]
        assert rows[0][:2] == ["序号", "农户"]
        assert {row[9] for row in rows[1:]} == {"今日起等待"}
        assert [row[1] for row in rows[1:]] == listed(web, band="high")
        [act] = [act for act in acts_of(store) if act["detail"].get("what") == "queue_export"]
        assert len(act["detail"]["subjects"]) == len(rows) - 1

    def test_no_cell_becomes_a_formula(self, web: TestClient, store: Store) -> None:
        with store.writing() as connection:
            connection.execute(update(areas).values(names={"en": '=HYPERLINK("x")', "zh": "+1"}))
        rows = list(csv.reader(io.StringIO(web.get("/review/export?format=csv&lang=en").content.decode("utf-8-sig"))))
        assert {row[2][:2] for row in rows[1:]} == {"'="}

    def sheets(self, web: TestClient) -> dict[str, list[list[object]]]:
        book = openpyxl.load_workbook(io.BytesIO(web.get("/review/export?format=xlsx&lang=en").content))
        return {sheet.title: [list(row) for row in sheet.iter_rows(values_only=True)] for sheet in book.worksheets}

    def csv_rows(self, web: TestClient) -> list[dict[str, str]]:
        text = web.get("/review/export?format=csv&lang=en").content.decode("utf-8-sig")
        return list(csv.DictReader(io.StringIO(text)))

    def test_a_control_character_in_a_name_breaks_no_workbook(self, web: TestClient, store: Store) -> None:
        with store.writing() as connection:
            connection.execute(update(areas).values(names={"en": "Nor\x07th", "zh": "北"}))
        assert {str(row[2]) for row in self.sheets(web)["Visit list"][1:]} == {"North, North"}

    def test_the_date_of_the_data_and_the_model_are_told(self, web: TestClient, store: Store) -> None:
        with store.reading() as connection:
            [(as_of, version)] = set(connection.execute(select(standings.c.as_of, standings.c.version)).all())
        rows = self.csv_rows(web)
        assert {(row["as_of"], row["model_version"]) for row in rows} == {(as_of.isoformat(), version)}
        about = dict(row[:2] for row in self.sheets(web)["About this list"])
        assert about["Model version"] == version and about["Households"] == str(len(rows))

    def test_it_goes_on_where_households_without_a_score_are_left_out(
        self, web: TestClient, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        everybody = listed(web)
        with store.writing() as connection:
            number = select(households.c.household).where(households.c.household_id == everybody[1]).scalar_subquery()
            connection.execute(delete(snapshots).where(snapshots.c.household == number))
            connection.execute(delete(records).where(records.c.household == number))
        monkeypatch.setattr(exporting, "AT_A_TIME", 3)
        assert [row["Household"] for row in self.csv_rows(web)] == [everybody[0], *everybody[2:]]

    def test_what_is_cut_off_is_said_before_and_in_the_last_row(
        self, web: TestClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        everybody, words = listed(web), "Only the first 4 households; filter by area."
        assert "Only the first" not in web.get("/review?lang=en").text
        monkeypatch.setattr(exporting, "AT_A_TIME", 3)
        monkeypatch.setattr(exporting, "MOST_ROWS", len(everybody))
        assert [row["Household"] for row in self.csv_rows(web)] == everybody
        for module in (exporting, queue_view):
            monkeypatch.setattr(module, "MOST_ROWS", 4)
        assert words in web.get("/review?lang=en").text
        rows = self.csv_rows(web)
        assert [row["Household"] for row in rows[:-1]] == everybody[:4] and rows[-1]["Rank"] == words
        assert self.sheets(web)["Visit list"][-1][0] == words

    def test_nothing_of_it_stays_behind(self, web: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        folder = tmp_path / "made"
        folder.mkdir()
        monkeypatch.setattr(tempfile, "tempdir", str(folder))
        answer = web.get("/review/export?format=xlsx")
        assert int(answer.headers["content-length"]) == len(answer.content) > 0
        assert [*folder.iterdir()] == []


class TestHandingOver:
    def send(self, web: TestClient, who: dict[str, str], to: str, *ids: str, back: str = "/review") -> Response:
        data = {"household": list(ids), "to": to, "back": back}
        return web.post("/review/assignments", params={"lang": "en"}, data=data, headers=who)

    def test_by_form_and_back_to_where_one_was(self, web: TestClient, store: Store) -> None:
        one, two = top(store)[:2]
        answer = self.send(web, SUPERVISOR, "reviewer", one, two, back="/review?band=high&page=2&x=1")
        assert answer.status_code == 303
        assert answer.headers["location"] == "/review?band=high&page=2&handed=2"
        assert "2 households were handed over." in web.get(answer.headers["location"]).text
        assert listed(web, who="nobody")[:1] == [top(store)[2]]
        assert ids_of(web.get("/review?who=me", headers=REVIEWER).text) == [one, two]

    def test_twice_is_once(self, web: TestClient, store: Store) -> None:
        one = top(store)[0]
        places = [self.send(web, SUPERVISOR, "reviewer", one).headers["location"] for _ in range(2)]
        assert places == ["/review?handed=1", "/review?handed=0"]
        assert [act["detail"]["to"] for act in acts_of(store) if act["action"] == "assigned"] == ["reviewer"]

    @pytest.mark.parametrize("back", ["//evil.example/", "https://evil.example/?band=high", "/v1/queue", "", "/\\evil"])
    def test_nowhere_but_to_the_list(self, web: TestClient, store: Store, back: str) -> None:
        answer = self.send(web, SUPERVISOR, "reviewer", top(store)[0], back=back)
        assert (answer.status_code, answer.headers["location"]) == (303, "/review?handed=1")

    def test_what_is_wrong_is_said_and_what_was_chosen_stays(self, web: TestClient, store: Store) -> None:
        one, two = top(store)[:2]
        self.send(web, SUPERVISOR, "supervisor", two)
        for who, to, ids, status, words in (
            (SUPERVISOR, "reviewer", (), 422, "at least one household"),
            (SUPERVISOR, "viewer", (one,), 409, "does not decide about all"),
            (REVIEWER, "supervisor", (one,), 403, "only a supervisor"),
            (REVIEWER, "reviewer", (one, two), 403, "only a supervisor"),
        ):
            answer = self.send(web, who, to, *ids)
            assert answer.status_code == status and words in answer.text
            assert re.findall(r'value="(\w+)" checked', answer.text) == list(ids)
        assert ids_of(web.get("/review?who=me", headers=REVIEWER).text) == []

    def test_who_is_refused_stands_in_the_audit(self, web: TestClient, store: Store) -> None:
        one = top(store)[0]
        self.send(web, SUPERVISOR, "viewer", one)
        self.send(web, REVIEWER, "supervisor", one)
        # nobody waits for the note of a refusal
        web.app.state.riskmodel.audit.submit([]).result()  # type: ignore[attr-defined]
        told = [(act["actor"], act["detail"]["code"]) for act in acts_of(store) if act["action"] == "refused"]
        assert told == [("user:supervisor", "not_their_area"), ("user:reviewer", "forbidden")]

    def test_of_another_area_is_as_if_it_did_not_exist(self, web: TestClient) -> None:
        assert self.send(web, SUPERVISOR, "reviewer", "missing").status_code == 404

    def test_a_reviewer_takes_and_a_viewer_does_not(self, web: TestClient, store: Store) -> None:
        one = top(store)[0]
        assert self.send(web, REVIEWER, "reviewer", one).status_code == 303
        assert self.send(web, VIEWER, "viewer", one).status_code == 403
        assert "Hand over" not in web.get("/review?lang=en", headers=VIEWER).text

    def test_not_from_another_site(self, web: TestClient, store: Store) -> None:
        evil = {**SUPERVISOR, "sec-fetch-site": "cross-site"}
        assert self.send(web, evil, "reviewer", top(store)[0]).status_code == 403
        with store.reading() as connection:
            assert connection.execute(select(cases.c.assignee)).all() == []


def test_with_nothing_to_list(web: TestClient, store: Store) -> None:
    assert "No household of the list is like this" in web.get("/review?lang=en&origin=self_report").text
    with store.writing() as connection:
        connection.execute(delete(standings))
    page = web.get("/review?lang=en").text
    assert "Please ask the administrator" in page and "<table" not in page
    assert re.search("<details>.*riskmodel load", page, re.DOTALL)


def test_an_area_outside_of_the_own_one_offers_none(web: TestClient, store: Store) -> None:
    with store.writing() as connection:
        connection.execute(update(users).where(users.c.name == "viewer").values(area_code="north"))
    for area in ("south", "s1", "atlantis"):
        page = web.get("/review", params={"lang": "en", "area": area}, headers=VIEWER).text
        assert re.search(r'<select id="f-area"[^>]*>(.*?)</select>', page, re.DOTALL).group(1).count("<option") == 1  # type: ignore[union-attr]


@pytest.fixture(scope="module")
def on_postgres(models_dir: Path, postgres: str) -> Iterator[TestClient]:
    """Return the service on a PostgreSQL store with one household on the list."""
    with fresh_database(postgres, SHAPED) as url:
        with closing_store(url) as store:
            add_everyone(store)
            stand(store, settle(store, ["c1a"]), [(0.9, "high")])
        given = settings(models=models_dir, programme="tinyland", store=url)
        with TestClient(create_app(given, now=lambda: NOW), headers=SUPERVISOR) as web:
            yield web


@pytest.mark.parametrize("name", ["area", "band", "group", "origin", "who"])
@pytest.mark.parametrize("path", ["/review", "/review/export"])
def test_what_no_database_takes_asks_for_nothing(on_postgres: TestClient, path: str, name: str) -> None:
    assert on_postgres.get(path, params={"status": "monitor", name: "\x00"}).status_code == 200
