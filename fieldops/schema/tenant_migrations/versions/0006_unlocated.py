"""How many of a sequence space's messages said no position."""

import sqlalchemy as sa
from alembic import op

revision = "0006_unlocated"
down_revision = "0005_privacy"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "settlement",
        sa.Column("unlocated", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
    )


def downgrade() -> None:
    op.drop_column("settlement", "unlocated")
