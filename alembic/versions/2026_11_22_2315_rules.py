"""Rules of terms, coupons, proposals of identities, and what is reckoned anew."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.walls import wall

revision = "0009_rules"
down_revision = "0008_ledger"
branch_labels = None
depends_on = None

APPEND_ONLY = ("coupon_redemptions", "repricings")
CHANGING = ("coupons", "identity_proposals", "simulations")
MOMENT = sa.DateTime(timezone=True)
KIND = (
    "(kind = 'percent' and percent >= 0 and fixed_minor is null)"
    " or (kind = 'fixed' and fixed_minor >= 0 and percent is null"
    " and cardinality(event_types) > 0)"
)
KIND_WITH_RULES = (
    f"{KIND} or (kind = 'rules' and rules is not null and percent is null and fixed_minor is null)"
)


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    widen_terms()
    widen_commissions()
    op.add_column("decisions", sa.Column("repriced_at", MOMENT, nullable=True))
    op.add_column("tenants", sa.Column("coupon_integration_verified_at", MOMENT, nullable=True))
    op.add_column(
        "campaigns",
        sa.Column(
            "identify_requires_key", sa.Boolean(), server_default=sa.text("false"), nullable=False
        ),
    )
    make_coupons()
    make_proposals()
    make_simulations()
    for table in (*APPEND_ONLY, *CHANGING):
        for statement in wall(table):
            op.execute(statement)
    for table in APPEND_ONLY:
        op.execute(f"grant select, insert on {table} to openpartner_app")
        op.execute(
            f"create trigger append_only before update or delete on {table}"
            " for each row execute function refuse_change()"
        )
    for table in CHANGING:
        op.execute(f"grant select, insert, update, delete on {table} to openpartner_app")


def widen_terms() -> None:
    """Terms of one percentage or amount stay as they are; a list of rules is a kind of its own."""
    json = postgresql.JSONB(astext_type=sa.Text())
    op.add_column("terms", sa.Column("rules", json, nullable=True))
    op.add_column(
        "terms", sa.Column("caps", json, server_default=sa.text("'[]'::jsonb"), nullable=False)
    )
    op.add_column("terms", sa.Column("approval", json, nullable=True))
    op.execute("alter table terms drop constraint ck_terms_kind")
    op.execute(f"alter table terms add constraint ck_terms_kind check ({KIND_WITH_RULES})")


def widen_commissions() -> None:
    """One credit may earn by several rules; and caps ask what was earned within a time."""
    op.add_column(
        "commissions",
        sa.Column("rule", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
    )
    op.add_column(
        "commissions",
        sa.Column("event_at", MOMENT, server_default=sa.text("now()"), nullable=False),
    )
    op.add_column("commissions", sa.Column("auto_approve", sa.Boolean(), nullable=True))
    op.execute("alter table commissions drop constraint uq_commissions_tenant_id_credit_id")
    op.execute(
        "alter table commissions add constraint uq_commissions_tenant_id_credit_id_rule"
        " unique (tenant_id, credit_id, rule),"
        " add constraint ck_commissions_rule check (rule between 0 and 9)"
    )
    op.create_index(
        "ix_commissions_earned",
        "commissions",
        ["tenant_id", "partner_id", "campaign_id", "event_at"],
    )


def owned(table: str, *columns: sa.Column, to: tuple[str, ...] = ()) -> list[sa.schema.SchemaItem]:
    """The columns and keys of a tenant's table; `to` names the tables that it refers to."""
    pinned = sa.text("nullif(current_setting('app.tenant_id', true), '')::uuid")
    singular = {name: f"{name[:-1]}_id" for name in to}
    return [
        sa.Column("tenant_id", sa.Uuid(), server_default=pinned, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        *columns,
        sa.Column("created_at", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=f"fk_{table}_tenant_id"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=f"pk_{table}"),
        *(
            sa.ForeignKeyConstraint(
                ["tenant_id", column],
                [f"{name}.tenant_id", f"{name}.id"],
                name=f"fk_{table}_tenant_id_{column}",
            )
            for name, column in singular.items()
        ),
    ]


def make_coupons() -> None:
    op.create_table(
        "coupons",
        *owned(
            "coupons",
            sa.Column("partner_id", sa.Uuid(), nullable=False),
            sa.Column("campaign_id", sa.Uuid(), nullable=False),
            sa.Column("code", sa.String(), nullable=False),
            sa.Column("deactivated_at", MOMENT, nullable=True),
            to=("partners", "campaigns"),
        ),
        sa.UniqueConstraint("tenant_id", "code", name="uq_coupons_tenant_id_code"),
        sa.CheckConstraint("code ~ '^[A-Z0-9-]{3,40}$'", name=op.f("ck_coupons_code")),
    )
    op.create_index(
        "uq_coupons_active", "coupons", ["tenant_id", "partner_id", "campaign_id"], unique=True,
        postgresql_where=sa.text("deactivated_at is null"),
    )  # fmt: skip
    op.create_index("ix_coupons_campaign", "coupons", ["tenant_id", "campaign_id"])
    op.create_table(
        "coupon_redemptions",
        *owned(
            "coupon_redemptions",
            sa.Column("coupon_id", sa.Uuid(), nullable=False),
            sa.Column("user_id", sa.String(), nullable=False),
            sa.Column("source", sa.String(), server_default=sa.text("'coupon'"), nullable=False),
            sa.Column("external_id", sa.String(), nullable=False),
            sa.Column("redeemed_at", MOMENT, nullable=False),
            to=("coupons",),
        ),
        sa.UniqueConstraint(
            "tenant_id", "coupon_id", "source", "external_id",
            name="uq_coupon_redemptions_tenant_id_coupon_id_source_external_id",
        ),
        sa.CheckConstraint(
            "source in ('api', 'coupon', 'stripe')", name=op.f("ck_coupon_redemptions_source")
        ),
    )  # fmt: skip
    op.create_index(
        "ix_coupon_redemptions_redeemed",
        "coupon_redemptions",
        ["tenant_id", "coupon_id", "redeemed_at"],
    )


def make_proposals() -> None:
    op.create_table(
        "identity_proposals",
        *owned(
            "identity_proposals",
            sa.Column("click_id", sa.Uuid(), nullable=False),
            sa.Column("click_ts", MOMENT, nullable=False),
            sa.Column("user_id", sa.String(), nullable=False),
            sa.Column("confirmed_at", MOMENT, nullable=True),
        ),
        sa.UniqueConstraint(
            "tenant_id", "click_id", "user_id",
            name="uq_identity_proposals_tenant_id_click_id_user_id",
        ),
    )  # fmt: skip
    op.create_index("ix_identity_proposals_user", "identity_proposals", ["tenant_id", "user_id"])


def make_simulations() -> None:
    json = postgresql.JSONB(astext_type=sa.Text())
    op.create_table(
        "simulations",
        *owned(
            "simulations",
            sa.Column("campaign_id", sa.Uuid(), nullable=False),
            sa.Column("parameters", json, nullable=False),
            sa.Column("since", MOMENT, nullable=False),
            sa.Column("until", MOMENT, nullable=False),
            sa.Column("result", json, nullable=False),
            sa.Column("applied_at", MOMENT, nullable=True),
            to=("campaigns",),
        ),
    )
    op.create_index("ix_simulations_campaign", "simulations", ["tenant_id", "campaign_id", "id"])
    op.create_table(
        "repricings",
        *owned(
            "repricings",
            sa.Column("event_id", sa.Uuid(), nullable=False),
            sa.Column("source_id", sa.Uuid(), nullable=False),
            sa.Column("reason", sa.String(), nullable=False),
            sa.Column("partner_id", sa.Uuid(), nullable=False),
            sa.Column("campaign_id", sa.Uuid(), nullable=False),
            sa.Column("amount_minor", sa.BigInteger(), nullable=False),
            sa.Column("currency", sa.CHAR(length=3), nullable=False),
            to=("events", "partners", "campaigns"),
        ),
        sa.UniqueConstraint(
            "tenant_id", "event_id", "source_id", "partner_id", "campaign_id", "currency",
            name="uq_repricings_once",
        ),
        sa.CheckConstraint(
            "reason in ('replay', 'simulation', 'correction')", name=op.f("ck_repricings_reason")
        ),
    )  # fmt: skip
    op.create_index("ix_repricings_source", "repricings", ["tenant_id", "source_id"])


def downgrade() -> None:
    for table in (
        "repricings", "simulations", "identity_proposals", "coupon_redemptions", "coupons",
    ):  # fmt: skip
        op.drop_table(table)
    op.drop_column("campaigns", "identify_requires_key")
    op.drop_column("decisions", "repriced_at")
    op.drop_column("tenants", "coupon_integration_verified_at")
    op.drop_index("ix_commissions_earned", table_name="commissions")
    op.execute("alter table commissions drop constraint uq_commissions_tenant_id_credit_id_rule")
    op.execute(
        "alter table commissions add constraint uq_commissions_tenant_id_credit_id"
        " unique (tenant_id, credit_id)"
    )
    for column in ("rule", "event_at", "auto_approve"):
        op.drop_column("commissions", column)
    op.execute("alter table terms drop constraint ck_terms_kind")
    op.execute(f"alter table terms add constraint ck_terms_kind check ({KIND})")
    for column in ("rules", "caps", "approval"):
        op.drop_column("terms", column)
