"""The tree of errors is a promise: codes for programs, statuses for HTTP, exit codes for shells."""

from __future__ import annotations

import copy

import pytest

from riskmodel import errors
from riskmodel.errors import (
    AuditBroken,
    ColumnsMismatch,
    Fault,
    FaultyInput,
    InputError,
    RiskError,
    UsageError,
    ValuesInvalid,
)

TREE = {
    "RiskError": ("internal", 500, 1),
    "UsageError": ("usage", 400, 2),
    "InputError": ("invalid_input", 422, 2),
    "FaultyInput": ("invalid_input", 422, 2),
    "ProgrammeInvalid": ("programme_invalid", 422, 2),
    "TableUnreadable": ("table_unreadable", 422, 2),
    "ColumnsMismatch": ("columns_mismatch", 422, 2),
    "ValuesInvalid": ("values_invalid", 422, 2),
    "TooFewRows": ("too_few_rows", 422, 2),
    "ModelUnreadable": ("model_unreadable", 422, 2),
    "ModelUnsupported": ("model_unsupported", 422, 2),
    "NotFound": ("not_found", 404, 2),
    "BundleCorrupt": ("bundle_corrupt", 503, 1),
    "PromotionRefused": ("promotion_refused", 409, 1),
    "NotReady": ("not_ready", 503, 1),
    "StoreUnavailable": ("store_unavailable", 503, 1),
    "AuditBroken": ("audit_broken", 500, 1),
}


def classes() -> dict[str, type[RiskError]]:
    found = {name: one for name, one in vars(errors).items() if isinstance(one, type) and issubclass(one, Exception)}
    assert all(issubclass(one, RiskError) for one in found.values())
    return found


def test_codes_statuses_and_exit_codes_are_what_clients_rely_on() -> None:
    assert {name: (one.code, one.status, one.exit_code) for name, one in classes().items()} == TREE


def test_the_tree_is_drawn_whole_at_the_top_of_the_file() -> None:
    assert all(name in (errors.__doc__ or "") for name in TREE if name != "FaultyInput")


@pytest.mark.parametrize(
    "name", ["ProgrammeInvalid", "TableUnreadable", "ColumnsMismatch", "ValuesInvalid", "TooFewRows"]
)
def test_what_was_handed_in_wrong_is_caught_as_one(name: str) -> None:
    assert issubclass(classes()[name], InputError)


def test_a_fault_says_where_what_and_which_rule() -> None:
    assert str(Fault("tables.events", "unknown_key", "take it out")) == "tables.events: take it out [unknown_key]"


@pytest.mark.parametrize(
    ("count", "tail"), [(1, "[r0]"), (20, "[r19]"), (21, "[r19]; and 1 more"), (500, "[r19]; and 480 more")]
)
def test_long_lists_are_cut_in_the_message_and_kept_whole_beside_it(count: int, tail: str) -> None:
    faults = [Fault(f"w{number}", f"r{number}", "m") for number in range(count)]
    error = ColumnsMismatch("table t", faults)
    assert isinstance(error, FaultyInput)
    assert str(error).startswith("table t: w0: m [r0]")
    assert str(error).endswith(tail)
    assert error.faults == tuple(faults)


def test_every_error_travels_between_processes_whole() -> None:
    fault = Fault("a.b", "rule", "message")
    for kind in (FaultyInput, ColumnsMismatch, ValuesInvalid):
        found = copy.copy(kind("what", [fault]))
        assert (type(found), str(found), found.faults) == (kind, str(kind("what", [fault])), (fault,))
    assert str(copy.copy(UsageError("said"))) == "said"
    broken = copy.copy(AuditBroken(7, "missing"))
    assert (broken.sequence, broken.found, str(broken)) == (7, "missing", str(AuditBroken(7, "missing")))
