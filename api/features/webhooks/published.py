"""What receivers get, in the published schema: one webhook for each type of the catalogue."""

from typing import Any

from fastapi import APIRouter

from api.features.notices.for_others import CATALOGUE, News
from api.features.webhooks.schemas import Envelope

published = APIRouter(tags=["Webhooks"])


def publish_schema(kind: type[News]) -> None:
    """Nobody calls this: it says what we send, in the words of the class that we send it from."""

    async def receive(body: Any) -> None:
        """Never runs; its signature is what is published."""

    # Known only now, since the type of the body depends on the kind of news.
    receive.__annotations__["body"] = Envelope[kind]  # type: ignore[valid-type]  # made at run time
    published.post(
        kind.type,
        operation_id="receive_" + kind.type.replace(".", "_"),
        summary=(kind.__doc__ or "").strip(),
        status_code=204,
        description="Signed by Standard Webhooks: verify `webhook-id`, `webhook-timestamp` and"
        " `webhook-signature` before you believe it, and answer 2xx within 15 seconds.",
    )(receive)


for known in CATALOGUE.values():
    publish_schema(known)
