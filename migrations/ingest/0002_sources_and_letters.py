"""What a source said last and how late it is; dead letters may be dismissed as well as replayed."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns: what was known so far says nothing about them."""
    op.add_column("sources", sa.Column("last_event", sa.Text, nullable=False, server_default=""))
    op.add_column("sources", sa.Column("lag", sa.BigInteger))
    op.add_column("replays", sa.Column("fate", sa.Text, nullable=False, server_default="replayed"))


def downgrade() -> None:
    """Drop the columns; letters that were dismissed wait again."""
    op.execute("DELETE FROM replays WHERE fate != 'replayed'")
    op.drop_column("replays", "fate")
    op.drop_column("sources", "lag")
    op.drop_column("sources", "last_event")
