"""A clock that differs from the database's is noticed, said once, and shown."""

from collections.abc import Sequence
from time import time

import pytest
from structlog.testing import capture_logs

from router.clock import Clock
from tests.router.running import Running


@pytest.mark.parametrize(("theirs", "lines"), [(-3600.0, 1), (0.0, 0), (3600.0, 1)])
async def test_a_clock_that_is_far_off_is_said_once(theirs: float, lines: int) -> None:
    clock = Clock()

    async def fetch(_: str) -> Sequence[Sequence[float]]:
        return [[time() + theirs]]

    with capture_logs() as said:
        for _ in range(3):
            await clock.compare(fetch)
    assert clock.ahead == pytest.approx(-theirs, abs=60)
    assert len(said) == lines


async def test_the_databases_clock_is_asked_and_the_difference_shown(router: Running) -> None:
    links = router.router.links
    with capture_logs() as said:
        await links.clock.compare(links._fetch)  # noqa: SLF001  # what each heartbeat does
    assert said == []
    assert "router_clock_ahead_seconds 0.0" in (await router.get("/metrics")).text
