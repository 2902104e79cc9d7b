"""Verdicts on clicks, what else was seen of a visit, roll-ups by the day, consent and retention."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.walls import wall

revision = "0013_fraud"
down_revision = "0012_billing"
branch_labels = None
depends_on = None

CAMPAIGN_COLUMNS = ("pass_parameters", "cookies", "paid_ads")
TABLES = ("click_verdicts", "click_days", "click_rollups")


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    clicks()
    tables()
    for statement in UPGRADE:
        op.execute(statement)
    directory(", c.pass_parameters, c.cookies, c.paid_ads")
    for signature, (body, owner) in FUNCTIONS.items():
        op.execute(body)
        # Before the owner changes: afterwards the grant would be the crosser's to give.
        op.execute(f"revoke all on function {signature} from public")
        op.execute(f"grant execute on function {signature} to openpartner_app")
        if owner:
            op.execute(f"alter function {signature} owner to {owner}")
    for statement in TRIGGERS:
        op.execute(statement)


def clicks() -> None:
    op.add_column("clicks", sa.Column("utm", postgresql.JSONB(), nullable=True))
    op.add_column("clicks", sa.Column("signals", postgresql.JSONB(), nullable=True))
    op.add_column("clicks", sa.Column("flag_version", sa.SmallInteger(), nullable=True))
    # A constant first, because a volatile default would rewrite every click there is.
    op.execute("alter table clicks add column stored_at timestamptz not null default now()")
    op.execute("alter table clicks alter column stored_at set default clock_timestamp()")
    # One for one: nothing asks for a campaign's clicks by time any more, roll-ups know them.
    op.drop_index("ix_clicks_campaign", table_name="clicks")
    op.create_index("ix_clicks_link", "clicks", ["tenant_id", "link_id", "ts"])
    op.create_index(
        "ix_clicks_flagged", "clicks", ["tenant_id", "id"],
        postgresql_where=sa.text("flag is not null"),
    )  # fmt: skip
    op.create_index(
        "ix_clicks_stored", "clicks", ["stored_at"], postgresql_using="brin",
        postgresql_with={"pages_per_range": 16, "autosummarize": True},
    )  # fmt: skip


def tables() -> None:
    tenant = sa.text("nullif(current_setting('app.tenant_id', true), '')::uuid")
    op.create_table(
        "click_verdicts",
        sa.Column("tenant_id", sa.Uuid(), server_default=tenant, nullable=False),
        sa.Column("click_id", sa.Uuid(), nullable=False),
        sa.Column("click_ts", sa.DateTime(timezone=True), nullable=False),
        sa.Column("flag", sa.String(), nullable=True),
        sa.Column("rule_version", sa.SmallInteger(), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column(
            "decided_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False
        ),
        sa.CheckConstraint(
            "source in ('admin', 'identify', 'settlement')", name=op.f("ck_click_verdicts_source")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_click_verdicts_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "click_id", name=op.f("pk_click_verdicts")),
    )
    op.create_index(
        "ix_click_verdicts_flag", "click_verdicts", ["tenant_id", "click_id"],
        postgresql_where=sa.text("flag is not null"),
    )  # fmt: skip
    op.create_table(
        "click_days",
        sa.Column("tenant_id", sa.Uuid(), server_default=tenant, nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("link_id", sa.Uuid(), nullable=False),
        sa.Column("counted", sa.BigInteger(), nullable=False),
        sa.Column("flagged", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_click_days_tenant_id")
        ),
        sa.PrimaryKeyConstraint(
            "tenant_id", "partner_id", "day", "campaign_id", "link_id", name=op.f("pk_click_days")
        ),
    )
    op.create_table(
        "click_rollups",
        sa.Column("tenant_id", sa.Uuid(), server_default=tenant, nullable=False),
        *(
            sa.Column(
                name,
                sa.DateTime(timezone=True),
                server_default=sa.text("'-infinity'"),
                nullable=False,
            )
            for name in ("rolled_until", "settled_until")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_click_rollups_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("pk_click_rollups")),
    )
    for table in TABLES:
        for statement in wall(table):
            op.execute(statement)
        op.execute(f"grant select, insert, update, delete on {table} to openpartner_app")
    for name, default in (("pass_parameters", "'none'"), ("cookies", "'always'")):
        op.add_column(
            "campaigns",
            sa.Column(name, sa.String(), server_default=sa.text(default), nullable=False),
        )
    op.add_column(
        "campaigns",
        sa.Column("paid_ads", sa.Boolean(), server_default=sa.text("true"), nullable=False),
    )
    op.create_check_constraint(
        op.f("ck_campaigns_pass_parameters"),
        "campaigns",
        "pass_parameters in ('none', 'utm', 'all')",
    )
    op.create_check_constraint(
        op.f("ck_campaigns_cookies"),
        "campaigns",
        "cookies in ('always', 'opt_out', 'opt_in', 'never')",
    )


# What routers have to know of a tenant's rules, without the other settings, some of which are secret.
UPGRADE = (
    f"grant select ({', '.join(CAMPAIGN_COLUMNS)}) on campaigns to openpartner_crosser",
    "grant select (tenant_id, key, value) on settings to openpartner_crosser",
    """
    create policy crosser_reads on settings for select to openpartner_crosser using (key = 'fraud')
    """,
    """
    create view tenant_rules with (security_barrier) as
    select tenant_id, value::text as rules from settings where key = 'fraud'
    """,
    "grant select on tenant_rules to openpartner_router",
    "alter view tenant_rules owner to openpartner_crosser",
    """
    create function announce_rules() returns trigger language plpgsql as $$
    begin
        perform pg_notify('links', json_build_object('table', 'settings', 'id', new.tenant_id,
            'tenant', new.tenant_id)::text);
        return null;
    end $$
    """,
    """
    create trigger announce_rules after insert or update on settings
        for each row when (new.key = 'fraud') execute function announce_rules()
    """,
    # Who writes clicks in long transactions holds this, so that no roll-up passes them by.
    """
    create function lock_click_rollup() returns trigger language plpgsql as $$
    begin
        perform pg_advisory_xact_lock_shared(
            hashtextextended('click-rollup:' || current_setting('app.tenant_id'), 0));
        return null;
    end $$
    """,
    # A verdict that comes or changes after its click was rolled up moves the click over.
    """
    create function recount_clicks() returns trigger language plpgsql as $$
    declare
        until timestamptz;
    begin
        -- The crosser only takes whole workspaces away, and their figures with them.
        if current_user = 'openpartner_crosser' then
            return null;
        end if;
        perform pg_advisory_xact_lock_shared(
            hashtextextended('click-rollup:' || current_setting('app.tenant_id'), 0));
        select rolled_until into until from click_rollups;
        if until is null then
            return null;
        end if;
        if tg_op = 'INSERT' then
            with moved as (
                select c.partner_id, (c.ts at time zone 'UTC')::date as day, c.campaign_id,
                    coalesce(c.link_id, '00000000-0000-0000-0000-000000000000') as link_id,
                    sum((n.flag is null)::int - (c.flag is null)::int) as change
                from now_rows n join clicks c on c.id = n.click_id and c.ts = n.click_ts
                where c.stored_at <= until group by 1, 2, 3, 4
            )
            update click_days d set counted = d.counted + change, flagged = d.flagged - change
            from moved m where change <> 0 and d.partner_id = m.partner_id and d.day = m.day
                and d.campaign_id = m.campaign_id and d.link_id = m.link_id;
        elsif tg_op = 'UPDATE' then
            with moved as (
                select c.partner_id, (c.ts at time zone 'UTC')::date as day, c.campaign_id,
                    coalesce(c.link_id, '00000000-0000-0000-0000-000000000000') as link_id,
                    sum((n.flag is null)::int - (o.flag is null)::int) as change
                from now_rows n join then_rows o on o.click_id = n.click_id
                join clicks c on c.id = n.click_id and c.ts = n.click_ts
                where c.stored_at <= until group by 1, 2, 3, 4
            )
            update click_days d set counted = d.counted + change, flagged = d.flagged - change
            from moved m where change <> 0 and d.partner_id = m.partner_id and d.day = m.day
                and d.campaign_id = m.campaign_id and d.link_id = m.link_id;
        end if;
        return null;
    end $$
    """,
)

TRIGGERS = (
    """
    create trigger recount_insert after insert on click_verdicts
        referencing new table as now_rows
        for each statement execute function recount_clicks()
    """,
    """
    create trigger recount_update after update on click_verdicts
        referencing old table as then_rows new table as now_rows
        for each statement execute function recount_clicks()
    """,
    # Routers write in a moment, and don't say for whom; everybody else may take their time.
    """
    create trigger lock_rollup before insert on clicks for each statement
        when (current_user = 'openpartner_app') execute function lock_click_rollup()
    """,
)

FUNCTIONS = {
    # Whole months, for everybody at once: nothing is left behind to be vacuumed.
    "drop_click_partitions(date)": (
        """
        create function drop_click_partitions(before date) returns int
        language plpgsql volatile security definer set search_path = public as $$
        declare
            part text;
            busy boolean;
            dropped int := 0;
        begin
            if before > now() - interval '13 months' then
                raise exception 'clicks of the last 13 months may still be credited';
            end if;
            -- Not for long: routers that meet a lock keep their clicks in their journals meanwhile.
            perform set_config('lock_timeout', '2s', true);
            for part in select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
                    where i.inhparent = 'clicks'::regclass and c.relname ~ '^clicks_[0-9]{4}_[0-9]{2}$'
                        and to_date(substr(c.relname, 8), 'YYYY_MM') + interval '1 month' <= before
                    order by 1 loop
                execute format('drop table %I', part);
                dropped := dropped + 1;
            end loop;
            return dropped;
        end $$
        """,
        None,
    ),
    # One workspace's older clicks, where it keeps them for a shorter time than the installation.
    "expire_clicks(timestamptz, int)": (
        """
        create function expire_clicks(before timestamptz, most int) returns int
        language plpgsql volatile security definer set search_path = public as $$
        declare
            gone int;
        begin
            if before > now() - interval '13 months' then
                raise exception 'clicks of the last 13 months may still be credited';
            end if;
            with old as (
                select tenant_id, id, ts from clicks
                where tenant_id = current_setting('app.tenant_id')::uuid and ts < before limit most
            ), verdicts as (
                delete from click_verdicts v using old
                where v.tenant_id = old.tenant_id and v.click_id = old.id
            )
            delete from clicks c using old
            where c.tenant_id = old.tenant_id and c.id = old.id and c.ts = old.ts;
            get diagnostics gone = row_count;
            return gone;
        end $$
        """,
        "openpartner_crosser",
    ),
    # The pinned workspace's customers of these names get another, and nothing else is kept of them.
    # Amounts, times and who was credited stay, so that every sum is the same as before.
    "erase_person(text[], text)": (
        """
        create function erase_person(names text[], pseudonym text, out identities bigint,
            out events bigint, out clicks bigint, out commissions bigint)
        language plpgsql volatile security definer set search_path = public as $$
        declare
            mine uuid := current_setting('app.tenant_id')::uuid;
            named regclass;
            renamed bigint;
        begin
            update clicks c set ip_hash = null, user_agent = null, referer = null, utm = null,
                signals = null, landing_url = split_part(split_part(c.landing_url, '?', 1), '#', 1)
            from identities i where i.tenant_id = mine and i.user_id = any(names)
                and c.tenant_id = mine and c.id = i.click_id and c.ts = i.click_ts;
            get diagnostics clicks = row_count;
            -- The external id stays: without it, a repeated report would be paid a second time.
            update events e set metadata = '{}', fingerprint = 'erased'
            where e.tenant_id = mine and e.user_id = any(names);
            -- From the catalogue, so that no table can be forgotten.
            for named in select c.oid::regclass from pg_class c
                    join pg_attribute u on u.attrelid = c.oid and u.attname = 'user_id'
                    join pg_attribute t on t.attrelid = c.oid and t.attname = 'tenant_id'
                    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
                        and not c.relispartition loop
                execute format('update %s set user_id = $1 where tenant_id = $2'
                    ' and user_id = any($3)', named) using pseudonym, mine, names;
                get diagnostics renamed = row_count;
                case named::text
                    when 'identities' then identities := renamed;
                    when 'events' then events := renamed;
                    when 'commissions' then commissions := renamed;
                    else null;
                end case;
            end loop;
        end $$
        """,
        "openpartner_crosser",
    ),
}

CROSSER_MAY = {
    "clicks": ("select (id, ts, landing_url)",
               "update (ip_hash, user_agent, referer, utm, signals, landing_url)"),
    "click_verdicts": ("select (click_id)",),
    "identities": ("select (click_id, click_ts, user_id)", "update (user_id)"),
    "events": ("select (user_id)", "update (user_id, metadata, fingerprint)"),
    "commissions": ("select (user_id)", "update (user_id)"),
    "coupon_redemptions": ("select (user_id)", "update (user_id)"),
    "identity_proposals": ("select (user_id)", "update (user_id)"),
    "stripe_references": ("select (user_id)", "update (user_id)"),
}  # fmt: skip
UPGRADE += tuple(
    f"grant {right} on {table} to openpartner_crosser"
    for table, rights in CROSSER_MAY.items()
    for right in rights
)


def directory(more: str) -> None:
    op.execute("drop view link_directory")
    op.execute(
        f"""
        create view link_directory with (security_barrier) as
        select l.tenant_id, t.slug, l.link_key, l.id as link_id, l.partner_id, l.campaign_id,
            coalesce(l.destination_url, c.destination_url) as destination_url,
            l.destination_url is not null as is_override, c.destination_url as campaign_url,
            c.deep_link_allowed_domains, p.revoked_at is not null as revoked,
            t.status = 'active' as active,
            least(age(l.xmin), age(t.xmin), age(p.xmin), age(c.xmin)) as changed_ago{more}
        from links l
        join tenants t on t.id = l.tenant_id
        join partners p on p.tenant_id = l.tenant_id and p.id = l.partner_id
        join campaigns c on c.tenant_id = l.tenant_id and c.id = l.campaign_id
        """
    )
    op.execute("grant select on link_directory to openpartner_router")
    op.execute("alter view link_directory owner to openpartner_crosser")


def downgrade() -> None:
    op.execute("drop trigger lock_rollup on clicks")
    directory("")
    for signature in FUNCTIONS:
        op.execute(f"drop function {signature}")
    op.execute("drop trigger announce_rules on settings")
    op.execute("drop function announce_rules()")
    op.execute("drop view tenant_rules")
    op.execute("drop policy crosser_reads on settings")
    op.execute("revoke select (key, value) on settings from openpartner_crosser")
    for table, rights in CROSSER_MAY.items():
        if table != "click_verdicts":
            for right in rights:
                op.execute(f"revoke {right} on {table} from openpartner_crosser")
    for table in TABLES:
        op.drop_table(table)
    op.execute("drop function recount_clicks()")
    op.execute("drop function lock_click_rollup()")
    for name in ("pass_parameters", "cookies"):
        op.drop_constraint(op.f(f"ck_campaigns_{name}"), "campaigns")
    for name in CAMPAIGN_COLUMNS:
        op.drop_column("campaigns", name)
    op.drop_index("ix_clicks_stored", table_name="clicks")
    op.drop_index("ix_clicks_flagged", table_name="clicks")
    op.drop_index("ix_clicks_link", table_name="clicks")
    op.create_index("ix_clicks_campaign", "clicks", ["tenant_id", "campaign_id", "ts"])
    for name in ("utm", "signals", "flag_version", "stored_at"):
        op.drop_column("clicks", name)
