"""People above all brands, written straight into the database: operators, and who runs several programs."""

from itertools import count

from api.access.cookies import csrf_token
from shared.ids import new_id
from shared.tokens import new_token
from tests.support.brand import Brand

numbers = count(1)
Headers = dict[str, str]


async def operator_headers(brand: Brand, role: str = "admin", email: str = "") -> Headers:
    """The browser of a new operator."""
    email = email or f"operator{next(numbers)}-{new_id().hex[-6:]}@platform.example"
    await brand.execute(
        "insert into operators (id, email, name, role) values ($1, $2, 'Olga', $3)",
        new_id(), email, role,
    )  # fmt: skip
    return await platform_headers(brand, "operator", email)


async def platform_headers(brand: Brand, kind: str, email: str) -> Headers:
    """A browser in which this address was proved to the platform."""
    token = new_token("opsplat_")
    await brand.execute(
        "insert into platform_sessions (id, digest, kind, email, expires_at)"
        " values ($1, $2, $3, $4, now() + interval '1 day')",
        new_id(), token.digest, kind, email,
    )  # fmt: skip
    name = "op_platform_admin_session" if kind == "operator" else "op_platform_session"
    return {
        "Cookie": f"{name}={token.plaintext}",
        "X-CSRF-Token": csrf_token(token.plaintext),
    }
