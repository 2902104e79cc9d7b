"""Identities repeat their click's partner, so that a funnel needn't read every click of a month."""

import sqlalchemy as sa
from alembic import op

revision = "0018_identities_by_partner"
down_revision = "0017_clicks_by_arrival"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.add_column("identities", sa.Column("partner_id", sa.Uuid(), nullable=True))
    op.create_index("ix_identities_partner", "identities", ["tenant_id", "partner_id", "click_ts"])


def downgrade() -> None:
    op.drop_index("ix_identities_partner", table_name="identities")
    op.drop_column("identities", "partner_id")
