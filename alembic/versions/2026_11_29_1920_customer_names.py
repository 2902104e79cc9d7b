"""All of a customer's names at Stripe are found by the merchant's own."""

from alembic import op

revision = "0019_customer_names"
down_revision = "0018_identities_by_partner"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_stripe_references_user", "stripe_references", ["tenant_id", "user_id"])


def downgrade() -> None:
    op.drop_index("ix_stripe_references_user", table_name="stripe_references")
