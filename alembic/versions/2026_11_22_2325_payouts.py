"""Payouts that freeze what they send, and how it went."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.walls import wall

revision = "0011_payouts"
down_revision = "0010_stripe"
branch_labels = None
depends_on = None

# Those that refer to another come after it.
TABLES = ("payout_runs", "payout_transfers", "payout_steps", "payout_differences")
CHANGING = ("payout_runs", "payout_transfers", "payout_differences")

# Every step that a transfer may take; anything else is a fault of ours, and is refused.
MOVES = {
    "intent": ("posted", "canceled"),
    "posted": ("confirmed", "failed", "canceled", "reversed", "reconcile_required",
               "duplicate_review"),
    "reconcile_required": ("intent", "canceled", "confirmed", "reversed", "duplicate_review"),
    "confirmed": ("reversed", "duplicate_review"),
    "failed": ("duplicate_review",),
    "canceled": ("duplicate_review",),
    "reversed": ("duplicate_review",),
    "duplicate_review": ("confirmed", "canceled"),
}  # fmt: skip


def owned(*columns: sa.schema.SchemaItem, name: str) -> None:
    """A table of tenants' with the columns that all of them have."""
    op.create_table(
        name,
        sa.Column(
            "tenant_id",
            sa.Uuid(),
            server_default=sa.text("nullif(current_setting('app.tenant_id', true), '')::uuid"),
            nullable=False,
        ),
        sa.Column("id", sa.Uuid(), nullable=False),
        *columns,
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=f"fk_{name}_tenant_id"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=f"pk_{name}"),
    )


def of_payout(name: str) -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("payout_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "payout_id"],
            ["payouts.tenant_id", "payouts.id"],
            name=f"fk_{name}_tenant_id_payout_id",
        ),
    ]


def moment(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=True)


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    widen_payouts()
    json = postgresql.JSONB(astext_type=sa.Text())
    owned(
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("person", sa.Uuid(), nullable=True),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("left_out", json, server_default=sa.text("'[]'::jsonb"), nullable=False),
        sa.CheckConstraint(
            "mode in ('selfhost', 'flat', 'revshare')", name=op.f("ck_payout_runs_mode")
        ),
        name="payout_runs",
    )
    make_transfers()
    owned(
        *of_payout("payout_steps"),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("details", json, server_default=sa.text("'{}'::jsonb"), nullable=False),
        name="payout_steps",
    )
    op.create_index("ix_payout_steps_payout", "payout_steps", ["tenant_id", "payout_id", "id"])
    owned(
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("payout_id", sa.Uuid(), nullable=True),
        sa.Column("transfer_id", sa.String(), nullable=True),
        sa.Column("details", json, nullable=False),
        sa.Column(
            "last_seen_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        moment("resolved_at"),
        sa.UniqueConstraint(
            "tenant_id",
            "kind",
            "subject",
            name=op.f("uq_payout_differences_tenant_id_kind_subject"),
        ),
        sa.CheckConstraint(
            "kind in ('ours_not_theirs', 'theirs_not_ours', 'amount_differs', 'state_differs')",
            name=op.f("ck_payout_differences_kind"),
        ),
        name="payout_differences",
    )
    for table in TABLES:
        for statement in wall(table):
            op.execute(statement)
    for table in CHANGING:
        op.execute(f"grant select, insert, update, delete on {table} to openpartner_app")
    op.execute("grant select, insert on payout_steps to openpartner_app")
    op.execute(
        "create trigger append_only before update or delete on payout_steps"
        " for each row execute function refuse_change()"
    )
    guard_moves()


def widen_payouts() -> None:
    op.add_column(
        "payouts",
        sa.Column("approval", sa.String(), server_default=sa.text("'none'"), nullable=False),
    )
    op.add_column(
        "payouts",
        sa.Column("carried_minor", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
    )
    op.create_check_constraint(op.f("ck_payouts_carried"), "payouts", "carried_minor >= 0")
    op.create_check_constraint(
        op.f("ck_payouts_approval"), "payouts", "approval in ('none', 'wanted', 'given')"
    )
    op.create_index("ix_payouts_run", "payouts", ["tenant_id", "run_id", "id"])
    op.create_index("ix_payouts_completed", "payouts", ["tenant_id", "completed_at"])
    op.create_index(
        "uq_payouts_open",
        "payouts",
        ["tenant_id", "partner_id", "currency"],
        unique=True,
        postgresql_where=sa.text("status = 'pending'"),
    )
    op.create_index(
        "uq_payouts_transfer",
        "payouts",
        ["tenant_id", "stripe_transfer_id"],
        unique=True,
        postgresql_where=sa.text("stripe_transfer_id is not null"),
    )


def make_transfers() -> None:
    states = tuple(MOVES)
    owned(
        *of_payout("payout_transfers"),
        sa.Column("state", sa.String(), server_default=sa.text("'intent'"), nullable=False),
        sa.Column("destination", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("returned", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("idempotency_key", sa.String(), nullable=False),
        sa.Column("generation", sa.Integer(), server_default=sa.text("0"), nullable=False),
        moment("first_posted_at"),
        moment("last_attempt_at"),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("lease", sa.Uuid(), nullable=True),
        moment("leased_until"),
        sa.Column("problem", sa.String(), nullable=True),
        sa.Column("problem_detail", sa.String(), nullable=True),
        sa.UniqueConstraint(
            "tenant_id", "payout_id", name=op.f("uq_payout_transfers_tenant_id_payout_id")
        ),
        sa.UniqueConstraint(
            "tenant_id",
            "idempotency_key",
            name=op.f("uq_payout_transfers_tenant_id_idempotency_key"),
        ),
        sa.CheckConstraint(f"state in {states}", name=op.f("ck_payout_transfers_state")),
        sa.CheckConstraint("amount > 0", name=op.f("ck_payout_transfers_amount")),
        sa.CheckConstraint(
            "state <> 'posted' or first_posted_at is not null",
            name=op.f("ck_payout_transfers_posted"),
        ),
        name="payout_transfers",
    )
    op.create_index(
        "ix_payout_transfers_live",
        "payout_transfers",
        ["tenant_id", "last_attempt_at"],
        postgresql_where=sa.text("state in ('intent', 'posted', 'reconcile_required')"),
    )


def guard_moves() -> None:
    """What is frozen stays so but for a new generation, and no state is reached by a back door."""
    pairs = ", ".join(f"('{old}', '{new}')" for old, news in MOVES.items() for new in news)
    op.execute(
        f"""
        create function guard_transfer() returns trigger language plpgsql as $$
        begin
            if old.state <> new.state and (old.state, new.state) not in ({pairs}) then
                raise exception 'a transfer does not go from % to %', old.state, new.state
                    using errcode = 'check_violation', constraint = 'ck_payout_transfers_moves';
            end if;
            if (old.payout_id, old.destination, old.amount)
                    is distinct from (new.payout_id, new.destination, new.amount)
                or (old.idempotency_key is distinct from new.idempotency_key
                    and new.generation <= old.generation) then
                raise exception 'what transfer % sends is frozen', old.id
                    using errcode = 'check_violation', constraint = 'ck_payout_transfers_frozen';
            end if;
            return new;
        end $$
        """
    )
    op.execute(
        "create trigger guard_transfer before update on payout_transfers"
        " for each row execute function guard_transfer()"
    )


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    op.execute("drop function guard_transfer()")
    op.drop_index("uq_payouts_transfer", "payouts")
    op.drop_index("uq_payouts_open", "payouts")
    op.drop_index("ix_payouts_completed", "payouts")
    op.drop_index("ix_payouts_run", "payouts")
    op.drop_constraint(op.f("ck_payouts_approval"), "payouts")
    op.drop_column("payouts", "approval")
    op.drop_constraint(op.f("ck_payouts_carried"), "payouts")
    op.drop_column("payouts", "carried_minor")
