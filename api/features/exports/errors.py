"""What can go wrong with an export."""

from api.errors import BadRequest, NotFound


class TableNotExportable(NotFound, code="table_not_exportable"):
    """There is no such table to export; `tables` names those that there are."""


class UnsupportedFormat(BadRequest, code="unsupported_format"):
    """A table can be had as json, csv or sql."""
