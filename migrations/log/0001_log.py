"""The event log."""

from migrations.log_tables import create_log_tables, drop_log_tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the log."""
    create_log_tables()


def downgrade() -> None:
    """Drop the log."""
    drop_log_tables()
