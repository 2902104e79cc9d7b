"""Every night: whoever asked for deletion thirty days ago is gone, each in a transaction of their own."""

import structlog

from api.features.account import service
from api.jobs.job import JobContext, every

log = structlog.get_logger()


class SomeAreLeft(Exception):
    """Not every workspace whose grace is over could be deleted; tomorrow it is tried again."""


@every("0 4 * * *", "tenant-hard-delete", per_tenant=False)
async def delete_expired(context: JobContext) -> None:
    """One that can't be deleted keeps no other from it."""
    left = 0
    for tenant_id in await service.expired(context.database):
        try:
            rows = await service.forget(context.database, tenant_id)
        except Exception:
            left += 1
            log.exception("tenant_not_deleted", tenant=str(tenant_id))
        else:
            log.info("tenant_deleted", tenant=str(tenant_id), rows=rows)
    if left:
        raise SomeAreLeft(f"{left} tenants could not be deleted")
