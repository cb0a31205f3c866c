"""What would make an unassigned task fit."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0016_relaxation"
down_revision = "0015_presence_evidence"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("unassigned", sa.Column("relaxation", JSONB(), nullable=True))


def downgrade() -> None:
    op.drop_column("unassigned", "relaxation")
