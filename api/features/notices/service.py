"""Publishing: one statement, in the transaction of the change, and nothing where nobody listens."""

import json
from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from api.features.notices.catalogue import News
from shared.ids import new_id

# The jobs are named here and declared by those who deliver: news doesn't know who carries it.
PUBLISH = text(
    """
    with news as (
        select * from jsonb_to_recordset(:news) as n(id uuid, type text, partner_id uuid, data jsonb)
    ), listening as (
        select
            exists (select from webhook_endpoints e where e.active and e.deleted_at is null
                and (e.events && array(select type from news) or '*' = any(e.events))) as webhooks,
            exists (select from partner_postbacks p where p.enabled and p.deleted_at is null
                and p.partner_id in (select partner_id from news)) as postbacks
    ), kept as (
        insert into notices (id, type, partner_id, data)
        select n.id, n.type, n.partner_id, n.data from news n, listening
        where webhooks or postbacks returning id
    )
    insert into jobs (id, name, arguments)
    select carrier.id, carrier.name,
        jsonb_build_object('notice_ids', (select jsonb_agg(id) from kept))
    from listening, (values
        (cast(:webhooks_job as uuid), 'webhooks.fan_out'),
        (cast(:postbacks_job as uuid), 'postbacks.fan_out')) as carrier(id, name)
    where (carrier.name = 'webhooks.fan_out' and webhooks)
        or (carrier.name = 'postbacks.fan_out' and postbacks)
    """
)


async def publish(session: AsyncSession, news: Sequence[News]) -> None:
    """Tells whoever subscribed to it, once the transaction commits and not before."""
    if not news:
        return
    rows = []
    for item in news:
        data = item.model_dump(mode="json")
        rows.append(
            {
                "id": str(new_id()),
                "type": item.type,
                "partner_id": data.get("partnerId"),
                "data": data,
            }
        )
    await session.execute(
        PUBLISH,
        {"news": json.dumps(rows), "webhooks_job": new_id(), "postbacks_job": new_id()},
    )
