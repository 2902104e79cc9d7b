"""Joining at once, where the operator runs the network, too; and new workspaces, which join by a job."""

from collections.abc import AsyncIterator

import httpx2
import pytest
from pydantic import SecretStr

from api.features.network.for_others import Contact, Place, enroll
from api.main import create_app
from api.outside.world import World
from api.settings import Settings
from shared.database import open_database
from tests.support.brand import Brand, found_brand
from tests.support.calls import signed_in
from tests.support.contract import Contract
from tests.support.coordinator import Coordinator, coordinating
from tests.support.coordinator.app import ADMIN_KEY
from tests.support.databases import Scratch
from tests.support.ports import free_port
from tests.support.refusals import refusal
from tests.support.serving import served
from tests.support.working import Worker

OURS = {"Origin": "http://localhost:4601"}


@pytest.fixture
async def coordinator() -> AsyncIterator[Coordinator]:
    async with coordinating() as coordinator:
        yield coordinator


def operators(settings: Settings, coordinator: Coordinator, **changes: object) -> Settings:
    """The settings of whoever runs both."""
    named = {"network_url": coordinator.url, "network_admin_api_key": SecretStr(ADMIN_KEY)}
    return settings.model_copy(update={**named, **changes})


@pytest.fixture
async def operated(
    coordinator: Coordinator, settings: Settings, world: World, contract: Contract, scratch: Scratch
) -> AsyncIterator[tuple[Brand, Coordinator]]:
    """A brand of an operator who runs the network, too."""
    changed = operators(settings, coordinator)
    app = create_app(changed, world)
    async with (
        served(app) as address,
        httpx2.AsyncClient(
            base_url=address, timeout=30, event_hooks={"response": [contract.check]}
        ) as client,
    ):
        # Known only now, and what the network is told to call.
        changed.__dict__["api_url"] = address
        yield await found_brand(client, scratch), coordinator


async def test_the_operators_key_connects_a_signed_in_admin_at_once(
    operated: tuple[Brand, Coordinator],
) -> None:
    brand, coordinator = operated
    by_key = await brand.post("/config/network/auto-enroll")
    assert refusal(by_key) == (400, "session_admin_required")
    cookie = await signed_in(brand)
    answer = await brand.http.post(
        f"/api/t/{brand.slug}/config/network/auto-enroll", headers=cookie | OURS
    )
    assert answer.status_code == 200, answer.text
    assert (await brand.get("/config/network")).json()["connected"] is True
    assert coordinator.books.mails == []


async def test_the_operators_key_goes_to_the_operators_network_alone(
    operated: tuple[Brand, Coordinator],
) -> None:
    brand, ours = operated
    async with coordinating() as theirs:
        await brand.made("/config/network", {"networkUrl": theirs.url})
        cookie = await signed_in(brand)
        await brand.http.post(
            f"/api/t/{brand.slug}/config/network/auto-enroll", headers=cookie | OURS
        )
        assert theirs.heard == []
    assert len(ours.asked("/vendors/signup")) == 1


async def test_without_a_network_there_is_none_to_join(brand: Brand) -> None:
    started = await brand.post("/config/network/start-connect", {"contactEmail": "a@b.example"})
    assert refusal(started) == (503, "network_url_not_configured")
    enrolled = await brand.post("/config/network/auto-enroll")
    assert refusal(enrolled) == (503, "network_url_not_configured")


async def test_a_new_workspace_is_introduced_once_however_often_its_job_runs(
    operated: tuple[Brand, Coordinator], settings: Settings, world: World
) -> None:
    brand, coordinator = operated
    database = open_database(settings.database_url_app.get_secret_value(), pool=2)
    ours = settings.model_copy(
        update={"network_url": coordinator.url, "api_url": str(brand.http.base_url).rstrip("/")}
    )
    place = Place(database, ours, world.outbound, brand.tenant_id)
    try:
        first = await enroll(place, Contact("ada@brand.example", "Ada"))
        assert first is not None
        assert (first.status, first.email_sent) == ("pending", True)
        assert await enroll(place, Contact("ada@brand.example", "Ada")) is None
    finally:
        await database.close()
    assert len(coordinator.books.mails) == 1
    await brand.made(
        "/config/network/complete-connect", {"ntoken": coordinator.books.mails[0].token}
    )
    assert (await brand.get("/config/network")).json()["connected"] is True


async def test_r13_a_new_workspace_joins_also_when_its_mail_does_not_arrive(
    operated: tuple[Brand, Coordinator], settings: Settings, world: World
) -> None:
    """The operator's network takes it at once; sign-up waits for neither."""
    brand, coordinator = operated
    address = str(brand.http.base_url).rstrip("/")
    ours = operators(settings, coordinator, api_url=address)
    ours = ours.model_copy(
        update={"smtp_host": "127.0.0.1", "smtp_port": free_port(), "mail_console_file": None}
    )
    deaf = World.of(ours)
    deaf.outbound.policy = world.outbound.policy
    slug = f"new-{brand.slug[-6:]}"
    wanted = {
        "slug": slug, "displayName": "New", "adminEmail": f"{slug}@example.com", "adminName": "Ada",
    }  # fmt: skip
    async with (
        served(create_app(ours, deaf)) as elsewhere,
        httpx2.AsyncClient(base_url=elsewhere, timeout=30) as client,
        Worker.at(ours, deaf) as worker,
    ):
        answer = await client.post("/api/signup", json=wanted)
        assert (answer.status_code, answer.json()["mailDelivered"]) == (202, False)
        assert answer.json()["network"]["status"] == "pending"
        await worker.drain()
    [vendor] = coordinator.books.vendors.values()
    assert vendor.instance_url.endswith(f"/api/t/{slug}")
    [row] = await brand.fetch(
        "select value ->> 'enabled', value ->> 'vendorId' from settings s join tenants t"
        " on t.id = s.tenant_id where t.slug = $1 and key = 'network_membership'",
        slug,
    )
    assert tuple(row) == ("true", vendor.id)
