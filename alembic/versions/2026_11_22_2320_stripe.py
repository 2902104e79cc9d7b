"""Stripe's events, as they arrive."""

revision = "0010_stripe"
down_revision = "0009_rules"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
