"""The traps that frameworks lay between a service and its commit, each shown to be shut."""

import ast
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx2
import pytest
from fastapi import APIRouter
from sqlalchemy import select

from api.errors import Conflict
from api.main import create_app
from api.settings import Settings
from api.web.transaction import Session
from shared.ids import new_id
from shared.models.campaign import Campaign
from shared.models.partner import Partner
from shared.models.setting import Setting
from tests.support.brand import Brand
from tests.support.serving import served
from tests.support.tree import files, named

traps = APIRouter(prefix="/api/traps")


class Refused(Conflict, code="trap_refused"):
    """A rule said no after something was written."""


@traps.post("/late", status_code=201)
async def break_at_commit(session: Session) -> dict[str, bool]:
    """The campaign names terms that don't exist, which PostgreSQL finds out at commit."""
    session.add(
        Campaign(
            id=new_id(), name="Trap", terms_id=new_id(), destination_url="https://shop.example"
        )
    )
    await session.flush()
    return {"created": True}


@traps.post("/stray")
async def commit_in_a_service(session: Session) -> dict[str, bool]:
    session.add(Setting(key="trap", value=1))
    await session.commit()
    await session.execute(select(Setting))
    return {"ok": True}


@traps.post("/refused")
async def refuse_after_writing(session: Session) -> dict[str, bool]:
    session.add(Setting(key="trap", value=1))
    await session.flush()
    raise Refused


@traps.post("/broken")
async def break_after_writing(session: Session) -> dict[str, bool]:
    session.add(Setting(key="trap", value=1))
    await session.flush()
    raise ZeroDivisionError


@traps.post("/partners/{id}")
async def rename(id: UUID, session: Session) -> dict[str, datetime]:
    partner = (await session.scalars(select(Partner).where(Partner.id == id))).one()
    partner.name = "Renamed"
    await session.flush()
    return {"updatedAt": partner.updated_at}


@pytest.fixture
async def trapped(
    settings: Settings, brand: Brand
) -> AsyncIterator[tuple[httpx2.AsyncClient, Brand]]:
    """The app with these routes beside its own."""
    app = create_app(settings)
    app.include_router(traps)
    async with served(app) as address, httpx2.AsyncClient(base_url=address, timeout=30) as client:
        client.headers.update(brand.headers)
        yield client, brand


Trapped = tuple[httpx2.AsyncClient, Brand]


async def settings_of(brand: Brand) -> list[Any]:
    return await brand.rows("settings")


async def test_a_commit_that_fails_is_never_answered_as_done(trapped: Trapped) -> None:
    client, brand = trapped
    answer = await client.post("/api/traps/late")
    assert (answer.status_code, answer.json()["error"]) == (500, "internal_error")
    assert await brand.rows("campaigns") == []


async def test_a_stray_commit_fails_loudly(trapped: Trapped) -> None:
    client, _ = trapped
    assert (await client.post("/api/traps/stray")).status_code == 500


def test_no_feature_commits_or_rolls_back() -> None:
    """The transaction is the request's, or the job's; what it did stands or falls as a whole."""
    strays = [
        f"{named(path)}:{node.lineno}"
        for path in files("api/features")
        if path.suffix == ".py"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
        and node.attr in {"commit", "rollback"}
        and ast.unparse(node.value) == "session"
    ]
    assert strays == []


async def test_an_answer_of_4xx_leaves_nothing_behind(trapped: Trapped) -> None:
    client, brand = trapped
    answer = await client.post("/api/traps/refused")
    assert (answer.status_code, answer.json()["error"]) == (409, "trap_refused")
    assert await settings_of(brand) == []


async def test_an_answer_of_5xx_leaves_nothing_behind(trapped: Trapped) -> None:
    client, brand = trapped
    answer = await client.post("/api/traps/broken")
    assert (answer.status_code, answer.json()["error"]) == (500, "internal_error")
    assert await settings_of(brand) == []


async def test_what_the_database_made_of_a_change_is_what_is_answered(trapped: Trapped) -> None:
    client, brand = trapped
    partner = await brand.partner()
    answer = await client.post(f"/api/traps/partners/{partner['id']}")
    [stored] = await brand.rows("partners")
    assert datetime.fromisoformat(answer.json()["updatedAt"]) == stored["updated_at"]
    assert stored["updated_at"] > datetime.fromisoformat(partner["updatedAt"]).astimezone(UTC)
