"""Jobs that score a file of snapshot rows, as ``riskmodel score`` does: in chunks that are kept, each once."""

from __future__ import annotations

import datetime as dt

from riskmodel.language import language
from riskmodel.scoring.batch import BatchRequest, score_file
from riskmodel.service.jobs.files import REFUSED_HEADER, write_text
from riskmodel.service.jobs.running import Done, Run


def score_rows(run: Run) -> Done:
    """Score the rows of a file; those that can't be are named beside the result.

    Parameters
    ----------
    run : Run
        The job. Its model and its day are those of when it was sent, so that one that is interrupted ends in the same bytes.

    Raises
    ------
    Cancelled, LeaseLost, Stopping
        If it is not to go on.
    TableUnreadable, ColumnsMismatch, UsageError
        See :func:`riskmodel.scoring.batch.score_file`.
    Forbidden
        If the owner may no longer score.
    """
    with run.shop.store.reading() as connection:
        run.owner(connection)
    options = run.job.options
    # the versions that the service knows, kept in memory for the next job
    scorer = run.shop.versions.version(options["version"]).scorer
    request = BatchRequest(
        run.input,
        run.result,
        dt.date.fromisoformat(options["today"]),
        options["reasons"],
        skip_bad_rows=True,
        language=language(options["language"]),
        chunk_rows=options["chunk_rows"],
    )
    result = score_file(scorer, request, lambda what, done, rows: _tell(run, what, done, rows))
    if result.rejected is None:
        write_text(run.refused, REFUSED_HEADER)
    return Done(result.scored + result.refused, result.scored, result.refused)


def _tell(run: Run, what: str, done: int, rows: int) -> None:
    # chunks of an earlier worker are gone through again, which is no step back
    scored = {"reading": 0, "scoring": done}.get(what, rows)
    run.tell(max(scored, run.job.rows_done), rows or run.job.rows_total)
