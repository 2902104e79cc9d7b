"""What can go wrong with a commission."""

from api.errors import Conflict, NotFound


class CommissionNotFound(NotFound, code="not_found"):
    """There is no such commission."""


class HoldbackActive(Conflict, code="holdback_active"):
    """This commission is still held back; `matureAt` says until when."""


class NotApprovable(Conflict, code="not_approvable"):
    """Only an accrued commission can be approved."""


class NotReversible(Conflict, code="not_reversible"):
    """Only a commission that isn't paid yet can be reversed."""


class InTransfer(Conflict, code="commission_in_transfer"):
    """A payout has claimed this commission, so its money may be on the way already."""


class NotClaimable(Conflict, code="not_claimable"):
    """What was to be paid out has changed in between; run it again."""
