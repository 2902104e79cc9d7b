"""What hosted brands pay: their accounts and subscriptions, and the usage that Stripe is told of."""

import sqlalchemy as sa
from alembic import op

from shared.walls import wall

revision = "0012_billing"
down_revision = "0011_payouts"
branch_labels = None
depends_on = None

# What the app may do with each.
RIGHTS = {
    "billing_accounts": "select, insert, update",
    "billing_subscriptions": "select, insert, update",
    "usage_changes": "select, insert, delete",
    "usage_reports": "select, insert, update",
    # Lines are facts: all that ever changes is which report takes one, and that once.
    "usage_lines": "select, insert, update (report_id)",
}


def time(name: str, *, nullable: bool = True, default: str | None = None) -> sa.Column:
    return sa.Column(
        name,
        sa.DateTime(timezone=True),
        server_default=sa.text(default) if default else None,
        nullable=nullable,
    )


def owned(table: str, *columns: sa.schema.SchemaItem, identified: bool = True) -> None:
    pinned = sa.text("nullif(current_setting('app.tenant_id', true), '')::uuid")
    key = ["tenant_id", "id"] if identified else ["tenant_id"]
    op.create_table(
        table,
        sa.Column("tenant_id", sa.Uuid(), server_default=pinned, nullable=False),
        *([sa.Column("id", sa.Uuid(), nullable=False)] if identified else []),
        *columns,
        time("created_at", nullable=False, default="now()"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f(f"fk_{table}_tenant_id")),
        sa.PrimaryKeyConstraint(*key, name=op.f(f"pk_{table}")),
    )


def within(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant_id", column],
        [f"{target}.tenant_id", f"{target}.id"],
        name=op.f(f"fk_{table}_tenant_id_{column}"),
    )


def check(table: str, name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    accounts()
    subscriptions()
    usage()
    for table, rights in RIGHTS.items():
        for statement in wall(table):
            op.execute(statement)
        op.execute(f"grant {rights} on {table} to openpartner_app")
    frozen_lines()
    noted_credits()
    noted_corrections()
    crossing()


def accounts() -> None:
    owned(
        "billing_accounts",
        sa.Column("plan", sa.String(), nullable=True),
        time("trial_ends_at"),
        time("first_trial_activated_at"),
        time("enterprise_requested_at"),
        sa.Column("stripe_customer_id", sa.String(), nullable=True),
        sa.Column("customer_key", sa.Uuid(), nullable=True),
        time("customer_asked_at"),
        sa.Column("checkout_session_id", sa.String(), nullable=True),
        time("updated_at", nullable=False, default="now()"),
        check("billing_accounts", "plan", "plan in ('flex', 'revshare', 'enterprise')"),
        identified=False,
    )
    op.create_index(
        "ix_billing_accounts_customer",
        "billing_accounts",
        ["stripe_customer_id"],
        postgresql_where=sa.text("stripe_customer_id is not null"),
    )


def subscriptions() -> None:
    owned(
        "billing_subscriptions",
        sa.Column("stripe_subscription_id", sa.String(), nullable=False),
        sa.Column("plan", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        time("started_at", nullable=False),
        time("current_period_start"),
        time("current_period_end"),
        time("cancel_at"),
        time("cancellation_told"),
        time("ended_at"),
        time("synced_at", nullable=False),
        sa.Column("sync_error", sa.String(), nullable=True),
        sa.UniqueConstraint(
            "tenant_id",
            "stripe_subscription_id",
            name=op.f("uq_billing_subscriptions_tenant_id_stripe_subscription_id"),
        ),
        check("billing_subscriptions", "plan", "plan in ('flex', 'revshare', 'enterprise')"),
        check("billing_subscriptions", "ends_after_it_starts", "ended_at >= started_at"),
    )
    op.create_index(
        "uq_billing_subscriptions_one_at_a_time",
        "billing_subscriptions",
        ["tenant_id"],
        unique=True,
        postgresql_where=sa.text("ended_at is null"),
    )


def usage() -> None:
    owned("usage_changes", sa.Column("event_id", sa.Uuid(), nullable=False))
    op.create_index("ix_usage_changes_event", "usage_changes", ["tenant_id", "event_id"])
    owned(
        "usage_reports",
        sa.Column("identifier", sa.String(), nullable=False),
        sa.Column("stripe_customer_id", sa.String(), nullable=False),
        sa.Column("usd_minor", sa.BigInteger(), nullable=False),
        time("happened_at", nullable=False),
        sa.Column("status", sa.String(), server_default=sa.text("'pending'"), nullable=False),
        time("posted_at"),
        sa.Column("breakdowns", sa.Integer(), server_default=sa.text("0"), nullable=False),
        time("sent_at"),
        sa.Column("replaces", sa.Uuid(), nullable=True),
        sa.Column("last_error", sa.String(), nullable=True),
        within("usage_reports", "replaces", "usage_reports"),
        sa.UniqueConstraint(
            "tenant_id", "identifier", name=op.f("uq_usage_reports_tenant_id_identifier")
        ),
        sa.UniqueConstraint(
            "tenant_id", "replaces", name=op.f("uq_usage_reports_tenant_id_replaces")
        ),
        check("usage_reports", "status", "status in ('pending', 'sent', 'replaced')"),
        check("usage_reports", "amount", "usd_minor > 0"),
    )
    op.create_index(
        "uq_usage_reports_pending",
        "usage_reports",
        ["tenant_id"],
        unique=True,
        postgresql_where=sa.text("status = 'pending'"),
    )
    owned(
        "usage_lines",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("subscription_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.CHAR(3), nullable=False),
        sa.Column("usd_rate", sa.Numeric(20, 10), nullable=False),
        sa.Column("usd_minor", sa.BigInteger(), nullable=False),
        sa.Column("report_id", sa.Uuid(), nullable=True),
        within("usage_lines", "event_id", "events"),
        within("usage_lines", "subscription_id", "billing_subscriptions"),
        within("usage_lines", "report_id", "usage_reports"),
        check(
            "usage_lines",
            "reason",
            "reason in ('sale', 'refund', 'withdrawn', 'credited_again')",
        ),
        check("usage_lines", "rate", "usd_rate > 0"),
    )
    op.create_index("ix_usage_lines_event", "usage_lines", ["tenant_id", "event_id"])
    op.create_index("ix_usage_lines_report", "usage_lines", ["tenant_id", "report_id"])
    op.create_index(
        "uq_usage_lines_sale",
        "usage_lines",
        ["tenant_id", "event_id"],
        unique=True,
        postgresql_where=sa.text("reason = 'sale'"),
    )


def frozen_lines() -> None:
    """A line that a report has taken stays in it, whoever asks."""
    op.execute(
        """
        create function refuse_second_report() returns trigger language plpgsql as $$
        begin
            raise exception 'usage line % belongs to report % already', old.id, old.report_id
                using errcode = 'restrict_violation';
        end $$
        """
    )
    op.execute(
        "create trigger claimed_once before update on usage_lines for each row"
        " when (old.report_id is not null) execute function refuse_second_report()"
    )


def noted_credits() -> None:
    """Whatever credits an event, or no longer does, puts it on the list in the same transaction.

    Only where there is something to bill; and not while a tenant is deleted, by the crosser.
    """
    op.execute(
        """
        create function note_usage() returns trigger language plpgsql as $$
        begin
            insert into usage_changes (tenant_id, id, event_id)
            select tenant_id, uuid_v7(), event_id
            from (select distinct c.tenant_id, c.event_id from changed c
                  join billing_accounts a on a.tenant_id = c.tenant_id) noted;
            return null;
        end $$
        """
    )
    for operation, table in (("insert", "new"), ("delete", "old")):
        op.execute(
            f"create trigger note_usage_on_{operation} after {operation} on credits"
            f" referencing {table} table as changed for each statement"
            " when (current_user <> 'openpartner_crosser') execute function note_usage()"
        )


CORRECTED = """
    create function note_correction() returns trigger language plpgsql as $$
    begin
        insert into usage_changes (tenant_id, id, event_id)
        select tenant_id, uuid_v7(), event_id from (
            select e.tenant_id, e.id as event_id from changed c
            join events e on (e.tenant_id, e.source, e.external_id)
                = (c.tenant_id, c.source, c.reference)
            union
            select p.tenant_id, p.event_id from changed c
            join payment_references p on (p.tenant_id, p.source, p.reference)
                = (c.tenant_id, c.source, c.reference)
        ) noted
        where exists (select from billing_accounts a where a.tenant_id = noted.tenant_id);
        return null;
    end $$
"""


def noted_corrections() -> None:
    """The same for refunds and disputes, and for whatever ties one to its sale only later."""
    op.execute(CORRECTED)
    for table in ("correction_references", "payment_references"):
        op.execute(
            f"create trigger note_usage_on_insert after insert on {table}"
            " referencing new table as changed for each statement"
            " execute function note_correction()"
        )


def crossing() -> None:
    """Stripe's events name a customer and no tenant."""
    op.execute("grant select (stripe_customer_id) on billing_accounts to openpartner_crosser")
    op.execute(
        "create policy crosser_reads on billing_accounts for select to openpartner_crosser"
        " using (true)"
    )
    op.execute(
        """
        create function tenant_of_billing_customer(wanted text) returns uuid
        language sql stable security definer set search_path = public as
        $$ select tenant_id from billing_accounts where stripe_customer_id = wanted $$
        """
    )
    signature = "tenant_of_billing_customer(text)"
    op.execute(f"revoke all on function {signature} from public")
    op.execute(f"grant execute on function {signature} to openpartner_app")
    op.execute(f"alter function {signature} owner to openpartner_crosser")


def downgrade() -> None:
    op.execute("drop function tenant_of_billing_customer(text)")
    for operation in ("insert", "delete"):
        op.execute(f"drop trigger note_usage_on_{operation} on credits")
    op.execute("drop function note_usage()")
    for table in ("correction_references", "payment_references"):
        op.execute(f"drop trigger note_usage_on_insert on {table}")
    op.execute("drop function note_correction()")
    for table in (
        "usage_lines", "usage_reports", "usage_changes", "billing_subscriptions",
        "billing_accounts",
    ):  # fmt: skip
        op.drop_table(table)
    op.execute("drop function refuse_second_report()")
