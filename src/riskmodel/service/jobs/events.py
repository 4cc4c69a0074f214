"""Jobs that take in a file of events, chunk by chunk: each chunk and the note that it is done are kept together."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace

from sqlalchemy import Connection

from riskmodel.errors import Fault
from riskmodel.files import replacing
from riskmodel.service.access import Feed, Principal
from riskmodel.service.api.dependencies import scope_path
from riskmodel.service.event_tables import table_reports
from riskmodel.service.jobs.files import REFUSED_HEADER, write_text
from riskmodel.service.jobs.running import Done, Run
from riskmodel.service.receiving import Receiving
from riskmodel.service.refusals import Forbidden
from riskmodel.service.reports import Reading, Report
from riskmodel.service.store.job_rows import Job, Part, count_parts, find_job, refused_rows
from riskmodel.service.store.report_rows import Sender

Read = Sequence[tuple[int, Report | Fault]]


def keep_events(run: Run) -> Done:
    """Take in the events of a file; those that are refused are named beside the result.

    Raises
    ------
    Cancelled, LeaseLost, Stopping
        If it is not to go on.
    TableUnreadable, ColumnsMismatch
        If the file is no table of events; chunks before the damage count.
    Forbidden
        If the owner may no longer send events; chunks before count.
    NotReady
        If there is no model, and so no programme that says what events there are.
    """
    with run.shop.store.reading() as connection:
        owner = run.owner(connection)
        receiving = _receiving(run, connection, owner)
        kept = count_parts(connection, run.job.job)
    options = run.job.options
    chunks = table_reports(run.input, receiving.reading, options["source"], options["chunk_rows"])
    for number, read in enumerate(chunks):
        if number >= kept:
            _keep(run, owner, replace(receiving, now=run.shop.now()), number, read)
    return _write_results(run)


def _receiving(run: Run, connection: Connection, owner: Principal) -> Receiving:
    feed, now = owner.feed, run.shop.now()
    assert feed is not None, "whoever has none may have no such job"
    programme = run.shop.versions.champion().scorer.programme
    reading = Reading(programme, Feed(feed.kinds, feed.origin), programme.day_of(now))
    sender = Sender(owner.name, owner.actor, feed.origin, scope_path(connection, owner))
    return Receiving(run.shop.store, reading, sender, now, run.job.request_id)


def _keep(run: Run, owner: Principal, receiving: Receiving, number: int, read: Read) -> None:
    with run.shop.store.writing() as connection:
        if run.owner(connection) != owner:
            raise Forbidden("what this account may send was changed while its file was read; send the file again")
        received = receiving.keep(connection, read, file=run.job.sha256)
        refused = [(place + 1, fault.where, fault.rule) for place, fault in received.refused]
        run.count(connection, Part(number, len(read), received.accepted, received.known, refused))
        receiving.note(connection, received, job=run.job.job, sha256=run.job.sha256)


def _write_results(run: Run) -> Done:
    with run.shop.store.reading() as connection:
        job = find_job(connection, run.job.job, run.job.owner)
        _write_refused(run, refused_rows(connection, job.job))
    write_text(run.result, json.dumps(_told(job)))
    return Done(job.rows_done, job.accepted, job.refused)


def _write_refused(run: Run, rows: Iterable[tuple[int, str, str]]) -> None:
    with replacing(run.refused) as partial, partial.open("w", encoding="utf-8") as file:
        file.write(REFUSED_HEADER)
        file.writelines(f"{row},{field},{rule}\n" for row, field, rule in rows)


def _told(job: Job) -> dict[str, int | str]:
    known = job.rows_done - job.accepted - job.refused
    counts = {"rows": job.rows_done, "accepted": job.accepted, "known": known, "refused": job.refused}
    return {"job": job.job, **counts, "sha256": job.sha256}
