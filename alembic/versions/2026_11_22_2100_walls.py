"""Row security, append-only tables, and what each role may touch."""

from alembic import op

from shared.walls import wall

revision = "0002_walls"
down_revision = "0001_tables"
branch_labels = None
depends_on = None

# Raw facts and terms: written once. Everything else may also change.
APPEND_ONLY = ("audit_entries", "clicks", "identities", "events", "terms")
CHANGING = (
    "admins", "api_keys", "campaigns", "commissions", "credits", "decisions", "grants",
    "idempotent_requests", "jobs", "links", "magic_links", "partners", "payouts", "revocations",
    "sessions", "settings",
)  # fmt: skip
DEFAULT_TENANT = "01900000-0000-7000-8000-000000000001"


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    for table in (*APPEND_ONLY, *CHANGING):
        raise_wall(table)
    raise_wall("tenants", "id")
    for table in APPEND_ONLY:
        op.execute(f"grant select, insert on {table} to openpartner_app")
    for table in CHANGING:
        op.execute(f"grant select, insert, update, delete on {table} to openpartner_app")
    op.execute("grant select, update on tenants to openpartner_app")
    op.execute("grant select, insert, update, delete on ticks to openpartner_app")
    refuse_changes()
    bound_weights()
    op.execute(f"set local app.tenant_id = '{DEFAULT_TENANT}'")
    op.execute(
        "insert into tenants (id, slug, display_name)"
        f" values ('{DEFAULT_TENANT}', 'default', 'Default tenant')"
    )
    op.execute("set local app.tenant_id = ''")


def raise_wall(table: str, column: str = "tenant_id") -> None:
    for statement in wall(table, column):
        op.execute(statement)


def refuse_changes() -> None:
    """Grants already say so; the trigger says it to owners and to mistakes in later grants too.

    The crosser is let through because deleting a whole tenant, and erasing a person, are its
    functions and nobody else's.
    """
    op.execute(
        """
        create function refuse_change() returns trigger language plpgsql as $$
        begin
            if current_user = 'openpartner_crosser' then
                return case tg_op when 'DELETE' then old else new end;
            end if;
            raise exception '% is append-only', tg_table_name using errcode = 'raise_exception';
        end $$
        """
    )
    for table in APPEND_ONLY:
        op.execute(
            f"create trigger append_only before update or delete on {table}"
            " for each row execute function refuse_change()"
        )


def bound_weights() -> None:
    """Deferred, so that a set of credits can be replaced as a whole within one transaction."""
    op.execute(
        """
        create function bound_weights() returns trigger language plpgsql as $$
        begin
            if (select sum(weight_parts) from credits
                where tenant_id = new.tenant_id and event_id = new.event_id) > 10000 then
                raise exception 'the credits of event % exceed the whole of it', new.event_id
                    using errcode = 'check_violation', constraint = 'ck_credits_sum';
            end if;
            return null;
        end $$
        """
    )
    op.execute(
        "create constraint trigger weights_within_one after insert or update on credits"
        " deferrable initially deferred for each row execute function bound_weights()"
    )


def downgrade() -> None:
    op.execute("drop trigger weights_within_one on credits")
    op.execute("drop function bound_weights")
    for table in APPEND_ONLY:
        op.execute(f"drop trigger append_only on {table}")
    op.execute("drop function refuse_change")
    for table in ("tenants", *APPEND_ONLY, *CHANGING):
        op.execute(f"drop policy tenant_isolation on {table}")
        op.execute(f"alter table {table} no force row level security")
        op.execute(f"alter table {table} disable row level security")
        op.execute(f"revoke all on {table} from openpartner_app")
        op.execute(f"revoke all on {table} from openpartner_crosser")
    op.execute("revoke all on ticks from openpartner_app")
    op.execute("delete from tenants")
