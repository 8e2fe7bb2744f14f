"""Alembic's entry: migrates or checks the one database that `migrations.run` names."""

from alembic import context
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from migrations.run import metadata_of


def run() -> None:
    """Run the migrations of one database on a connection of their own."""
    attributes = context.config.attributes
    engine = create_engine(attributes["url"], poolclass=NullPool)
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=metadata_of(attributes["database"]),
            render_as_batch=True,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()


run()
