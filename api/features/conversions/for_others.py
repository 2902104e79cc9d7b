"""Conversions, for the features through which other systems say what customers did."""

from sqlalchemy.ext.asyncio import AsyncSession

from api.features.conversions.errors import ClickNotFound
from api.features.conversions.queries import REDEMPTION, is_redemption
from api.features.conversions.schemas import (
    EventCurrency,
    EventType,
    Happened,
    Identified,
    Identify,
)
from api.features.conversions.service import identify, record, write
from api.settings import Settings

__all__ = [
    "REDEMPTION",
    "ClickNotFound",
    "EventCurrency",
    "EventType",
    "Happened",
    "Identify",
    "identify",
    "is_redemption",
    "record",
    "stitch",
    "write",
]


async def stitch(session: AsyncSession, cref: str, user_id: str, settings: Settings) -> Identified:
    """A click became this customer, on the word of somebody we trust. Raises ClickNotFound."""
    return await identify(
        session, Identify.model_validate({"cref": cref, "userId": user_id}), settings
    )
