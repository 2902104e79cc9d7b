"""The gate of hosted installations, tried at every address: it closes those it should, and no other."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx2
import pytest

from api.outside.world import World
from api.settings import Settings
from tests.support.brand import Brand
from tests.support.calls import RUINOUS, Premises, signed_in
from tests.support.contract import Contract
from tests.support.databases import Scratch
from tests.support.hosted import choose, evaluating, evaluation_over, hosted, subscribe
from tests.support.published import Operation, operations

# What waits for a paid plan once an evaluation is over, and what it is told.
GATED = {
    "POST /api/campaigns": "trial_expired",
    "POST /api/partners": "trial_expired",
    "POST /api/partners/{id}/campaigns": "trial_expired",
    "POST /api/partners/{id}/coupons": "trial_expired",
    "POST /api/import/partners-csv": "trial_expired",
    "POST /api/admin/network/offerings": "trial_expired",
    "POST /api/admin/network/requests/{id}/approve": "trial_expired",
    "POST /api/partner-signup": "plan_required",
}
# Of these, what lets partners in: closed while evaluating, where the operator wants it so.
ADMITTING = {
    "POST /api/partners",
    "POST /api/import/partners-csv",
    "POST /api/admin/network/requests/{id}/approve",
    "POST /api/partner-signup",
}
EVERY = list(operations())
HERE = {str(operation) for operation in EVERY}
every = pytest.mark.parametrize("operation", [pytest.param(one, id=one.id) for one in EVERY])


@dataclass(slots=True)
class Lapsed:
    """A brand whose evaluation is over, with one thing of each kind made before."""

    premises: Premises
    cookie: dict[str, str]
    stranger: dict[str, str]

    async def call(self, operation: Operation, **options: object) -> httpx2.Response:
        path = await self.premises.path(operation)
        body = await self.premises.body(operation)
        brand = self.premises.brand
        options.setdefault("headers", brand.headers)
        prefix = f"/api/t/{brand.slug}" if operation.path.startswith("/api") else ""
        return await brand.http.request(operation.method, prefix + path, json=body, **options)  # type: ignore[arg-type]  # headers alone


@pytest.fixture(scope="module")
async def hosting(
    settings: Settings, world: World, contract: Contract
) -> AsyncIterator[httpx2.AsyncClient]:
    async with hosted(settings, world, contract) as client:
        yield client


@pytest.fixture(scope="module")
async def lapsed(hosting: httpx2.AsyncClient, scratch: Scratch) -> Lapsed:
    brand = await evaluating(hosting, scratch)
    premises = Premises(brand)
    for operation in EVERY:
        await premises.path(operation)
    stranger = await brand.partner_headers(await brand.partner())
    await evaluation_over(brand)
    return Lapsed(premises, await signed_in(brand), stranger)


@every
async def test_after_the_evaluation_exactly_these_wait_for_a_plan(
    operation: Operation, lapsed: Lapsed
) -> None:
    if operation.id in RUINOUS:
        assert str(operation) not in GATED
        return
    answer = await lapsed.call(operation)
    told = answer.json()["error"] if answer.status_code == 402 else None
    assert told == GATED.get(str(operation)), answer.text


def test_every_gated_address_of_those_that_are_built_is_tried() -> None:
    closing = {"trial_expired", "plan_required"}
    gated = {
        str(one)
        for one in EVERY
        # The network may want to be paid, too, and says so with a code of its own.
        if closing & set(one.responses.get("402", {}).get("x-codes", ()))
    }
    assert gated == set(GATED) & HERE


@pytest.mark.parametrize("address", sorted((set(GATED) & HERE) - {"POST /api/partner-signup"}))
async def test_m17_the_gate_comes_after_who_calls(address: str, lapsed: Lapsed) -> None:
    operation = next(one for one in EVERY if str(one) == address)
    for headers in ({}, {"Authorization": "Bearer op_guess"}):
        assert (await lapsed.call(operation, headers=headers)).status_code == 401
    assert (await lapsed.call(operation, headers=lapsed.stranger)).status_code == 403


@pytest.mark.parametrize(
    "path",
    ["/partners/", "/Partners", "//partners", "/partners%2F", "/./partners", "/partners?x=1"],
)
async def test_m17_no_spelling_of_an_address_leads_around_the_gate(
    path: str, lapsed: Lapsed
) -> None:
    brand = lapsed.premises.brand
    before = len(await brand.rows("partners"))
    for prefix in ("/api", f"/api/t/{brand.slug}", f"/t/{brand.slug}/api", f"/t/{brand.slug}"):
        await brand.http.post(
            f"{prefix}{path}",
            json={"email": "around@example.com", "name": "Round About"},
            headers=brand.headers,
            follow_redirects=True,
        )
    assert len(await brand.rows("partners")) == before


async def test_whoever_is_gated_is_told_why_and_since_when(lapsed: Lapsed) -> None:
    answer = await lapsed.premises.brand.post("/partners", {"email": "a@example.com", "name": "A"})
    assert answer.status_code == 402
    body = answer.json()
    [account] = await lapsed.premises.brand.rows("billing_accounts")
    assert (body["error"], body["plan"]) == ("trial_expired", account["plan"])
    ends = account["trial_ends_at"].isoformat(timespec="milliseconds")
    assert body["trialEndsAt"] == ends.replace("+00:00", "Z")


async def fresh(http: httpx2.AsyncClient, scratch: Scratch) -> Brand:
    brand = await evaluating(http, scratch)
    await evaluation_over(brand)
    return brand


async def may_invite(brand: Brand) -> bool:
    answer = await brand.post(
        "/partners", {"email": f"{brand.slug}@example.com", "name": "Pat", "sendInvite": False}
    )
    assert answer.status_code in {201, 402}, answer.text
    return answer.status_code == 201


async def test_while_evaluating_nothing_is_gated(
    hosting: httpx2.AsyncClient, scratch: Scratch
) -> None:
    assert await may_invite(await evaluating(hosting, scratch))


async def test_who_has_no_end_set_is_left_alone(
    hosting: httpx2.AsyncClient, scratch: Scratch
) -> None:
    brand = await fresh(hosting, scratch)
    await brand.execute(
        "update billing_accounts set trial_ends_at = null where tenant_id = $1", brand.tenant_id
    )
    assert await may_invite(brand)


@pytest.mark.parametrize("plan", [None, "flex", "revshare"])
async def test_a_plan_without_a_subscription_opens_nothing(
    plan: str | None, hosting: httpx2.AsyncClient, scratch: Scratch
) -> None:
    brand = await fresh(hosting, scratch)
    await choose(brand, plan)
    assert not await may_invite(brand)


@pytest.mark.parametrize(("plan", "status"), [
    ("flex", "active"), ("revshare", "active"), ("flex", "past_due"), ("flex", "trialing"),
])  # fmt: skip
async def test_who_pays_goes_on(
    plan: str, status: str, hosting: httpx2.AsyncClient, scratch: Scratch
) -> None:
    brand = await fresh(hosting, scratch)
    await subscribe(brand, plan, status)
    assert await may_invite(brand)


@pytest.mark.parametrize("status", ["incomplete", "unpaid", "paused"])
async def test_a_subscription_that_nobody_pays_opens_nothing(
    status: str, hosting: httpx2.AsyncClient, scratch: Scratch
) -> None:
    brand = await fresh(hosting, scratch)
    await subscribe(brand, "flex", status)
    assert not await may_invite(brand)


async def test_a_subscription_that_has_ended_opens_nothing(
    hosting: httpx2.AsyncClient, scratch: Scratch
) -> None:
    brand = await fresh(hosting, scratch)
    await subscribe(brand, "flex")
    await brand.execute(
        "update billing_subscriptions set ended_at = now(), status = 'canceled'"
        " where tenant_id = $1",
        brand.tenant_id,
    )
    assert not await may_invite(brand)


async def test_enterprise_is_never_gated(hosting: httpx2.AsyncClient, scratch: Scratch) -> None:
    brand = await fresh(hosting, scratch)
    await choose(brand, "enterprise")
    assert await may_invite(brand)


async def test_at_home_nothing_is_ever_gated(brand: Brand) -> None:
    await brand.execute(
        "insert into billing_accounts (tenant_id, trial_ends_at)"
        " values ($1, now() - interval '1 day')",
        brand.tenant_id,
    )
    assert await may_invite(brand)


async def test_where_the_operator_wants_it_partners_wait_for_a_plan_while_evaluating(
    settings: Settings, world: World, contract: Contract, scratch: Scratch
) -> None:
    strict = {"openpartner_evaluation_admits_partners": False}
    async with hosted(settings, world, contract, **strict) as client:
        brand = await evaluating(client, scratch)
        premises = Premises(brand)
        await premises.brand.campaign()
        for operation in EVERY:
            if str(operation) in ADMITTING and not operation.path.endswith("approve"):
                answer = await brand.post(
                    operation.path.removeprefix("/api"), await premises.body(operation)
                )
                assert (answer.status_code, answer.json()["error"]) == (402, "plan_required")
        assert (await brand.post("/campaigns", {})).status_code == 400
        await subscribe(brand, "flex")
        assert await may_invite(brand)
