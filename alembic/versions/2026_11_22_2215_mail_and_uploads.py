"""Addresses that mail servers refused, and the pictures that brands uploaded."""

import sqlalchemy as sa
from alembic import op

from shared.walls import wall

revision = "0006_mail_and_uploads"
down_revision = "0005_link_versions"
branch_labels = None
depends_on = None

TABLES = ("mail_suppressions", "uploads")


def owned() -> list[sa.Column]:
    pinned = sa.text("nullif(current_setting('app.tenant_id', true), '')::uuid")
    return [
        sa.Column("tenant_id", sa.Uuid(), server_default=pinned, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
    ]


def made(table: str, unique: str) -> list[sa.schema.SchemaItem]:
    return [
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f(f"fk_{table}_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("tenant_id", unique, name=op.f(f"uq_{table}_tenant_id_{unique}")),
    ]


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.create_table(
        "mail_suppressions",
        *owned(),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        *made("mail_suppressions", "address"),
    )
    op.create_table(
        "uploads",
        *owned(),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        *made("uploads", "name"),
        sa.CheckConstraint("octet_length(content) <= 2097152", name=op.f("ck_uploads_size")),
    )
    for table in TABLES:
        for statement in wall(table):
            op.execute(statement)
        op.execute(f"grant select, insert, update, delete on {table} to openpartner_app")


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
