"""Every route, driven by everybody whom it has to refuse: nobody learns or changes a thing."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

import asyncpg
import httpx2
import pytest

from api.access.roles import SCOPES
from tests.support.brand import Brand, bearer, found_brand
from tests.support.calls import RUINOUS, Premises, missing, signed_in
from tests.support.databases import Scratch
from tests.support.digest import digest
from tests.support.published import Operation, operations
from tests.support.refusals import refusal

# What partners do with what is their own, and what everybody may who has a key or a session.
OWN = {
    "add_postback", "change_postback", "create_link", "create_partner_key", "delete_postback",
    "fire_postback_test", "get_commission_snapshot", "get_connect_status",
    "get_statement", "get_statement_page", "get_statement_pdf", "get_dashboard", "get_funnel",
    "get_partner", "get_partner_balance", "list_partner_adjustments", "list_partner_ledger",
    "list_coupons", "list_links",
    "list_partner_commissions", "list_partner_keys", "list_partner_payouts",
    "list_postback_deliveries", "list_postbacks", "revoke_key", "start_connect",
}  # fmt: skip
ANY_PARTNER = {
    "apply_to_offering", "cancel_request", "change_creator_profile", "discover_offerings",
    "get_affiliation_earnings", "get_creator_profile", "get_offering", "get_vendor",
    "list_affiliations", "list_requests", "get_program_settings", "get_whoami", "introspect_key",
    "list_my_campaigns",
}  # fmt: skip
# The scopes that permit an operation; keys with any other scopes are refused.
SCOPED = {
    "create_link": {"links:write"},
    "create_partner": {"partners:write"},
    "get_dashboard": {"partners:read"},
    "import_partners": {"partners:write"},
    "invite_partner_again": {"partners:write"},
    "list_commissions": {"commissions:read"},
    "list_links": {"links:read"},
    "list_partner_commissions": {"commissions:read"},
    "list_partners": {"partners:read"},
    "list_webhook_samples": {"webhooks:write"},
    "record_click": {"clicks:write"},
    "redeem_coupon": {"events:write"},
    "report_event": {"events:write"},
    "revoke_partner": {"partners:write"},
    "subscribe_webhook": {"webhooks:write"},
    "unsubscribe_webhook": {"webhooks:write"},
}
ANY_KEY = {
    "discover_offerings", "get_offering", "get_program_settings", "get_vendor", "introspect_key",
}  # fmt: skip
# Where a scoped key is refused with a code of its own, whatever its scopes.
NEVER_SCOPED = {"get_whoami": "scoped_key_not_for_portal"}
# Answers the same whether there was such a thing or not, so that a repeated request is no failure.
SAME_FOR_ALL = {"unsubscribe_webhook"}
# Their ids are the network's own, which nobody here is connected to: ours end at the workspace.
ELSEWHERE = {
    "apply_to_offering", "approve_network_request", "cancel_request", "change_network_offering",
    "delete_network_offering", "get_affiliation_earnings", "get_offering", "get_vendor",
    "reject_network_request",
}  # fmt: skip

GUARDED = [operation for operation in operations() if operation.permissions]
guarded = pytest.mark.parametrize(
    "operation", [pytest.param(operation, id=operation.id) for operation in GUARDED]
)

Headers = dict[str, str]
BASIC = {"Authorization": "Basic b3A6b3A="}


@dataclass(slots=True)
class Stage:
    """The brand that is attacked, and those who try. `without`: keys with all scopes but these."""

    premises: Premises
    stranger: Headers
    revoked: Headers
    revoked_partner: Headers
    cookie: Headers
    without: dict[frozenset[str], Headers]
    abroad: Brand
    abroad_cookie: Headers
    superuser: asyncpg.Connection
    before: dict[str, str]

    async def call(
        self, operation: Operation, headers: Headers, *, slug: bool = False
    ) -> httpx2.Response:
        brand = self.premises.brand
        prefix = f"/api/t/{brand.slug}" if slug else "/api"
        return await brand.http.request(
            operation.method,
            prefix + await self.premises.path(operation),
            json=await self.premises.body(operation),
            headers=headers,
        )


@pytest.fixture(scope="module")
async def stage(http: httpx2.AsyncClient, scratch: Scratch) -> AsyncIterator[Stage]:
    brand, abroad = await found_brand(http, scratch), await found_brand(http, scratch)
    premises = Premises(brand)
    for operation in GUARDED:
        if not missing(operation):
            await premises.path(operation)
    revoked, gone = await brand.scoped_headers("revoked"), await brand.partner()
    revoked_partner = await brand.partner_headers(gone)
    await brand.execute("update api_keys set revoked_at = now() where scopes = '{revoked}'")
    await brand.execute("update partners set revoked_at = now() where id = $1", UUID(gone["id"]))
    lacking = {frozenset(SCOPED.get(operation.id, ())) for operation in GUARDED}
    superuser = await scratch.connect()
    stage = Stage(
        premises=premises,
        stranger=await brand.partner_headers(await brand.partner()),
        revoked=revoked,
        revoked_partner=revoked_partner,
        cookie=await signed_in(brand),
        without={
            scopes: await brand.scoped_headers(*sorted(set(SCOPES) - scopes)) for scopes in lacking
        },
        abroad=abroad,
        abroad_cookie=await signed_in(abroad),
        superuser=superuser,
        before={},
    )
    # Seen just now, for as long as this lasts: when a key was last used is no change that counts.
    await superuser.execute("update api_keys set last_used_at = now() + interval '1 day'")
    stage.before = await digest(superuser, brand.tenant_id)
    yield stage
    await superuser.close()


@pytest.fixture
async def unharmed(stage: Stage) -> AsyncIterator[Stage]:
    """Nothing in any table of the attacked brand may be different afterwards."""
    yield stage
    tenant_id = stage.premises.brand.tenant_id
    before, stage.before = stage.before, await digest(stage.superuser, tenant_id)
    assert stage.before == before


def test_every_operation_has_a_request() -> None:
    """A new route fails here until its request is described."""
    wanted = [lacking for operation in operations() if (lacking := missing(operation))]
    assert wanted == []


@guarded
async def test_nobody_gets_in(operation: Operation, unharmed: Stage) -> None:
    assert refusal(await unharmed.call(operation, {})) == (400, "tenant_slug_missing")
    for headers in ({}, bearer("op_guess"), {"Cookie": "op_session=guess"}, BASIC):
        answer = await unharmed.call(operation, headers, slug=True)
        assert refusal(answer) == (401, "unauthorized")


@guarded
async def test_a_key_that_was_revoked_opens_nothing(operation: Operation, unharmed: Stage) -> None:
    for headers in (unharmed.revoked, unharmed.revoked_partner):
        for slug in (False, True):
            answer = await unharmed.call(operation, headers, slug=slug)
            assert refusal(answer) == (401, "unauthorized")


@guarded
async def test_a_partner_reaches_their_own_things_alone(
    operation: Operation, unharmed: Stage
) -> None:
    if operation.id not in ANY_PARTNER:
        answer = await unharmed.call(operation, unharmed.stranger)
        assert refusal(answer) == (403, "forbidden")


@guarded
async def test_a_scope_permits_its_own_operations_and_no_others(
    operation: Operation, unharmed: Stage
) -> None:
    if operation.id not in ANY_KEY:
        key = unharmed.without[frozenset(SCOPED.get(operation.id, ()))]
        code = NEVER_SCOPED.get(operation.id, "forbidden_scope")
        assert refusal(await unharmed.call(operation, key)) == (403, code)


@guarded
async def test_another_brand_reaches_nothing_here(operation: Operation, unharmed: Stage) -> None:
    for headers in (unharmed.abroad.headers, unharmed.abroad_cookie):
        answer = await unharmed.call(operation, headers, slug=True)
        assert refusal(answer) == (401, "unauthorized")
    if "{id}" in operation.path and operation.id not in SAME_FOR_ALL | ELSEWHERE:
        answer = await unharmed.call(operation, unharmed.abroad.headers)
        assert answer.status_code == 404, answer.text


@guarded
async def test_another_site_can_not_use_an_admins_browser(
    operation: Operation, unharmed: Stage
) -> None:
    if operation.method != "GET":
        for origin in ({}, {"Origin": "https://evil.example"}, {"Origin": "null"}):
            answer = await unharmed.call(operation, unharmed.cookie | origin, slug=True)
            assert refusal(answer) == (403, "csrf_failed")


REFUSED = {"unauthorized", "forbidden", "forbidden_scope", "csrf_failed", "tenant_not_found"}


@pytest.fixture(scope="module")
async def inside(http: httpx2.AsyncClient, scratch: Scratch) -> Premises:
    """A brand whose own people call: it shows that the requests above were refused for their sender."""
    return Premises(await found_brand(http, scratch))


# What is taken away is called last.
LAST = sorted(GUARDED, key=lambda one: (one.id in RUINOUS, one.method == "DELETE"))


@pytest.mark.parametrize("operation", [pytest.param(one, id=one.id) for one in LAST])
async def test_whoever_may_gets_in(operation: Operation, inside: Premises) -> None:
    brand = inside.brand
    path, body = await inside.path(operation), await inside.body(operation)
    callers = [await brand.scoped_headers(scope) for scope in SCOPED.get(operation.id, ())]
    if operation.id in OWN:
        owner = re.search(r"/partners/([^/]+)", path)
        partner = owner[1] if owner else await inside.thing("/partners")
        callers.append(await brand.partner_headers({"id": partner}))
    if operation.id in ANY_PARTNER:
        callers.append(await brand.partner_headers(await brand.partner()))
    for headers in [*callers, brand.headers]:
        answer = await brand.request(operation.method, path, json=body, headers=headers)
        assert answer.status_code < 300 or refusal(answer)[1] not in REFUSED, answer.text
        callers_thing_exists = answer.status_code != 404 or "requestBody" in operation.declared
        assert callers_thing_exists or operation.method == "DELETE", answer.text
