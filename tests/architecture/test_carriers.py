"""What lies between brands and belongs to none: logs, figures, limits, jobs and mail tell nothing."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import structlog
import time_machine

from api.jobs.enqueue import enqueue
from api.main import create_app
from shared.database import open_database
from shared.ids import new_id
from tests.conftest import settings_for
from tests.support.brand import Brand
from tests.support.conversions import commission
from tests.support.databases import Scratch
from tests.support.mailbox import Mailbox
from tests.support.people import add_admin
from tests.support.refusals import refusal
from tests.support.serving import served
from tests.support.working import Worker


@contextmanager
def everything_logged() -> Iterator[list[Any]]:
    """As in production, where every request has its line."""
    before = structlog.get_config()["wrapper_class"]
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.INFO))
    try:
        with structlog.testing.capture_logs() as logged:
            yield logged
    finally:
        structlog.configure(wrapper_class=before)


async def test_figures_and_logs_name_no_brand(brand: Brand) -> None:
    """Neither an id nor a slug: a series for each brand would tell everybody who they are."""
    with everything_logged() as logged:
        earned = await commission(brand)
        await brand.http.get(f"/api/t/{brand.slug}/branding")
        await brand.get(f"/partners/{new_id()}")
        await brand.http.get(f"/api/t/{brand.slug}/partners/{earned['partnerId']}")
    requests = [entry for entry in logged if entry["event"] == "request"]
    assert len(requests) >= 3
    figures = (await brand.http.get("/metrics")).text
    assert "openpartner_api_request_seconds" in figures
    own = (brand.slug, str(brand.tenant_id), earned["partnerId"], brand.key)
    for named in own:
        assert named not in figures
        assert named not in str(requests)


async def test_one_brands_flood_uses_up_nobody_elses_limit(
    brand: Brand, other_brand: Brand, scratch: Scratch, tmp_path: Path
) -> None:
    settings = settings_for(scratch, tmp_path, openpartner_rate_limits=True)
    app = create_app(settings)
    with time_machine.travel(1_800_000_000, tick=False):
        async with served(app) as address, httpx2.AsyncClient(base_url=address, timeout=60) as http:
            left = []
            for headers in (brand.headers, brand.headers, other_brand.headers):
                answer = await http.get("/api/auth/introspect", headers=headers)
                left.append(answer.headers["ratelimit"].split("remaining=")[1].split(",")[0])
    assert left == ["5999", "5998", "5999"]


async def test_a_job_sees_its_own_brand_alone_whatever_it_is_told(
    brand: Brand, other_brand: Brand, scratch: Scratch, worker: Worker, mailbox: Mailbox
) -> None:
    theirs, email = await add_admin(other_brand, active=False)
    _, active = await add_admin(other_brand)
    database = open_database(scratch.urls.app, pool=1)
    try:
        async with database.tenant_session(brand.tenant_id) as session:
            await enqueue(session, "sign_in.invite", kind="admin", person_id=str(theirs))
            await enqueue(session, "sign_in.link", email=active)
    finally:
        await database.close()
    await worker.drain()
    assert mailbox.letters(email) == mailbox.letters(active) == []
    assert await other_brand.rows("magic_links") == []


async def test_what_a_process_remembers_opens_nothing_by_itself(brand: Brand) -> None:
    """A key that it knows, and a slug that it knows, are asked about every time."""
    path = f"/api/t/{brand.slug}/auth/introspect"
    assert (await brand.http.get(path, headers=brand.headers)).status_code == 200
    await brand.execute(
        "update api_keys set revoked_at = now() where tenant_id = $1", UUID(str(brand.tenant_id))
    )
    assert refusal(await brand.http.get(path, headers=brand.headers)) == (401, "unauthorized")
