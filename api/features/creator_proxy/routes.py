"""One address for all that creators ask of the network, method by method."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from api.access.cookies import CrossSite, refuse_foreign_origin
from api.features.creator_proxy.allowlist import is_open
from api.features.creator_proxy.cookies import hand_out, passed_on
from api.features.creator_proxy.errors import NoCoordinator, NoNetwork, NotOpen
from api.outside.network import AGENT, PAGE_SECONDS, Coordinator, NetworkDown
from api.settings import Settings
from api.web.problems import Responses, problems
from api.web.rate_limits import limited

router = APIRouter(tags=["Network"])
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
LONGEST_QUERY = 2000
# What the network may answer: its own JSON, whatever its status.
ANSWERS: Responses = {
    status: {
        "description": "What the network answers; statuses and codes beside ours are its own.",
        "content": {"application/json": {"schema": {}, "example": {}}},
    }
    for status in (200, 201)
}
PLAIN = {"application/json", "text/plain", "text/csv"}


async def ask_network(
    request: Request,
    path: Annotated[str, Path(description="Below the network's own address.")],
) -> Response:
    """Ask the creator network, as a creator: the session with it is the one cookie passed on."""
    settings: Settings = request.state.settings
    if settings.network_url is None:
        raise NoNetwork
    refuse_foreign_origin(request)
    if not is_open(request.method, path) or len(request.url.query) > LONGEST_QUERY:
        raise NotOpen
    headers = {"user-agent": AGENT, "accept": "application/json"}
    content = await request.body()
    if content:
        headers["content-type"] = request.headers.get("content-type", "application/json")[:200]
    if (cookie := passed_on(request.cookies)) is not None:
        headers["cookie"] = cookie
    asked = f"/{path}?{request.url.query}" if request.url.query else f"/{path}"
    coordinator = Coordinator(request.state.outbound, settings.network_url)
    try:
        answer = await coordinator.send(request.method, asked, headers, content, PAGE_SECONDS)
    except NetworkDown as problem:
        raise NoCoordinator(detail=f"network_unreachable: {problem}") from problem
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if 300 <= answer.status < 400 or (answer.body and kind not in PLAIN):  # noqa: PLR2004  # elsewhere, or a page of its own
        raise NoCoordinator(detail=f"network_unreachable: HTTP {answer.status} {kind}"[:200])
    response = Response(answer.body, answer.status, media_type=kind or None)
    hand_out(response, answer.cookies, secure=settings.is_https)
    return response


for method in METHODS:
    router.add_api_route(
        "/creator-api/{path:path}",
        ask_network,
        methods=[method],
        name=f"ask_network_{method.lower()}",
        summary="Ask the creator network, as a creator",
        dependencies=[limited("creator-api", "120/minute")],
        responses=ANSWERS | problems(NoNetwork, NotOpen, NoCoordinator, CrossSite),
        response_class=Response,
    )
