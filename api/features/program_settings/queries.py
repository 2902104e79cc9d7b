"""Reads of the setting `program_settings`."""

from sqlalchemy import Select, select

from shared.models.setting import Setting
from shared.models.tenant import Tenant

KEY = "program_settings"


def workspace_with_program() -> Select[Tenant, Setting | None]:
    """The workspace, beside what its program calls itself where somebody said so."""
    return select(Tenant, Setting).outerjoin(Setting, Setting.key == KEY)
