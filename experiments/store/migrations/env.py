"""Alembic's entry: runs on the connection that `migration.upgrade` hands over."""

from alembic import context

from experiments.store.schema import whole_metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=whole_metadata(),
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
