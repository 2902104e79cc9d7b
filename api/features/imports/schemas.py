"""The wire of imports."""

from api.fields import Out


class ImportCounts(Out):
    """Rows by table: those that are new here, and those that were here already."""

    inserted: dict[str, int]
    skipped: dict[str, int]


class ImportReport(Out):
    """The bundle is stored, all of it."""

    ok: bool
    report: ImportCounts
