"""Exports give way: what they may take of a process's time and connections, whatever their size."""

from collections.abc import AsyncIterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from api.errors import TooManyRequests
from api.features.exports.lanes import Lanes
from api.features.exports.pace import Pace
from shared.ids import new_id


@dataclass
class Time:
    """Passes when somebody works or sleeps, and not by itself."""

    now: float = 1000.0
    worked: float = 0.0
    slept: float = 0.0
    size: int = 100_000

    def read(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept += seconds

    async def parts(self, count: int, seconds: float) -> AsyncIterator[str]:
        for number in range(count):
            self.now += seconds
            self.worked += seconds
            yield str(number).ljust(self.size)


def paced(time: Time) -> Pace:
    return Pace(clock=time.read, sleep=time.sleep)


async def read(pace: Pace, parts: AsyncIterator[str]) -> list[str]:
    return [part async for part in pace.over(parts)]


async def test_a_small_export_does_not_wait() -> None:
    time = Time()
    parts = await read(paced(time), time.parts(40, 0.01))
    assert [part.strip() for part in parts] == [str(number) for number in range(40)]
    assert time.slept == 0


async def test_small_parts_are_like_any_request_however_many() -> None:
    time = Time(size=1000)
    await read(paced(time), time.parts(1000, 0.05))
    assert time.slept == 0


@pytest.mark.parametrize("seconds", [0.001, 0.01, 0.5])
async def test_a_large_export_takes_its_share_of_the_time_and_no_more(seconds: float) -> None:
    time, count = Time(), int(20 / seconds)
    pace = paced(time)
    assert len(await read(pace, time.parts(count, seconds))) == count
    share = (time.worked - pace.at_once) / (time.now - 1000)
    assert share == pytest.approx(pace.share, abs=0.02)


async def test_exports_one_after_the_other_or_side_by_side_share_one_allowance() -> None:
    time = Time()
    pace = paced(time)
    for _ in range(50):
        await read(pace, time.parts(20, 0.01))
    side_by_side = [pace.over(time.parts(500, 0.01)) for _ in range(4)]
    for _ in range(500):
        for one in side_by_side:
            await anext(one)
    assert (time.worked - pace.at_once) / (time.now - 1000) == pytest.approx(pace.share, abs=0.02)


async def test_after_a_while_without_exports_the_next_one_does_not_wait() -> None:
    time = Time()
    pace = paced(time)
    await read(pace, time.parts(100, 0.1))
    time.now += 60
    before = time.slept
    await read(pace, time.parts(4, 0.1))
    assert time.slept == before


async def test_one_part_that_took_for_ever_costs_the_next_a_short_pause_only() -> None:
    time = Time()
    pace = paced(time)
    await read(pace, time.parts(1, 600))
    await read(pace, time.parts(1, 0.01))
    assert time.slept == pytest.approx(pace.longest_pause, abs=0.1)


@pytest.mark.parametrize(("connections", "at_once"), [(2, 1), (7, 1), (8, 2), (20, 4), (200, 4)])
def test_most_connections_are_left_to_everybody_else(connections: int, at_once: int) -> None:
    lanes = Lanes()
    with ExitStack() as running:
        for _ in range(at_once):
            running.enter_context(lanes.one_for(new_id(), connections))
        with pytest.raises(TooManyRequests):
            running.enter_context(lanes.one_for(new_id(), connections))
    with lanes.one_for(new_id(), connections):
        pass
