"""The addresses of uploads, at the root: what is uploaded is shown beside the API, not by it."""

import re
from typing import Annotated
from uuid import UUID

from anyio import to_thread
from fastapi import APIRouter, Request, Response

from api.access.audit import instead_of_body
from api.access.caller import Caller
from api.access.idempotency import RememberingRoute
from api.access.needs import needs
from api.access.permissions import Permission
from api.features.uploads import service
from api.features.uploads.errors import (
    EmptyBody,
    PictureTooLarge,
    UnsupportedContentType,
    UploadNotFound,
)
from api.features.uploads.pictures import MEDIA_TYPES, redrawn
from api.features.uploads.schemas import LogoUploaded
from api.web.problems import problems
from api.web.tenancy import TenantNotFound, TenantPendingDeletion, TenantSlugMissing
from api.web.transaction import Session

LARGEST = 2 * 1024 * 1024
# What is larger than the picture may be is read no further; the framework's own limit would answer
# with 413 where clients know a 400.
READ_AT_MOST = 16 * 1024 * 1024
PLACE = re.compile(
    r"tenants/(?P<tenant>[0-9a-f-]{36})/logos/(?P<name>[0-9a-f]{32}\.(?:png|jpg|webp))"
)
FOR_EVER = {
    "Cache-Control": "public, max-age=31536000, immutable",
    # Pages and mail programs elsewhere show it, and nothing in it may run.
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Content-Security-Policy": "default-src 'none'; sandbox",
}
A_PICTURE = {"schema": {"type": "string", "format": "binary"}}
BODY = {
    "requestBody": {
        "required": True,
        "description": "A picture of at most 2 MiB.",
        "content": dict.fromkeys(MEDIA_TYPES.values(), A_PICTURE),
    }
}

router = APIRouter(prefix="/uploads", tags=["Uploads"], route_class=RememberingRoute)
Writer = Annotated[Caller, needs(Permission.PROGRAM_WRITE)]


@router.post(
    "/logo",
    max_body_size=READ_AT_MOST,
    openapi_extra=BODY,
    responses=problems(
        UnsupportedContentType, PictureTooLarge, EmptyBody,
        TenantSlugMissing, TenantNotFound, TenantPendingDeletion,
    ),
)  # fmt: skip
async def upload_logo(request: Request, _: Writer, session: Session) -> LogoUploaded:
    """Upload the program's logo; letters and portals show it from now on."""
    picture = await to_thread.run_sync(redrawn, await _body(request))
    instead_of_body(request, media_type=picture.media_type, bytes=len(picture.content))
    state = request.state
    address = await service.keep_logo(session, state.settings, state.tenant_id, picture)
    return LogoUploaded(logo_url=address)


async def _body(request: Request) -> bytes:
    content = bytearray()
    async for piece in request.stream():
        content += piece
        if len(content) > LARGEST:
            raise PictureTooLarge
    if not content:
        raise EmptyBody
    return bytes(content)


@router.get(
    "/{path:path}",
    response_class=Response,
    responses={
        200: {"content": dict.fromkeys(MEDIA_TYPES.values(), A_PICTURE)},
        **problems(UploadNotFound),
    },
)
async def get_upload(path: str, request: Request) -> Response:
    """A picture that a brand uploaded; its address can't be guessed, and what it shows never changes."""
    place = PLACE.fullmatch(path)
    if place is None:
        raise UploadNotFound
    try:
        tenant_id = UUID(place["tenant"])
    except ValueError as problem:
        raise UploadNotFound from problem
    async with request.state.database.tenant_session(tenant_id, read_only=True) as session:
        upload = await service.find(session, place["name"])
    return Response(upload.content, media_type=upload.media_type, headers=FOR_EVER)
