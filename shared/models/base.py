"""The one metadata object, and the columns that every table has."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, ForeignKey, ForeignKeyConstraint, MetaData, func, text
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column

from shared.ids import new_id

PINNED_TENANT = text("nullif(current_setting('app.tenant_id', true), '')::uuid")


class Model(DeclarativeBase):
    """A table. Defaults made by PostgreSQL are read back at flush, never lazily."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: DateTime(timezone=True)}  # noqa: RUF012  # as SQLAlchemy declares it
    __mapper_args__ = {"eager_defaults": True}  # noqa: RUF012  # as SQLAlchemy declares it


class Owned:
    """A row that belongs to a tenant: the key starts with it, and it defaults to the pinned one."""

    @declared_attr
    def tenant_id(self) -> Mapped[UUID]:
        return mapped_column(
            ForeignKey("tenants.id"), primary_key=True, server_default=PINNED_TENANT, sort_order=-3
        )


class Identified(Owned):
    """An owned row with an id of its own and the time it was made."""

    # The sentinel matches rows that come back to rows sent, so that many go in one statement.
    id: Mapped[UUID] = mapped_column(
        primary_key=True, default=new_id, insert_sentinel=True, sort_order=-2
    )
    created_at: Mapped[datetime] = mapped_column(server_default=func.now(), sort_order=90)


def within_tenant(column: str, *, to: str, key: str = "id", **options: Any) -> ForeignKeyConstraint:
    """A foreign key that includes the tenant, so that no row can point into another one.

    `within_tenant("partner_id", to="partners")` references `partners (tenant_id, id)`.
    """
    return ForeignKeyConstraint(
        ["tenant_id", column], [f"{to}.tenant_id", f"{to}.{key}"], **options
    )
