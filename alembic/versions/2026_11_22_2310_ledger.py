"""The ledger: entries, postings, and the chain that seals them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.walls import wall

revision = "0008_ledger"
down_revision = "0007_deletion"
branch_labels = None
depends_on = None

# Written once, whoever asks; seals by nobody but the trigger below.
APPEND_ONLY = (
    "ledger_entries", "ledger_postings", "corrections", "correction_references",
    "payment_references",
)  # fmt: skip
SEALS = "ledger_seals"
CHANGING = "adjustments"

FUNCTIONS = (
    # An entry as one text, of which its seal is made. Whoever verifies writes it anew by himself.
    """
    create function ledger_text(entry ledger_entries) returns text
    language sql stable set search_path = public as $$
        select concat_ws(E'\\n',
            concat_ws('|', entry.id, entry.key, entry.kind,
                (extract(epoch from entry.created_at) * 1000000)::bigint, entry.details),
            (select string_agg(concat_ws('|', p.number, p.account, coalesce(p.partner_id::text, ''),
                p.currency, p.amount_minor, coalesce(p.commission_id::text, ''),
                coalesce(p.payout_id::text, '')), E'\\n' order by p.number)
            from ledger_postings p
            where p.tenant_id = entry.tenant_id and p.entry_id = entry.id))
    $$
    """,
    # Runs at the commit, so that a tenant's writers wait for each other no longer than that takes.
    # With its owner's rights, because nobody else may write a seal.
    """
    create function seal_entry() returns trigger
    language plpgsql security definer set search_path = public as $$
    declare
        head record;
        imbalance record;
        previous bytea := decode(repeat('00', 32), 'hex');
    begin
        if exists (select from ledger_seals
                where tenant_id = new.tenant_id and entry_id = new.id) then
            return null;
        end if;
        if not exists (select from ledger_postings
                where tenant_id = new.tenant_id and entry_id = new.id) then
            raise exception 'ledger entry % has no postings', new.key
                using errcode = 'check_violation', constraint = 'ck_ledger_entries_balanced';
        end if;
        select currency, sum(amount_minor) as amount into imbalance from ledger_postings
        where tenant_id = new.tenant_id and entry_id = new.id
        group by currency having sum(amount_minor) <> 0 limit 1;
        if found then
            raise exception 'ledger entry % is out of balance by % %',
                new.key, imbalance.amount, imbalance.currency
                using errcode = 'check_violation', constraint = 'ck_ledger_entries_balanced';
        end if;
        perform pg_advisory_xact_lock(hashtextextended('ledger:' || new.tenant_id, 0));
        select seq, hash into head from ledger_seals
        where tenant_id = new.tenant_id order by seq desc limit 1;
        if found then
            previous := head.hash;
        end if;
        insert into ledger_seals (tenant_id, seq, entry_id, prev_hash, hash)
        values (new.tenant_id, coalesce(head.seq, 0) + 1, new.id, previous,
            sha256(previous || convert_to(ledger_text(new), 'UTF8')));
        return null;
    end $$
    """,
    """
    create function refuse_late_postings() returns trigger language plpgsql as $$
    begin
        if exists (select from added a join ledger_seals s
                on s.tenant_id = a.tenant_id and s.entry_id = a.entry_id) then
            raise exception 'a sealed ledger entry takes no more postings'
                using errcode = 'check_violation', constraint = 'ck_ledger_postings_sealed';
        end if;
        return null;
    end $$
    """,
    """
    create function refuse_truncate() returns trigger language plpgsql as $$
    begin
        raise exception '% is append-only', tg_table_name using errcode = 'raise_exception';
    end $$
    """,
)


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    extend_commissions()
    create_ledger()
    create_adjustments()
    create_corrections()
    for table in (*APPEND_ONLY, SEALS, CHANGING):
        for statement in wall(table):
            op.execute(statement)
    for table in APPEND_ONLY:
        op.execute(f"grant select, insert on {table} to openpartner_app")
    op.execute(f"grant select on {SEALS} to openpartner_app")
    op.execute(f"grant select, insert, update, delete on {CHANGING} to openpartner_app")
    guard()


def owned() -> sa.Column[object]:
    return sa.Column(
        "tenant_id",
        sa.Uuid(),
        server_default=sa.text("nullif(current_setting('app.tenant_id', true), '')::uuid"),
        nullable=False,
    )


def made_at() -> sa.Column[object]:
    return sa.Column(
        "created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
    )


def details() -> sa.Column[object]:
    return sa.Column(
        "details",
        postgresql.JSONB(astext_type=sa.Text()),
        server_default=sa.text("'{}'::jsonb"),
        nullable=False,
    )


def of_tenant(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=f"fk_{table}_tenant_id")


def within(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant_id", column],
        [f"{to}.tenant_id", f"{to}.id"],
        name=f"fk_{table}_tenant_id_{column}",
    )


def extend_commissions() -> None:
    for name in ("clawed_minor", "held_minor", "adjusted_minor"):
        op.add_column(
            "commissions",
            sa.Column(name, sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        )
    op.add_column("commissions", sa.Column("claimed_minor", sa.BigInteger(), nullable=True))
    op.add_column("commissions", sa.Column("reversed_by", sa.String(), nullable=True))
    op.add_column("commissions", sa.Column("reversal_reason", sa.String(), nullable=True))
    op.create_check_constraint(
        op.f("ck_commissions_withheld"),
        "commissions",
        "clawed_minor >= 0 and held_minor >= 0 and clawed_minor + held_minor <= amount_minor",
    )
    op.create_check_constraint(
        op.f("ck_commissions_reversed"),
        "commissions",
        "(status = 'reversed') = (reversed_by is not null)"
        " and (status <> 'reversed' or clawed_minor = amount_minor)",
    )
    op.create_check_constraint(
        op.f("ck_commissions_claimed"),
        "commissions",
        "(payout_id is null) = (claimed_minor is null)",
    )


def create_ledger() -> None:
    op.create_table(
        "ledger_entries",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        details(),
        owned(),
        sa.Column("id", sa.Uuid(), nullable=False),
        made_at(),
        of_tenant("ledger_entries"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_ledger_entries"),
        sa.UniqueConstraint("tenant_id", "key", name="uq_ledger_entries_tenant_id_key"),
    )
    op.create_index("ix_ledger_entries_kind", "ledger_entries", ["tenant_id", "kind", "id"])
    op.create_table(
        "ledger_postings",
        owned(),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=True),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("commission_id", sa.Uuid(), nullable=True),
        sa.Column("payout_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("amount_minor <> 0", name="ck_ledger_postings_amount"),
        sa.CheckConstraint(
            "(account in ('pending', 'available', 'held', 'in_transit', 'paid')"
            " and partner_id is not null) or (account = 'expense' and partner_id is null)",
            name="ck_ledger_postings_account",
        ),
        of_tenant("ledger_postings"),
        within("ledger_postings", "entry_id", "ledger_entries"),
        within("ledger_postings", "partner_id", "partners"),
        within("ledger_postings", "commission_id", "commissions"),
        within("ledger_postings", "payout_id", "payouts"),
        sa.PrimaryKeyConstraint("tenant_id", "entry_id", "number", name="pk_ledger_postings"),
    )
    op.create_index(
        "ix_ledger_postings_balance",
        "ledger_postings",
        ["tenant_id", "partner_id", "currency", "account"],
        postgresql_include=["amount_minor"],
        postgresql_where=sa.text("partner_id is not null"),
    )
    for column in ("commission_id", "payout_id"):
        op.create_index(
            f"ix_ledger_postings_{column.removesuffix('_id')}",
            "ledger_postings",
            ["tenant_id", column],
            postgresql_where=sa.text(f"{column} is not null"),
        )
    op.create_table(
        SEALS,
        owned(),
        sa.Column("seq", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("prev_hash", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        of_tenant(SEALS),
        within(SEALS, "entry_id", "ledger_entries"),
        sa.PrimaryKeyConstraint("tenant_id", "seq", name="pk_ledger_seals"),
        sa.UniqueConstraint("tenant_id", "entry_id", name="uq_ledger_seals_tenant_id_entry_id"),
    )


def create_adjustments() -> None:
    op.create_table(
        CHANGING,
        sa.Column("partner_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        details(),
        sa.Column("commission_id", sa.Uuid(), nullable=True),
        sa.Column("payout_id", sa.Uuid(), nullable=True),
        sa.Column("folded_at", sa.DateTime(timezone=True), nullable=True),
        owned(),
        sa.Column("id", sa.Uuid(), nullable=False),
        made_at(),
        sa.CheckConstraint("amount_minor <> 0", name="ck_adjustments_amount"),
        sa.CheckConstraint(
            "kind in ('bonus', 'manual', 'repricing', 'write_off', 'clawback', 'hold', 'release',"
            " 'recredit', 'returned')",
            name="ck_adjustments_kind",
        ),
        sa.CheckConstraint("folded_at is null or payout_id is null", name="ck_adjustments_folded"),
        of_tenant(CHANGING),
        within(CHANGING, "partner_id", "partners"),
        within(CHANGING, "commission_id", "commissions"),
        within(CHANGING, "payout_id", "payouts"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_adjustments"),
        sa.UniqueConstraint("tenant_id", "key", name="uq_adjustments_tenant_id_key"),
    )
    op.create_index("ix_adjustments_partner", CHANGING, ["tenant_id", "partner_id", "id"])
    op.create_index("ix_adjustments_payout", CHANGING, ["tenant_id", "payout_id"])
    op.create_index("ix_adjustments_commission", CHANGING, ["tenant_id", "commission_id"])
    op.create_index(
        "ix_adjustments_free",
        CHANGING,
        ["tenant_id", "partner_id", "currency"],
        postgresql_where=sa.text("payout_id is null and folded_at is null"),
    )


def create_corrections() -> None:
    op.create_table(
        "corrections",
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("total_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.CHAR(length=3), nullable=True),
        details(),
        sa.Column(
            "ts", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        owned(),
        sa.Column("id", sa.Uuid(), nullable=False),
        made_at(),
        sa.CheckConstraint(
            "(kind in ('refund', 'refund_total') and status in ('succeeded', 'failed'))"
            " or (kind = 'dispute' and status in ('open', 'lost', 'won'))",
            name="ck_corrections_kind",
        ),
        sa.CheckConstraint("amount_minor >= 0 and total_minor > 0", name="ck_corrections_amounts"),
        of_tenant("corrections"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_corrections"),
        sa.UniqueConstraint(
            "tenant_id", "source", "kind", "key", "status",
            name="uq_corrections_tenant_id_source_kind_key_status",
        ),
    )  # fmt: skip
    create_references("correction_references", "correction_id", "corrections")
    create_references("payment_references", "event_id", "events")


def create_references(table: str, column: str, to: str) -> None:
    op.create_table(
        table,
        owned(),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column(column, sa.Uuid(), nullable=False),
        of_tenant(table),
        within(table, column, to),
        sa.PrimaryKeyConstraint("tenant_id", "source", "reference", column, name=f"pk_{table}"),
    )
    op.create_index(f"ix_{table}_{column.removesuffix('_id')}", table, ["tenant_id", column])


def guard() -> None:
    for body in FUNCTIONS:
        op.execute(body)
    for table in (*APPEND_ONLY, SEALS):
        op.execute(
            f"create trigger append_only before update or delete on {table}"
            " for each row execute function refuse_change()"
        )
        op.execute(
            f"create trigger never_emptied before truncate on {table}"
            " for each statement execute function refuse_truncate()"
        )
    op.execute(
        "create constraint trigger balanced_and_sealed after insert on ledger_entries"
        " deferrable initially deferred for each row execute function seal_entry()"
    )
    op.execute(
        "create trigger sealed after insert on ledger_postings referencing new table as added"
        " for each statement execute function refuse_late_postings()"
    )
    op.execute("revoke all on function seal_entry() from public")
    op.execute("grant execute on function seal_entry() to openpartner_app")


def downgrade() -> None:
    op.execute("drop function ledger_text(ledger_entries)")
    for table in (
        SEALS, "ledger_postings", "ledger_entries", CHANGING, "correction_references",
        "payment_references", "corrections",
    ):  # fmt: skip
        op.drop_table(table)
    for function in ("seal_entry()", "refuse_late_postings()", "refuse_truncate()"):
        op.execute(f"drop function {function}")
    for name in ("withheld", "reversed", "claimed"):
        op.drop_constraint(op.f(f"ck_commissions_{name}"), "commissions", type_="check")
    for name in (
        "clawed_minor", "held_minor", "adjusted_minor", "claimed_minor", "reversed_by",
        "reversal_reason",
    ):  # fmt: skip
        op.drop_column("commissions", name)
