"""Tables of the store.

::

    areas ── households ─┬─ household_audit     protected columns, for audits of groups alone
                         ├─ persons             names and numbers of people: masked, erased on request
                         ├─ records             observations and members, in blocks: one a table and load
                         ├─ events              what departments reported, each known by its sender's id: event_ids
                         ├─ waiting             who is to be scored anew because of an event
                         ├─ alerts              what somebody is to be told of
                         ├─ snapshots           features as known on a date; cohort_parts: of whole areas
                         ├─ scores ── standings what was said, and what is said now
                         ├─ decisions           what people decided
                         ├─ case_entries        what else happened with a household's case: help, appeals, who has it
                         ├─ cases               where each case stands, so that lists need not read all of that
                         └─ idempotency         answers to requests that may be sent again
    area_figures                                what is said of an area, as counted when everyone was scored
    loads ── load_parts                         which files were read, and how far
    jobs ── job_parts                           files that are worked on in the background, and how far
    webhooks ── deliveries                      who is told of alerts, and how that went
    users ── sessions, clients                  who may ask
    audit_entries, audit_head                   who asked, in a chain of hashes
    facts                                       what holds for the whole store

Scores, alerts, decisions, entries of cases and of the audit are only ever appended. A household is known inside by a number, to callers by its
``household_id``, and in the audit by its pseudonym, which stays when the household is erased.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

NAMES = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
METADATA = MetaData(naming_convention=NAMES)
Number = BigInteger().with_variant(Integer, "sqlite")
"""Numbers given by the database; SQLite counts only a column of its own type up."""

LONGEST_CODE = 64
"""Characters of an id, a code, a version or a key."""
Code = String(LONGEST_CODE).with_variant(String(LONGEST_CODE, collation="C"), "postgresql")
Path = Text().with_variant(Text(collation="C"), "postgresql")
"""Texts that are compared byte by byte on both databases, as Python compares them."""


class Instant(TypeDecorator[dt.datetime]):
    """An instant in UTC, whatever the database makes of time zones."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        """Store without a zone; one that has none is refused."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs its time zone")
        return value.astimezone(dt.UTC).replace(tzinfo=None)

    def process_result_value(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        """Give the zone back."""
        return None if value is None else value.replace(tzinfo=dt.UTC)


def _household(*, primary_key: bool = False) -> Column[int]:
    whose = ForeignKey("households.household", ondelete="CASCADE")
    return Column("household", Number, whose, nullable=False, primary_key=primary_key)


def _lease() -> tuple[Column[str], Column[dt.datetime]]:
    """Who works on a row, and until when nobody else may."""
    return Column("leased_by", String(64)), Column("leased_until", Instant)


facts = Table(
    "facts",
    METADATA,
    Column("name", String(64), primary_key=True),
    Column("value", Text, nullable=False),
)

areas = Table(
    "areas",
    METADATA,
    Column("area_code", String(64), primary_key=True),
    Column("parent", String(64), nullable=False),
    Column("level", String(64), nullable=False),
    # codes from the widest area down to this one, each between slashes: those below it begin alike
    Column("path", Path, nullable=False, unique=True),
    Column("names", JSON, nullable=False),
)

households = Table(
    "households",
    METADATA,
    Column("household", Number, primary_key=True, autoincrement=True),
    # searched by its beginning
    Column("household_id", Code, nullable=False, unique=True),
    Column("pseudonym", String(32), nullable=False, unique=True),
    Column("area_code", String(64), ForeignKey("areas.area_code"), nullable=False),
    Column("facts", JSON, nullable=False),
    # searched by its beginning within an area, too
    Index("ix_households_area_code", "area_code", "household_id"),
    sqlite_autoincrement=True,
)

household_audit = Table(
    "household_audit",
    METADATA,
    _household(primary_key=True),
    Column("facts", JSON, nullable=False),
)

persons = Table(
    "persons",
    METADATA,
    _household(primary_key=True),
    # empty for what is told of the household as a whole
    Column("member_id", String(64), primary_key=True),
    Column("content", JSON, nullable=False),
)

loads = Table(
    "loads",
    METADATA,
    Column("load", Number, primary_key=True, autoincrement=True),
    Column("table_name", String(64), nullable=False),
    Column("source", String(255), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("parts", Integer, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("finished_at", Instant),
    UniqueConstraint("table_name", "sha256"),
    sqlite_autoincrement=True,
)

load_parts = Table(
    "load_parts",
    METADATA,
    Column("load", Number, ForeignKey("loads.load", ondelete="CASCADE"), primary_key=True),
    Column("part", Integer, primary_key=True, autoincrement=False),
    Column("accepted", Integer, nullable=False),
    Column("rejected", Integer, nullable=False),
    Column("known", Integer, nullable=False),
)

records = Table(
    "records",
    METADATA,
    _household(primary_key=True),
    Column("table_name", String(64), primary_key=True),
    Column("load", Number, ForeignKey("loads.load"), primary_key=True),
    # {column: [a value a row]}; days are counted from 1970-01-01
    Column("content", JSON, nullable=False),
)

events = Table(
    "events",
    METADATA,
    Column("event", Number, primary_key=True, autoincrement=True),
    _household(),
    Column("kind", String(64), nullable=False),
    Column("occurred_on", Date, nullable=False),
    Column("recorded_on", Date, nullable=False),
    Column("amount", Float),
    Column("cause", String(64)),
    # tells an event from the household's others, so that the same file loaded twice adds nothing
    Column("fingerprint", String(32), nullable=False),
    Column("source", String(255), nullable=False),
    Column("load", Number, ForeignKey("loads.load")),
    # of events that somebody sent: who, when, and what kind of source that is
    Column("sender", String(80)),
    Column("received_at", Instant),
    Column("origin", String(32)),
    # the household comes first: millions of events are added in its order, and found by it
    UniqueConstraint("household", "fingerprint"),
    sqlite_autoincrement=True,
)

event_ids = Table(
    "event_ids",
    METADATA,
    Column("sender", String(80), primary_key=True),
    # digest of the source and the id that the sender gave
    Column("event_key", String(32), primary_key=True),
    Column("household", Number, ForeignKey("households.household", ondelete="CASCADE"), nullable=False, index=True),
    # digest of all that was said, so that another event under the same id is noticed
    Column("content", String(32), nullable=False),
)

waiting = Table(
    "waiting",
    METADATA,
    _household(primary_key=True),
    Column("since", Instant, nullable=False, index=True),
    # the first event that nobody has looked at
    Column("first_event", Number, nullable=False),
    # counted up by each event, so that one that comes while the household is scored is not lost
    Column("ticket", Number, nullable=False),
    *_lease(),
)

snapshot_schemas = Table(
    "snapshot_schemas",
    METADATA,
    Column("schema", String(64), primary_key=True),
    Column("content", JSON, nullable=False),
)

snapshots = Table(
    "snapshots",
    METADATA,
    _household(primary_key=True),
    Column("as_of", Date, primary_key=True),
    Column("schema", String(64), ForeignKey("snapshot_schemas.schema"), primary_key=True),
    # of the features: what was said once can be explained again, whatever was learned since
    Column("digest", String(64), primary_key=True),
    # encoded features, float64, in the schema's order
    Column("features", LargeBinary, nullable=False),
    Column("made_at", Instant, nullable=False),
)

cohort_parts = Table(
    "cohort_parts",
    METADATA,
    Column("schema", String(64), ForeignKey("snapshot_schemas.schema"), primary_key=True),
    Column("as_of", Date, primary_key=True),
    # area whose households were all looked at: those without a snapshot were not at risk
    Column("shard", String(64), primary_key=True),
    Column("made_at", Instant, nullable=False),
)

scores = Table(
    "scores",
    METADATA,
    # counted up in the order of commits, so that who reads on from a number misses none
    Column("score", Number, primary_key=True, autoincrement=False),
    _household(),
    Column("as_of", Date, nullable=False),
    Column("scored_at", Instant, nullable=False),
    Column("version", String(64), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("log_odds", Float, nullable=False),
    Column("probability", Float, nullable=False),
    Column("low", Float, nullable=False),
    Column("high", Float, nullable=False),
    Column("band", String(64), nullable=False),
    Column("rank_share", Float, nullable=False),
    Column("snapshot_digest", String(64), nullable=False),
    Column("reasons", JSON, nullable=False),
    # the household's score before this one; none for its first
    Column("previous_probability", Float),
    # whether the probability moved by at least the programme's step, or the band changed
    Column("moved", Boolean, nullable=False),
    Index("ix_scores_household", "household", "as_of", "score"),
    Index("ix_scores_moved", "moved", "score"),
)

standings = Table(
    "standings",
    METADATA,
    _household(primary_key=True),
    # repeated here, so that lists need no other table
    Column("household_id", Code, nullable=False),
    Column("area_path", Path, nullable=False),
    Column("score", Number, ForeignKey("scores.score"), nullable=False, index=True),
    Column("as_of", Date, nullable=False),
    Column("version", String(64), nullable=False),
    # negative, so that the highest risk comes first and ids ascend beside it, in one index
    Column("negative_log_odds", Float, nullable=False),
    Column("probability", Float, nullable=False),
    Column("band", String(64), nullable=False),
    # since when it has been in this band
    Column("band_since", Instant, nullable=False),
    # factor group that raises it most; empty where none does
    Column("leading_group", String(64), nullable=False),
    # each holds all that a list is chosen by, so that the rows themselves are read of those alone that are shown
    Index("ix_standings_negative_log_odds", "negative_log_odds", "household_id", "area_path", "band", "leading_group"),
    Index("ix_standings_area_path", "area_path", "negative_log_odds", "household_id", "band", "leading_group"),
)

alerts = Table(
    "alerts",
    METADATA,
    # counted up in the order of commits, so that who reads on from a number misses none
    Column("alert", Number, primary_key=True, autoincrement=False),
    _household(),
    Column("raised_at", Instant, nullable=False),
    # who noticed first, and all who did at the same time
    Column("origin", String(32), nullable=False),
    Column("origins", JSON, nullable=False),
    # factor group: one illness is one alert
    Column("group", String(64), nullable=False),
    # an earlier alert of the same household and group that has not cooled down; none for those that people are told of
    Column("repeats", Number, ForeignKey("alerts.alert")),
    Column("rules", JSON, nullable=False),
    # numbers of the events that it was raised for
    Column("events", JSON, nullable=False),
    Column("as_of", Date, nullable=False),
    # none where the household is not at risk, so that it has no score
    Column("score", Number, ForeignKey("scores.score")),
    Column("probability", Float),
    Column("band", String(64)),
    Column("previous_probability", Float),
    Column("previous_band", String(64)),
    # [[feature, log-odds before, log-odds after, value before, value after]], the largest change first
    Column("moved", JSON, nullable=False),
    Index("ix_alerts_household", "household", "alert"),
    Index("ix_alerts_told", "repeats", "alert"),
)

decisions = Table(
    "decisions",
    METADATA,
    Column("decision", Number, primary_key=True, autoincrement=True),
    _household(),
    Column("decided_at", Instant, nullable=False),
    Column("decided_by", String(64), nullable=False),
    Column("role", String(32), nullable=False),
    Column("outcome", String(32), nullable=False),
    # empty where it follows from the band
    Column("reason", Text, nullable=False),
    Column("notes", Text, nullable=False),
    # what was looked at: papers, visits, photographs
    Column("evidence", Text, nullable=False),
    # when somebody is to look again
    Column("next_on", Date),
    # of the score that was looked at; and whether the outcome departs from it
    Column("band", String(64)),
    Column("departs", Boolean),
    Column("as_of", Date),
    Column("version", String(64)),
    Column("corrects", Number, ForeignKey("decisions.decision"), index=True),
    Index("ix_decisions_household", "household", "decision"),
    sqlite_autoincrement=True,
)

case_entries = Table(
    "case_entries",
    METADATA,
    Column("entry", Number, primary_key=True, autoincrement=True),
    _household(),
    Column("at", Instant, nullable=False),
    Column("by", String(64), nullable=False),
    Column("role", String(32), nullable=False),
    Column("kind", String(32), nullable=False),
    # the earlier entry that this one goes on with: help that is started, an appeal that is answered
    Column("about", Number, ForeignKey("case_entries.entry"), index=True),
    Column("content", JSON, nullable=False),
    Index("ix_case_entries_household", "household", "entry"),
    sqlite_autoincrement=True,
)

cases = Table(
    "cases",
    METADATA,
    _household(primary_key=True),
    # the first sign that nobody has decided on, and who noticed; none where nothing waits
    Column("waiting_since", Instant),
    Column("origin", String(32)),
    # of the last decision; "ended" where two people ended the monitoring since
    Column("outcome", String(32)),
    Column("decided_at", Instant),
    Column("departs", Boolean),
    Column("next_on", Date),
    # who has it
    Column("assignee", String(64)),
    # until when an appeal or a correction has to be answered, and when that one was received
    Column("answer_by", Date),
    Column("appeal_on", Date),
    # since when help is proposed or under way; none where none is
    Column("help_since", Instant),
    # repeated here, so that what is to be followed up in an area is found without another table
    Column("area_path", Path, nullable=False),
    # each in the order of a list, with what it is chosen by
    Index("ix_cases_waiting_since", "waiting_since", "household", "area_path", "assignee"),
    Index("ix_cases_next_on", "next_on", "household", "area_path", "assignee"),
    Index("ix_cases_answer_by", "answer_by", "household", "area_path", "assignee"),
    Index("ix_cases_outcome", "outcome", "decided_at", "household", "area_path", "assignee"),
    Index("ix_cases_help_since", "help_since", "household", "area_path", "assignee"),
)

area_figures = Table(
    "area_figures",
    METADATA,
    # with all below it; empty for the whole store
    Column("area_code", String(64), primary_key=True),
    Column("as_of", Date, nullable=False),
    Column("counted_at", Instant, nullable=False),
    # who was at risk, the sum of their probabilities, and of the variances of those
    Column("households", Number, nullable=False),
    Column("expected", Float, nullable=False),
    Column("variance", Float, nullable=False),
    # who has fallen since, as told by events up to a number; later ones are counted when somebody looks
    Column("fallen", Number, nullable=False),
    Column("last_event", Number, nullable=False),
    # [[year, households, growth of the mean, growth of the median]] of incomes, the growth null where too few
    Column("income_growth", JSON, nullable=False),
)

idempotency = Table(
    "idempotency",
    METADATA,
    Column("actor", String(80), primary_key=True),
    Column("key", String(64), primary_key=True),
    Column("question", String(64), nullable=False),
    # whom the answer tells of, so that it goes with the household
    Column("household", Number, ForeignKey("households.household", ondelete="CASCADE"), index=True),
    Column("status", Integer, nullable=False),
    Column("answer", Text, nullable=False),
    Column("answered_at", Instant, nullable=False),
)

jobs = Table(
    "jobs",
    METADATA,
    Column("job", String(32), primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("owner", String(80), nullable=False),
    # the owner's area, or empty for everything
    Column("area_code", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    # kind of file, its length and its digest
    Column("format", String(16), nullable=False),
    Column("bytes", Number, nullable=False),
    Column("sha256", String(64), nullable=False),
    # what was asked: the kind's own options
    Column("options", JSON, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("started_at", Instant),
    Column("finished_at", Instant),
    Column("expires_at", Instant, nullable=False),
    Column("cancelled_at", Instant),
    Column("attempts", Integer, nullable=False),
    Column("rows_done", Number, nullable=False),
    Column("rows_total", Number),
    Column("accepted", Number, nullable=False),
    Column("refused", Number, nullable=False),
    # problem code and what was said, of one that failed
    Column("failure", JSON),
    Column("request_id", String(64), nullable=False),
    *_lease(),
    Index("ix_jobs_state", "state", "created_at"),
    Index("ix_jobs_owner", "owner", "created_at"),
)

job_parts = Table(
    "job_parts",
    METADATA,
    Column("job", String(32), ForeignKey("jobs.job", ondelete="CASCADE"), primary_key=True),
    Column("part", Integer, primary_key=True, autoincrement=False),
    Column("rows", Integer, nullable=False),
    Column("accepted", Integer, nullable=False),
    Column("known", Integer, nullable=False),
    # [[row of the file, field, rule]] of the rows that were refused
    Column("refused", JSON, nullable=False),
)

webhooks = Table(
    "webhooks",
    METADATA,
    Column("webhook", Number, primary_key=True, autoincrement=True),
    Column("owner", String(80), nullable=False, index=True),
    Column("url", Text, nullable=False),
    # signs what is sent, so that it is needed as it is
    Column("secret", String(128), nullable=False),
    # only alerts of this area; empty for everything
    Column("area_code", String(64), nullable=False),
    Column("created_at", Instant, nullable=False),
    # alerts up to this number have their deliveries
    Column("last_alert", Number, nullable=False),
    Column("disabled_at", Instant),
    Column("disabled_because", String(32)),
    sqlite_autoincrement=True,
)

deliveries = Table(
    "deliveries",
    METADATA,
    Column("delivery", Number, primary_key=True, autoincrement=True),
    Column("webhook", Number, ForeignKey("webhooks.webhook", ondelete="CASCADE"), nullable=False),
    Column("alert", Number, ForeignKey("alerts.alert", ondelete="CASCADE"), nullable=False, index=True),
    # the same for each attempt, so that the receiver knows a repetition
    Column("message", String(64), nullable=False, unique=True),
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", Instant, nullable=False),
    Column("last_status", Integer),
    Column("last_error", String(32)),
    Column("delivered_at", Instant),
    *_lease(),
    UniqueConstraint("webhook", "alert"),
    Index("ix_deliveries_due", "webhook", "state", "next_at"),
    sqlite_autoincrement=True,
)

users = Table(
    "users",
    METADATA,
    Column("name", String(64), primary_key=True),
    Column("password_hash", String(255), nullable=False),
    Column("role", String(32), nullable=False),
    # empty for everything
    Column("area_code", String(64), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("disabled_at", Instant),
)

sessions = Table(
    "sessions",
    METADATA,
    Column("token_hash", String(64), primary_key=True),
    Column("user", String(64), ForeignKey("users.name", ondelete="CASCADE"), nullable=False, index=True),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("ended_at", Instant),
)

clients = Table(
    "clients",
    METADATA,
    Column("name", String(64), primary_key=True),
    Column("key_hash", String(64), nullable=False, unique=True),
    Column("scopes", JSON, nullable=False),
    Column("area_code", String(64), nullable=False),
    # kinds of events that it may send, and what kind of source it is; none for who sends no events
    Column("event_kinds", JSON, nullable=False),
    Column("origin", String(32)),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant),
    Column("revoked_at", Instant),
)

audit_entries = Table(
    "audit_entries",
    METADATA,
    Column("sequence", Number, primary_key=True, autoincrement=False),
    # one text, hashed as it stands
    Column("content", Text, nullable=False),
    Column("previous_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
)

audit_head = Table(
    "audit_head",
    METADATA,
    # one row, which whoever appends holds
    Column("only", Integer, primary_key=True, autoincrement=False),
    Column("sequence", Number, nullable=False),
    Column("hash", String(64), nullable=False),
)
