"""The departments' rules in force: those of the programme's file, whose thresholds change without a new model."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import structlog

from riskmodel.errors import RiskError
from riskmodel.programme.loading import find_programme, load_programme
from riskmodel.programme.programme import ProgrammeFile
from riskmodel.scoring.rules import Rules
from riskmodel.scoring.scorer import Scorer


@dataclass(frozen=True, slots=True, eq=False)
class InForce:
    """What raises alerts.

    Attributes
    ----------
    rules : Rules
        The departments' rules.
    cooldown : timedelta
        How long one household's factor group is not told of again.
    """

    rules: Rules
    cooldown: dt.timedelta


class AlertRules:
    """Gives the rules in force for a model's features.

    Parameters
    ----------
    configs : Path
        Folder of the programmes; where the model's is not among them, the rules that came with the model hold.

    Notes
    -----
    A file is read once for each model: after a change of thresholds the worker is started again.
    """

    def __init__(self, configs: Path) -> None:
        self._configs = configs
        self._known: tuple[str, InForce] | None = None

    def __call__(self, scorer: Scorer) -> InForce:
        """Return them."""
        if self._known is None or self._known[0] != scorer.id.digest:
            self._known = scorer.id.digest, in_force(self._file(scorer), scorer)
        return self._known[1]

    def _file(self, scorer: Scorer) -> ProgrammeFile:
        try:
            return load_programme(find_programme(scorer.programme.name, self._configs)).file
        except RiskError as error:
            structlog.get_logger().warning("rules_of_the_model", code=error.code)
            return scorer.programme.file


def in_force(file: ProgrammeFile, scorer: Scorer) -> InForce:
    """Return the rules of a programme's file that a model has all features for."""
    names, groups = scorer.schema.names, scorer.schema.groups
    known = [rule for rule in file.rules if all(one.feature in names for one in rule.when)]
    if len(known) < len(file.rules):
        structlog.get_logger().warning("rules_left_out", rules=len(file.rules) - len(known))
    return InForce(Rules(known, names, groups), dt.timedelta(days=file.alerts.cooldown_days))
