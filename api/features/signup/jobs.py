"""What follows a sign-up and may take its time: the creator network hears of the new workspace."""

from api.features.network.for_others import Contact, Place, enroll
from api.jobs.job import JobContext, job


@job("signup.enroll")
async def enroll_in_network(context: JobContext, email: str, contact: str) -> None:
    """Tried again while the network is away; the sign-up itself never waits for it."""
    place = Place(context.database, context.settings, context.outside.outbound, context.tenant_id)
    await enroll(place, Contact(email, contact))
