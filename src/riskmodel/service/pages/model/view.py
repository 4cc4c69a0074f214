"""What the page of a model shows, ready for its template."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass

from riskmodel.language import Language
from riskmodel.programme.outcome import EventWithin
from riskmodel.programme.programme import Programme
from riskmodel.registry.history import Entry
from riskmodel.scoring.scorer import Scorer
from riskmodel.service.pages.model.features_view import FeatureBlock, NotUsed, feature_blocks, not_used
from riskmodel.service.pages.model.history_view import LiveRow, live_rows
from riskmodel.service.pages.model.papers import Papers
from riskmodel.service.pages.model.quality_view import QualityView, quality_view
from riskmodel.service.pages.model.weak_view import WeakView, weak_view

_TECHNICAL = re.compile(r"\bAUC\b|log-odds|SHAP", re.IGNORECASE)
"""Notes that speak of these are for whoever reads the full card."""


@dataclass(frozen=True, slots=True)
class ModelView:
    """The page of a model.

    Attributes
    ----------
    version : str
        Which one.
    serves : bool
        Whether it is the one that serves.
    question : str
        What it answers.
    cutoff, reference : str
        What it has seen, and the households that scores are held against.
    quality : QualityView or None
        How good it was.
    features : tuple of FeatureBlock
        What it looks at.
    count : str
        How many features that are.
    unused : tuple of NotUsed
        What it never looks at.
    weak : WeakView or None
        Where it is weak.
    notes : tuple of str
        What the programme says of its data in plain words, in the language it was written in.
    live : tuple of LiveRow
        Which version was live when.
    """

    version: str
    serves: bool
    question: str
    cutoff: str
    reference: str
    quality: QualityView | None
    features: tuple[FeatureBlock, ...]
    count: str
    unused: tuple[NotUsed, ...]
    weak: WeakView | None
    notes: tuple[str, ...]
    live: tuple[LiveRow, ...]


def model_view(scorer: Scorer, papers: Papers, past: Sequence[Entry], language: Language) -> ModelView:
    """Return what the page shows.

    Parameters
    ----------
    scorer : Scorer
        The model.
    papers : Papers
        What comes with it.
    past : sequence of Entry
        Every version that served, the earliest first.
    language : Language
        Of the words.
    """
    programme = scorer.programme
    return ModelView(
        scorer.id.version,
        bool(past) and past[-1].promotion.version == scorer.id.version,
        question(programme, language),
        language.date(dt.date.fromisoformat(papers.cutoff)),
        _reference(scorer, language),
        quality_view(papers.evaluation, programme.file.capacity.share, language),
        feature_blocks(programme, language),
        language.number(len(programme.features), 0),
        not_used(programme, language),
        weak_view(programme, papers.evaluation, language),
        tuple(note for note in programme.file.notes.values() if not _TECHNICAL.search(note)),
        live_rows(past, language, programme.file.time_zone),
    )


def question(programme: Programme, language: Language) -> str:
    """Return what a model answers."""
    gettext, outcome, months = language.gettext, programme.file.outcome, programme.main_horizon
    if not isinstance(outcome, EventWithin):
        return gettext(
            "How likely is it that a household that is not poor now is poor when it is asked again %(months)s months on?",
            months=months,
        )
    known = [programme.dictionary.column(f"events.{kind}") for kind in outcome.events]
    told = [language.label(column.labels) for column in known if column is not None]
    return gettext(
        "How likely is it that this is recorded of a household within %(months)s months: %(events)s?",
        months=months,
        events=gettext(", ").join(told),
    )


def _reference(scorer: Scorer, language: Language) -> str:
    return language.gettext(
        "%(households)s households as of %(date)s",
        households=language.number(scorer.reference.households, 0),
        date=language.date(dt.date.fromisoformat(scorer.reference.as_of)),
    )
