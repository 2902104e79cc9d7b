"""Where sealed values are stored, and the field's name that each is bound to."""

from sqlalchemy import Table

import shared.models.all  # noqa: F401  # registers every table
from shared.models.base import Model

# `table.column`: the fields whose values it may hold, itself or anywhere within its JSON.
SEALED: dict[str, tuple[str, ...]] = {
    "idempotent_requests.body": ("idempotent_requests.body",),
    "partner_postbacks.sealed_secret": ("partner_postbacks.sealed_secret",),
    "settings.value": (
        "mail_settings.smtp.password",
        "mail_settings.postmark.serverToken",
        "network_membership.vendorToken",
    ),
    "webhook_endpoints.secrets": ("webhook_endpoints.secrets",),
}


def table_and_column(name: str) -> tuple[Table, str]:
    """What `table.column` names."""
    table, _, column = name.partition(".")
    return Model.metadata.tables[table], column
