"""The addresses of the blocklist, for operators."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from sqlalchemy import select

from api.access.platform import (
    Decider,
    InvalidOrExpiredSession,
    Looker,
    NoPlatformSession,
    ReadOnlyOperator,
)
from api.access.platform_audit import OperatorRoute
from api.features.signup_blocks import service
from api.features.signup_blocks.errors import AlreadyBlocked
from api.features.signup_blocks.schemas import BlockCreate, BlockList, BlockOut, Unblocked
from api.web.pages import InvalidCursor, Page, fetch_page, page
from api.web.platform_transaction import PlatformTransaction
from api.web.problems import problems
from shared.models.signup_block import SignupBlock

SIGNED_OUT = (NoPlatformSession, InvalidOrExpiredSession)
router = APIRouter(
    prefix="/platform-admin/blocklist", tags=["Operators"], route_class=OperatorRoute
)


@router.get("", responses=problems(*SIGNED_OUT, InvalidCursor))
async def list_signup_blocks(
    _: Looker, session: PlatformTransaction, wanted: Annotated[Page, Depends(page)]
) -> BlockList:
    """From which addresses and domains nobody may sign a brand up."""
    rows, following = await fetch_page(session, select(SignupBlock), SignupBlock, wanted)
    return BlockList(
        blocks=[BlockOut.model_validate(row) for (row,) in rows], next_cursor=following
    )


@router.post("", status_code=201, responses=problems(*SIGNED_OUT, ReadOnlyOperator, AlreadyBlocked))
async def block_signups(
    wanted: BlockCreate, who: Decider, session: PlatformTransaction
) -> BlockOut:
    """Let nobody sign up from there."""
    made = await service.block(session, wanted.kind, wanted.value, wanted.reason, who.email)
    if made is None:
        raise AlreadyBlocked
    return BlockOut.model_validate(made)


@router.delete("/{id}", responses=problems(*SIGNED_OUT, ReadOnlyOperator))
async def unblock_signups(id: UUID, _: Decider, session: PlatformTransaction) -> Unblocked:
    """Let people sign up from there again."""
    await service.unblock(session, id)
    return Unblocked(ok=True)
