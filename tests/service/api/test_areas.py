"""An area tells of the households in it; one outside of what somebody is limited to is as one that is not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.offices import Office, office, told_apart
from helpers.standings import stand
from riskmodel.service.access import Role
from riskmodel.service.api.schemas import AreaReply


@pytest.fixture
def place(models_dir: Path, tmp_path: Path) -> Iterator[Office]:
    with office(models_dir, f"sqlite:///{tmp_path / 'store.db'}") as place:
        stand(place.store, place.numbers[:2], [(0.5, "high"), (0.25, "low")])
        yield place


def test_an_area(place: Office) -> None:
    answer = place.web.get("/v1/areas/c1", headers=place.user("li", Role.VIEWER, "c1"))
    AreaReply.model_validate_json(answer.content)
    assert answer.json() == {
        "code": "c1",
        "level": "town",
        "parent": "c",
        "names": {"en": "Area c1", "zh": "地c1"},
        "children": [
            {"code": "c1a", "names": {"en": "Area c1a", "zh": "地c1a"}},
            {"code": "c1b", "names": {"en": "Area c1b", "zh": "地c1b"}},
        ],
        "households": 2,
        "scored": 2,
        "expected_falls": 0.75,
        "bands": {"high": 1, "low": 1},
    }
    [act] = place.acts("viewed")
    assert act["detail"] == {"what": "area", "area": "c1"}


def test_the_widest_has_none_above(place: Office) -> None:
    found = place.web.get("/v1/areas/c", headers=place.user("li", Role.VIEWER)).json()
    assert (found["parent"], found["households"], found["scored"]) == (None, 3, 2)


@pytest.mark.parametrize("code", ["c", "c2", "c10", "none", "%00", "x" * 300])
def test_another_area_is_as_one_that_is_not(place: Office, code: str) -> None:
    li = place.user("li", Role.VIEWER, "c1")
    answer = place.web.get(f"/v1/areas/{code}", headers=li)
    assert answer.status_code == 404
    assert told_apart(answer.content) == told_apart(place.web.get("/v1/areas/missing", headers=li).content)
    assert place.acts("viewed") == []
