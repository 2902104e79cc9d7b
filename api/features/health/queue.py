"""How much work waits, as gauges; asked when Prometheus scrapes."""

from prometheus_client import Gauge
from sqlalchemy import text

from shared.database import Database

WAITING = Gauge("openpartner_jobs_waiting", "Jobs not done yet", ["name"])
DEAD = Gauge("openpartner_jobs_dead", "Jobs whose every attempt failed", ["name"])
OLDEST = Gauge("openpartner_jobs_oldest_seconds", "How long the oldest is overdue", ["name"])


async def show_queue(database: Database) -> None:
    """Sets the gauges to what is in the table now."""
    async with database.unpinned_session() as session:
        rows = (await session.execute(text("select * from queue_depth()"))).all()
    for gauge in (WAITING, DEAD, OLDEST):
        gauge.clear()
    for row in rows:
        WAITING.labels(row.name).set(row.waiting)
        DEAD.labels(row.name).set(row.dead)
        OLDEST.labels(row.name).set(max(0.0, row.oldest_seconds))
