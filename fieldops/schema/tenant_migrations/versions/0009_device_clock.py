"""How far each device's clock is off."""

import sqlalchemy as sa
from alembic import op

revision = "0009_device_clock"
down_revision = "0008_untrusted"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "device_clock",
        sa.Column("device_id", sa.UUID(), nullable=False),
        sa.Column("offset_s", sa.Double(), nullable=False),
        sa.Column("off", sa.Boolean(), nullable=False),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("device_id"),
    )


def downgrade() -> None:
    op.drop_table("device_clock")
