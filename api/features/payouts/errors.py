"""What can go wrong with a payout."""

from api.errors import Conflict, NotFound


class PayoutNotFound(NotFound, code="not_found"):
    """There is no such payout."""


class NotConfirmable(Conflict, code="not_confirmable"):
    """Only a pending payout that is paid by hand can be confirmed, and only once."""


class CommissionSetChanged(Conflict, code="commission_set_changed"):
    """The payout's commissions no longer add up to it, so nothing was marked as paid."""
