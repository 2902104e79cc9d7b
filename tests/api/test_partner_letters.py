"""What partners find in their mailboxes when they are invited and when they are shut out."""

import asyncio

import pytest

from api.settings import Settings
from tests.support.brand import Brand, Json
from tests.support.mailbox import Mailbox
from tests.support.refusals import refusal
from tests.support.working import Worker


@pytest.fixture
def mailbox(settings: Settings) -> Mailbox:
    assert settings.mail_console_file
    return Mailbox(settings.mail_console_file)


async def partner(brand: Brand, **changes: object) -> Json:
    """With an address that no other test writes to."""
    return await brand.partner(email=f"pat@{brand.slug}.example", **changes)


async def test_an_invited_partner_follows_the_link_and_is_in(
    brand: Brand, worker: Worker, mailbox: Mailbox
) -> None:
    pat = await partner(brand, sendInvite=True)
    await worker.drain()
    letter = mailbox.newest(pat["email"])
    assert letter.subject == f"You are invited to be a partner of {brand.slug.title()}"
    path = f"/api/t/{brand.slug}/auth/magic/verify"
    answer = await brand.http.post(path, json={"token": letter.token})
    assert answer.json()["partner"]["id"] == pat["id"]
    brand.http.cookies.clear()
    assert (await brand.get(f"/partners/{pat['id']}")).json()["activatedAt"] is not None
    refused = await brand.post(f"/partners/{pat['id']}/invite")
    assert refusal(refused) == (409, "already_activated")


async def test_an_invitation_is_sent_again_and_replaces_the_one_before(
    brand: Brand, worker: Worker, mailbox: Mailbox
) -> None:
    pat = await partner(brand, sendInvite=True)
    await worker.drain()
    again = await brand.post(f"/partners/{pat['id']}/invite")
    assert (again.status_code, again.json()) == (200, {"ok": True})
    await worker.drain()
    first, second = mailbox.letters(pat["email"])
    path = f"/api/t/{brand.slug}/auth/magic/verify"
    refused = await brand.http.post(path, json={"token": first.token})
    assert refusal(refused) == (400, "invalid_or_expired_token")
    assert (await brand.http.post(path, json={"token": second.token})).status_code == 200
    brand.http.cookies.clear()


async def test_nobody_who_is_let_in_at_once_or_shut_out_is_invited(
    brand: Brand, worker: Worker, mailbox: Mailbox
) -> None:
    active = await partner(brand)
    refused = await brand.post(f"/partners/{active['id']}/invite")
    assert refusal(refused) == (409, "already_activated")
    waiting = await brand.partner(email=f"ida@{brand.slug}.example", sendInvite=True)
    await brand.post(f"/partners/{waiting['id']}/revoke", {"notify": False})
    refused = await brand.post(f"/partners/{waiting['id']}/invite")
    assert refusal(refused) == (409, "partner_revoked")
    await worker.drain()
    assert mailbox.letters(active["email"]) == mailbox.letters(waiting["email"]) == []


async def test_x7_a_partner_who_is_shut_out_is_told_why_once(
    brand: Brand, worker: Worker, mailbox: Mailbox
) -> None:
    pat = await partner(brand, name="Pat\r\nBcc: everyone@example.com")
    path = f"/partners/{pat['id']}/revoke"
    await asyncio.gather(*(brand.post(path, {"reason": "Spam in\nour name."}) for _ in range(4)))
    await worker.drain()
    [letter] = mailbox.letters(pat["email"])
    assert letter.subject == f"Your partnership with {brand.slug.title()} has ended"
    assert "Hello Pat Bcc: everyone@example.com,\n" in letter.text
    assert "Spam in\nour name." in letter.text


async def test_x7_without_notify_a_partner_is_not_told(
    brand: Brand, worker: Worker, mailbox: Mailbox
) -> None:
    pat = await partner(brand)
    answer = await brand.post(f"/partners/{pat['id']}/revoke", {"notify": False})
    assert answer.json()["notified"] is False
    await worker.drain()
    assert mailbox.letters(pat["email"]) == []


async def test_a_partner_who_was_let_back_in_is_not_told_that_they_are_out(
    brand: Brand, worker: Worker, mailbox: Mailbox
) -> None:
    pat = await partner(brand)
    await brand.post(f"/partners/{pat['id']}/revoke")
    await brand.post(f"/partners/{pat['id']}/reinstate")
    await worker.drain()
    assert mailbox.letters(pat["email"]) == []
    await brand.post(f"/partners/{pat['id']}/revoke", {"reason": "Again"})
    await worker.drain()
    [letter] = mailbox.letters(pat["email"])
    assert "Again" in letter.text
