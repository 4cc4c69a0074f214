"""Who may have which job done, and which files are taken, by what the headers say alone."""

from __future__ import annotations

import pytest

from riskmodel.service.access import Feed, Origin, Permission, Principal
from riskmodel.service.errors import UnsupportedMediaType
from riskmodel.service.jobs.kinds import MEDIA_TYPES, SENT, JobKind, check_may, format_of, result_ending
from riskmodel.service.refusals import Forbidden

FEED = Feed(frozenset({"illness"}), Origin.DEPARTMENT_SCREENING)


@pytest.mark.parametrize("ending", SENT)
def test_each_kind_of_file_by_its_type_whatever_stands_beside_it(ending: str) -> None:
    assert format_of(MEDIA_TYPES[ending], "") == ending
    assert format_of(f" {MEDIA_TYPES[ending].upper()} ; charset=utf-8", "identity") == ending


@pytest.mark.parametrize("declared", [("", ""), ("application/json", ""), ("text/csvx", ""), ("text/csv", "gzip")])
def test_other_files_and_those_that_are_packed_once_more_are_not_taken(declared: tuple[str, str]) -> None:
    with pytest.raises(UnsupportedMediaType, match="text/csv"):
        format_of(*declared)


def test_the_result_of_events_are_counts_and_that_of_scores_what_was_asked() -> None:
    assert result_ending("events", {"source": ""}) == "json"
    assert result_ending("scores", {"result": "xlsx"}) == "xlsx"


ALL = frozenset(Permission)


def who(without: Permission | None = None, feed: Feed | None = FEED) -> Principal:
    return Principal("client", "x", None, ALL - {without}, "", feed)


@pytest.mark.parametrize("kind", JobKind)
def test_whoever_has_all_permissions_may(kind: JobKind) -> None:
    check_may(who(), kind)


@pytest.mark.parametrize(
    ("kind", "account"),
    [
        (JobKind.SCORES, who(Permission.RUN_JOBS)),
        (JobKind.SCORES, who(Permission.SCORE)),
        (JobKind.EVENTS, who(Permission.RUN_JOBS)),
        (JobKind.EVENTS, who(Permission.SEND_EVENTS)),
        (JobKind.EVENTS, who(feed=None)),
        (JobKind.EVENTS, who(feed=Feed(frozenset(), Origin.OFFICIAL_CHECK))),
    ],
)
def test_whoever_lacks_one_thing_may_not(kind: JobKind, account: Principal) -> None:
    with pytest.raises(Forbidden):
        check_may(account, kind)
