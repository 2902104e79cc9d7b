"""The published OpenAPI, operation by operation, for tests that hold for every route."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from api.main import create_app
from api.settings import Settings

METHODS = {"get", "post", "put", "patch", "delete"}
Json = dict[str, Any]

# Addresses of no brand's: the operators' console, people with several workspaces, and creators.
CONSOLE = "/api/platform-admin/"
CREATORS = "/api/creator-api/"
ABOVE_BRANDS = {
    "/api/signup", "/api/signin", "/api/session/home", "/api/me/workspaces",
    "/api/workspaces/enter", "/api/auth/platform-verify", "/api/auth/platform-signout",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one address."""

    method: str
    path: str
    declared: Json

    @property
    def id(self) -> str:
        """The name by which tables of tests know it."""
        name: str = self.declared["operationId"]
        return name

    @property
    def permissions(self) -> set[str]:
        """What a caller must be permitted; empty for everybody's routes."""
        security = self.declared.get("security", [])
        return {scope for scheme in security for scopes in scheme.values() for scope in scopes}

    @property
    def schemes(self) -> set[str]:
        """How a caller proves who they are; empty for everybody's routes."""
        return {scheme for security in self.declared.get("security", []) for scheme in security}

    @property
    def is_brands(self) -> bool:
        """Whether it is about one brand, which the request has to name or the key does."""
        return self.path not in ABOVE_BRANDS and not self.path.startswith((CONSOLE, CREATORS))

    @property
    def responses(self) -> Json:
        """By status."""
        responses: Json = self.declared["responses"]
        return responses

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@cache
def schema() -> Json:
    """Needs no database: nothing connects before the app starts."""
    settings = Settings.model_validate(
        {
            "openpartner_env": "development",
            "database_url_app": "postgresql+asyncpg://nobody@localhost/nothing",
            "secrets_encryption_key": "11" * 32,
        }
    )
    return create_app(settings).openapi()


def operations() -> Iterator[Operation]:
    """All of them, in the order of the table of contents."""
    for path, methods in schema()["paths"].items():
        for method, declared in methods.items():
            if method in METHODS:
                yield Operation(method.upper(), path, declared)
