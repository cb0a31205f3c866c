"""The times of an assignment that were last told, so that many small drifts add up to news."""

import sqlalchemy as sa
from alembic import op

revision = "0019_told_times"
down_revision = "0018_holes"
branch_labels = None
depends_on = None

COLUMNS = ("told_eta_at", "told_start_at", "told_end_at")


def upgrade() -> None:
    for name in COLUMNS:
        op.add_column("assignment", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.execute(
        "update assignment set told_eta_at = eta_at, told_start_at = start_at, told_end_at = end_at "
        "where state in ('planned', 'offered', 'accepted', 'started')"
    )


def downgrade() -> None:
    for name in COLUMNS:
        op.drop_column("assignment", name)
