"""What can go wrong with a payout."""

from api.errors import Conflict, Forbidden, NotFound


class PayoutNotFound(NotFound, code="not_found"):
    """There is no such payout."""


class RunNotFound(NotFound, code="not_found"):
    """There is no such run of payouts."""


class NotConfirmable(Conflict, code="not_confirmable"):
    """Only a pending payout that is paid by hand can be confirmed, and only once."""


class CommissionSetChanged(Conflict, code="commission_set_changed"):
    """The payout's commissions no longer add up to it, so nothing was marked as paid."""


class NotUndoable(Conflict, code="not_undoable"):
    """Only a payout that is paid by hand can be undone, and only once."""


class PayoutOpen(Conflict, code="payout_open"):
    """The partner has another payout under way in this currency; confirm or undo that one first."""


class PayoutsFrozen(Conflict, code="payouts_frozen"):
    """All payouts are stopped in the payout settings."""


class PreviewOutdated(Conflict, code="preview_outdated"):
    """Something changed since that preview, so nothing was paid; look at a new one."""


class ConnectUnfunded(Conflict, code="unfunded_connect_payouts"):
    """This installation doesn't collect a brand's money, so it can't pay partners through Stripe.

    Pay by hand (`rail: manual`), or let the operator allow it with
    OPENPARTNER_ALLOW_UNFUNDED_CONNECT_PAYOUTS.
    """


class ApprovalWanted(Conflict, code="approval_wanted"):
    """Somebody else has to agree to this payout first."""


class ApprovalNotWanted(Conflict, code="approval_not_wanted"):
    """This payout needs nobody's agreement, or has it already."""


class SecondPersonNeeded(Forbidden, code="second_person_needed"):
    """Who started the run can't also agree to its payouts."""


class GenerationMoved(Conflict, code="generation_moved"):
    """Somebody decided on this payout meanwhile; look again."""


class PayoutBusy(Conflict, code="payout_busy"):
    """A worker is asking Stripe about this payout just now; try again in a minute."""


class NotReleasable(Conflict, code="not_releasable"):
    """Only a payout that is held (`reconcile_required`) can be tried again."""


class NotDisposable(Conflict, code="not_disposable"):
    """Only a payout that was never sent, or is held, can be given up."""


class NotInReview(Conflict, code="not_in_duplicate_review"):
    """This payout isn't under review for duplicates."""


class TransferExists(Conflict, code="transfer_exists"):
    """Stripe has a transfer of this payout; it will be adopted, and must not be sent again."""


class MoneyWithPartner(Conflict, code="money_with_partner"):
    """The partner has money of this payout; reverse the transfer at Stripe first."""


class KeptTransferInvalid(Conflict, code="kept_transfer_invalid"):
    """The transfer to be kept isn't a live one of this payout with its amount and destination."""


class TransfersStillLive(Conflict, code="transfers_still_live"):
    """Other transfers of this payout are still with the partner; reverse them at Stripe first."""


class CannotVerify(Conflict, code="cannot_verify"):
    """Stripe didn't give a complete answer, so nothing was decided; try again."""
