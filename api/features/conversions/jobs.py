"""Looks again for clicks that were identified before they arrived."""

from api.features.conversions import service, waiting
from api.features.conversions.errors import ClickNotFound
from api.features.conversions.schemas import Identify
from api.jobs.job import JobContext, NotYet, job

MINUTE, HOUR = 60, 3600
# Most journals are empty again within a minute. In all this is a day.
DELAYS = (
    30, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, 8 * HOUR,
)  # fmt: skip


@job(waiting.NAME, delays=DELAYS)
async def identify_later(context: JobContext, cref: str, user_id: str, *, trusted: bool) -> None:
    """What the call would have done, had the click been there: by its campaign's rules of now."""
    wanted = Identify.model_validate({"cref": cref, "userId": user_id})
    async with context.database.tenant_session(context.tenant_id) as session:
        try:
            await service.identify(session, wanted, context.settings, trusted=trusted)
        except ClickNotFound:
            raise NotYet("the click has not been recorded yet") from None
        await context.finish(session)
