"""Bundles to put back, whole ones and small ones."""

import json
from typing import Any

import httpx2

from shared.ids import new_id
from tests.support.brand import Brand

ADMIN_KEY = "an-admin-key-of-the-environment"


async def put_back(brand: Brand, content: bytes | dict[str, Any]) -> httpx2.Response:
    """What `POST /import` says to it."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    headers = {**brand.headers, "content-type": "application/json"}
    return await brand.request("POST", "/import", content=body, headers=headers)


def bundle(**tables: list[dict[str, Any]]) -> dict[str, Any]:
    """As an export looks, with these tables alone."""
    return {"schemaVersion": 1, "tables": tables}


def a_partner(**changes: Any) -> dict[str, Any]:
    """A row of a bundle."""
    return {"id": str(new_id()), "email": "pat@example.com", "name": "Pat", **changes}
