"""Payouts that freeze what they send, and how it went."""

revision = "0011_payouts"
down_revision = "0010_stripe"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
