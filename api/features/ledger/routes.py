"""The addresses of balances and of what made them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from api.access.caller import Caller
from api.access.needs import owns
from api.access.permissions import Permission
from api.features.ledger import service
from api.features.ledger.queries import entries_of
from api.features.ledger.schemas import LedgerPage, PartnerBalance
from api.features.partners.for_others import UnknownPartner, partner_of
from api.web.pages import InvalidCursor, Page, fetch_page, page
from api.web.problems import problems
from api.web.transaction import Session
from shared.models.ledger_entry import LedgerEntry

router = APIRouter(tags=["Ledger"])
Reader = Annotated[Caller, owns(Permission.LEDGER_READ)]


@router.get("/partners/{id}/balance", responses=problems(UnknownPartner))
async def get_partner_balance(id: UUID, _: Reader, session: Session) -> PartnerBalance:
    """What a partner has earned and where it is now, by currency; partners see their own."""
    await partner_of(session, id)
    found = await service.balances(session, id)
    return PartnerBalance(partner_id=id, balances=[service.show(balance) for balance in found])


@router.get("/partners/{id}/ledger", responses=problems(InvalidCursor, UnknownPartner))
async def list_partner_ledger(
    id: UUID, _: Reader, session: Session, wanted: Annotated[Page, Depends(page)]
) -> LedgerPage:
    """Every movement of a partner's money, newest first; partners see their own."""
    await partner_of(session, id)
    rows, following = await fetch_page(session, entries_of(id), LedgerEntry, wanted)
    shown = await service.with_lines(session, [entry for (entry,) in rows], id)
    return LedgerPage(entries=shown, next_cursor=following)
