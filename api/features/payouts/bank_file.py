"""A run's payouts by hand as a file for whoever makes the bank transfers."""

import csv
import re
from collections.abc import Iterable
from io import StringIO

from shared.models.payout import Payout
from shared.money import to_major

COLUMNS = (
    "payoutId", "partnerId", "partnerName", "partnerEmail", "amount", "currency", "reference",
    "status",
)  # fmt: skip
# What spreadsheets take for a formula when a cell begins with it, also behind spaces.
FORMULA = re.compile(r"^\s*[=+\-@\t\r\n]|^[\t\r\n]")


def inert(text: str) -> str:
    """What a person typed, so that a spreadsheet shows it and doesn't run it."""
    return f"'{text}" if FORMULA.match(text) else text


def bank_file(rows: Iterable[tuple[Payout, str, str]]) -> str:
    """CSV with a heading; `reference` is what the receiver should read on their account."""
    written = StringIO()
    lines = csv.writer(written, lineterminator="\r\n")
    lines.writerow(COLUMNS)
    for payout, name, email in rows:
        lines.writerow(
            (
                payout.id, payout.partner_id, inert(name), inert(email),
                to_major(payout.amount_minor, payout.currency), payout.currency,
                f"Payout {payout.id.hex[-12:]}", payout.status,
            )
        )  # fmt: skip
    return written.getvalue()
