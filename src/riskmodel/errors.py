"""Every error a caller may see, as one tree.

::

    RiskError                     what was found, what was expected, what to do
    ├── UsageError                the call itself is wrong (bad option, unknown name)
    ├── InputError                what was handed in is wrong
    │   ├── ProgrammeInvalid      a programme file, every fault of it together
    │   ├── TableUnreadable       not the kind of file it says it is, or a wrong encoding
    │   ├── ColumnsMismatch       a column missing, renamed, extra or out of order
    │   ├── ValuesInvalid         a value of the wrong type, out of range, or in the future
    │   ├── TooFewRows            not enough to do what was asked
    │   ├── ModelUnreadable       not LightGBM's text model, or a damaged one
    │   └── ModelUnsupported      a model of a kind that can't be explained exactly here
    ├── NotFound                  no such household, bundle or programme
    ├── BundleCorrupt             bytes that are not what was approved
    ├── PromotionRefused          someone else was faster, or may not do this
    ├── NotReady                  nothing to answer with yet
    ├── StoreUnavailable          the database does not answer
    └── AuditBroken               the audit log is not what was written

A message never holds a person's data: it names fields and rules, not values that a household reported.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class RiskError(Exception):
    """Base of every error a caller may see.

    Attributes
    ----------
    code : str
        Stable name of the error for programs.
    status : int
        HTTP status that answers it.
    exit_code : int
        Exit code of the command line: 1 failed, 2 bad usage or bad input.
    """

    code = "internal"
    status = 500
    exit_code = 1


class UsageError(RiskError):
    """The call itself is wrong."""

    code, status, exit_code = "usage", 400, 2


class InputError(RiskError):
    """What was handed in is wrong."""

    code, status, exit_code = "invalid_input", 422, 2


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong, and where.

    Attributes
    ----------
    where : str
        Path in the file or request, such as ``tables.events`` or ``households[3].features.age``.
    rule : str
        Stable name of the rule that is broken, such as ``unknown_key``.
    message : str
        What was found, what was expected, what to do.
    """

    where: str
    rule: str
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.message} [{self.rule}]"


class FaultyInput(InputError):
    """An input error that lists several faults at once."""

    def __init__(self, what: str, faults: Sequence[Fault]) -> None:
        self.what, self.faults = what, tuple(faults)
        shown = "; ".join(str(fault) for fault in self.faults[:20])
        more = f"; and {len(self.faults) - 20} more" if len(self.faults) > 20 else ""
        super().__init__(f"{what}: {shown}{more}")

    def __reduce__(self) -> tuple[type[FaultyInput], tuple[str, tuple[Fault, ...]]]:
        """Let the error travel from a worker whole."""
        return type(self), (self.what, self.faults)


class ProgrammeInvalid(FaultyInput):
    """A programme file, every fault of it together."""

    code = "programme_invalid"


class TableUnreadable(InputError):
    """Not the kind of file it says it is, or a wrong encoding."""

    code = "table_unreadable"


class ColumnsMismatch(FaultyInput):
    """A column missing, renamed, extra or out of order."""

    code = "columns_mismatch"


class ValuesInvalid(FaultyInput):
    """A value of the wrong type, out of range, or in the future."""

    code = "values_invalid"


class TooFewRows(InputError):
    """Not enough rows to do what was asked."""

    code = "too_few_rows"


class ModelUnreadable(InputError):
    """Not LightGBM's text model, or a damaged one."""

    code = "model_unreadable"


class ModelUnsupported(InputError):
    """A model of a kind that can't be explained exactly here."""

    code = "model_unsupported"


class NotFound(RiskError):
    """No such household, bundle or programme."""

    code, status, exit_code = "not_found", 404, 2


class BundleCorrupt(RiskError):
    """Bytes that are not what was approved."""

    code, status, exit_code = "bundle_corrupt", 503, 1


class PromotionRefused(RiskError):
    """Someone else was faster, or may not do this."""

    code, status, exit_code = "promotion_refused", 409, 1


class NotReady(RiskError):
    """Nothing to answer with yet."""

    code, status, exit_code = "not_ready", 503, 1


class StoreUnavailable(RiskError):
    """The database does not answer."""

    code, status, exit_code = "store_unavailable", 503, 1


class AuditBroken(RiskError):
    """The audit log is not what was written.

    Parameters
    ----------
    sequence : int
        The first entry that can be shown to be wrong.
    found : str
        What is wrong about it.
    """

    code, status, exit_code = "audit_broken", 500, 1

    def __init__(self, sequence: int, found: str) -> None:
        self.sequence, self.found = sequence, found
        super().__init__(f"the audit log is broken from entry {sequence} on: {found}")

    def __reduce__(self) -> tuple[type[AuditBroken], tuple[int, str]]:
        """Let the error travel from a worker whole."""
        return type(self), (self.sequence, self.found)
