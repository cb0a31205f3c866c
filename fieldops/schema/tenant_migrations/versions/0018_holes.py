"""Holes that privacy left in tracks, and quarantine found by device."""

import sqlalchemy as sa
from alembic import op

revision = "0018_holes"
down_revision = "0017_relaxation"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "hole",
        sa.Column("device_id", sa.UUID(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("device_id", "at", name="hole_pkey"),
    )
    op.create_index("quarantine_device", "quarantine", ["device", "received_at"])
    op.drop_constraint("side_batch_source", "side_batch")
    op.create_check_constraint(
        "side_batch_source", "side_batch", "source in ('file', 'quarantine', 'hole')"
    )


def downgrade() -> None:
    op.execute("delete from side_batch where source = 'hole'")
    op.drop_constraint("side_batch_source", "side_batch")
    op.create_check_constraint(
        "side_batch_source", "side_batch", "source in ('file', 'quarantine')"
    )
    op.drop_index("quarantine_device", "quarantine")
    op.drop_table("hole")
