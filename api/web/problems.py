"""Turns every error into one shape, `{"error": code, "detail": …}`, and declares it in OpenAPI."""

from collections.abc import Sequence
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from api.errors import (
    ApiError,
    InvalidBody,
    InvalidQuery,
    MethodNotAllowed,
    NotFound,
    TooLarge,
    Unavailable,
)

log = structlog.get_logger()

RETRY_SECONDS = "2"
BY_STATUS: dict[int, type[ApiError]] = {
    400: InvalidBody,
    404: NotFound,
    405: MethodNotAllowed,
    413: TooLarge,
}
# lock_timeout, statement_timeout, a deadlock broken at our expense, and too many connections.
BUSY = {"55P03", "57014", "40P01", "53300"}
# asyncpg's own failures to reach or keep the server, which SQLAlchemy passes on unwrapped.
UNREACHABLE = (OperationalError, InterfaceError, PoolTimeout, ConnectionError, TimeoutError)


Responses = dict[int | str, dict[str, Any]]


def problems(*errors: type[ApiError]) -> Responses:
    """The `responses=` of a route that may raise these errors; `x-codes` lists them for machines."""
    by_status: Responses = {}
    for error in errors:
        entry = by_status.setdefault(error.status, {"description": "", "x-codes": []})
        entry["description"] = f"{entry['description']} `{error.code}`: {error.__doc__}".strip()
        entry["x-codes"].append(error.code)
        entry["content"] = {
            "application/json": {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "example": {"error": error.code, "detail": error.__doc__},
            }
        }
    return by_status


def together(*declared: Responses) -> Responses:
    """Several `problems(…)` in one, codes of the same status side by side."""
    merged: Responses = {}
    for responses in declared:
        for status, entry in responses.items():
            known = merged.setdefault(status, {**entry, "description": "", "x-codes": []})
            fresh = [code for code in entry["x-codes"] if code not in known["x-codes"]]
            if fresh:
                known["x-codes"] += fresh
                known["description"] = f"{known['description']} {entry['description']}".strip()
    return merged


def answer(error: ApiError) -> JSONResponse:
    """The one place that gives an error its body."""
    body = {"error": error.code, "detail": error.__doc__, **error.details}
    headers = {}
    if error.status == Unavailable.status:
        headers["Retry-After"] = RETRY_SECONDS
    elif "retryAfter" in error.details:
        headers["Retry-After"] = str(error.details["retryAfter"])
    elif error.status == 401:  # noqa: PLR2004  # RFC 9110 asks for the scheme beside a 401
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(body, error.status, headers)


def misfit(errors: Sequence[Any]) -> ApiError:
    """A body or query that does not fit, with its messages by field, as portals expect them."""
    places = {error["loc"][0] for error in errors}
    if "path" in places:
        # Ids are opaque to clients, so one that can't be an id is one that doesn't exist.
        return NotFound()
    family = InvalidQuery if places in ({"query"}, {"header"}) else InvalidBody
    form: list[str] = []
    fields: dict[str, list[str]] = {}
    for error in errors:
        where = [str(part) for part in error["loc"][1:]]
        message = error["msg"].removeprefix("Value error, ")
        if where and error["type"] != "json_invalid":
            fields.setdefault(where[0], []).append(
                f"{'.'.join(where[1:])}: {message}" if len(where) > 1 else message
            )
        else:
            form.append(message)
    return family(detail={"formErrors": form, "fieldErrors": fields})


async def _render(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ApiError)  # noqa: S101  # what the handler is registered for
    return answer(error)


async def _render_misfit(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101  # what the handler is registered for
    return answer(misfit(error.errors()))


async def _render_http(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101  # what the handler is registered for
    family = BY_STATUS.get(error.status_code, NotFound)
    if family is InvalidBody:
        return answer(InvalidBody(detail={"formErrors": [str(error.detail)], "fieldErrors": {}}))
    return answer(family())


async def _render_unreachable(_: Request, error: Exception) -> JSONResponse:
    log.warning("database_unavailable", reason=str(error)[:200])
    return answer(Unavailable())


async def _render_database(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, DBAPIError)  # noqa: S101  # what the handler is registered for
    if error.connection_invalidated or getattr(error.orig, "sqlstate", "") in BUSY:
        return await _render_unreachable(request, error)
    raise error


def install(app: FastAPI) -> None:
    """Every error of the framework's own goes through the same door as ours."""
    app.add_exception_handler(ApiError, _render)
    app.add_exception_handler(RequestValidationError, _render_misfit)
    app.add_exception_handler(HTTPException, _render_http)
    app.add_exception_handler(DBAPIError, _render_database)
    for unreachable in UNREACHABLE:
        app.add_exception_handler(unreachable, _render_unreachable)
