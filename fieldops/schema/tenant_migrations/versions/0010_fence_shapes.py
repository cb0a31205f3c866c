"""Circles, corridors, margins and hours of fences; closing a fence is a version too."""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects.postgresql import JSONB

revision = "0010_fence_shapes"
down_revision = "0009_device_clock"
branch_labels = None
depends_on = None

NEW = ("drawn", "radius_m", "width_m", "margin_m", "schedule", "active")


def upgrade() -> None:
    op.add_column(
        "fence_version",
        sa.Column("drawn", Geometry(geometry_type="GEOMETRY", srid=4326, spatial_index=False)),
    )
    op.add_column("fence_version", sa.Column("radius_m", sa.Double()))
    op.add_column("fence_version", sa.Column("width_m", sa.Double()))
    op.add_column(
        "fence_version",
        sa.Column("margin_m", sa.Double(), server_default=sa.text("0"), nullable=False),
    )
    op.add_column("fence_version", sa.Column("schedule", JSONB()))
    op.add_column(
        "fence_version",
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
    )
    # What was closed before closings were dated counts as closed since its present version began.
    op.execute("""
        update fence_version set active = false
        from fence
        where fence.id = fence_id and valid_until is null and not fence.active
    """)


def downgrade() -> None:
    for name in NEW:
        op.drop_column("fence_version", name)
