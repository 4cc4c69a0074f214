"""The printed explanation adds up to the score, in both languages, and never repeats an unknown id."""

from __future__ import annotations

import datetime as dt
import re

import pandas as pd
import pytest

from conftest import TODAY, Tiny
from riskmodel.errors import NotFound
from riskmodel.explain_one import explain_household
from riskmodel.panel.simulated.county import simulate, write_county
from riskmodel.registry.bundle import BundleFiles
from riskmodel.registry.champion import open_champion
from riskmodel.settings import CHECKOUT

SIGNED = r"[+-]\d+\.\d+"


def printed_sum(text: str) -> tuple[float, float]:
    """Return what the printed contributions add up to, and the log-odds that the last line tells."""
    *_, last = text.splitlines()
    start, log_odds = (float(one) for one in re.findall(SIGNED, last))
    features = re.findall(rf"^    ({SIGNED})  ", text, flags=re.MULTILINE)
    return start + sum(float(one) for one in features), log_odds


@pytest.mark.parametrize(("language", "word"), [("en", "What raises the risk"), ("zh", "推高风险")])
def test_one_horizon(
    tiny: Tiny, tiny_bundle: BundleFiles, tiny_snapshot: pd.DataFrame, language: str, word: str
) -> None:
    text = explain_household(
        tiny_bundle.path, tiny.folder, tiny_snapshot["household_id"][3], dt.date(2021, 1, 1), language, TODAY
    )
    total, log_odds = printed_sum(text)
    # thirteen features, each printed to three digits
    assert total == pytest.approx(log_odds, abs=0.01)
    assert word in text


def test_several_horizons_start_from_the_one_that_is_asked(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("county") / "data"
    write_county(simulate(600, 4), folder)
    bundle = open_champion(CHECKOUT / "models", "china-county").path
    text = explain_household(bundle, folder, "H0000042", dt.date(2025, 1, 1), "en", dt.date(2026, 11, 1))
    total, log_odds = printed_sum(text)
    assert total == pytest.approx(log_odds, abs=0.04)
    assert "imulated" in text


def test_an_unknown_household_is_not_repeated(tiny: Tiny, tiny_bundle: BundleFiles) -> None:
    with pytest.raises(NotFound) as caught:
        explain_household(tiny_bundle.path, tiny.folder, "110101199003078888", None, "en", TODAY)
    assert "110101199003078888" not in str(caught.value)
