"""The decision about one event: from what the customer did and clicked to who earns how much."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from operator import attrgetter
from typing import Literal

from api.features.attribution.history import History
from api.features.attribution.models import model_name, weights
from api.features.attribution.pricing import Credit, price
from api.features.attribution.selection import Consideration, consideration, exclusion
from api.features.attribution.touches import Event, Touch

# They correct an earlier event. Crediting them would pay for a refund, or claw back through a share
# computed anew; what they change is the ledger's business.
CORRECTIVE_TYPES = frozenset(
    (
        "refund",
        "refund_failed",
        "chargeback",
        "dispute_created",
        "dispute_won",
        "dispute_lost",
        "dispute_closed",
        "invoice_payment_failed",
        "payment_failed",
    )
)

Status = Literal["attributed", "no_identity", "no_click", "outside_window", "not_attributable"]


@dataclass(frozen=True, slots=True)
class Decision:
    """Who is credited, and what became of every click, both from the earliest click on."""

    status: Status
    model: str | None
    credits: tuple[Credit, ...]
    considered: tuple[Consideration, ...]


def decide(
    event: Event, touches: Sequence[Touch] | None, history: History | None = None
) -> Decision:
    """Attribute one event.

    `touches` are all clicks of the customer, each once, in any order; None when nobody has
    identified the customer. `history` tells of other events, never of this one, so that deciding
    again gives the same answer.
    """
    clicks = sorted(touches or (), key=attrgetter("ts", "click_id"))
    if event.type in CORRECTIVE_TYPES:
        sentence = "The event corrects an earlier one, so no click earns from it."
        considered = [consideration(click, "not_attributable", sentence) for click in clicks]
        return Decision("not_attributable", None, (), tuple(considered))
    excluded = {click.click_id: exclusion(event, click) for click in clicks}
    eligible = [click for click in clicks if excluded[click.click_id] is None]
    if not eligible:
        reasons = tuple(reason for reason in excluded.values() if reason)
        return Decision(_why_none(touches, reasons), None, (), reasons)

    model = eligible[-1].model
    weighed = list(zip(eligible, weights(model, len(eligible)), strict=True))
    chosen = {click.click_id: _choice(model, click, weight) for click, weight in weighed}
    considered = [excluded[click.click_id] or chosen[click.click_id] for click in clicks]
    weighty = [(click, weight) for click, weight in weighed if weight]
    credited = price(event, weighty, history or History())
    return Decision("attributed", model, tuple(credited), tuple(considered))


def _why_none(touches: Sequence[Touch] | None, reasons: tuple[Consideration, ...]) -> Status:
    if touches is None:
        return "no_identity"
    too_old = any(reason.outcome == "outside_window" for reason in reasons)
    return "outside_window" if too_old else "no_click"


def _choice(model: str, click: Touch, weight: Fraction) -> Consideration:
    if weight:
        return consideration(click, "credited", "The click is credited.")
    sentence = f"The click could count, but the {model_name(model)} model credits another."
    return consideration(click, "not_chosen_by_model", sentence)
