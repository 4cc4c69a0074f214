"""Checks the thresholds of rules by area and date, which no other condition may have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from riskmodel.errors import Fault
from riskmodel.programme.measures import Condition, Rule
from riskmodel.programme.programme import Programme, ProgrammeFile
from riskmodel.programme.reviewing import Reviewing


def rule_faults(programme: Programme) -> Iterator[Fault]:
    """Yield the faults of rules: codes that stand twice, and thresholds that never hold or that contradict one another.

    Areas are checked where the programme ships them; where they come with the data, nobody knows them yet.
    """
    codes = Counter(rule.code for rule in programme.file.rules)
    for code in (code for code, times in codes.items() if times > 1):
        yield Fault(f"rules.{code}", "repeated", f"{codes[code]} rules have the code {code}; each needs its own")
    known = {row.code for row in programme.area_rows}
    for rule in programme.file.rules:
        yield from _threshold_faults(rule, known)
    for where, condition in _other_conditions(programme.file):
        if condition.by:
            yield Fault(where, "by", "bounds by area and date are for `rules` alone; give one bound for all")


def _threshold_faults(rule: Rule, known: set[str]) -> Iterator[Fault]:
    where = f"rules.{rule.code}"
    for condition in rule.when:
        times = Counter((one.area, one.since) for one in condition.by)
        for area, since in (key for key, count in times.items() if count > 1):
            place, start = area or "everywhere", since or "always"
            yield Fault(where, "repeated", f"{condition.feature} has two bounds for area {place} from {start}")
        for area in sorted({one.area for one in condition.by if one.area} - known if known else ()):
            yield Fault(where, "unknown_area", f"{condition.feature} has a bound for {area}, which is no area")


def reviewing_conditions(reviewing: Reviewing) -> Iterator[tuple[str, Condition]]:
    """Yield the conditions that reviewers go by, each with its place in the file."""
    yield from (("reviewing.without_labour", one) for one in reviewing.without_labour)
    for check in reviewing.ending.checks if reviewing.ending else ():
        yield from ((f"reviewing.ending.{check.code}", one) for one in check.when)


def _other_conditions(file: ProgrammeFile) -> Iterator[tuple[str, Condition]]:
    for segment in file.segments:
        yield from ((f"segments.{segment.code}", one) for one in segment.when)
    for measure in file.measures:
        yield from ((f"measures.{measure.code}", one) for one in measure.only_if)
    yield from reviewing_conditions(file.reviewing)
    for deprivation in file.baselines.deprivations:
        yield from ((f"baselines.deprivations.{deprivation.code}", one) for one in deprivation.when)
