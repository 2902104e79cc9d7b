"""The worker's own figures, as Prometheus reads them."""

import httpx2
from starlette.responses import Response

from tests.support.ports import free_port
from tests.support.receiver import receiving
from tests.support.waiting import until
from tests.worker.conftest import OpenShop


async def test_a_workers_metrics_count_deliveries_and_jobs_by_outcome(open_shop: OpenShop) -> None:
    async with receiving() as receiver:
        receiver.answer = lambda number: Response("", 500 if number == 1 else 204)
        shop = await open_shop([receiver.url])
        await shop.subscribe(receiver.url)
        port = free_port()
        shop.workers.start(1, WORKER_METRICS_PORT=str(port))
        await shop.happen(3)
        await until(lambda: shop.count("status = 'delivered' having count(*) = 3"))
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:

            async def figures() -> dict[str, float]:
                page = (await client.get("/metrics")).text
                lines = [line for line in page.splitlines() if line.startswith("openpartner_")]
                return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines}

            async def all_are_counted() -> bool:
                # The count follows the commit.
                done = 'openpartner_jobs_total{name="webhooks.deliver",outcome="done"}'
                return (await figures()).get(done) == 3

            await until(all_are_counted)
            shown = await figures()
    deliveries = 'openpartner_deliveries_total{kind="webhook",outcome="%s"}'
    assert shown[deliveries % "delivered"] == 3
    assert shown[deliveries % "retried"] == 1
    assert shown['openpartner_jobs_total{name="webhooks.deliver",outcome="retried"}'] == 1
    assert shown['openpartner_jobs_total{name="webhooks.fan_out",outcome="done"}'] >= 1
    tenants = await shop.superuser.fetch("select id::text from tenants")
    assert not any(row["id"] in name for row in tenants for name in shown)
