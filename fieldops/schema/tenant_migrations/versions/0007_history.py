"""Roll-ups of fixes, how long each purpose keeps them, and batches numbered beside ingest."""

import sqlalchemy as sa
from alembic import op

revision = "0007_history"
down_revision = "0006_unlocated"
branch_labels = None
depends_on = None

# What a tenant starts with; its own policies say otherwise device by device.
DAYS = {
    "dispatch": 62,
    "safety": 62,
    "vehicle_rules": 62,
    "proof_of_service": 366,
    "legal_obligation": 366,
}


def upgrade() -> None:
    op.create_table(
        "fix_rollup",
        sa.Column("device_id", sa.UUID(), nullable=False),
        sa.Column("span_s", sa.SmallInteger(), nullable=False),
        sa.Column("bucket_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fixes", sa.BigInteger(), nullable=False),
        sa.Column("flags", sa.SmallInteger(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("west", sa.Double(), nullable=False),
        sa.Column("south", sa.Double(), nullable=False),
        sa.Column("east", sa.Double(), nullable=False),
        sa.Column("north", sa.Double(), nullable=False),
        sa.Column("mean_lon", sa.Double(), nullable=False),
        sa.Column("mean_lat", sa.Double(), nullable=False),
        sa.Column("speeds", sa.BigInteger(), nullable=False),
        sa.Column("min_speed_mps", sa.REAL(), nullable=True),
        sa.Column("max_speed_mps", sa.REAL(), nullable=True),
        sa.Column("mean_speed_mps", sa.Double(), nullable=True),
        sa.Column("accuracies", sa.BigInteger(), nullable=False),
        sa.Column("mean_accuracy_m", sa.Double(), nullable=True),
        sa.CheckConstraint("span_s in (300, 3600)", name="fix_rollup_span"),
        sa.PrimaryKeyConstraint("device_id", "span_s", "bucket_at", name="fix_rollup_pkey"),
    )
    op.execute("select create_hypertable('fix_rollup', by_range('bucket_at', interval '7 days'))")
    retention = op.create_table(
        "purpose_retention",
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("retention_days", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "purpose in ('dispatch', 'safety', 'proof_of_service', 'legal_obligation', "
            "'vehicle_rules')",
            name="purpose_retention_purpose",
        ),
        sa.CheckConstraint("retention_days > 0", name="purpose_retention_days"),
        sa.PrimaryKeyConstraint("purpose"),
    )
    op.bulk_insert(retention, [{"purpose": p, "retention_days": d} for p, d in DAYS.items()])
    op.create_table(
        "side_batch",
        sa.Column("batch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("source", sa.Text(), nullable=False),
        sa.CheckConstraint("source in ('file', 'quarantine')", name="side_batch_source"),
        sa.PrimaryKeyConstraint("batch"),
    )


def downgrade() -> None:
    op.drop_table("side_batch")
    op.drop_table("purpose_retention")
    op.drop_table("fix_rollup")
