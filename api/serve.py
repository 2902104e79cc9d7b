"""Serves the API: `python -m api.serve`."""

import asyncio
import sys

import uvicorn
from pydantic import ValidationError

from api.access.database_role import RoleTooStrong, refuse_stronger_role
from api.access.sealing import Sealer
from api.access.sealing_keys import KeyMissing, refuse_missing_key
from api.main import create_app
from api.settings import Settings
from shared.database import open_database
from shared.logs import configure_logs

LARGEST_HEAD = 32 * 1024
DRAIN_SECONDS = 20


async def check(settings: Settings) -> None:
    """An API that could see through row security, or open no secret, does not start."""
    database = open_database(settings.database_url_app.get_secret_value(), pool=1)
    try:
        await refuse_stronger_role(database)
        await refuse_missing_key(database, Sealer.of(settings))
    finally:
        await database.close()


def main() -> None:
    """Refuses to start, in one line, on settings, a role or a key that can't be right."""
    try:
        settings = Settings()
        configure_logs(settings.log_level, "api")
        asyncio.run(check(settings))
    except (ValidationError, RoleTooStrong, KeyMissing) as problem:
        sys.exit(f"openpartner api: {problem}")
    uvicorn.run(
        create_app(settings),
        host=settings.api_host,
        port=settings.api_port,
        access_log=False,
        log_config=None,
        server_header=False,
        # Addresses come from TRUSTED_PROXIES alone, never from whatever header is there.
        proxy_headers=False,
        h11_max_incomplete_event_size=LARGEST_HEAD,
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )


if __name__ == "__main__":
    main()
