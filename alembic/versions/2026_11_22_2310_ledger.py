"""The ledger: entries, postings, and the chain that seals them."""

revision = "0008_ledger"
down_revision = "0007_deletion"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
