"""The rules of uploads: keep a picture, find one."""

from secrets import token_hex
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.features.program_settings.for_others import set_logo
from api.features.uploads.errors import UploadNotFound
from api.features.uploads.pictures import Picture
from api.settings import Settings
from shared.models.upload import Upload

# Letters that were sent show the logo of their day; beyond that, old ones go.
KEPT = 10


async def keep_logo(
    session: AsyncSession, settings: Settings, tenant_id: UUID, picture: Picture
) -> str:
    """The picture is the logo from now on; its address."""
    name = f"{token_hex(16)}.{picture.ending}"
    session.add(Upload(name=name, media_type=picture.media_type, content=picture.content))
    await session.flush()
    older = select(Upload.id).order_by(Upload.id.desc()).offset(KEPT)
    await session.execute(delete(Upload).where(Upload.id.in_(older)))
    return await set_logo(session, settings, tenant_id, name)


async def find(session: AsyncSession, name: str) -> Upload:
    """The picture of this name."""
    upload = await session.scalar(select(Upload).where(Upload.name == name))
    if upload is None:
        raise UploadNotFound
    return upload
