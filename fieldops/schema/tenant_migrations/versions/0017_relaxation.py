"""What would make an unassigned task fit."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0017_relaxation"
down_revision = "0016_cheaper_fixes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("unassigned", sa.Column("relaxation", JSONB(), nullable=True))


def downgrade() -> None:
    op.drop_column("unassigned", "relaxation")
