"""Rules of terms, and coupons."""

revision = "0009_rules"
down_revision = "0008_ledger"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
