"use strict";
// Forms that name an address of the API post their fields there as JSON; nothing happens by itself.
const { api, csrf } = document.body.dataset;
const given = new URLSearchParams(location.search);
const token = given.get("token") ?? given.get("ntoken");
// The token leaves the address bar, so that no history, screenshot or bookmark keeps it.
if (token) history.replaceState(null, "", location.pathname);

async function post(path, body) {
  const headers = { "content-type": "application/json" };
  if (csrf) headers["x-csrf-token"] = csrf;
  const answer = await fetch(api + path, { method: "POST", headers, body: JSON.stringify(body) });
  const found = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(sentence(found));
  return found;
}

function sentence({ detail }) {
  if (typeof detail === "string") return detail;
  const fields = Object.entries(detail?.fieldErrors ?? {});
  const all = [...(detail?.formErrors ?? []), ...fields.map(([name, said]) => `${name}: ${said}`)];
  return all.join(" ") || "That did not work. Please try again.";
}

function fill(scope, found) {
  const person = found.admin ?? found.partner ?? {};
  const known = { ...person, ...found };
  for (const spot of scope.querySelectorAll("[data-fill]")) {
    spot.textContent = known[spot.dataset.fill] ?? "";
  }
}

async function submit(event) {
  event.preventDefault();
  const form = event.currentTarget;
  const alert = form.querySelector("[role=alert]");
  const button = form.querySelector("button");
  const body = Object.fromEntries([...new FormData(form)].filter(([, value]) => value));
  if (form.dataset.token !== undefined) body[form.dataset.token || "token"] = token;
  button.disabled = true;
  if (alert) alert.hidden = true;
  try {
    const found = await post(form.dataset.post, body);
    if (form.dataset.then === "reload") return location.reload();
    if (form.dataset.then === "home") return location.assign(found.home);
    const next = document.getElementById(form.dataset.then);
    fill(next, found);
    form.hidden = true;
    next.hidden = false;
    next.focus();
  } catch (problem) {
    button.disabled = false;
    if (!alert) return;
    alert.textContent = problem.message;
    alert.hidden = false;
  }
}

for (const form of document.querySelectorAll("form[data-post]")) {
  form.addEventListener("submit", submit);
}
for (const part of document.querySelectorAll("[data-needs-token]")) {
  part.hidden = (part.dataset.needsToken === "yes") !== Boolean(token);
}
