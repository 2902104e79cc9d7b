"""Fraud rules, consent and roll-ups of clicks."""

revision = "0013_fraud"
down_revision = "0012_billing"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
