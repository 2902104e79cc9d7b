"""Months of clicks begin at midnight UTC, whoever makes or drops them."""

from alembic import op

revision = "0020_click_months"
down_revision = "0019_customer_names"
branch_labels = None
depends_on = None

FUNCTIONS = ("make_click_partitions(int)", "drop_click_partitions(date)")


def upgrade() -> None:
    # In another time zone a month would overlap the next one, which then couldn't be made.
    for signature in FUNCTIONS:
        op.execute(f"alter function {signature} set timezone = 'UTC'")


def downgrade() -> None:
    for signature in FUNCTIONS:
        op.execute(f"alter function {signature} reset timezone")
