"""Stripe's events as they arrive, what is known of Stripe's objects, and whose an event can be."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.walls import wall

revision = "0010_stripe"
down_revision = "0009_rules"
branch_labels = None
depends_on = None

PINNED = sa.text("nullif(current_setting('app.tenant_id', true), '')::uuid")
UNPINNED = "(select nullif(current_setting('app.tenant_id', true), '')) is null"
# Columns that the crosser may read besides, to find out whose an event is.
READS = {
    "stripe_references": "reference",
    "clicks": "id, ts",
    "identities": "user_id",
    "payouts": "id",
}
SIGNATURE = "stripe_tenants(text[], uuid, timestamptz, uuid, text, uuid, text)"


def tenant() -> sa.Column:
    return sa.Column("tenant_id", sa.Uuid(), server_default=PINNED, nullable=False)


def time(name: str, *, nullable: bool = True, default: str | None = None) -> sa.Column:
    return sa.Column(
        name,
        sa.DateTime(timezone=True),
        server_default=sa.text(default) if default else None,
        nullable=nullable,
    )


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    events()
    references()
    unclaimed()
    for table in ("stripe_events", "stripe_references"):
        for statement in wall(table):
            op.execute(statement)
        op.execute(f"grant select, insert, update, delete on {table} to openpartner_app")
    op.create_index(
        "ix_partners_stripe_account",
        "partners",
        ["tenant_id", "stripe_connect_account_id"],
        postgresql_where=sa.text("stripe_connect_account_id is not null"),
    )
    crossing()


def events() -> None:
    op.create_table(
        "stripe_events",
        tenant(),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("stripe_id", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("object_id", sa.String(), nullable=True),
        sa.Column("account", sa.String(), nullable=True),
        sa.Column("api_version", sa.String(), nullable=True),
        time("happened_at", nullable=False),
        sa.Column("payload", postgresql.JSONB(), nullable=False),
        sa.Column("status", sa.String(), server_default=sa.text("'received'"), nullable=False),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("event_id", sa.Uuid(), nullable=True),
        time("processed_at"),
        time("created_at", nullable=False, default="now()"),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_stripe_events_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_stripe_events")),
        sa.UniqueConstraint(
            "tenant_id", "stripe_id", name=op.f("uq_stripe_events_tenant_id_stripe_id")
        ),
        sa.CheckConstraint(
            "status in ('received', 'processed', 'ignored', 'failed')",
            name=op.f("ck_stripe_events_status"),
        ),
    )
    op.create_index("ix_stripe_events_status", "stripe_events", ["tenant_id", "status", "id"])
    op.create_index("ix_stripe_events_object", "stripe_events", ["tenant_id", "object_id"])


def references() -> None:
    op.create_table(
        "stripe_references",
        tenant(),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        time("created_at", nullable=False, default="now()"),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_stripe_references_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "reference", name=op.f("pk_stripe_references")),
    )


def unclaimed() -> None:
    """Of no tenant, and so for the app only while none is pinned: no workspace sees them."""
    op.create_table(
        "unclaimed_stripe_events",
        sa.Column("stripe_id", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("payload", postgresql.JSONB(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        time("received_at", nullable=False, default="now()"),
        sa.PrimaryKeyConstraint("stripe_id", name=op.f("pk_unclaimed_stripe_events")),
    )
    op.execute("alter table unclaimed_stripe_events enable row level security")
    op.execute("alter table unclaimed_stripe_events force row level security")
    op.execute(
        "create policy unpinned on unclaimed_stripe_events to openpartner_app"
        f" using ({UNPINNED}) with check ({UNPINNED})"
    )
    op.execute("grant select, insert, update, delete on unclaimed_stripe_events to openpartner_app")


def crossing() -> None:
    """Tenants that something in an event points to, and what: one look at an index for each."""
    for table, columns in READS.items():
        op.execute(f"grant select ({columns}) on {table} to openpartner_crosser")
        op.execute(
            f"create policy crosser_matches on {table} for select to openpartner_crosser"
            " using (true)"
        )
    op.execute("grant select (stripe_connect_account_id) on partners to openpartner_crosser")
    op.execute(
        """
        create function stripe_tenants(known text[], click uuid, clicked timestamptz, payout uuid,
            account text, claimed uuid, customer text)
        returns table (tenant_id uuid, proof text)
        language sql stable security definer set search_path = public as
        $$
            select t.id, found.proof from tenants t cross join lateral (
                select 'reference' as proof where exists (select from stripe_references r
                    where r.tenant_id = t.id and r.reference = any (known))
                union all
                select 'payout' where exists (select from payouts p
                    where p.tenant_id = t.id and p.id = payout)
                union all
                select 'account' where exists (select from partners p
                    where p.tenant_id = t.id and p.stripe_connect_account_id = account)
                union all
                select 'click' where exists (select from clicks c
                    where c.tenant_id = t.id and c.id = click and c.ts = clicked)
                union all
                select 'customer' where t.id = claimed and exists (select from identities i
                    where i.tenant_id = t.id and i.user_id = customer)
            ) found
            where t.status = 'active'
        $$
        """
    )
    op.execute(f"revoke all on function {SIGNATURE} from public")
    op.execute(f"grant execute on function {SIGNATURE} to openpartner_app")
    op.execute(f"alter function {SIGNATURE} owner to openpartner_crosser")


def downgrade() -> None:
    op.execute(f"drop function {SIGNATURE}")
    op.execute("revoke select (stripe_connect_account_id) on partners from openpartner_crosser")
    for table, columns in READS.items():
        op.execute(f"drop policy crosser_matches on {table}")
        op.execute(f"revoke select ({columns}) on {table} from openpartner_crosser")
    op.drop_index("ix_partners_stripe_account", "partners")
    for table in ("unclaimed_stripe_events", "stripe_references", "stripe_events"):
        op.drop_table(table)
