"""Alerts are found by map, severity, owner and id without reading them; snoozed ones by when they wake."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

LIVE = "status IN ('open', 'acknowledged', 'snoozed')"
RANKED = ["tenant", "rank", "since", "alert_no"]
FILTERS = ["status", "owner", "rule", "map"]


def upgrade() -> None:
    """Add the map of an alert, its ids, and indexes that answer the filters by themselves."""
    op.add_column("alerts", sa.Column("map", sa.Text, nullable=False, server_default=""))
    op.execute("UPDATE alerts SET map = coalesce(json_extract(CAST(content AS TEXT), '$.map'), '')")
    _index([*RANKED, *FILTERS])
    op.create_index("alerts_snoozed", "alerts", ["snoozed_until"], sqlite_where=sa.text("status = 'snoozed'"))
    op.create_table(
        "alert_ids",
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("alert_no", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "id", "alert_no"),
        sqlite_with_rowid=False,
    )
    op.create_index("ids_alert", "alert_ids", ["alert_no"])
    op.execute(
        "INSERT OR IGNORE INTO alert_ids (tenant, id, alert_no) SELECT tenant, j.value, alert_no"
        " FROM alerts, json_each(CAST(content AS TEXT), '$.ids') j"
    )


def _index(columns: list[str]) -> None:
    """Make the two indexes of the ranking anew."""
    for name, where in (("alerts_ranked", None), ("alerts_ranked_live", sa.text(LIVE))):
        op.drop_index(name, "alerts")
        op.create_index(name, "alerts", columns, sqlite_where=where)


def downgrade() -> None:
    """Take it back."""
    op.drop_table("alert_ids")
    op.drop_index("alerts_snoozed", "alerts")
    _index(RANKED)
    op.drop_column("alerts", "map")
