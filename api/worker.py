"""Runs jobs and the schedule: `python -m api.worker`, as many at once as one likes."""

import asyncio
import signal
import sys
from contextlib import suppress

import structlog
from prometheus_client import start_http_server
from pydantic import ValidationError

from api.access.database_role import RoleTooStrong, refuse_stronger_role
from api.access.sealing import Sealer
from api.access.sealing_keys import KeyMissing, refuse_missing_key
from api.job_list import JOBS_OF_FEATURES
from api.jobs.listen import listen
from api.jobs.runner import Runner
from api.jobs.schedule import Scheduler
from api.outside.world import World
from api.settings import Settings
from shared.database import open_database
from shared.logs import configure_logs

log = structlog.get_logger()

# Far more jobs may be under way than there are connections: one that has to wait for its turn must
# not lose an attempt over it, as a request that waits would lose its visitor.
PATIENCE_SECONDS = 30


async def work(settings: Settings) -> None:
    """Until SIGTERM or SIGINT; what was claimed is finished first."""
    url = settings.database_url_app.get_secret_value()
    database = open_database(
        url,
        pool=settings.database_pool,
        application="openpartner-worker",
        wait_seconds=PATIENCE_SECONDS,
    )
    await refuse_stronger_role(database)
    await refuse_missing_key(database, Sealer.of(settings))
    world = World.of(settings)
    runner = Runner(database, settings, world)
    scheduler = Scheduler(database, settings, world)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, runner.stop)
    listening = asyncio.create_task(listen(url, "jobs", runner.wake.set))
    ticking = (
        asyncio.create_task(scheduler.run()) if settings.openpartner_enable_scheduler else None
    )
    if settings.worker_metrics_port is not None:
        start_http_server(settings.worker_metrics_port, settings.worker_metrics_host)
    log.info("worker_started", features=len(JOBS_OF_FEATURES))
    if settings.openpartner_ready_file:
        settings.openpartner_ready_file.touch()
    await runner.run()
    scheduler.stop()
    listening.cancel()
    with suppress(asyncio.CancelledError):
        await listening
    if ticking is not None:
        await ticking
    await database.close()


def main() -> None:
    """Refuses to start, in one line, on settings, a role or a key that can't be right."""
    try:
        settings = Settings()
        configure_logs(settings.log_level, "worker")
        asyncio.run(work(settings))
    except (ValidationError, RoleTooStrong, KeyMissing) as problem:
        sys.exit(f"openpartner worker: {problem}")


if __name__ == "__main__":
    main()
