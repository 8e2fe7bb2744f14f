"""Alerts with their trail, marks of findings, deliveries, offsets, and the log for dead letters."""

import sqlalchemy as sa
from alembic import op

from migrations.log_tables import create_log_tables, drop_log_tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the alerts database."""
    create_log_tables()
    _create_alerts()
    _create_marks()
    _create_deliveries()


def _create_alerts() -> None:
    """Create the alerts and their trail."""
    op.create_table(
        "alerts",
        sa.Column("alert_no", sa.Integer, primary_key=True),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("customer_no", sa.Integer, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("about", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("severity", sa.Text, nullable=False),
        sa.Column("rank", sa.Integer, nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("finding", sa.Text, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("opened_at", sa.BigInteger, nullable=False),
        sa.Column("changed_at", sa.BigInteger, nullable=False),
        sa.Column("snoozed_until", sa.BigInteger),
        sa.Column("acknowledged_by", sa.Text),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "alerts_live",
        "alerts",
        ["tenant", "customer_no", "rule", "about"],
        unique=True,
        sqlite_where=sa.text("status IN ('open', 'acknowledged', 'snoozed')"),
    )
    op.create_index("alerts_ranked", "alerts", ["tenant", "rank", "since", "alert_no"])
    op.create_index(
        "alerts_ranked_live",
        "alerts",
        ["tenant", "rank", "since", "alert_no"],
        sqlite_where=sa.text("status IN ('open', 'acknowledged', 'snoozed')"),
    )
    op.create_index("alerts_customer", "alerts", ["tenant", "customer_no"])
    op.create_table(
        "alert_trail",
        sa.Column("trail_no", sa.Integer, primary_key=True),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("alert_no", sa.Integer, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("change", sa.Text, nullable=False),
        sa.Column("because", sa.LargeBinary, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("trail_tenant", "alert_trail", ["tenant", "trail_no"])
    op.create_index("trail_alert", "alert_trail", ["alert_no"])


def _create_marks() -> None:
    """Create what is remembered of the facts read."""
    op.create_table(
        "fact_marks",
        sa.Column("finding", sa.Text, primary_key=True),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("customer_no", sa.Integer, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("stands", sa.Boolean, nullable=False),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("about", sa.Text, nullable=False),
        sa.Column("alert_no", sa.Integer),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )
    op.create_index(
        "marks_calling",
        "fact_marks",
        ["tenant", "customer_no", "rule", "about"],
        sqlite_where=sa.text("verdict = 'calls'"),
    )
    op.create_index("marks_alert", "fact_marks", ["alert_no"], sqlite_where=sa.text("alert_no IS NOT NULL"))
    op.create_table(
        "merged_customers",
        sa.Column("customer_no", sa.Integer, primary_key=True),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("into_no", sa.Integer, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "offsets",
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("part", sa.Integer, nullable=False),
        sa.Column("next", sa.BigInteger, nullable=False),
        sa.Column("heard_until", sa.BigInteger, nullable=False),
        sa.Column("judged_until", sa.BigInteger, nullable=False),
        sa.Column("log_id", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("topic", "part"),
    )


def _create_deliveries() -> None:
    """Create the queue of webhooks."""
    op.create_table(
        "deliveries",
        sa.Column("webhook_id", sa.Text, primary_key=True),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("trail_no", sa.Integer, nullable=False),
        sa.Column("alert_no", sa.Integer, nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("next_try", sa.BigInteger, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("said", sa.Text, nullable=False),
        sa.Column("changed_at", sa.BigInteger, nullable=False),
    )
    op.create_index(
        "deliveries_waiting", "deliveries", ["alert_no", "trail_no"], sqlite_where=sa.text("status = 'waiting'")
    )
    op.create_index("deliveries_due", "deliveries", ["next_try"], sqlite_where=sa.text("status = 'waiting'"))
    op.create_index("deliveries_tenant", "deliveries", ["tenant", "trail_no"])
    op.create_table(
        "webhook_targets",
        sa.Column("target", sa.Text, primary_key=True),
        sa.Column("disabled_at", sa.BigInteger, nullable=False),
        sa.Column("said", sa.Text, nullable=False),
    )


def downgrade() -> None:
    """Drop everything."""
    for table in (
        "offsets",
        "webhook_targets",
        "deliveries",
        "merged_customers",
        "fact_marks",
        "alert_trail",
        "alerts",
    ):
        op.drop_table(table)
    drop_log_tables()
