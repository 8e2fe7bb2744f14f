"""The log's tables as first shipped, for the first migration of each database that holds a log. Never edited later."""

import sqlalchemy as sa
from alembic import op


def create_log_tables() -> None:
    """Create the three tables of a SQL log."""
    op.create_table(
        "log_heads",
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("part", sa.Integer, nullable=False),
        sa.Column("begin", sa.BigInteger, nullable=False),
        sa.Column("next", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("topic", "part"),
    )
    op.create_table(
        "log_segments",
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("part", sa.Integer, nullable=False),
        sa.Column("first", sa.BigInteger, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("machine_at", sa.BigInteger, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("topic", "part", "first"),
    )
    op.create_table("log_meta", sa.Column("log_id", sa.Text, primary_key=True))


def drop_log_tables() -> None:
    """Drop the three tables of a SQL log."""
    for table in ("log_meta", "log_segments", "log_heads"):
        op.drop_table(table)
