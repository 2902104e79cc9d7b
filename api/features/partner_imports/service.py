"""Turns a list into partners: some hundred rows at a time, in a constant number of statements each."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.features.grants.for_others import grant_everything
from api.features.network_pushes.for_others import tell_of_partners
from api.features.notices.for_others import PartnerCreated, publish
from api.features.partner_imports.queries import insert_partners
from api.features.partner_imports.reading import ReadRow, Sheet
from api.features.partner_imports.schemas import (
    ImportSummary,
    PartnerImport,
    PartnerRow,
    RowReport,
)
from shared.ids import new_id

ROWS = 500


async def import_partners(
    session: AsyncSession, body: bytes | str, *, dry_run: bool
) -> PartnerImport:
    """A rehearsal does everything and takes it back, so that its figures are those of the import."""
    sheet = Sheet.of(body)
    rehearsal = await session.begin_nested() if dry_run else None
    report: list[RowReport] = []
    for batch in _batches(sheet.rows()):
        report += await _store(session, batch)
    if rehearsal is not None:
        await rehearsal.rollback()
        report = [one.model_copy(update={"partner_id": None}) for one in report]
    else:
        await tell_of_partners(session, [one.partner_id for one in report if one.partner_id])
    return PartnerImport(
        dry_run=dry_run,
        summary=_sum(report),
        ignored_columns=sheet.ignored,
        report=report,
    )


def _batches(rows: Iterator[ReadRow]) -> Iterator[list[ReadRow]]:
    while batch := list(islice(rows, ROWS)):
        yield batch


async def _store(session: AsyncSession, batch: Sequence[ReadRow]) -> list[RowReport]:
    """Partners, their grants, and the news of them: the same few statements however many rows."""
    people = [(new_id(), row.said) for row in batch if row.said is not None]
    made: set[UUID] = set()
    if people:
        made = set(await session.scalars(insert_partners(people)))
        campaigns = await grant_everything(session, sorted(made))
        arrived = [(partner_id, said) for partner_id, said in people if partner_id in made]
        await _tell(session, arrived, campaigns)
    known = iter(people)
    return [_report(row, next(known)[0] if row.said else None, made) for row in batch]


async def _tell(
    session: AsyncSession, arrived: Sequence[tuple[UUID, PartnerRow]], campaigns: Sequence[UUID]
) -> None:
    today = (await session.scalars(select(func.now()))).one()
    await publish(
        session,
        [
            PartnerCreated(
                partner_id=partner_id,
                email=said.email,
                name=said.name,
                activated_at=said.activated_at or today,
                invited=False,
                campaign_ids=list(campaigns),
            )
            for partner_id, said in arrived
        ],
    )


def _report(row: ReadRow, partner_id: UUID | None, made: set[UUID]) -> RowReport:
    if row.said is None or partner_id is None:
        return RowReport(
            row=row.number, email=row.email, status="invalid", reason=row.reason, partner_id=None
        )
    created = partner_id in made
    return RowReport(
        row=row.number,
        email=row.said.email,
        status="created" if created else "skipped_email_taken",
        reason=None if created else "A partner with this e-mail already exists.",
        partner_id=partner_id if created else None,
    )


def _sum(report: Sequence[RowReport]) -> ImportSummary:
    found = Counter(one.status for one in report)
    return ImportSummary(
        total=len(report),
        created=found["created"],
        skipped=found["skipped_email_taken"],
        invalid=found["invalid"],
    )
