"""What can go wrong when a conversion is reported."""

from api.errors import NotFound, Unprocessable


class ClickNotFound(NotFound, code="click_not_found"):
    """There is no such click."""


class RefundCurrencyMismatch(Unprocessable, code="refund_currency_mismatch"):
    """A part of a sale is given in the sale's own currency; `currency` says which that is."""


class ExternalIdReused(Unprocessable, code="idempotency_key_reused"):
    """This externalId was used for a different event."""
