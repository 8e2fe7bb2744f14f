"""A queue for each channel, and how each channel fares."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

WAITING = sa.text("status = 'waiting'")


def upgrade() -> None:
    """Add them: what waits so far are webhooks, and a receiver that said that it is gone is asked once more."""
    op.add_column("deliveries", sa.Column("channel", sa.Text, nullable=False, server_default="webhook"))
    _drop_indexes()
    op.create_index("deliveries_alert", "deliveries", ["alert_no", "channel", "trail_no"])
    op.create_index("deliveries_due", "deliveries", ["channel", "next_try"], sqlite_where=WAITING)
    op.create_index("deliveries_tenant", "deliveries", ["tenant", "trail_no", "channel"])
    op.drop_table("webhook_targets")
    op.create_table(
        "channel_states",
        sa.Column("channel", sa.Text, primary_key=True),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("retry_at", sa.BigInteger, nullable=False),
        sa.Column("gone", sa.Boolean, nullable=False),
        sa.Column("said", sa.Text, nullable=False),
        sa.Column("delivered_at", sa.BigInteger),
    )


def _drop_indexes() -> None:
    """Drop what knew one channel only."""
    for name in ("deliveries_waiting", "deliveries_due", "deliveries_tenant"):
        op.drop_index(name, "deliveries")


def downgrade() -> None:
    """Take it back: what other channels have to say is let go."""
    op.drop_table("channel_states")
    op.create_table(
        "webhook_targets",
        sa.Column("target", sa.Text, primary_key=True),
        sa.Column("disabled_at", sa.BigInteger, nullable=False),
        sa.Column("said", sa.Text, nullable=False),
    )
    op.execute("DELETE FROM deliveries WHERE channel <> 'webhook'")
    op.drop_index("deliveries_alert", "deliveries")
    for name in ("deliveries_due", "deliveries_tenant"):
        op.drop_index(name, "deliveries")
    op.drop_column("deliveries", "channel")
    op.create_index("deliveries_waiting", "deliveries", ["alert_no", "trail_no"], sqlite_where=WAITING)
    op.create_index("deliveries_due", "deliveries", ["next_try"], sqlite_where=WAITING)
    op.create_index("deliveries_tenant", "deliveries", ["tenant", "trail_no"])
