"""Erasures: hashes of erased ids, numbers never given again, and the scrubbing that is left."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of erasure."""
    op.create_table(
        "erased_ids",
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
        sa.Column("erased_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "hash"),
    )
    op.create_table(
        "erased_numbers",
        sa.Column("id_no", sa.Integer, primary_key=True),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("facts_until", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "scrubs",
        sa.Column("topic", sa.Text, primary_key=True),
        sa.Column("next", sa.BigInteger, nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    """Drop the tables of erasure: the erased stays gone, and what is sent again of it counts again."""
    for table in ("scrubs", "erased_numbers", "erased_ids"):
        op.drop_table(table)
