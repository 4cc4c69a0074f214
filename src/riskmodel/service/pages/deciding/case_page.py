"""Shows the page of a household's case, as it stands or with a form that is to be corrected."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from fastapi import Request, Response
from starlette.responses import RedirectResponse

from riskmodel.errors import RiskError
from riskmodel.service.access import Principal
from riskmodel.service.api.dependencies import act_of
from riskmodel.service.api.subjects import subject_of
from riskmodel.service.audit import Action
from riskmodel.service.case_acts import Acting, Check, record
from riskmodel.service.cases.entries import StepRefused
from riskmodel.service.errors import IdempotencyKeyReused, InProgress
from riskmodel.service.guarding import access_of
from riskmodel.service.pages.choosing import chosen_language
from riskmodel.service.pages.deciding.addresses import addresses, case_address
from riskmodel.service.pages.deciding.case_view import Sent, case_view
from riskmodel.service.pages.deciding.ending_checks import has_lapsed
from riskmodel.service.pages.deciding.fields import Fields, new_key
from riskmodel.service.pages.deciding.words import being_done, kept_before, refusal_text
from riskmodel.service.pages.rendering import programme_words, render
from riskmodel.service.state import State
from riskmodel.service.store.case_reading import case_file, signs_of

Again = Callable[[Sent, int], Response]


def show_case(
    request: Request,
    state: State,
    principal: Principal,
    household_id: str,
    sent: Sent | None = None,
    status: int = 200,
    kept: str = "",
) -> Response:
    """Show the page; that it was looked at stands in the audit before it leaves."""
    language, programme = chosen_language(request), state.versions.champion().scorer.programme
    with state.store.reading() as connection:
        file = case_file(connection, subject_of(connection, principal, household_id))
        signs = signs_of(connection, file.subject.household)
        lapsed = has_lapsed(connection, programme, file)
    state.audit.write([act_of(request, Action.VIEWED, file.subject.pseudonym, what="case")])
    view = case_view(
        programme,
        file,
        signs,
        lapsed=lapsed,
        principal=principal,
        sent=sent or Sent(),
        kept=kept,
        now=state.now(),
        language=language,
    )
    context = {
        "programme": programme_words(programme, language),
        "view": view,
        "to": addresses(file.subject.household_id),
        "new_key": new_key,
    }
    return render(request, "deciding/case.html", context, path=case_address(household_id), status=status)


def keep_act(
    request: Request,
    state: State,
    principal: Principal,
    household_id: str,
    fields: Fields,
    check: Check,
    *,
    form: str,
    kept: str,
    again: Again | None = None,
) -> Response:
    """Keep what a form says and lead to the case, or show the form again.

    Parameters
    ----------
    request, state, principal, household_id
        Who sends it, and about whom.
    fields : Fields
        The form, read.
    check : callable
        Makes the entry within the transaction.
    form : str
        Which form of the page it is.
    kept : str
        What the case's page says of it.
    again : callable, optional
        Shows the form again; the case's page does where there is none.
    """

    def show_again(sent: Sent, status: int) -> Response:
        if again is not None:
            return again(sent, status)
        return show_case(request, state, principal, household_id, sent, status)

    def refuse(error: RiskError, notice: str, key: str, faults: Mapping[str, str] | None = None) -> Response:
        access_of(request).refused(request, principal, error.code)
        return show_again(Sent(form, typed, faults or {}, notice, key), error.status)

    language = chosen_language(request)
    typed = {name: fields.raw(name) for name in fields.sent if name != "key"}
    key = fields.key or new_key()
    if fields.faults:
        return show_again(Sent(form, typed, fields.faults, "", key), 422)
    question: Mapping[str, str] = {"form": form, **{name: fields.plain(name) for name in typed}}
    request_id = request.scope["state"]["request_id"]
    asked = Acting(principal, household_id, question, fields.key, state.now(), request_id)
    try:
        record(
            state.store,
            request.scope["route"].path,
            lambda connection: subject_of(connection, principal, household_id),
            asked,
            check,
        )
    except StepRefused as error:
        words = refusal_text(language, error.rule)
        faults = {error.place: words} if error.place else {}
        return refuse(error, "" if faults else words, key, faults)
    except InProgress as error:
        return refuse(error, being_done(language), key)
    except IdempotencyKeyReused as error:
        return refuse(error, kept_before(language), new_key())
    return RedirectResponse(case_address(household_id, kept), status_code=303)
