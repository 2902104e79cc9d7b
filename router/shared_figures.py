"""Figures of all workers of one router: whichever of them is asked, the answer is about all.

Each keeps a small file up to date and adds up what lies there. Counters of workers that have ended
stay, so that no sum ever falls; what they had at the moment, such as links in memory, goes with them.
"""

import asyncio
import json
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from typing import Any

import structlog
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

log = structlog.get_logger("router.figures")

EVERY_SECONDS = 1.0
SUFFIX = ".figures"
# How gauges of several are one: all are of the same folder, or know the same links.
GAUGES = {"router_listening": min}

Figure = list[Any]
"""Name, sentence, type, names of labels, and values by labels."""


def folder_of(journal_dir: Path, parent: int) -> Path:
    """Where the workers of one parent process meet."""
    return journal_dir / f"figures-{parent}"


class SharedFigures(Collector):
    """One worker's figures, and those of the others beside it."""

    def __init__(self, own: Collector, folder: Path) -> None:
        self._own = own
        self._folder = folder
        self._file = folder / f"{os.getpid()}{SUFFIX}"
        self._publishing: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._publishing = asyncio.create_task(self._publish_for_ever())

    async def close(self) -> None:
        """The last word of this worker."""
        if self._publishing is not None:
            self._publishing.cancel()
            with suppress(asyncio.CancelledError):
                await self._publishing
        self.publish()

    async def _publish_for_ever(self) -> None:
        while True:
            self.publish()
            await asyncio.sleep(EVERY_SECONDS)

    def publish(self) -> None:
        """Replaces the file as a whole, so that nobody reads half of it."""
        beside = self._file.with_name(f".{os.getpid()}.{token_hex(4)}")
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            beside.write_text(json.dumps([_plain(metric) for metric in self._own.collect()]))
            beside.replace(self._file)
        except OSError as error:
            beside.unlink(missing_ok=True)
            log.warning("figures can't be shared", error=str(error))

    def collect(self) -> Iterable[Metric]:
        self.publish()
        sums: dict[str, Figure] = {}
        for path in sorted(self._folder.glob(f"*{SUFFIX}")):
            for figure in _read(path):
                if figure[2] == "counter" or _lives(int(path.stem)):
                    _add(sums, figure)
        return [_metric(figure) for figure in sums.values()]


def forget(folder: Path) -> None:
    """After the parent has ended."""
    with suppress(OSError):
        for path in folder.iterdir():
            path.unlink(missing_ok=True)
        folder.rmdir()


def _plain(metric: Metric) -> Figure:
    samples = [one for one in metric.samples if not one.name.endswith("_created")]
    labels = list(samples[0].labels) if samples else []
    values = [[list(one.labels.values()), one.value] for one in samples]
    return [metric.name, metric.documentation, metric.type, labels, values]


def _read(path: Path) -> list[Figure]:
    try:
        found: list[Figure] = json.loads(path.read_text())
    except (OSError, ValueError):
        return []
    return found


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _add(sums: dict[str, Figure], figure: Figure) -> None:
    name, _, kind, _, values = figure
    if name not in sums:
        sums[name] = figure
        return
    known = {tuple(labels): value for labels, value in sums[name][4]}
    for labels, value in values:
        before = known.get(tuple(labels))
        if before is None:
            known[tuple(labels)] = value
        elif kind == "counter":
            known[tuple(labels)] = before + value
        else:
            known[tuple(labels)] = GAUGES.get(name, max)(before, value)
    sums[name][4] = [[list(labels), value] for labels, value in known.items()]


def _metric(figure: Figure) -> Metric:
    name, sentence, kind, labels, values = figure
    family = CounterMetricFamily if kind == "counter" else GaugeMetricFamily
    metric = family(name, sentence, labels=labels)
    for given, value in values:
        metric.add_metric(given, value)
    return metric
