"""What the router asks the database about links: all, what changed, some by name, and rules."""

EVERYTHING = "select * from link_directory where active"
# All that was written since: transactions older than the oldest one under way then had been seen.
CHANGED = "select * from link_directory where changed_ago <= age($1::text::xid8::xid)"
VERSION = "select pg_snapshot_xmin(pg_current_snapshot())::text"
# Lateral, so that each pair is looked up by index; a join to the view would read all links.
ASKED = """
    select found.* from unnest($1::text[], $2::text[]) as asked (slug, key)
    cross join lateral (
        select * from link_directory where slug = asked.slug and link_key = asked.key and active
    ) as found
"""
RULES = "select tenant_id, rules from tenant_rules"
RENEWED = "select * from link_directory where tenant_id = any($1) and {} = any($2)"
# How the announced tables show in the view.
ANNOUNCED = {
    "links": "link_id",
    "partners": "partner_id",
    "campaigns": "campaign_id",
    "tenants": "tenant_id",
}
