"""Steps that many jobs take at once, gathered: while one transaction is under way, the next fills up.

A transaction costs a worker about as much as the call that the job is for; a hundred jobs that share
one pay a hundredth of it each. A lone job waits for nobody.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.database import Database

MOST = 100

Step = Callable[[AsyncSession, Sequence[Any]], Awaitable[Sequence[Any]]]
Waiting = list[tuple[Any, asyncio.Future[Any]]]


@dataclass(slots=True)
class Batches:
    """`await batches.take(tenant_id, step, item)`: the step's result for this item, committed.

    A step gets a session pinned to the tenant and any number of items, and answers one result for
    each, in their order. It must be safe to repeat: a batch that fails is tried again item by item,
    so that one bad item fails alone.
    """

    database: Database
    waiting: dict[tuple[UUID, Step], Waiting] = field(default_factory=dict)
    working: set[asyncio.Task[None]] = field(default_factory=set)

    async def take(self, tenant_id: UUID, step: Step, item: Any) -> Any:
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        key = (tenant_id, step)
        if key in self.waiting:
            self.waiting[key].append((item, future))
        else:
            self.waiting[key] = [(item, future)]
            task = asyncio.create_task(self._work(key))
            self.working.add(task)
            task.add_done_callback(self.working.discard)
        return await future

    async def _work(self, key: tuple[UUID, Step]) -> None:
        tenant_id, step = key
        # Whoever is ready at this very moment comes along.
        await asyncio.sleep(0)
        while batch := self.waiting[key][:MOST]:
            del self.waiting[key][:MOST]
            await self._run(tenant_id, step, batch)
        del self.waiting[key]

    async def _run(self, tenant_id: UUID, step: Step, batch: Waiting) -> None:
        try:
            async with self.database.tenant_session(tenant_id) as session:
                results = await step(session, [item for item, _ in batch])
        except Exception as problem:  # noqa: BLE001  # whatever it is, the jobs that wait are told
            if len(batch) > 1:
                for alone in batch:
                    await self._run(tenant_id, step, [alone])
            elif not (future := batch[0][1]).done():
                future.set_exception(problem)
            return
        for (_, future), result in zip(batch, results, strict=True):
            # Whoever ran out of time in between waits no more.
            if not future.done():
                future.set_result(result)
