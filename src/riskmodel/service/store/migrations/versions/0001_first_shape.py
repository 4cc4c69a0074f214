"""The first shape."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from riskmodel.service.store.tables import Instant

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make every table."""
    op.create_table(
        "area_figures",
        sa.Column("area_code", sa.String(length=64), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("counted_at", Instant(), nullable=False),
        sa.Column("households", NUMBER, nullable=False),
        sa.Column("expected", sa.Float(), nullable=False),
        sa.Column("variance", sa.Float(), nullable=False),
        sa.Column("fallen", NUMBER, nullable=False),
        sa.Column("last_event", NUMBER, nullable=False),
        sa.Column("income_growth", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("area_code", name=op.f("pk_area_figures")),
    )
    op.create_table(
        "areas",
        sa.Column("area_code", sa.String(length=64), nullable=False),
        sa.Column("parent", sa.String(length=64), nullable=False),
        sa.Column("level", sa.String(length=64), nullable=False),
        sa.Column("path", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("names", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("area_code", name=op.f("pk_areas")),
        sa.UniqueConstraint("path", name=op.f("uq_areas_path")),
    )
    op.create_table(
        "audit_entries",
        sa.Column("sequence", NUMBER, autoincrement=False, nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("previous_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_audit_entries")),
    )
    op.create_table(
        "audit_head",
        sa.Column("only", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sequence", NUMBER, nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("only", name=op.f("pk_audit_head")),
    )
    op.create_table(
        "clients",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("area_code", sa.String(length=64), nullable=False),
        sa.Column("event_kinds", sa.JSON(), nullable=False),
        sa.Column("origin", sa.String(length=32), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=True),
        sa.Column("revoked_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_clients")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_clients_key_hash")),
    )
    op.create_table(
        "facts",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_facts")),
    )
    op.create_table(
        "jobs",
        sa.Column("job", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("owner", sa.String(length=80), nullable=False),
        sa.Column("area_code", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("format", sa.String(length=16), nullable=False),
        sa.Column("bytes", NUMBER, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("started_at", Instant(), nullable=True),
        sa.Column("finished_at", Instant(), nullable=True),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("cancelled_at", Instant(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("rows_done", NUMBER, nullable=False),
        sa.Column("rows_total", NUMBER, nullable=True),
        sa.Column("accepted", NUMBER, nullable=False),
        sa.Column("refused", NUMBER, nullable=False),
        sa.Column("failure", sa.JSON(), nullable=True),
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("leased_by", sa.String(length=64), nullable=True),
        sa.Column("leased_until", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("job", name=op.f("pk_jobs")),
    )
    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.create_index("ix_jobs_owner", ["owner", "created_at"], unique=False)
        batch_op.create_index("ix_jobs_state", ["state", "created_at"], unique=False)

    op.create_table(
        "loads",
        sa.Column("load", NUMBER, autoincrement=True, nullable=False),
        sa.Column("table_name", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=255), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("parts", sa.Integer(), nullable=False),
        sa.Column("started_at", Instant(), nullable=False),
        sa.Column("finished_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("load", name=op.f("pk_loads")),
        sa.UniqueConstraint("table_name", "sha256", name=op.f("uq_loads_table_name_sha256")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "snapshot_schemas",
        sa.Column("schema", sa.String(length=64), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("schema", name=op.f("pk_snapshot_schemas")),
    )
    op.create_table(
        "users",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("area_code", sa.String(length=64), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("disabled_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_users")),
    )
    op.create_table(
        "webhooks",
        sa.Column("webhook", NUMBER, autoincrement=True, nullable=False),
        sa.Column("owner", sa.String(length=80), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("secret", sa.String(length=128), nullable=False),
        sa.Column("area_code", sa.String(length=64), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("last_alert", NUMBER, nullable=False),
        sa.Column("disabled_at", Instant(), nullable=True),
        sa.Column("disabled_because", sa.String(length=32), nullable=True),
        sa.PrimaryKeyConstraint("webhook", name=op.f("pk_webhooks")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("webhooks", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_webhooks_owner"), ["owner"], unique=False)

    op.create_table(
        "cohort_parts",
        sa.Column("schema", sa.String(length=64), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("shard", sa.String(length=64), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["schema"], ["snapshot_schemas.schema"], name=op.f("fk_cohort_parts_schema")),
        sa.PrimaryKeyConstraint("schema", "as_of", "shard", name=op.f("pk_cohort_parts")),
    )
    op.create_table(
        "households",
        sa.Column("household", NUMBER, autoincrement=True, nullable=False),
        sa.Column(
            "household_id",
            sa.String(length=64).with_variant(sa.String(length=64, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("pseudonym", sa.String(length=32), nullable=False),
        sa.Column("area_code", sa.String(length=64), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["area_code"], ["areas.area_code"], name=op.f("fk_households_area_code")),
        sa.PrimaryKeyConstraint("household", name=op.f("pk_households")),
        sa.UniqueConstraint("household_id", name=op.f("uq_households_household_id")),
        sa.UniqueConstraint("pseudonym", name=op.f("uq_households_pseudonym")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("households", schema=None) as batch_op:
        batch_op.create_index("ix_households_area_code", ["area_code", "household_id"], unique=False)

    op.create_table(
        "job_parts",
        sa.Column("job", sa.String(length=32), nullable=False),
        sa.Column("part", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.Column("known", sa.Integer(), nullable=False),
        sa.Column("refused", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["job"], ["jobs.job"], name=op.f("fk_job_parts_job"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job", "part", name=op.f("pk_job_parts")),
    )
    op.create_table(
        "load_parts",
        sa.Column("load", NUMBER, nullable=False),
        sa.Column("part", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("known", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["load"], ["loads.load"], name=op.f("fk_load_parts_load"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("load", "part", name=op.f("pk_load_parts")),
    )
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("user", sa.String(length=64), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["user"], ["users.name"], name=op.f("fk_sessions_user"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_sessions")),
    )
    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sessions_user"), ["user"], unique=False)

    op.create_table(
        "case_entries",
        sa.Column("entry", NUMBER, autoincrement=True, nullable=False),
        sa.Column("household", NUMBER, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("about", NUMBER, nullable=True),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["about"], ["case_entries.entry"], name=op.f("fk_case_entries_about")),
        sa.ForeignKeyConstraint(
            ["household"], ["households.household"], name=op.f("fk_case_entries_household"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("entry", name=op.f("pk_case_entries")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("case_entries", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_case_entries_about"), ["about"], unique=False)
        batch_op.create_index("ix_case_entries_household", ["household", "entry"], unique=False)

    op.create_table(
        "cases",
        sa.Column("household", NUMBER, nullable=False),
        sa.Column("waiting_since", Instant(), nullable=True),
        sa.Column("origin", sa.String(length=32), nullable=True),
        sa.Column("outcome", sa.String(length=32), nullable=True),
        sa.Column("decided_at", Instant(), nullable=True),
        sa.Column("departs", sa.Boolean(), nullable=True),
        sa.Column("next_on", sa.Date(), nullable=True),
        sa.Column("assignee", sa.String(length=64), nullable=True),
        sa.Column("answer_by", sa.Date(), nullable=True),
        sa.Column("appeal_on", sa.Date(), nullable=True),
        sa.Column("help_since", Instant(), nullable=True),
        sa.Column("area_path", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.ForeignKeyConstraint(
            ["household"], ["households.household"], name=op.f("fk_cases_household"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("household", name=op.f("pk_cases")),
    )
    with op.batch_alter_table("cases", schema=None) as batch_op:
        batch_op.create_index("ix_cases_answer_by", ["answer_by", "household", "area_path", "assignee"], unique=False)
        batch_op.create_index("ix_cases_help_since", ["help_since", "household", "area_path", "assignee"], unique=False)
        batch_op.create_index("ix_cases_next_on", ["next_on", "household", "area_path", "assignee"], unique=False)
        batch_op.create_index(
            "ix_cases_outcome", ["outcome", "decided_at", "household", "area_path", "assignee"], unique=False
        )
        batch_op.create_index(
            "ix_cases_waiting_since", ["waiting_since", "household", "area_path", "assignee"], unique=False
        )

    op.create_table(
        "decisions",
        sa.Column("decision", NUMBER, autoincrement=True, nullable=False),
        sa.Column("household", NUMBER, nullable=False),
        sa.Column("decided_at", Instant(), nullable=False),
        sa.Column("decided_by", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("outcome", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("next_on", sa.Date(), nullable=True),
        sa.Column("band", sa.String(length=64), nullable=True),
        sa.Column("departs", sa.Boolean(), nullable=True),
        sa.Column("as_of", sa.Date(), nullable=True),
        sa.Column("version", sa.String(length=64), nullable=True),
        sa.Column("corrects", NUMBER, nullable=True),
        sa.ForeignKeyConstraint(["corrects"], ["decisions.decision"], name=op.f("fk_decisions_corrects")),
        sa.ForeignKeyConstraint(
            ["household"], ["households.household"], name=op.f("fk_decisions_household"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("decision", name=op.f("pk_decisions")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("decisions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_decisions_corrects"), ["corrects"], unique=False)
        batch_op.create_index("ix_decisions_household", ["household", "decision"], unique=False)

    op.create_table(
        "event_ids",
        sa.Column("sender", sa.String(length=80), nullable=False),
        sa.Column("event_key", sa.String(length=32), nullable=False),
        sa.Column("household", NUMBER, nullable=False),
        sa.Column("content", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["household"], ["households.household"], name=op.f("fk_event_ids_household"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("sender", "event_key", name=op.f("pk_event_ids")),
    )
    with op.batch_alter_table("event_ids", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_event_ids_household"), ["household"], unique=False)

    op.create_table(
        "events",
        sa.Column("event", NUMBER, autoincrement=True, nullable=False),
        sa.Column("household", NUMBER, nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("occurred_on", sa.Date(), nullable=False),
        sa.Column("recorded_on", sa.Date(), nullable=False),
        sa.Column("amount", sa.Float(), nullable=True),
        sa.Column("cause", sa.String(length=64), nullable=True),
        sa.Column("fingerprint", sa.String(length=32), nullable=False),
        sa.Column("source", sa.String(length=255), nullable=False),
        sa.Column("load", NUMBER, nullable=True),
        sa.Column("sender", sa.String(length=80), nullable=True),
        sa.Column("received_at", Instant(), nullable=True),
        sa.Column("origin", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(
            ["household"], ["households.household"], name=op.f("fk_events_household"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["load"], ["loads.load"], name=op.f("fk_events_load")),
        sa.PrimaryKeyConstraint("event", name=op.f("pk_events")),
        sa.UniqueConstraint("household", "fingerprint", name=op.f("uq_events_household_fingerprint")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "household_audit",
        sa.Column("household", NUMBER, nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["household"], ["households.household"], name=op.f("fk_household_audit_household"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("household", name=op.f("pk_household_audit")),
    )
    op.create_table(
        "idempotency",
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("question", sa.String(length=64), nullable=False),
        sa.Column("household", NUMBER, nullable=True),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answered_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["household"], ["households.household"], name=op.f("fk_idempotency_household"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("actor", "key", name=op.f("pk_idempotency")),
    )
    with op.batch_alter_table("idempotency", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_idempotency_household"), ["household"], unique=False)

    op.create_table(
        "persons",
        sa.Column("household", NUMBER, nullable=False),
        sa.Column("member_id", sa.String(length=64), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["household"], ["households.household"], name=op.f("fk_persons_household"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("household", "member_id", name=op.f("pk_persons")),
    )
    op.create_table(
        "records",
        sa.Column("household", NUMBER, nullable=False),
        sa.Column("table_name", sa.String(length=64), nullable=False),
        sa.Column("load", NUMBER, nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["household"], ["households.household"], name=op.f("fk_records_household"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["load"], ["loads.load"], name=op.f("fk_records_load")),
        sa.PrimaryKeyConstraint("household", "table_name", "load", name=op.f("pk_records")),
    )
    op.create_table(
        "scores",
        sa.Column("score", NUMBER, autoincrement=False, nullable=False),
        sa.Column("household", NUMBER, nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("scored_at", Instant(), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("log_odds", sa.Float(), nullable=False),
        sa.Column("probability", sa.Float(), nullable=False),
        sa.Column("low", sa.Float(), nullable=False),
        sa.Column("high", sa.Float(), nullable=False),
        sa.Column("band", sa.String(length=64), nullable=False),
        sa.Column("rank_share", sa.Float(), nullable=False),
        sa.Column("snapshot_digest", sa.String(length=64), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("previous_probability", sa.Float(), nullable=True),
        sa.Column("moved", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["household"], ["households.household"], name=op.f("fk_scores_household"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("score", name=op.f("pk_scores")),
    )
    with op.batch_alter_table("scores", schema=None) as batch_op:
        batch_op.create_index("ix_scores_household", ["household", "as_of", "score"], unique=False)
        batch_op.create_index("ix_scores_moved", ["moved", "score"], unique=False)

    op.create_table(
        "snapshots",
        sa.Column("household", NUMBER, nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("schema", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("features", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["household"], ["households.household"], name=op.f("fk_snapshots_household"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["schema"], ["snapshot_schemas.schema"], name=op.f("fk_snapshots_schema")),
        sa.PrimaryKeyConstraint("household", "as_of", "schema", "digest", name=op.f("pk_snapshots")),
    )
    op.create_table(
        "waiting",
        sa.Column("household", NUMBER, nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.Column("first_event", NUMBER, nullable=False),
        sa.Column("ticket", NUMBER, nullable=False),
        sa.Column("leased_by", sa.String(length=64), nullable=True),
        sa.Column("leased_until", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["household"], ["households.household"], name=op.f("fk_waiting_household"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("household", name=op.f("pk_waiting")),
    )
    with op.batch_alter_table("waiting", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_waiting_since"), ["since"], unique=False)

    op.create_table(
        "alerts",
        sa.Column("alert", NUMBER, autoincrement=False, nullable=False),
        sa.Column("household", NUMBER, nullable=False),
        sa.Column("raised_at", Instant(), nullable=False),
        sa.Column("origin", sa.String(length=32), nullable=False),
        sa.Column("origins", sa.JSON(), nullable=False),
        sa.Column("group", sa.String(length=64), nullable=False),
        sa.Column("repeats", NUMBER, nullable=True),
        sa.Column("rules", sa.JSON(), nullable=False),
        sa.Column("events", sa.JSON(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("score", NUMBER, nullable=True),
        sa.Column("probability", sa.Float(), nullable=True),
        sa.Column("band", sa.String(length=64), nullable=True),
        sa.Column("previous_probability", sa.Float(), nullable=True),
        sa.Column("previous_band", sa.String(length=64), nullable=True),
        sa.Column("moved", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["household"], ["households.household"], name=op.f("fk_alerts_household"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["repeats"], ["alerts.alert"], name=op.f("fk_alerts_repeats")),
        sa.ForeignKeyConstraint(["score"], ["scores.score"], name=op.f("fk_alerts_score")),
        sa.PrimaryKeyConstraint("alert", name=op.f("pk_alerts")),
    )
    with op.batch_alter_table("alerts", schema=None) as batch_op:
        batch_op.create_index("ix_alerts_household", ["household", "alert"], unique=False)
        batch_op.create_index("ix_alerts_told", ["repeats", "alert"], unique=False)

    op.create_table(
        "standings",
        sa.Column("household", NUMBER, nullable=False),
        sa.Column(
            "household_id",
            sa.String(length=64).with_variant(sa.String(length=64, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("area_path", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("score", NUMBER, nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("negative_log_odds", sa.Float(), nullable=False),
        sa.Column("probability", sa.Float(), nullable=False),
        sa.Column("band", sa.String(length=64), nullable=False),
        sa.Column("band_since", Instant(), nullable=False),
        sa.Column("leading_group", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["household"], ["households.household"], name=op.f("fk_standings_household"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["score"], ["scores.score"], name=op.f("fk_standings_score")),
        sa.PrimaryKeyConstraint("household", name=op.f("pk_standings")),
    )
    with op.batch_alter_table("standings", schema=None) as batch_op:
        batch_op.create_index(
            "ix_standings_area_path",
            ["area_path", "negative_log_odds", "household_id", "band", "leading_group"],
            unique=False,
        )
        batch_op.create_index(
            "ix_standings_negative_log_odds",
            ["negative_log_odds", "household_id", "area_path", "band", "leading_group"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_standings_score"), ["score"], unique=False)

    op.create_table(
        "deliveries",
        sa.Column("delivery", NUMBER, autoincrement=True, nullable=False),
        sa.Column("webhook", NUMBER, nullable=False),
        sa.Column("alert", NUMBER, nullable=False),
        sa.Column("message", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", Instant(), nullable=False),
        sa.Column("last_status", sa.Integer(), nullable=True),
        sa.Column("last_error", sa.String(length=32), nullable=True),
        sa.Column("delivered_at", Instant(), nullable=True),
        sa.Column("leased_by", sa.String(length=64), nullable=True),
        sa.Column("leased_until", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["alert"], ["alerts.alert"], name=op.f("fk_deliveries_alert"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["webhook"], ["webhooks.webhook"], name=op.f("fk_deliveries_webhook"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("delivery", name=op.f("pk_deliveries")),
        sa.UniqueConstraint("message", name=op.f("uq_deliveries_message")),
        sa.UniqueConstraint("webhook", "alert", name=op.f("uq_deliveries_webhook_alert")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_deliveries_alert"), ["alert"], unique=False)
        batch_op.create_index("ix_deliveries_due", ["webhook", "state", "next_at"], unique=False)


def downgrade() -> None:
    """Drop every table."""
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.drop_index("ix_deliveries_due")
        batch_op.drop_index(batch_op.f("ix_deliveries_alert"))

    op.drop_table("deliveries")
    with op.batch_alter_table("standings", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_standings_score"))
        batch_op.drop_index("ix_standings_negative_log_odds")
        batch_op.drop_index("ix_standings_area_path")

    op.drop_table("standings")
    with op.batch_alter_table("alerts", schema=None) as batch_op:
        batch_op.drop_index("ix_alerts_told")
        batch_op.drop_index("ix_alerts_household")

    op.drop_table("alerts")
    with op.batch_alter_table("waiting", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_waiting_since"))

    op.drop_table("waiting")
    op.drop_table("snapshots")
    with op.batch_alter_table("scores", schema=None) as batch_op:
        batch_op.drop_index("ix_scores_moved")
        batch_op.drop_index("ix_scores_household")

    op.drop_table("scores")
    op.drop_table("records")
    op.drop_table("persons")
    with op.batch_alter_table("idempotency", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_idempotency_household"))

    op.drop_table("idempotency")
    op.drop_table("household_audit")
    op.drop_table("events")
    with op.batch_alter_table("event_ids", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_event_ids_household"))

    op.drop_table("event_ids")
    with op.batch_alter_table("decisions", schema=None) as batch_op:
        batch_op.drop_index("ix_decisions_household")
        batch_op.drop_index(batch_op.f("ix_decisions_corrects"))

    op.drop_table("decisions")
    with op.batch_alter_table("cases", schema=None) as batch_op:
        batch_op.drop_index("ix_cases_waiting_since")
        batch_op.drop_index("ix_cases_outcome")
        batch_op.drop_index("ix_cases_next_on")
        batch_op.drop_index("ix_cases_help_since")
        batch_op.drop_index("ix_cases_answer_by")

    op.drop_table("cases")
    with op.batch_alter_table("case_entries", schema=None) as batch_op:
        batch_op.drop_index("ix_case_entries_household")
        batch_op.drop_index(batch_op.f("ix_case_entries_about"))

    op.drop_table("case_entries")
    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sessions_user"))

    op.drop_table("sessions")
    op.drop_table("load_parts")
    op.drop_table("job_parts")
    with op.batch_alter_table("households", schema=None) as batch_op:
        batch_op.drop_index("ix_households_area_code")

    op.drop_table("households")
    op.drop_table("cohort_parts")
    with op.batch_alter_table("webhooks", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_webhooks_owner"))

    op.drop_table("webhooks")
    op.drop_table("users")
    op.drop_table("snapshot_schemas")
    op.drop_table("loads")
    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.drop_index("ix_jobs_state")
        batch_op.drop_index("ix_jobs_owner")

    op.drop_table("jobs")
    op.drop_table("facts")
    op.drop_table("clients")
    op.drop_table("audit_head")
    op.drop_table("audit_entries")
    op.drop_table("areas")
    op.drop_table("area_figures")
