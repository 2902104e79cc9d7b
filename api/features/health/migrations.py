"""Which migration this program was written for."""

from functools import cache
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory

ROOT = Path(__file__).resolve().parents[3]


@cache
def newest_migration() -> str:
    """The one head of the migrations folder."""
    head = ScriptDirectory.from_config(Config(ROOT / "alembic.ini")).get_current_head()
    if head is None:
        raise LookupError("there are no migrations beside this program")
    return head
