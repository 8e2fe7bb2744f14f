"""Alembic's entry: migrates or checks the one database that `migrations.run` names."""

from alembic import context
from sqlalchemy import create_engine
from sqlalchemy.event import listen
from sqlalchemy.pool import NullPool

from migrations.run import metadata_of


def run() -> None:
    """Run the migrations of one database on a connection of their own."""
    attributes = context.config.attributes
    # Python's sqlite3 would commit before each change of a table: a migration that was cut off could not be run again
    engine = create_engine(attributes["url"], poolclass=NullPool, connect_args={"isolation_level": None})
    listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=metadata_of(attributes["database"]),
            render_as_batch=True,
            transaction_per_migration=True,
            transactional_ddl=True,
        )
        with context.begin_transaction():
            context.run_migrations()


run()
