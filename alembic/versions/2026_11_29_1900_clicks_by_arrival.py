"""Clicks that came since the last roll-up are found by workspace and partner, however many there are."""

from alembic import op

revision = "0017_clicks_by_arrival"
down_revision = "0016_sealing_keys"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.drop_index("ix_clicks_stored", table_name="clicks")
    op.create_index("ix_clicks_stored", "clicks", ["tenant_id", "stored_at", "partner_id"])


def downgrade() -> None:
    op.drop_index("ix_clicks_stored", table_name="clicks")
    op.create_index(
        "ix_clicks_stored", "clicks", ["stored_at"], postgresql_using="brin",
        postgresql_with={"pages_per_range": 16, "autosummarize": True},
    )  # fmt: skip
