"""Why a payout doesn't go on by itself, in a sentence for whoever has to do something about it."""

from shared.models.payout import Payout
from shared.models.payout_transfer import PayoutTransfer

BY_STATE = {
    "intent": "It waits to be sent: payouts may be frozen, or no worker is running.",
    "posted": "Nobody knows yet whether Stripe has it; a worker asks every quarter of an hour.",
    "reconcile_required": (
        "Stripe gave no answer and knows of no transfer, and the key has run out. Look at Stripe;"
        " then release it for another attempt, or dispose of it."
    ),
    "duplicate_review": (
        "Stripe has other transfers of this payout than were ordered. Reverse those that are too"
        " many at Stripe, then resolve the review."
    ),
}


def why_stuck(payout: Payout, transfer: PayoutTransfer | None) -> str:
    """For a payout that `is_stuck`."""
    if payout.approval == "wanted" and payout.status == "pending":
        return "A second person has to agree to it."
    if transfer is None:
        return (
            "It was brought here while it was on its way elsewhere, and is never sent from here."
            " Look at Stripe, then dispose of it."
        )
    told = BY_STATE.get(transfer.state, "")
    return f"{told} ({transfer.problem_detail})" if transfer.problem_detail else told
