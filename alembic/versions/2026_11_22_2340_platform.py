"""Tenants, people with several of them, operators and domains."""

revision = "0014_platform"
down_revision = "0013_fraud"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
