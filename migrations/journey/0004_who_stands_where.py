"""Indexes by which who stands where, and what detours are common, is found among many customers."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

NO_DEVIATION = "kind NOT IN ('opened', 'position', 'reached', 'completed', 'lost', 'stalled', 'beyond', 'cruising')"
PLACE = ["tenant", "map", "state", "steps", "since", "customer_no", "stall", "stall_step"]


def upgrade() -> None:
    """Exchange the index of a map's journeys for one by place, and add one of the deviations."""
    op.drop_index("journeys_map", "journeys")
    op.create_index("journeys_place", "journeys", PLACE)
    op.create_index(
        "findings_deviating",
        "findings",
        ["tenant", "map", "kind", "slot", "customer_no", "n"],
        sqlite_where=sa.text(f"stands AND {NO_DEVIATION}"),
    )


def downgrade() -> None:
    """Go back to the index by state alone."""
    op.drop_index("findings_deviating", "findings")
    op.drop_index("journeys_place", "journeys")
    op.create_index("journeys_map", "journeys", ["tenant", "map", "state"])
