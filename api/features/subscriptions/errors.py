"""What can go wrong where nobody is billed."""

from api.errors import BadRequest


class NoBillingAtHome(BadRequest, code="no_billing_in_selfhost"):
    """This installation is your own: there is nothing to pay."""
