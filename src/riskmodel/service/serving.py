"""The model that answers: its scorer, and its programme's words in every language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from riskmodel.explain.reasons import Words
from riskmodel.language import languages
from riskmodel.scoring.inputs import Inputs
from riskmodel.scoring.rows import Row
from riskmodel.scoring.scorer import DEFAULT_REASONS, Scorer
from riskmodel.service.reason_texts import ReasonTexts
from riskmodel.service.store.snapshots import schema_name


@dataclass(frozen=True, slots=True, eq=False)
class Serving:
    """The model that answers, with its words.

    Attributes
    ----------
    scorer : Scorer
        Its golden rows have agreed, or it would not be here.
    words : mapping of language code to Words
        Its programme's labels and reason texts.
    texts : ReasonTexts
        The same reason texts, prepared.
    snapshots : str
        Name of what its snapshots hold, under which the store keeps them.
    """

    scorer: Scorer
    words: Mapping[str, Words]
    texts: ReasonTexts
    snapshots: str

    def score(self, inputs: Inputs, reasons: int = DEFAULT_REASONS) -> list[Row]:
        """Return scores as the API answers them."""
        return self.texts.add(self.scorer.score_rows(inputs, reasons))

    def warm(self) -> None:
        """Load or compile all that answers need, so that no request waits for it."""
        self.scorer.explainer.warm()
        schema = self.scorer.schema
        typical = np.full((1, len(schema.names)), np.nan)
        self.score(
            Inputs(
                np.array(["0"], dtype=object),
                np.array([self.scorer.reference.as_of], dtype="datetime64[D]"),
                typical,
                np.zeros((1, len(schema.features)), bool),
            )
        )


def serving_of(scorer: Scorer) -> Serving:
    """Return a scorer with its programme's words."""
    known = languages()
    words = {language.code: Words(scorer.programme, language) for language in known}
    return Serving(scorer, words, ReasonTexts(scorer.programme, scorer.names, known), schema_name(scorer.programme))
