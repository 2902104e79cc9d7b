"""The names of the keys that secrets were sealed under, so that a wrong key is noticed at start."""

import sqlalchemy as sa
from alembic import op

revision = "0016_sealing_keys"
down_revision = "0015_network"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sealing_keys",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column(
            "first_used_at",
            sa.DateTime(timezone=True),
            server_default=sa.func.now(),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_sealing_keys")),
    )
    op.execute("grant select, insert, delete on sealing_keys to openpartner_app")


def downgrade() -> None:
    op.drop_table("sealing_keys")
