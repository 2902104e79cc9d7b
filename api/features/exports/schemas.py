"""The wire of exports."""

from typing import Any, Literal

from api.fields import Out, UtcTime

Row = dict[str, Any]


class Bundle(Out):
    """Everything a brand owns. Rows are as they are stored: amounts in minor units, ids kept."""

    exported_at: UtcTime
    schema_version: Literal[1]
    tables: dict[str, list[Row]]
