"""Erasures: when somebody was forgotten, and whom to scrub out of the log until that is done."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table of erasures."""
    op.create_table(
        "erasures",
        sa.Column("erasure_no", sa.Integer, primary_key=True),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("erased_at", sa.BigInteger, nullable=False),
        sa.Column("ids", sa.Integer, nullable=False),
        sa.Column("wanted", sa.Text),
        sa.Column("scrubbed_at", sa.BigInteger),
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("erasures")
