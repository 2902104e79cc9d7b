"""Admins at their browsers, already signed in."""

from dataclasses import dataclass
from typing import Any

import httpx2

from shared.ids import new_id
from shared.tokens import new_token
from tests.support.brand import Brand
from tests.support.people import add_admin


@dataclass(frozen=True, slots=True)
class SignedIn:
    """An admin of a brand, and the headers that their browser sends."""

    id: str
    brand: Brand
    headers: dict[str, str]

    async def post(self, path: str, json: Any = None) -> httpx2.Response:
        url = f"/api/t/{self.brand.slug}{path}"
        return await self.brand.http.post(url, json=json, headers=self.headers)

    async def get(self, path: str) -> httpx2.Response:
        return await self.brand.http.get(f"/api/t/{self.brand.slug}{path}", headers=self.headers)


async def signed_in_admin(brand: Brand, origin: str = "http://localhost:4601") -> SignedIn:
    """Written straight into the database."""
    admin, _ = await add_admin(brand)
    token = new_token("ops_")
    await brand.execute(
        "insert into sessions (tenant_id, id, digest, principal_kind, principal_id, expires_at)"
        " values ($1, $2, $3, 'admin', $4, now() + interval '1 day')",
        brand.tenant_id, new_id(), token.digest, admin,
    )  # fmt: skip
    headers = {"Cookie": f"op_session={token.plaintext}", "Origin": origin}
    return SignedIn(str(admin), brand, headers)
