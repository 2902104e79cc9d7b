"""Reads of the setting `fraud`."""

from typing import Any

from sqlalchemy import Function, ScalarSelect, func, select

from shared.models.setting import Setting

KEY = "fraud"


def stored_rules() -> ScalarSelect[Any]:
    """What the tenant has said about rules, or NULL; for a statement that asks for something else."""
    return select(Setting.value).where(Setting.key == KEY).scalar_subquery()


def turn() -> Function[Any]:
    """Waits until nobody else changes rules; until the transaction ends."""
    name = func.concat("setting:fraud:", func.current_setting("app.tenant_id"))
    return func.pg_advisory_xact_lock(func.hashtextextended(name, 0))
