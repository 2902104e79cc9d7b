"""Refuses to run with a key that doesn't open what is stored: half of all secrets would be lost."""

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from api.access.sealing import Sealer
from shared.database import Database
from shared.models.sealing_key import SealingKey


class KeyMissing(Exception):
    """Secrets were sealed under a key that this process hasn't been given."""


async def refuse_missing_key(database: Database, sealer: Sealer) -> None:
    """Raises KeyMissing, or notes that secrets will be sealed under our newest key from now on."""
    async with database.unpinned_session() as session:
        missing = set(await session.scalars(select(SealingKey.name))) - set(sealer.keys)
        if missing:
            raise KeyMissing(
                f"secrets here were sealed under another key ({', '.join(sorted(missing))}) than"
                " SECRETS_ENCRYPTION_KEY; name it in SECRETS_ENCRYPTION_KEYS_OLD, or run"
                " `openpartner rotate-secrets`, which forgets keys that nothing is sealed under"
            )
        noted = insert(SealingKey).values(name=sealer.newest)
        await session.execute(noted.on_conflict_do_nothing())


async def forget_older_keys(database: Database, sealer: Sealer) -> None:
    """For whoever has seen that nothing is left under them."""
    async with database.unpinned_session() as session:
        await session.execute(delete(SealingKey).where(SealingKey.name != sealer.newest))
        noted = insert(SealingKey).values(name=sealer.newest)
        await session.execute(noted.on_conflict_do_nothing())
