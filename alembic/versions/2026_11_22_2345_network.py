"""The creator network: what waits to be told, what was approved, and what was reported."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.walls import wall

revision = "0015_network"
down_revision = "0014_platform"
branch_labels = None
depends_on = None

TABLES = (
    "network_pushes", "network_approvals", "network_payout_reports", "network_reported_payouts",
)  # fmt: skip
NOW = sa.text("now()")


def tenant() -> sa.Column[object]:
    pinned = sa.text("nullif(current_setting('app.tenant_id', true), '')::uuid")
    return sa.Column("tenant_id", sa.Uuid(), server_default=pinned, nullable=False)


def time(name: str, *, made: bool = False) -> sa.Column[object]:
    default = NOW if made else None
    return sa.Column(name, sa.DateTime(timezone=True), server_default=default, nullable=not made)


def within(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant_id", column],
        [f"{to}.tenant_id", f"{to}.id"],
        name=op.f(f"fk_{table}_tenant_id_{column}"),
    )


def owned(table: str, *key: str) -> tuple[sa.ForeignKeyConstraint, sa.PrimaryKeyConstraint]:
    return (
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f(f"fk_{table}_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", *key, name=op.f(f"pk_{table}")),
    )


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.create_table(
        "network_pushes",
        tenant(),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=True),
        sa.Column(
            "body", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("status", sa.String(), server_default=sa.text("'pending'"), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("http_status", sa.Integer(), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        time("last_attempt_at"),
        time("next_attempt_at"),
        time("created_at", made=True),
        sa.CheckConstraint("status in ('pending', 'dead')", name=op.f("ck_network_pushes_status")),
        sa.CheckConstraint(
            "kind in ('partner', 'partners', 'approval', 'payout_report', 'departure')",
            name=op.f("ck_network_pushes_kind"),
        ),
        within("network_pushes", "partner_id", "partners"),
        *owned("network_pushes", "id"),
    )
    op.create_index("ix_network_pushes_status", "network_pushes", ["tenant_id", "status", "id"])
    op.create_index("ix_network_pushes_partner", "network_pushes", ["tenant_id", "partner_id"])
    op.create_table(
        "network_approvals",
        tenant(),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.String(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=False),
        sa.Column("link_id", sa.Uuid(), nullable=False),
        sa.Column("decision_note", sa.String(), nullable=True),
        time("created_at", made=True),
        sa.UniqueConstraint(
            "tenant_id", "request_id", name=op.f("uq_network_approvals_tenant_id_request_id")
        ),
        within("network_approvals", "partner_id", "partners"),
        within("network_approvals", "link_id", "links"),
        *owned("network_approvals", "id"),
    )
    op.create_index(
        "ix_network_approvals_partner", "network_approvals", ["tenant_id", "partner_id"]
    )
    op.create_index("ix_network_approvals_link", "network_approvals", ["tenant_id", "link_id"])
    op.create_table(
        "network_payout_reports",
        tenant(),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("since_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("amounts", postgresql.JSONB(), nullable=False),
        time("reported_at"),
        time("created_at", made=True),
        *owned("network_payout_reports", "id"),
    )
    op.create_index(
        "uq_network_payout_reports_open",
        "network_payout_reports",
        ["tenant_id"],
        unique=True,
        postgresql_where=sa.text("reported_at is null"),
    )
    op.create_index(
        "ix_network_payout_reports_until", "network_payout_reports", ["tenant_id", "until_at"]
    )
    op.create_table(
        "network_reported_payouts",
        tenant(),
        sa.Column("payout_id", sa.Uuid(), nullable=False),
        sa.Column("report_id", sa.Uuid(), nullable=False),
        time("created_at", made=True),
        within("network_reported_payouts", "payout_id", "payouts"),
        within("network_reported_payouts", "report_id", "network_payout_reports"),
        *owned("network_reported_payouts", "payout_id"),
    )
    op.create_index(
        "ix_network_reported_payouts_report", "network_reported_payouts", ["tenant_id", "report_id"]
    )
    for table in TABLES:
        for statement in wall(table):
            op.execute(statement)
        op.execute(f"grant select, insert, update, delete on {table} to openpartner_app")


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
