"""Touchpoints, identities, journeys, findings, and the outbox."""

import sqlalchemy as sa
from alembic import op

from migrations.log_tables import create_log_tables, drop_log_tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the journey database."""
    create_log_tables()
    op.create_table(
        "ids",
        sa.Column("id_no", sa.Integer, primary_key=True),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("customer_no", sa.Integer, nullable=False),
        sa.UniqueConstraint("tenant", "kind", "value"),
    )
    op.create_index("ids_customer", "ids", ["customer_no"])
    op.create_table(
        "assertions",
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("occurred_at", sa.BigInteger, nullable=False),
        sa.Column("ordinal", sa.BigInteger, nullable=False),
        sa.Column("event_id", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("id_a", sa.Integer, nullable=False),
        sa.Column("id_b", sa.Integer, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id_a", "occurred_at", "ordinal", "event_id", "source", "id_b"),
    )
    op.create_index("assertions_b", "assertions", ["id_b"])
    op.create_table(
        "touchpoints",
        sa.Column("id_no", sa.Integer, nullable=False),
        sa.Column("original_at", sa.BigInteger, nullable=False),
        sa.Column("event_hash", sa.BigInteger, nullable=False),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("account_no", sa.Integer),
        sa.Column("occurred_at", sa.BigInteger, nullable=False),
        sa.Column("ordinal", sa.BigInteger, nullable=False),
        sa.Column("received_at", sa.BigInteger, nullable=False),
        sa.Column("event_id", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("digest", sa.BigInteger, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_index("touchpoints_key", "touchpoints", ["id_no", "original_at", "event_hash"], unique=True)
    op.create_index(
        "touchpoints_account", "touchpoints", ["account_no"], sqlite_where=sa.text("account_no IS NOT NULL")
    )
    op.create_table(
        "customers",
        sa.Column("customer_no", sa.Integer, primary_key=True),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("merged_into", sa.Integer),
        sa.Column("last_at", sa.BigInteger),
        sa.Column("last_ordinal", sa.BigInteger),
        sa.Column("last_event", sa.Text),
        sa.Column("last_source", sa.Text),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("unjudged", sa.Text),
    )
    op.create_index("customers_revision", "customers", ["tenant", "revision"])
    op.create_table(
        "maps",
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("map", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("published_at", sa.BigInteger, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("yaml", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "map", "version"),
    )
    op.create_table(
        "journeys",
        sa.Column("customer_no", sa.Integer, nullable=False),
        sa.Column("map", sa.Text, nullable=False),
        sa.Column("n", sa.Integer, nullable=False),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("map_version", sa.Integer, nullable=False),
        sa.Column("engine_version", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("blob", sa.LargeBinary, nullable=False),
        sa.Column("steps", sa.Text, nullable=False),
        sa.Column("stage", sa.Text),
        sa.Column("since", sa.BigInteger),
        sa.Column("opened_at", sa.BigInteger, nullable=False),
        sa.Column("reached_at", sa.BigInteger),
        sa.Column("ended_at", sa.BigInteger),
        sa.Column("cost", sa.Integer, nullable=False),
        sa.Column("stall", sa.Text),
        sa.Column("stall_step", sa.Text),
        sa.Column("due_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("customer_no", "map", "n"),
    )
    op.create_index("journeys_due", "journeys", ["due_at"], sqlite_where=sa.text("due_at IS NOT NULL"))
    op.create_index("journeys_map", "journeys", ["tenant", "map", "state"])
    op.create_table(
        "findings",
        sa.Column("customer_no", sa.Integer, nullable=False),
        sa.Column("map", sa.Text, nullable=False),
        sa.Column("n", sa.Integer, nullable=False),
        sa.Column("slot", sa.Text, nullable=False),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("stands", sa.Boolean, nullable=False),
        sa.Column("published", sa.Boolean, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("customer_no", "map", "n", "slot"),
    )
    op.create_table(
        "offsets",
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("part", sa.Integer, nullable=False),
        sa.Column("next", sa.BigInteger, nullable=False),
        sa.Column("heard_until", sa.BigInteger, nullable=False),
        sa.Column("log_id", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("topic", "part"),
    )


def downgrade() -> None:
    """Drop it."""
    for table in ("offsets", "findings", "journeys", "maps", "customers", "touchpoints", "assertions", "ids"):
        op.drop_table(table)
    drop_log_tables()
