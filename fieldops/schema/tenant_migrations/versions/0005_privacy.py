"""The version of the privacy rules, counted up by every change of what they are read from."""

import sqlalchemy as sa
from alembic import op

revision = "0005_privacy"
down_revision = "0004_telemetry"
branch_labels = None
depends_on = None

RULED_BY = ("device", "device_binding", "private_period", "tracking_policy")


def upgrade() -> None:
    op.create_table(
        "privacy_version",
        sa.Column(
            "id",
            sa.SmallInteger(),
            server_default=sa.text("1"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("id = 1", name="privacy_version_single"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.execute("insert into privacy_version (version) values (1)")
    op.execute(
        """
        create function count_privacy_version() returns trigger language plpgsql as $$
        begin
            update privacy_version set version = version + 1;
            return null;
        end
        $$
        """
    )
    for table in RULED_BY:
        op.execute(
            f"""
            create trigger {table}_privacy
            after insert or update or delete or truncate on {table}
            for each statement execute function count_privacy_version()
            """
        )


def downgrade() -> None:
    for table in RULED_BY:
        op.execute(f"drop trigger {table}_privacy on {table}")
    op.execute("drop function count_privacy_version()")
    op.drop_table("privacy_version")
