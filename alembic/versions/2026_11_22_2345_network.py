"""The creator network: membership and what waits for it."""

revision = "0015_network"
down_revision = "0014_platform"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
