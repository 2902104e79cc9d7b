"""The schema that we publish: every route with its permission, its errors and its examples."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.errors import (
    ApiError,
    Forbidden,
    Internal,
    InvalidBody,
    InvalidQuery,
    NotFound,
    TooLarge,
    TooManyRequests,
    Unauthorized,
    Unavailable,
)
from api.web.examples import illustrate
from api.web.problems import Responses, problems, together
from api.web.tenancy import (
    TenantDeleted,
    TenantNotFound,
    TenantPendingDeletion,
    TenantSlugMissing,
    TenantSuspended,
)

PROBLEM = {
    "title": "Problem",
    "type": "object",
    "description": "Every 4xx and 5xx answers in this shape; some codes add fields of their own.",
    "required": ["error", "detail"],
    "properties": {
        "error": {"type": "string", "description": "A stable code.", "example": "not_found"},
        "detail": {
            "description": "A sentence; for `invalid_body` and `invalid_query` the fields.",
            "anyOf": [
                {"type": "string"},
                {
                    "type": "object",
                    "properties": {
                        "formErrors": {"type": "array", "items": {"type": "string"}},
                        "fieldErrors": {"type": "object"},
                    },
                },
            ],
        },
    },
}
METHODS = {"get", "post", "put", "patch", "delete"}
SERVERS = [
    {"url": "/", "description": "Single workspace, or any workspace with a key of its own."},
]


Errors = tuple[type[ApiError], ...]


def takes_key(operation: dict[str, Any]) -> bool:
    """Whether repeating this request with the same Idempotency-Key carries it out once."""
    return any(known["name"] == "Idempotency-Key" for known in operation.get("parameters", ()))


def common(path: str, operation: dict[str, Any]) -> Errors:
    """The errors that any route like this one may answer with."""
    errors: list[type[ApiError]] = [Internal, Unavailable, InvalidQuery, TooManyRequests]
    if path.startswith("/api"):
        errors += [TenantSlugMissing, TenantNotFound, TenantDeleted]
        errors += [TenantPendingDeletion, TenantSuspended]
    if "requestBody" in operation:
        errors += [InvalidBody, TooLarge]
    if "{" in path:
        errors.append(NotFound)
    # A key of another workspace's is refused wherever it is shown, also where none is needed.
    if path.startswith("/api") or operation.get("security"):
        errors.append(Unauthorized)
    if operation.get("security"):
        errors.append(Forbidden)
    return tuple(errors)


def describe(app: FastAPI, *, guards: Errors, once: Errors) -> None:
    """Replaces the framework's generated schema by ours, made once.

    `guards` are what a route with a permission may also answer, `once` what one that takes an
    Idempotency-Key may: they live above this layer.
    """

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = get_openapi(
                title=app.title,
                version=app.version,
                description="Partner programs: links, clicks, attribution, commissions, payouts.",
                routes=app.routes,
                webhooks=app.webhooks.routes,
                servers=SERVERS,
            )
            complete(schema, guards, once)
            illustrate(schema)
            app.openapi_schema = schema
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # the documented way to extend the schema


def complete(schema: dict[str, Any], guards: Errors, once: Errors) -> None:
    """Adds what every route shares, and takes out the framework's 422, which we answer as 400."""
    schemas = schema.setdefault("components", {}).setdefault("schemas", {})
    schemas["Problem"] = PROBLEM
    schemas.pop("HTTPValidationError", None)
    schemas.pop("ValidationError", None)
    for outgoing in schema.get("webhooks", {}).values():
        # Receivers answer as they like.
        del outgoing["post"]["responses"]["422"]
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            if method not in METHODS:
                continue
            declared = operation["responses"]
            if "x-codes" not in declared.get("422", {"x-codes": []}):
                del declared["422"]
            guarded = guards if operation.get("security") else ()
            keyed = once if takes_key(operation) else ()
            shared = problems(*common(path, operation), *guarded, *keyed)
            own: Responses = {
                int(status): body for status, body in declared.items() if "x-codes" in body
            }
            for status, entry in together(own, shared).items():
                declared[str(status)] = entry
