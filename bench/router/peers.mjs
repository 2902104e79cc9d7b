// A redirect as peers build it: tenant, link, partner and campaign are looked up, and the click is
// inserted, before the visitor is sent on. Express, knex and pg, privileged as theirs are; for
// comparison only.
import { randomUUID } from "node:crypto";
import express from "express";
import knex from "knex";

const url = new URL(process.env.BENCH_SUPERUSER
  .replace("postgresql+asyncpg", "postgresql").replace("@/", "@socket/"));
const db = knex({
  client: "pg",
  connection: {
    host: url.searchParams.get("host"),
    port: Number(url.searchParams.get("port")),
    user: url.username,
    password: decodeURIComponent(url.password),
    database: url.pathname.slice(1),
  },
  pool: { min: 10, max: 10 },
});
const app = express();
app.disable("x-powered-by");

app.get("/r/:slug/:key", async (request, response) => {
  const { slug, key } = request.params;
  const tenant = await db("tenants").where({ slug, status: "active" }).first();
  if (!tenant) return response.status(404).send("Tenant not found");
  const link = await db("links").where({ tenant_id: tenant.id, link_key: key }).first();
  if (!link) return response.status(404).send("Link not found");
  const ours = { tenant_id: tenant.id };
  const partner = await db("partners").where({ ...ours, id: link.partner_id }).first();
  const campaign = await db("campaigns").where({ ...ours, id: link.campaign_id }).first();
  const now = new Date();
  const time = now.getTime().toString(16).padStart(12, "0");
  const id = `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
  const target = new URL(link.destination_url ?? campaign.destination_url);
  target.searchParams.set("cref", id);
  await db("clicks").insert({
    tenant_id: tenant.id, id, ts: now, link_id: link.id, partner_id: partner.id,
    campaign_id: campaign.id, flag: partner.revoked_at ? "revoked" : null, landing_url: target.href,
    user_agent: request.get("user-agent"), referer: request.get("referer"),
  });
  response.cookie("_cref", id, { maxAge: 7776000000, sameSite: "lax" });
  response.redirect(302, target.href);
});

app.listen(Number(process.env.ROUTER_PORT), "127.0.0.1");
