"""The wire of partner imports."""

import json
import re
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BeforeValidator, Field

from api.fields import Email, In, Metadata, Name, Out, Time

A_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def _moment(value: object) -> object:
    """People write the day alone; it begins at midnight in UTC."""
    if isinstance(value, str) and A_DAY.fullmatch(value):
        return f"{value}T00:00:00Z"
    return value


def _object(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError as problem:
        raise ValueError("must be a JSON object") from problem


class CsvText(In):
    """The same list in JSON, for clients that send nothing else."""

    csv: str


class PartnerRow(In):
    """What a row says; empty cells say nothing."""

    email: Email
    name: Name
    activated_at: Annotated[Time | None, BeforeValidator(_moment)] = None
    metadata: Annotated[Metadata, BeforeValidator(_object)] = Field(default_factory=dict)


Status = Literal["created", "skipped_email_taken", "invalid"]


class RowReport(Out):
    """What became of a row; the header is row 1. A rehearsal makes no partners, and so no ids."""

    row: int
    email: str | None
    status: Status
    reason: str | None
    partner_id: UUID | None


class ImportSummary(Out):
    """How many rows became what."""

    total: int
    created: int
    skipped: int
    invalid: int


class PartnerImport(Out):
    """The report. `ignoredColumns` are those that mean nothing here."""

    dry_run: bool
    summary: ImportSummary
    ignored_columns: list[str]
    report: list[RowReport]
