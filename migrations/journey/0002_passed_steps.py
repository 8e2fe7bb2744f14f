"""Journeys remember the steps done, and customers their names: the sweep judges every customer again."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Send every customer who has a journey back to the sweep's queue."""
    op.execute("UPDATE customers SET revision = -1 WHERE customer_no IN (SELECT customer_no FROM journeys)")


def downgrade() -> None:
    """Leave what is stored: older code reads past it."""
