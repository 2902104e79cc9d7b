"""A week before a campaign ends, those are told whom it concerns: once, and each by themselves."""

import asyncio
from datetime import timedelta
from uuid import UUID

from shared.clock import now
from tests.api.conftest import People
from tests.support.brand import Brand, Json
from tests.support.mail_server import mail_server
from tests.support.mailbox import Mailbox
from tests.support.working import Worker

CHORE = "campaign-end-notifications"


async def ending(brand: Brand, days: float) -> Json:
    return await brand.campaign(endsAt=(now() + timedelta(days=days)).isoformat())


async def promoter(brand: Brand, campaign: Json, name: str) -> Json:
    """A partner with a link of the campaign, and an address that no other test writes to."""
    partner = await brand.partner(email=f"{name}@{brand.slug}.example")
    await brand.link(partner, campaign)
    return partner


async def test_admins_and_partners_with_links_are_told_once(
    brand: Brand, worker: Worker, mailbox: Mailbox, people: People
) -> None:
    admin = await people("admin")
    campaign = await ending(brand, 7)
    pat = await promoter(brand, campaign, "pat")
    await brand.link(pat, campaign)
    uma = await brand.partner(email=f"uma@{brand.slug}.example")
    gus = await promoter(brand, campaign, "gus")
    await brand.post(f"/partners/{gus['id']}/revoke", {"notify": False})
    await asyncio.gather(*(worker.act(CHORE) for _ in range(3)))
    await worker.drain()
    await worker.act(CHORE)
    await worker.drain()
    [told] = mailbox.letters(pat["email"])
    assert campaign["name"] in told.subject
    assert len(mailbox.letters(admin.email)) == 1
    assert mailbox.letters(uma["email"]) == mailbox.letters(gus["email"]) == []


async def test_nobody_is_told_of_what_is_far_near_or_endless(
    brand: Brand, worker: Worker, mailbox: Mailbox
) -> None:
    campaigns = [await ending(brand, days) for days in (1, 3, 8, 30)]
    campaigns.append(await brand.campaign())
    pat = await promoter(brand, campaigns[0], "pat")
    for campaign in campaigns[1:]:
        await brand.link(pat, campaign)
    await worker.act(CHORE)
    await worker.drain()
    assert mailbox.letters(pat["email"]) == []


async def test_an_end_that_was_moved_is_announced_anew(
    brand: Brand, worker: Worker, mailbox: Mailbox
) -> None:
    campaign = await ending(brand, 7)
    pat = await promoter(brand, campaign, "pat")
    await worker.act(CHORE)
    # Prolonged before the mail left: there is nothing to tell any more.
    later = {"endsAt": (now() + timedelta(days=30)).isoformat()}
    assert (await brand.request("PATCH", f"/campaigns/{campaign['id']}", json=later)).is_success
    await worker.drain()
    assert mailbox.letters(pat["email"]) == []
    await worker.act(CHORE)
    await brand.execute(
        "update campaigns set ends_at = now() + interval '7 days' where id = $1",
        UUID(campaign["id"]),
    )
    await worker.act(CHORE)
    await worker.drain()
    assert len(mailbox.letters(pat["email"])) == 1


async def test_one_partners_failure_is_retried_without_the_others(
    brand: Brand, worker: Worker
) -> None:
    async with mail_server() as server:
        settings = {"host": server.host, "port": server.port}
        await brand.made("/config/mail", {"kind": "smtp", "from": "a@b.example", "smtp": settings})
        campaign = await ending(brand, 7)
        pat, uma = [await promoter(brand, campaign, name) for name in ("pat", "uma")]
        server.busy = pat["email"]
        await worker.act(CHORE)
        await worker.drain()
        assert [letter["To"] for letter in server.letters] == [uma["email"]]
        server.busy = None
        await brand.execute("update jobs set run_at = now() where tenant_id = $1", brand.tenant_id)
        await worker.drain()
    assert [letter["To"] for letter in server.letters] == [uma["email"], pat["email"]]
