"""How many of a sequence space's fixes are duplicates: another's row has their moment."""

import sqlalchemy as sa
from alembic import op

revision = "0021_duplicates"
down_revision = "0020_breadth_of_work"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "settlement",
        sa.Column("duplicates", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
    )


def downgrade() -> None:
    op.drop_column("settlement", "duplicates")
