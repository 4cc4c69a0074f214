"""The plan of help in words: which measures, why these, and why not the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from riskmodel.explain.reasons import Driver, Words
from riskmodel.language import Language
from riskmodel.programme.measures import Condition
from riskmodel.programme.programme import Programme
from riskmodel.scoring.helping import Labour, Miss, Offer, Plan, PlanKind, Values, WhyNot, plan
from riskmodel.service.pages.household.departments import department_label, department_language


@dataclass(frozen=True, slots=True)
class OfferLine:
    """A measure of the plan.

    Attributes
    ----------
    label, department : str
        What it is, and who gives it.
    why : str
        Because of what.
    facts : tuple of str
        What of the household it is given for.
    department_language : str
        In which language the department's name is, where the page speaks another one.
    """

    label: str
    department: str
    why: str
    facts: tuple[str, ...]
    department_language: str = ""


@dataclass(frozen=True, slots=True)
class MissLine:
    """A measure that is not in the plan, and why not."""

    label: str
    why_not: str


@dataclass(frozen=True, slots=True)
class PlanView:
    """The plan of help.

    Attributes
    ----------
    ask : str
        What the visit has to find out first; empty where nothing.
    lead : str
        What kind of plan it is.
    offers : tuple of OfferLine
        What it offers first.
    also : tuple of OfferLine
        What fits the same reasons too.
    misses : tuple of MissLine
        What it does not.
    """

    ask: str
    lead: str
    offers: tuple[OfferLine, ...]
    also: tuple[OfferLine, ...]
    misses: tuple[MissLine, ...]


def plan_view(
    programme: Programme, words: Words, groups: Mapping[str, float], drivers: Mapping[str, Driver], values: Values
) -> PlanView:
    """Return the plan of help for a household.

    Parameters
    ----------
    programme : Programme
        Whose measures.
    words : Words
        Of the language of the page.
    groups : mapping of str to float
        Contributions in log-odds, summed by factor group.
    drivers : mapping of str to Driver
        By feature, for values in words.
    values : mapping of str to float
        Features; NaN for what is missing.
    """
    found = plan(programme.file.measures, groups, values, programme.file.reviewing.without_labour)
    writer = _Writer(words, drivers, found.labour)
    return PlanView(
        _ask(words.language) if found.labour is Labour.UNKNOWN else "",
        _lead(words.language, found),
        tuple(writer.offer(one) for one in found.offers),
        tuple(writer.offer(one) for one in found.also),
        tuple(writer.miss(one) for one in found.misses),
    )


def _ask(language: Language) -> str:
    return language.gettext("It is not recorded whether anybody in the household can work: ask on the visit.")


def _lead(language: Language, found: Plan) -> str:
    gettext = language.gettext
    if found.kind is PlanKind.SAFETY_NET and found.labour is Labour.UNKNOWN:
        return gettext("Until that is known, the safety net comes first.")
    if found.kind is PlanKind.PACKAGE and len(found.offers) == 1:
        return gettext("Several reasons come together; measures of the programme fit one of them.")
    return {
        PlanKind.SINGLE: gettext("One reason leads, so one measure comes first."),
        PlanKind.PACKAGE: gettext("Several reasons come together, so several measures fit, one for each."),
        PlanKind.SAFETY_NET: gettext("Nobody in the household can work, so the safety net comes first."),
        PlanKind.NOTHING: gettext("No measure of the programme fits what drives this risk."),
    }[found.kind]


class _Writer:
    """Writes measures of one household in one language."""

    def __init__(self, words: Words, drivers: Mapping[str, Driver], labour: Labour) -> None:
        self.words, self.language, self.drivers, self.labour = words, words.language, drivers, labour

    def offer(self, offer: Offer) -> OfferLine:
        gettext, group = self.language.gettext, self.words.group(offer.measure.group)
        share = self.language.percent(round(offer.share, 2))
        why = (
            gettext("because of: %(group)s, %(share)s of all that raises the risk", group=group, share=share)
            if offer.share >= 0.005
            else gettext("because perhaps nobody can work")
            if self.labour is Labour.UNKNOWN
            else gettext("because nobody can work")
        )
        facts = tuple(self.fact(one) for one in offer.measure.only_if)
        label = self.language.label(offer.measure.label)
        department, own = offer.measure.department, self.words.own_language
        return OfferLine(
            label,
            department_label(self.language, department),
            why,
            facts,
            department_language(self.language, department, own),
        )

    def miss(self, miss: Miss) -> MissLine:
        return MissLine(self.language.label(miss.measure.label), self._why_not(miss))

    def _why_not(self, miss: Miss) -> str:
        gettext = self.language.gettext
        if miss.condition is None:
            if miss.why is WhyNot.ANOTHER_FIRST:
                return gettext("would fit too; other measures come first")
            return gettext("answers something that does not lead here")
        feature = self.words.feature(miss.condition.feature)
        if miss.why is WhyNot.UNKNOWN:
            return gettext("not recorded: %(feature)s", feature=feature)
        needed = self._bounds(miss.condition)
        return gettext("%(fact)s; needed: %(needed)s", fact=self.fact(miss.condition), needed=needed)

    def fact(self, condition: Condition) -> str:
        """Return a feature's value for the household."""
        driver, label = self.drivers.get(condition.feature), self.words.feature(condition.feature)
        value = self.words.household_value(driver) if driver else self.language.gettext("not recorded")
        return self.language.gettext("%(label)s: %(value)s", label=label, value=value)

    def _bounds(self, condition: Condition) -> str:
        gettext, name = self.language.gettext, condition.feature
        low, high = condition.at_least, condition.at_most
        if low is not None and high is not None:
            low_text, high_text = self.words.value(name, low), self.words.value(name, high)
            return gettext("%(low)s to %(high)s", low=low_text, high=high_text)
        if low is not None:
            return gettext("at least %(low)s", low=self.words.value(name, low))
        return gettext("at most %(high)s", high=self.words.value(name, high))
