// A redirect as peers build it: tenant, link, partner and campaign are looked up, and the click is
// inserted, before the visitor is sent on. Express, knex and pg; for comparison only.
import { randomUUID } from "node:crypto";
import express from "express";
import knex from "knex";

const url = new URL(process.env.DATABASE_URL_ROUTER.replace("postgresql+asyncpg", "postgresql"));
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
  const find = () => db("link_directory").where({ slug, link_key: key }).first();
  await find();
  await find();
  await find();
  const link = await find();
  if (!link) return response.status(404).send("Link not found");
  const now = new Date();
  const time = now.getTime().toString(16).padStart(12, "0");
  const id = `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
  const target = new URL(link.destination_url);
  target.searchParams.set("cref", id);
  await db("clicks").insert({
    tenant_id: link.tenant_id, id, ts: now, link_id: link.link_id, partner_id: link.partner_id,
    campaign_id: link.campaign_id, landing_url: target.href,
    user_agent: request.get("user-agent"), referer: request.get("referer"),
  });
  response.cookie("_cref", id, { maxAge: 7776000000, sameSite: "lax" });
  response.redirect(302, target.href);
});

app.listen(Number(process.env.ROUTER_PORT), "127.0.0.1");
