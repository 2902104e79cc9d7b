"""Whether work that waits is being done, and whether any was given up."""

from collections.abc import AsyncIterator

import asyncpg

from cli.doctor.finding import Finding, fail, ok, warn

LATE_SECONDS = 300


async def examine_jobs(there: asyncpg.Connection) -> AsyncIterator[Finding]:
    """As the app, whose function counts across tenants without showing anything of them."""
    rows = await there.fetch("select * from queue_depth()")
    late = max((row["oldest_seconds"] for row in rows), default=0)
    if late > LATE_SECONDS:
        says = f"A job has been due for {late / 60:.0f} minutes; no worker seems to run."
        yield fail("jobs", says, "Start the worker (`make up` does), and look at its log.")
    for row in rows:
        if row["dead"]:
            yield warn("jobs", f"{row['dead']} of {row['name']} failed at every attempt.",
                       "Their reason is in `last_error` of the table jobs.")  # fmt: skip
    if late <= LATE_SECONDS and not any(row["dead"] for row in rows):
        yield ok("jobs", f"{sum(row['waiting'] for row in rows)} wait, none is late or given up.")
