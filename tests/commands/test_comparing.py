"""Two bundles side by side: columns that hold, nothing lost from a long text, differences with the right sign."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from riskmodel.commands.comparing import comparison_text
from riskmodel.commands.printing import WIDTH
from riskmodel.evaluation.ranking import Interval
from riskmodel.training.comparison import Comparison, Fact, Figure, ScoreGap

FIRST, SECOND = "2018-01-01-aaaaaaaa", "2019-01-01-bbbbbbbb"
BARE = Comparison((FIRST, SECOND), (), (), (), (), (), (), (), (), None)
FULL = Comparison(
    versions=(FIRST, SECOND),
    facts=(Fact("cutoff", ("2018-01-01", "2019-01-01")), Fact("trained_by", ("", "T. Trainer"))),
    added=("land", "persons"),
    dropped=(),
    changed=("home_kind",),
    parameters=(Fact("model.rounds", ("40", "80")),),
    pooled=(
        Figure("roc_auc", (Interval(0.791, 0.746, 0.832), Interval(0.8, 0.7561, 0.8409))),
        Figure("recall_at_capacity", (Interval(0.6, 0.5, 0.7), Interval(0.55, 0.45, 0.65))),
    ),
    folds=(
        ("2018-01-01", (Figure("roc_auc", (Interval(0.7, 0.6, 0.8), None)),)),
        ("2019-01-01", (Figure("roc_auc", (None, Interval(0.7, 0.6, 0.8))),)),
    ),
    calibration=(Figure("expected_to_observed", (Interval(1.25, 1.1, 1.4), Interval(1.0, 0.9, 1.1))),),
    scores=ScoreGap(64, 0.98765, 0.01234, 0.2),
)
FULL_TEXT = """\
bundle                        2018-01-01-aaaaaaaa                2019-01-01-bbbbbbbb
cutoff                        2018-01-01                         2019-01-01
trained by                    –                                  T. Trainer

features added                land, persons
features dropped              none
features made differently     home_kind

parameters that differ
  model.rounds                40                                 80

all tests pooled                                    first                     second  second - first
  roc auc                          0.791 (0.746 to 0.832)     0.800 (0.756 to 0.841)          +0.009
  recall at capacity               0.600 (0.500 to 0.700)     0.550 (0.450 to 0.650)          -0.050

as of 2018-01-01                                    first                     second  second - first
  roc auc                          0.700 (0.600 to 0.800)                          –               –

as of 2019-01-01                                    first                     second  second - first
  roc auc                                               –     0.700 (0.600 to 0.800)               –

calibration, all tests                              first                     second  second - first
  expected to observed             1.250 (1.100 to 1.400)     1.000 (0.900 to 1.100)          -0.250

scores of 64 golden rows: rank correlation 0.988; probabilities differ by 0.012
in the mean and by at most 0.200"""


def below(text: str, title: str) -> list[str]:
    """Return the lines from a title to the next empty one."""
    lines = text.splitlines()
    start = next(place for place, line in enumerate(lines) if line.startswith(title))
    return lines[start : lines.index("", start)]


def test_a_whole_comparison_reads_as_it_was_approved() -> None:
    assert comparison_text(FULL) == FULL_TEXT


@pytest.mark.parametrize(
    ("values", "cells"),
    [
        ((Interval(0.5, 0.4, 0.6), Interval(0.7, 0.6, 0.8)), ["0.500 (0.400 to 0.600)", "0.700 (0.600 to 0.800)", "+0.200"]),
        ((Interval(0.7, 0.6, 0.8), Interval(0.5, 0.4, 0.6)), ["0.700 (0.600 to 0.800)", "0.500 (0.400 to 0.600)", "-0.200"]),
        ((Interval(0.0, 0.0, 0.0), Interval(0.0, 0.0, 0.0)), ["0.000 (0.000 to 0.000)", "0.000 (0.000 to 0.000)", "+0.000"]),
        ((None, Interval(0.5, 0.4, 0.6)), ["–", "0.500 (0.400 to 0.600)", "–"]),
        ((Interval(0.5, 0.4, 0.6), None), ["0.500 (0.400 to 0.600)", "–", "–"]),
        ((None, None), ["–", "–", "–"]),
    ],
)  # fmt: skip
def test_a_difference_is_the_second_minus_the_first_and_needs_both(
    values: tuple[Interval | None, Interval | None], cells: list[str]
) -> None:
    """A figure of exactly 0 is a figure."""
    text = comparison_text(replace(BARE, pooled=(Figure("roc_auc", values),)))
    line = below(text, "all tests pooled")[1]
    assert [line[30:57].strip(), line[57:84].strip(), line[84:].strip()] == cells


def test_differences_are_taken_before_rounding() -> None:
    """0.5004 and 0.5006 read as 0.500 and 0.501, but lie 0.0002 apart."""
    figure = Figure("roc_auc", (Interval(0.5004, 0, 1), Interval(0.5006, 0, 1)))
    assert below(comparison_text(replace(BARE, pooled=(figure,))), "all tests pooled")[1].endswith(" +0.000")


def test_dates_keep_their_order_and_their_own_figures() -> None:
    days = [f"20{year}-01-01" for year in (13, 15, 12)]
    figures = [Figure("roc_auc", (Interval(place / 10, 0, 1), None)) for place in range(3)]
    text = comparison_text(replace(BARE, folds=tuple((day, (one,)) for day, one in zip(days, figures, strict=True))))
    titles = [line.split()[2] for line in text.splitlines() if line.startswith("as of")]
    assert titles == days
    assert [below(text, f"as of {day}")[1].split()[2] for day in days] == ["0.000", "0.100", "0.200"]


@pytest.mark.parametrize(
    ("facts", "said", "unsaid"),
    [
        ((), "no parameter differs", "parameters that differ"),
        ((Fact("model.rounds", ("40", "80")),), "parameters that differ", "no parameter differs"),
    ],
)
def test_whether_any_parameter_differs_is_said(facts: tuple[Fact, ...], said: str, unsaid: str) -> None:
    lines = comparison_text(replace(BARE, parameters=facts)).splitlines()
    assert said in lines and unsaid not in lines


def test_bundles_without_common_rows_say_so_in_place_of_numbers() -> None:
    assert comparison_text(BARE).splitlines()[-1] == "scores: the two share no golden rows that both can score"


WORDS = st.text(st.characters(codec="ascii", exclude_characters=" ", exclude_categories=("C", "Z")), min_size=1)
TEXTS = st.lists(WORDS, max_size=12).map(" ".join)
NAMES = st.text("abcdefghij._[]0", min_size=1, max_size=80).filter(lambda name: name.strip("_") != "")


def squeezed(text: str) -> str:
    return "".join(text.split())


@given(st.lists(st.tuples(NAMES, TEXTS, TEXTS), min_size=1, max_size=4))
@example([("a" * 32, "b" * 36, "c" * 36), ("seven words of thirty_two letters", "", "d" * 200)])
def test_long_texts_go_on_below_in_their_own_column_and_lose_nothing(rows: list[tuple[str, str, str]]) -> None:
    facts = tuple(Fact(name, values) for name, *values in rows)
    lines = below(comparison_text(replace(BARE, facts=facts)), "bundle")[1:]
    columns = [squeezed("".join(line[start:end] for line in lines)) for start, end in ((0, 30), (30, 65), (65, WIDTH))]
    assert columns[0] == squeezed("".join(name.replace("_", " ") for name, *_ in rows))
    for place in (1, 2):
        assert columns[place] == squeezed("".join(row[place] or "–" for row in rows))


@given(*[st.lists(st.text("abcdefgh_", min_size=1, max_size=90), max_size=30) for _ in range(3)])
def test_every_feature_that_came_went_or_changed_is_named(
    added: list[str], dropped: list[str], changed: list[str]
) -> None:
    text = comparison_text(replace(BARE, added=tuple(added), dropped=tuple(dropped), changed=tuple(changed)))
    told = squeezed("".join(below(text, "features added")))
    parts = (("featuresadded", added), ("featuresdropped", dropped), ("featuresmadedifferently", changed))
    assert told == "".join(title + (",".join(names) or "none") for title, names in parts)


# what fits into a column with both ends of its range
FIGURE = st.floats(-9.999, 99.999)
RANGES = st.none() | st.builds(Interval, FIGURE, FIGURE, FIGURE)
FIGURES = st.lists(st.builds(Figure, st.just("precision_at_capacity"), st.tuples(RANGES, RANGES)), max_size=3).map(
    tuple
)
FACTS = st.lists(st.builds(Fact, NAMES, st.tuples(TEXTS, TEXTS)), max_size=3).map(tuple)
FEATURES = st.lists(st.text("abcdefgh_", min_size=1, max_size=120), max_size=9).map(tuple)


@given(
    st.builds(
        Comparison,
        versions=st.just((FIRST, SECOND)),
        facts=FACTS,
        added=FEATURES,
        dropped=FEATURES,
        changed=FEATURES,
        parameters=FACTS,
        pooled=FIGURES,
        folds=st.lists(st.tuples(st.just("2018-01-01"), FIGURES), max_size=2).map(tuple),
        calibration=FIGURES,
        scores=st.none() | st.builds(ScoreGap, st.integers(1, 128), st.floats(-1, 1), st.floats(0, 1), st.floats(0, 1)),
    )
)
def test_no_line_is_longer_than_a_hundred_columns_or_ends_in_blanks(comparison: Comparison) -> None:
    lines = comparison_text(comparison).splitlines()
    assert max(map(len, lines)) <= WIDTH
    assert all(line == line.rstrip() for line in lines)
