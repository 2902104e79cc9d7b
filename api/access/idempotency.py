"""Idempotency-Key: the same key gives the same answer, and the work is done once."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field
from datetime import timedelta
from functools import partial
from hashlib import sha256
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Header, Request, Response
from fastapi.routing import APIRoute
from sqlalchemy import delete, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from api.access.audit import record_request
from api.access.needs import Known
from api.access.sealing import Sealer, in_row
from api.errors import Conflict, Unprocessable
from api.web.transaction import Session
from shared.ids import new_id
from shared.models.idempotent_request import IdempotentRequest

KEPT = timedelta(hours=24)
SEALED_FIELD = "idempotent_requests.body"


class KeyReused(Unprocessable, code="idempotency_key_reused"):
    """This Idempotency-Key was used for a different request."""


class StillRunning(Conflict, code="idempotency_in_progress"):
    """The first request with this Idempotency-Key is still running; try again shortly."""


class Replay(Exception):
    """Carries the answer that was given the first time."""

    def __init__(self, first: IdempotentRequest) -> None:
        super().__init__()
        # Read now: the transaction is rolled back on the way out, and the row expires with it.
        self.row_id = first.id
        self.status = first.status
        self.body = first.body


@dataclass(frozen=True, slots=True)
class Claim:
    """What has to be written beside the work once its answer is known."""

    session: AsyncSession
    principal: str
    key: str
    fingerprint: str
    for_ever: bool
    row_id: UUID = dataclass_field(default_factory=new_id)
    # What the answer becomes before it is kept: itself, or sealed.
    keep: Callable[[str], str] = str


async def _claim(request: Request, session: Session, known: Known, key: str | None) -> Claim | None:
    if key is None:
        return None
    # The query too: a rehearsal and the real thing differ in nothing else.
    address = f"{request.method} {request.url.path}?{request.url.query}\n".encode()
    fingerprint = sha256(address + await request.body()).hexdigest()
    # A lock rather than a row: a row would have to be committed before the work it stands for.
    locked = await session.scalar(
        text("select pg_try_advisory_xact_lock(hashtextextended(:name, 0))"),
        {"name": f"{request.state.tenant_id}:{known.principal}:{key}"},
    )
    if not locked:
        raise StillRunning
    mine = (IdempotentRequest.principal == known.principal) & (IdempotentRequest.key == key)
    await session.execute(
        delete(IdempotentRequest).where(mine, IdempotentRequest.expires_at < func.now())
    )
    first: IdempotentRequest | None = await session.scalar(select(IdempotentRequest).where(mine))
    if first is not None:
        if first.fingerprint != fingerprint:
            raise KeyReused
        raise Replay(first)
    return Claim(session, known.principal, key, fingerprint, for_ever=False)


KeyHeader = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        description="Repeat a request with the same key and it is carried out once.",
    ),
]


async def once(request: Request, session: Session, known: Known, key: KeyHeader = None) -> None:
    """For routes that create: the answer is kept for 24 hours."""
    request.state.claim = await _claim(request, session, known, key)


async def once_for_ever(
    request: Request, session: Session, known: Known, key: KeyHeader = None
) -> None:
    """For routes that move money: the answer is kept for good."""
    claim = await _claim(request, session, known, key)
    request.state.claim = claim and Claim(
        claim.session, claim.principal, claim.key, claim.fingerprint, for_ever=True
    )


async def once_sealed(
    request: Request, session: Session, known: Known, key: KeyHeader = None
) -> None:
    """For routes that show a secret once: the answer is kept for 24 hours, but not in clear."""
    sealer, tenant_id = Sealer.of(request.state.settings), request.state.tenant_id
    try:
        claim = await _claim(request, session, known, key)
    except Replay as replay:
        replay.body = sealer.unseal(replay.body, tenant_id, in_row(SEALED_FIELD, replay.row_id))
        raise
    if claim is not None:
        field = in_row(SEALED_FIELD, claim.row_id)
        claim = replace(claim, keep=partial(sealer.seal, tenant_id=tenant_id, field=field))
    request.state.claim = claim


ONCE = Depends(once)
ONCE_FOR_EVER = Depends(once_for_ever)
ONCE_SEALED = Depends(once_sealed)


class RememberingRoute(APIRoute):
    """Writes the answer and the audit entry in the work's transaction, which is still open here."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answer = super().get_route_handler()

        async def remembering(request: Request) -> Response:
            response = await answer(request)
            claim: Claim | None = getattr(request.state, "claim", None)
            if claim is not None:
                claim.session.add(
                    IdempotentRequest(
                        id=claim.row_id,
                        principal=claim.principal,
                        key=claim.key,
                        fingerprint=claim.fingerprint,
                        status=response.status_code,
                        body=claim.keep(bytes(response.body).decode()),
                        expires_at=None if claim.for_ever else func.now() + KEPT,
                    )
                )
                await claim.session.flush()
            await record_request(request, response)
            return response

        return remembering


async def render_replay(_: Request, outcome: Exception) -> Response:
    """The first answer again, marked as such."""
    assert isinstance(outcome, Replay)  # noqa: S101  # what the handler is registered for
    return Response(
        outcome.body,
        outcome.status,
        {"Idempotent-Replayed": "true"},
        media_type="application/json",
    )
