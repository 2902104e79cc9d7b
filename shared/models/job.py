"""Job and tick: work that waits to be done, and the moments of the schedule that were acted on."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from shared.models.base import Identified, Model


class Job(Identified, Model):
    """Written in the transaction it follows from; claimed under a lease, so a dead worker loses nothing.

    `receiver` names who gets it. Jobs for one receiver share a lane, as do those of one name that
    are for nobody in particular: lanes take turns. `dead_at` is set when every attempt failed.
    """

    __tablename__ = "jobs"
    __table_args__ = (
        Index(
            "ix_jobs_due",
            "run_at",
            postgresql_where=text("done_at is null and dead_at is null"),
        ),
        Index(
            "ix_jobs_lane",
            "tenant_id",
            text("coalesce(receiver, name)"),
            "run_at",
            "id",
            postgresql_where=text("done_at is null and dead_at is null"),
        ),
        Index(
            "ix_jobs_leased",
            "tenant_id",
            text("coalesce(receiver, name)"),
            postgresql_where=text("leased_until is not null and done_at is null"),
        ),
        Index("ix_jobs_dead", "name", postgresql_where=text("dead_at is not null")),
    )

    name: Mapped[str]
    arguments: Mapped[dict[str, Any]] = mapped_column(JSONB)
    receiver: Mapped[str | None]
    run_at: Mapped[datetime] = mapped_column(server_default=func.now())
    leased_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    last_error: Mapped[str | None]
    done_at: Mapped[datetime | None]
    dead_at: Mapped[datetime | None]


class Tick(Model):
    """A scheduled moment; the first worker to write it is the one that acts. Belongs to no tenant."""

    __tablename__ = "ticks"

    name: Mapped[str] = mapped_column(primary_key=True)
    due_at: Mapped[datetime] = mapped_column(primary_key=True)
    worker: Mapped[UUID]
    started_at: Mapped[datetime] = mapped_column(server_default=func.now())
    finished_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
