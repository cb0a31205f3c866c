"""The fixes whose stamp says nothing, by receipt: their retention is counted from there."""

from alembic import op

revision = "0008_untrusted"
down_revision = "0007_history"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("create index fix_untrusted on fix (received_at) where (flags & 6) <> 0")


def downgrade() -> None:
    op.execute("drop index fix_untrusted")
