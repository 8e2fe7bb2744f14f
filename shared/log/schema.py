"""The tables of the SQL log: in log.db, and in the database of every service that writes an outbox or dead letters.

A segment is storage only: one row holds `count` records, and every record has its own offset.
"""

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, MetaData, PrimaryKeyConstraint, Table, Text


def add_log_tables(metadata: MetaData) -> None:
    """Add the tables of a SQL log to a database."""
    Table(
        "log_heads",
        metadata,
        Column("topic", Text, nullable=False),
        Column("part", Integer, nullable=False),
        Column("begin", BigInteger, nullable=False),
        Column("next", BigInteger, nullable=False),
        PrimaryKeyConstraint("topic", "part"),
    )
    Table(
        "log_segments",
        metadata,
        Column("topic", Text, nullable=False),
        Column("part", Integer, nullable=False),
        Column("first", BigInteger, nullable=False),
        Column("count", Integer, nullable=False),
        Column("machine_at", BigInteger, nullable=False),
        Column("body", LargeBinary, nullable=False),
        PrimaryKeyConstraint("topic", "part", "first"),
    )
    Table("log_meta", metadata, Column("log_id", Text, primary_key=True))


metadata = MetaData()
add_log_tables(metadata)
