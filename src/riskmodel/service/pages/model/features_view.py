"""What a model looks at, and what it is not allowed to look at: in the dictionary's words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from riskmodel.explain.reasons import Words
from riskmodel.language import Language
from riskmodel.programme.dictionary import Column, Direction, Feature, Leak, Privacy
from riskmodel.programme.programme import Programme
from riskmodel.service.pages.household.departments import department_label, recording_department


@dataclass(frozen=True, slots=True)
class FeatureRow:
    """One feature: what it is called, what more of it does, and whose figures it is made from."""

    label: str
    direction: str
    source: str


@dataclass(frozen=True, slots=True)
class FeatureBlock:
    """The features of one factor group."""

    label: str
    rows: tuple[FeatureRow, ...]


@dataclass(frozen=True, slots=True)
class NotUsed:
    """Columns that are never looked at, and why."""

    why: str
    labels: tuple[str, ...]


def feature_blocks(programme: Programme, language: Language) -> tuple[FeatureBlock, ...]:
    """Return the features by factor group, in the programme's order."""
    words = Words(programme, language)
    by_group: dict[str, list[FeatureRow]] = {code: [] for code in programme.file.groups}
    for feature in programme.features:
        by_group.setdefault(feature.column.group, []).append(_row(programme, words, feature))
    return tuple(FeatureBlock(words.group(code), tuple(rows)) for code, rows in by_group.items() if rows)


def _row(programme: Programme, words: Words, feature: Feature) -> FeatureRow:
    source = recording_department(programme, feature)
    return FeatureRow(
        words.feature(feature.name),
        direction_label(words.language, feature.column.direction),
        department_label(words.language, source) if source else "",
    )


def direction_label(language: Language, direction: Direction) -> str:
    """Return what more of something does to the risk, as the dictionary lays down."""
    gettext = language.gettext
    return {
        Direction.MORE: gettext("more of it: never less risk"),
        Direction.LESS: gettext("more of it: never more risk"),
        Direction.FREE: gettext("either way"),
    }[direction]


def not_used(programme: Programme, language: Language) -> tuple[NotUsed, ...]:
    """Return the columns that the model never looks at, by why not."""
    gettext, columns = language.gettext, programme.dictionary.columns
    found = (
        (
            gettext(
                "Written because of the very decision that is predicted, or a measure of attention rather than risk"
            ),
            [one for one in columns if one.leak is Leak.LEAK or one.key in programme.file.leaks],
        ),
        (
            gettext("Protected: only used to check whether groups are served worse"),
            [one for one in columns if one.privacy is Privacy.PROTECTED],
        ),
        (
            gettext("About single people: only put together for the household, such as how many can work"),
            [one for one in columns if one.privacy is Privacy.PERSONAL],
        ),
    )
    return tuple(NotUsed(why, _labels(listed, language)) for why, listed in found if listed)


def _labels(columns: Sequence[Column], language: Language) -> tuple[str, ...]:
    return tuple(dict.fromkeys(language.label(one.labels) or one.name for one in columns))
