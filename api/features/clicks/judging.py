"""What is decided about a customer's clicks in the moment in which somebody may be credited."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.features.clicks import self_referral
from api.features.clicks.settlement import Limits, settling_one
from api.features.fraud_rules.for_others import rules_of
from api.settings import Settings
from shared.master_key import read_master_key
from shared.visitor import AddressHasher, clicked_at, line_of


async def judge_customer(
    session: AsyncSession, settings: Settings, user_id: str, *, click_id: UUID
) -> None:
    """A click has become this customer: settle its flag, and see whether they are the partner."""
    rules, moment = await rules_of(session), clicked_at(click_id)
    await session.execute(settling_one(Limits.of(rules, settings), click_id, moment))
    if rules.is_on("self_referral"):
        hashes = []
        if rules.match_address:
            hashes = await _hashes(session, settings, click_id, moment)
        await session.execute(self_referral.judging(user_id, {}, hashes))


async def judge_event(session: AsyncSession, user_id: str, details: dict[str, Any]) -> None:
    """What a merchant reports may say who the customer is; asked only if an address is in it."""
    if next(self_referral.emails_in(details), None) is None:
        return
    if (await rules_of(session)).is_on("self_referral"):
        await session.execute(self_referral.judging(user_id, details, []))


async def _hashes(
    session: AsyncSession, settings: Settings, click_id: UUID, moment: datetime
) -> list[str]:
    """The partner's addresses as the router would have hashed them with this click."""
    found = await session.scalars(self_referral.addresses_of(click_id, moment))
    lines = {line for address in found if (line := line_of(address)) is not None}
    if not lines:
        return []
    tenant = UUID(await session.scalar(select(func.current_setting("app.tenant_id"))))
    hasher = AddressHasher(read_master_key(settings.secrets_encryption_key.get_secret_value()))
    milliseconds = int(moment.timestamp() * 1000)
    return [hasher.hash(tenant.bytes, line, milliseconds) for line in lines]
