"""What alembic runs: migrations over the connection that the caller gives."""

from alembic import context

from riskmodel.service.store.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,
    transaction_per_migration=False,
)
context.run_migrations()
