"""Reads and writes of privacy."""

from typing import Any
from uuid import UUID

from sqlalchemy import ScalarSelect, TextClause, delete, select, text
from sqlalchemy.sql.dml import ReturningDelete

from shared.models.job import Job
from shared.models.setting import Setting

KEY = "privacy"


def stored() -> ScalarSelect[Any]:
    """The setting, or NULL."""
    return select(Setting.value).where(Setting.key == KEY).scalar_subquery()


# Ids under which a customer was reported together with this address, somewhere in what was said of
# them; and the address itself where merchants use it as an id, however it is written.
NAMES = """
    select distinct user_id from (
        select user_id from identities where lower(user_id) = :email
        union all
        select arguments ->> 'user_id' from jobs where lower(arguments ->> 'user_id') = :email
        union all
        select user_id from events where lower(user_id) = :email or exists (
            select from jsonb_path_query(metadata, 'strict $.**') as found(value)
            where jsonb_typeof(value) = 'string' and lower(value #>> '{}') = :email)
    ) as known
"""


def names_of(email: str) -> TextClause:
    """Every id of the customer with this address."""
    return text(NAMES).bindparams(email=email.lower())


def jobs_deleted(names: list[str]) -> ReturningDelete[UUID]:
    """Work that names the customer, whether it still waits or is done."""
    named = Job.arguments["user_id"].astext.in_(names)
    return delete(Job).where(named).returning(Job.id)


def erasing(names: list[str], pseudonym: str) -> TextClause:
    """Done by the one function that may change facts; answers how much it was."""
    return text("select * from erase_person(:names, :pseudonym)").bindparams(
        names=names, pseudonym=pseudonym
    )
