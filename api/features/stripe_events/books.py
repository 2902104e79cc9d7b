"""What an event of Stripe's is written into: one transaction, and the settings that judge clicks."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from api.settings import Settings


@dataclass(frozen=True, slots=True)
class Books:
    """Open for one event, and closed with it."""

    session: AsyncSession
    settings: Settings
