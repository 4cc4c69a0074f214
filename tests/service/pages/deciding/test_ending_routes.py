"""The end of monitoring: what the records show is shown, two people agree, and it lapses when the risk comes back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import func, insert, select, update
from starlette.testclient import TestClient

from conftest import NOW
from helpers.accounts import as_user
from helpers.acts import acts_of
from helpers.forms import Forms, send
from helpers.stores import closing_store
from riskmodel.scoring.scorer import Scorer
from riskmodel.service.access import Role
from riskmodel.service.app import create_app
from riskmodel.service.cases.checklist import Shown
from riskmodel.service.ending_records import Records, read_records
from riskmodel.service.store.case_entries import entries_of
from riskmodel.service.store.case_rows import note_signs
from riskmodel.service.store.decisions import Judgement, Outcome, add_decision
from riskmodel.service.store.engine import Store
from riskmodel.service.store.households import Subject, find
from riskmodel.service.store.tables import events, scores, snapshots, standings
from riskmodel.settings import Settings

REVIEWER, SUPERVISOR = as_user(Role.REVIEWER.value), as_user(Role.SUPERVISOR.value)


@dataclass(frozen=True)
class There:
    """A service over a copy of tinyland, and one household of it."""

    web: TestClient
    store: Store
    subject: Subject

    @property
    def house(self) -> str:
        return f"/review/households/{self.subject.household_id}"

    def kinds(self) -> list[str]:
        with self.store.reading() as connection:
            return [one.kind for one in entries_of(connection, self.subject.household)]

    def decide(self, outcome: Outcome) -> None:
        with self.store.writing() as connection:
            judgement, household = Judgement(outcome, "seen"), self.subject.household
            add_decision(self.store, connection, household, judgement, by="reviewer", role="reviewer", at=NOW)

    def propose(self, who: dict[str, str] = REVIEWER, **fields: str) -> Any:
        hidden = Forms(self.web.get(f"{self.house}/ending", headers=who).text).find("/ending")
        return send(self.web, f"{self.house}/ending?lang=en", {**hidden, **fields}, who)

    def close(self, act: str, who: dict[str, str] = SUPERVISOR, **fields: str) -> Any:
        sent = {"about": "1", "act": act, **fields}
        return send(self.web, f"{self.house}/ending?lang=en", sent, who)


ALL = {
    **{f"confirmed-{code}": "yes" for code in ("income", "gone")},
    **{f"note-{code}": "seen there" for code in ("income", "gone")},
}
FITS = {"income": Shown.NOTHING_AGAINST, "health": Shown.YES, "gone": Shown.PEOPLE}


def chosen(store: Store, scorer: Scorer, wanted: Wanted) -> Subject:
    """Return a household of a band that has, or has not, anybody who can work, and of whom records show what is wanted."""
    tomorrow = NOW.date() + dt.timedelta(1)
    with store.reading() as connection:
        query = (
            select(standings.c.household_id).where(standings.c.band == wanted.band).order_by(standings.c.household_id)
        )
        for one in connection.execute(query).scalars():
            subject = find(connection, [one])[one]
            records = read_records(connection, scorer.programme, subject, tomorrow)
            shown = records.checklist()
            if records.without_labour is wanted.alone and all(
                shown[code] is said for code, said in wanted.shown.items()
            ):
                return subject
    raise LookupError(wanted)


@dataclass(frozen=True)
class Wanted:
    """Which household a test is about."""

    band: str = "low"
    alone: bool = False
    shown: Mapping[str, Shown] = field(default_factory=lambda: FITS)


@pytest.fixture(params=[Wanted()], ids=["low"])
def there(
    request: pytest.FixtureRequest, service_settings: Settings, store_copy: str, scorer: Scorer
) -> Iterator[There]:
    settings = service_settings.model_copy(update={"store": store_copy})
    with (
        closing_store(store_copy) as store,
        TestClient(create_app(settings, now=lambda: NOW), raise_server_exceptions=False) as web,
    ):
        there = There(web, store, chosen(store, scorer, request.param))
        there.decide(Outcome.MONITOR)
        yield there


def test_two_people_end_it(there: There) -> None:
    page = there.web.get(f"{there.house}/ending?lang=en", headers=REVIEWER).text
    assert "Income above the line for a year" in page and "People alone can confirm this" in page
    assert "nothing against it; a person still has to confirm it" in page and "note-health" not in page
    answer = there.propose(**ALL, text="they do well")
    assert (answer.status_code, there.kinds()) == (303, ["ending_proposed"])
    waits = there.web.get(f"{there.house}/case?lang=en", headers=REVIEWER).text
    assert "Waits for a second person" in waits and "A supervisor other than the proposer" in waits
    assert "Confirm or decline" not in waits
    assert "nothing against it in the records; confirmed by the proposer: seen there" in waits
    before = untouched(there)
    form = there.web.get(f"{there.house}/case?lang=en", headers=SUPERVISOR).text
    fields = {**Forms(form).find("/ending"), "act": "confirm"}
    confirmed = send(there.web, f"{there.house}/ending", fields, SUPERVISOR)
    assert confirmed.headers["location"].endswith("kept=ended")
    assert there.kinds() == ["ending_proposed", "ending_confirmed"]
    # it is written down, and changes nothing that a model learns from
    assert untouched(there) == before
    acts = [one for one in acts_of(there.store) if one["action"] == "ending_recorded"]
    assert [(one["actor"], one["detail"]["kind"]) for one in acts] == [
        ("user:reviewer", "ending_proposed"),
        ("user:supervisor", "ending_confirmed"),
    ]
    shown = [{"code": code, "shown": one.value} for code, one in FITS.items()]
    assert acts[1]["detail"]["checks"] == shown
    assert "do well" not in str(acts) and "seen there" not in str(acts)


def untouched(there: There) -> tuple[int, ...]:
    with there.store.reading() as connection:
        return tuple(
            connection.execute(select(func.count()).select_from(one)).scalar_one()
            for one in (scores, standings, snapshots)
        )


def test_whoever_proposes_does_not_confirm(there: There) -> None:
    assert there.propose(SUPERVISOR, **ALL).status_code == 303
    refused = there.close("confirm")
    assert refused.status_code == 409 and "A second person has to do this" in refused.text
    assert there.close("confirm", REVIEWER).status_code == 403
    assert there.kinds() == ["ending_proposed"]


def test_to_decline_it_needs_a_reason(there: There) -> None:
    there.propose(**ALL)
    without = there.close("decline")
    assert without.status_code == 422 and "Please write something here." in without.text
    assert there.close("decline", text="too early").status_code == 303
    assert there.close("confirm").status_code == 409
    assert there.propose(**ALL).status_code == 303
    assert there.kinds() == ["ending_proposed", "ending_declined", "ending_proposed"]


def test_after_it_the_case_says_so_until_the_next_decision(there: There) -> None:
    """The list, the household's page and the case say the same; nothing ends twice."""
    there.propose(**ALL)
    there.close("confirm")
    for name in ("/case", ""):
        assert "Monitoring ended" in there.web.get(f"{there.house}{name}?lang=en", headers=REVIEWER).text
    choice = '<option value="ended" selected>Monitoring ended</option>'
    assert choice in there.web.get("/review?lang=en&status=ended", headers=REVIEWER).text
    case = there.web.get(f"{there.house}/case?lang=en", headers=REVIEWER).text
    assert "Propose the end of monitoring" not in case and "Decided last" in case
    assert "已标注风险消除" in there.web.get(f"{there.house}/case?lang=zh", headers=REVIEWER).text
    again = send(there.web, f"{there.house}/ending?lang=en", ALL, REVIEWER)
    assert again.status_code == 409 and "This household is not being monitored." in again.text
    there.decide(Outcome.MONITOR)
    assert there.propose(**ALL).status_code == 303


@pytest.mark.parametrize("outcome", [one for one in Outcome if one is not Outcome.MONITOR])
def test_who_is_not_monitored_has_nothing_to_end(there: There, outcome: Outcome) -> None:
    there.decide(outcome)
    page = there.web.get(f"{there.house}/ending?lang=en", headers=REVIEWER).text
    assert "This household is not being monitored." in page and "note-gone" not in page
    refused = send(there.web, f"{there.house}/ending?lang=en", ALL, REVIEWER)
    assert refused.status_code == 409 and there.kinds() == []


@pytest.mark.parametrize("left", ["confirmed-gone", "note-gone", "confirmed-income"])
def test_each_check_is_shown_or_confirmed_in_words(there: There, left: str) -> None:
    answer = there.propose(**{name: value for name, value in ALL.items() if name != left}, text="typed")
    assert answer.status_code == 409
    assert "The records alone do not show this" in answer.text and "typed" in answer.text
    assert there.kinds() == []


@pytest.mark.parametrize("there", [Wanted(shown={"income": Shown.NO})], indirect=True, ids=["poor"])
def test_nobodys_word_overrides_the_records(there: There) -> None:
    page = there.web.get(f"{there.house}/ending?lang=en", headers=REVIEWER).text
    assert "Where the records are wrong, have them corrected first." in page and "confirmed-gone" not in page
    every = {**ALL, "confirmed-health": "yes", "note-health": "seen there"}
    refused = send(there.web, f"{there.house}/ending?lang=en", every, REVIEWER)
    assert refused.status_code == 409 and "The records speak against this." in refused.text
    assert there.kinds() == []


def test_what_is_recorded_before_it_is_confirmed_counts(there: There) -> None:
    """The records are read again, in the transaction that keeps the end of monitoring."""
    there.propose(**ALL)
    happened = {"kind": "illness", "occurred_on": NOW.date() - dt.timedelta(30), "amount": 400.0}
    with there.store.writing() as connection:
        known = {"recorded_on": NOW.date() - dt.timedelta(20), "fingerprint": "f", "source": "s"}
        connection.execute(insert(events), {"household": there.subject.household, **happened, **known})
    refused = there.close("confirm")
    assert refused.status_code == 409 and "What the records show has changed" in refused.text
    assert there.kinds() == ["ending_proposed"]
    assert there.close("decline", text="they fell ill").status_code == 303


def test_a_household_that_lost_its_labour_is_not_let_go(there: There, monkeypatch: pytest.MonkeyPatch) -> None:
    there.propose(**ALL)
    monkeypatch.setattr(Records, "without_labour", True)
    refused = there.close("confirm")
    assert refused.status_code == 409 and "kept under the safety net" in refused.text


def test_where_nobody_knows_who_can_work_a_person_has_to_say(there: There, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Records, "without_labour", None)
    page = there.web.get(f"{there.house}/ending?lang=en", headers=REVIEWER).text
    assert "Somebody in the household can work" in page and "Not known from the records" in page
    assert there.propose(**ALL).status_code == 409
    told = {"confirmed-able_to_work": "yes", "note-able_to_work": "two sons at home"}
    assert there.propose(**ALL, **told).status_code == 303
    assert there.close("confirm").status_code == 303


@pytest.mark.parametrize("what", ["sign", "decision"])
def test_it_lapses_with_what_comes_after_it(there: There, what: str) -> None:
    there.propose(**ALL)
    if what == "sign":
        sign = (there.subject.household, "self_report", NOW)
        with there.store.writing() as connection:
            note_signs(there.store, connection, [sign])
    else:
        there.decide(Outcome.MONITOR)
    page = there.web.get(f"{there.house}/case?lang=en", headers=SUPERVISOR).text
    assert "Lapsed" in page and "Confirm or decline" not in page
    refused = there.close("confirm")
    assert refused.status_code == 409 and "so the proposal lapsed" in refused.text.replace("\n", " ")
    assert there.kinds() == ["ending_proposed"]
    # where a sign waits it is decided on first
    assert there.propose(**ALL).status_code == (409 if what == "sign" else 303)


def test_one_at_a_time(there: There) -> None:
    hidden = Forms(there.web.get(f"{there.house}/ending", headers=REVIEWER).text).find("/ending")
    there.propose(**ALL)
    answer = send(there.web, f"{there.house}/ending?lang=en", {**hidden, **ALL}, REVIEWER)
    assert answer.status_code == 409 and "is proposed already" in answer.text
    assert there.kinds() == ["ending_proposed"]


@pytest.mark.parametrize("how", ["said since", "stands now"])
def test_it_lapses_when_the_risk_is_back(there: There, how: str) -> None:
    there.propose(**ALL)
    with there.store.writing() as connection:
        own = scores.c.household == there.subject.household
        row = dict(connection.execute(select(scores).where(own)).mappings().one())
        if how == "said since":
            number = connection.execute(select(func.max(scores.c.score))).scalar_one() + 1
            later = {"score": number, "band": "high", "scored_at": NOW + dt.timedelta(hours=1)}
            connection.execute(insert(scores), {**row, **later})
        else:
            connection.execute(update(scores).where(own).values(band="high"))
    page = there.web.get(f"{there.house}/case?lang=en", headers=SUPERVISOR).text
    assert "Lapsed" in page and "Confirm or decline" not in page
    refused = there.close("confirm")
    assert refused.status_code == 409 and "so the proposal lapsed" in refused.text
    assert there.kinds() == ["ending_proposed"]


@pytest.mark.parametrize("there", [Wanted(alone=True, shown={})], indirect=True, ids=["alone"])
def test_without_labour_it_is_refused_with_the_words_why(there: There) -> None:
    page = there.web.get(f"{there.house}/ending?lang=en", headers=REVIEWER).text
    assert "kept under the safety net and watched" in page
    refused = send(there.web, f"{there.house}/ending?lang=en", ALL, REVIEWER)
    assert refused.status_code == 409 and "kept under the safety net" in refused.text
    assert there.kinds() == []


@pytest.mark.parametrize("there", [Wanted("high", shown={})], indirect=True, ids=["high"])
def test_in_the_highest_band_it_is_refused(there: There) -> None:
    refused = send(there.web, f"{there.house}/ending?lang=en", ALL, REVIEWER)
    assert refused.status_code == 409 and "in the highest band" in refused.text


@pytest.mark.parametrize("nasty", ["<script>alert(1)</script>", "</textarea><svg/onload=alert(1)>", "{{ 7*7 }}"])
def test_words_of_people_stay_text(there: There, nasty: str) -> None:
    words = {name: nasty for name in ALL if name.startswith("note-")}
    refused = there.propose(**words, text=nasty).text
    there.propose(**{**ALL, **words}, text=nasty)
    there.close("decline", text=nasty)
    case = there.web.get(f"{there.house}/case", headers=SUPERVISOR).text
    for page, times in ((refused, 3), (case, 5)):
        found = Forms(page)
        assert found.text.count(nasty) >= times
        assert not {"script", "svg"} & set(found.tags) and "49" not in found.text
