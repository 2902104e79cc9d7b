"""Host names of brands' own: proved in the DNS, held by one, and lost when the proof is."""

from pathlib import Path

import httpx2
import pytest

from api.main import create_app
from api.outside.world import World
from tests.api.conftest import People
from tests.conftest import settings_for
from tests.support.brand import Brand, Json
from tests.support.calls import signed_in
from tests.support.databases import Scratch
from tests.support.refusals import refusal
from tests.support.serving import served
from tests.support.working import Worker
from tests.support.zone import Zone


@pytest.fixture
def zone(world: World) -> Zone:
    assert isinstance(world.resolver, Zone)
    return world.resolver


async def claim(brand: Brand, purpose: str = "portal", host: str = "") -> Json:
    host = host or f"partners.{brand.slug}.example"
    return await brand.made("/domains", {"host": host, "purpose": purpose})


def publish(zone: Zone, domain: Json) -> None:
    """Puts what was asked for into the DNS."""
    for record in domain["records"]:
        if record["type"] == "TXT":
            zone.text.setdefault(record["name"], []).append(record["value"])
        else:
            zone.alias[record["name"]] = record["value"]


async def verify(brand: Brand, domain: Json) -> httpx2.Response:
    return await brand.post(f"/domains/{domain['id']}/verify")


async def branding(brand: Brand, host: str) -> httpx2.Response:
    return await brand.http.get("/api/branding", headers={"Host": host})


async def checked(brand: Brand, host: str) -> int:
    answer = await brand.http.get("/api/domains/check", params={"domain": host})
    return answer.status_code


async def test_a_proved_domain_names_its_brand_and_gets_a_certificate(
    brand: Brand, zone: Zone
) -> None:
    domain = await claim(brand, host=f"Partners.{brand.slug}.Example")
    host = domain["host"]
    assert host == f"partners.{brand.slug}.example"
    assert [record["type"] for record in domain["records"]] == ["TXT", "CNAME"]
    assert domain["records"][0]["name"] == f"_openpartner.{host}"
    early = await verify(brand, domain)
    assert refusal(early) == (422, "domain_not_verified")
    assert len(early.json()["problems"]) == 2
    assert await checked(brand, host) == 404
    publish(zone, domain)
    verified = await verify(brand, domain)
    assert verified.json()["verifiedAt"] is not None
    assert await checked(brand, host) == 200
    assert (await branding(brand, host)).json()["slug"] == brand.slug
    assert (await branding(brand, f"{host}:443")).json()["slug"] == brand.slug
    assert (await brand.request("DELETE", f"/domains/{domain['id']}")).json() == {"ok": True}
    assert await checked(brand, host) == 404


async def test_people_sign_in_and_work_on_their_brands_own_domain(
    brand: Brand, zone: Zone, people: People
) -> None:
    domain = await claim(brand)
    publish(zone, domain)
    await verify(brand, domain)
    host, origin = domain["host"], f"https://{domain['host']}"
    ada = await people("admin")
    await ada.ask()
    await ada.worker.drain()
    assert ada.mailbox.newest(ada.email).link.startswith(f"{origin}/auth/magic?token=")
    cookie = await signed_in(brand)
    there = {**cookie, "Host": host, "Origin": origin}
    made = await brand.http.post(
        "/api/partners", json={"email": "p@x.example", "name": "P", "sendInvite": False},
        headers=there,
    )  # fmt: skip
    assert made.status_code == 201
    elsewhere = {**there, "Origin": "https://evil.example"}
    assert refusal(await brand.http.post("/api/partners", json={}, headers=elsewhere)) == (
        403, "csrf_failed",
    )  # fmt: skip


async def test_a_forwarded_host_counts_from_our_own_proxies_alone(brand: Brand, zone: Zone) -> None:
    domain = await claim(brand)
    publish(zone, domain)
    await verify(brand, domain)
    answer = await brand.http.get("/api/branding", headers={"X-Forwarded-Host": domain["host"]})
    assert refusal(answer) == (400, "tenant_slug_missing")


async def test_people_sign_in_and_out_on_a_brands_domain_behind_a_proxy_that_says_the_host_apart(
    brand: Brand, zone: Zone, scratch: Scratch, world: World, tmp_path: Path
) -> None:
    domain = await claim(brand)
    publish(zone, domain)
    await verify(brand, domain)
    host = domain["host"]
    headers = {"Host": "api:4601", "X-Forwarded-Host": host, "Origin": f"https://{host}"}
    settings = settings_for(scratch, tmp_path, trusted_proxies="127.0.0.0/8")
    async with (
        served(create_app(settings, world)) as address,
        httpx2.AsyncClient(base_url=address, timeout=60) as behind,
    ):
        asked = await behind.post("/api/auth/signout", headers=headers)
        assert asked.status_code == 200, asked.text
        elsewhere = {**headers, "Origin": "https://api:4601"}
        refused = await behind.post("/api/auth/signout", headers=elsewhere)
        assert refusal(refused) == (403, "csrf_failed")
    untrusted = await brand.http.post("/api/auth/signout", headers=headers)
    assert refusal(untrusted) == (403, "csrf_failed")


async def test_of_two_who_claim_a_name_the_one_who_proves_it_first_holds_it(
    brand: Brand, other_brand: Brand, zone: Zone
) -> None:
    host = f"shared.{brand.slug}.example"
    mine, theirs = await claim(brand, host=host), await claim(other_brand, host=host)
    assert mine["records"][0]["value"] != theirs["records"][0]["value"]
    publish(zone, mine)
    assert refusal(await verify(other_brand, theirs)) == (422, "domain_not_verified")
    assert (await verify(brand, mine)).status_code == 200
    publish(zone, theirs)
    assert refusal(await verify(other_brand, theirs)) == (409, "domain_held_by_another")
    assert (await branding(brand, host)).json()["slug"] == brand.slug
    twice = await brand.post("/domains", {"host": host, "purpose": "links"})
    assert refusal(twice) == (409, "domain_already_added")


@pytest.mark.parametrize(
    ("host", "code"),
    [
        ("localhost", "invalid_body"), ("10.0.0.1", "invalid_body"), ("*.x.example", "invalid_body"),
        ("https://x.example", "invalid_body"), ("x.internal", "invalid_body"),
    ],
)  # fmt: skip
async def test_what_is_no_public_name_is_refused(brand: Brand, host: str, code: str) -> None:
    answer = await brand.post("/domains", {"host": host, "purpose": "portal"})
    assert refusal(answer) == (400, code)


async def test_a_name_without_sub_domain_may_lead_here_by_its_addresses(
    brand: Brand, zone: Zone
) -> None:
    domain = await claim(brand, host=f"{brand.slug}.example")
    [text, alias] = domain["records"]
    zone.text[text["name"]] = [text["value"]]
    zone.address[domain["host"]] = ["203.0.113.7"]
    zone.address[alias["value"]] = ["203.0.113.8"]
    assert refusal(await verify(brand, domain)) == (422, "domain_not_verified")
    zone.address[alias["value"]] = ["203.0.113.7", "203.0.113.8"]
    assert (await verify(brand, domain)).status_code == 200


async def test_a_name_is_lost_after_three_days_without_proof_and_not_by_a_silent_dns(
    brand: Brand, zone: Zone, worker: Worker
) -> None:
    domain = await claim(brand)
    publish(zone, domain)
    await verify(brand, domain)
    zone.silent.add(domain["records"][0]["name"])
    await worker.act("domain-reverify")
    assert (await brand.rows("domains"))[0]["failing_since"] is None
    zone.silent.clear()
    zone.text.clear()
    await worker.act("domain-reverify")
    [row] = await brand.rows("domains")
    assert row["failing_since"] is not None
    assert "TXT" in row["last_error"]
    assert await checked(brand, domain["host"]) == 200
    await brand.execute(
        "update domains set failing_since = now() - interval '73 hours' where tenant_id = $1",
        brand.tenant_id,
    )
    await worker.act("domain-reverify")
    assert (await brand.rows("domains"))[0]["verified_at"] is None
    publish(zone, domain)
    assert (await verify(brand, domain)).status_code == 200
    assert (await brand.rows("domains"))[0]["failing_since"] is None


async def test_links_are_shared_on_the_brands_own_domain(brand: Brand, zone: Zone) -> None:
    domain = await claim(brand, "links", f"go.{brand.slug}.example")
    publish(zone, domain)
    await verify(brand, domain)
    partner, campaign = await brand.partner(), await brand.campaign()
    link = await brand.link(partner, campaign, linkKey="spring")
    assert link["url"] == f"https://go.{brand.slug}.example/r/spring"
    assert refusal(await branding(brand, domain["host"])) == (400, "tenant_slug_missing")


async def test_a_brands_own_name_stands_alone_where_it_wants_that(brand: Brand) -> None:
    api = f"/api/t/{brand.slug}/branding"
    assert (await brand.http.get(api)).json()["whiteLabel"] is False
    changed = await brand.made("/config/white-label", {"enabled": True})
    assert changed == {"enabled": True, "entitled": True}
    assert (await brand.http.get(api)).json()["whiteLabel"] is True


async def test_onboarding_says_what_is_done_and_what_is_left(brand: Brand) -> None:
    before = (await brand.get("/admin/onboarding-status")).json()
    assert before == {
        "brandInfoComplete": False, "campaignCount": 0, "networkConnected": False,
        "offeringPublishedCount": 0, "partnerCount": 0, "partnersWaiting": 0,
        "pendingPartnershipRequests": 0, "billingReady": True, "trialEndsAt": None,
        "trialDaysRemaining": None, "approvalStatus": "approved",
        "baseUrl": f"http://localhost:4601/api/t/{brand.slug}", "complete": False,
    }  # fmt: skip
    await brand.campaign()
    await brand.partner()
    await brand.made("/config/program", {"programName": "Acme", "supportEmail": "h@x.example"})
    after = (await brand.get("/admin/onboarding-status")).json()
    assert (after["campaignCount"], after["partnerCount"], after["complete"]) == (1, 1, True)
