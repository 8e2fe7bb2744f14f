"""An index by which the accounts are found that somebody's touchpoints name."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add it; touchpoints that name no account are not in it."""
    op.create_index(
        "touchpoints_naming", "touchpoints", ["id_no", "account_no"], sqlite_where=sa.text("account_no IS NOT NULL")
    )


def downgrade() -> None:
    """Do without it."""
    op.drop_index("touchpoints_naming", "touchpoints")
