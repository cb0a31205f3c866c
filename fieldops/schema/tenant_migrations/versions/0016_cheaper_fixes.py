"""What each row of `fix` costs beside itself: no index nobody asks, room for rows that move."""

from alembic import op

revision = "0016_cheaper_fixes"
down_revision = "0015_presence_evidence"
branch_labels = None
depends_on = None

# One row a device, written anew with every batch: with room on its page a new version touches no
# index and the old one is cleared in passing.
MOVING = ("latest_fix", "settlement", "device_clock")


def upgrade() -> None:
    # Made by create_hypertable. Who asks for a span of time asks for a device too, or is content
    # with the chunk of a day.
    op.execute("drop index if exists fix_observed_at_idx")
    for table in MOVING:
        op.execute(f"alter table {table} set (fillfactor = 50)")


def downgrade() -> None:
    for table in MOVING:
        op.execute(f"alter table {table} reset (fillfactor)")
    op.execute("create index if not exists fix_observed_at_idx on fix (observed_at desc)")
