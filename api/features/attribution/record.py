"""A decision as it is stored and shown: one place gives credits and commissions their ids."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from api.features.attribution.engine import Decision
from api.features.attribution.explanation import explain, weight_text
from api.features.attribution.models import WHOLE
from api.features.attribution.pricing import Credit
from api.features.attribution.schemas import AttributedTouch, AttributionOut
from api.features.attribution.touches import Event
from api.features.commissions.for_others import Accrual
from api.features.notices.for_others import AttributionCreated, CommissionAccrued, News
from shared.ids import new_id
from shared.money import to_major


@dataclass(frozen=True, slots=True)
class Share:
    """A credit with its id, and that of the commission that it earns, if it does."""

    credit: Credit
    attribution_id: UUID
    commission_id: UUID | None


@dataclass(frozen=True, slots=True)
class Record:
    """What is written down about one event of one customer."""

    event: Event
    user_id: str
    decision: Decision
    shares: tuple[Share, ...]

    @property
    def decision_row(self) -> dict[str, Any]:
        return {
            "event_id": self.event.id,
            "status": self.decision.status,
            "model": self.decision.model,
            "explanation": self._explanation(),
        }

    def _explanation(self) -> dict[str, Any]:
        explanation = explain(self.event, self.decision)
        for share, shown in zip(self.shares, explanation["credits"], strict=True):
            shown["attributionId"] = str(share.attribution_id)
            shown["commissionId"] = str(share.commission_id) if share.commission_id else None
        return explanation

    @property
    def credit_rows(self) -> Iterator[dict[str, Any]]:
        for share in self.shares:
            yield {
                "id": share.attribution_id,
                "event_id": self.event.id,
                "click_id": share.credit.click_id,
                "partner_id": share.credit.partner_id,
                "campaign_id": share.credit.campaign_id,
                "terms_id": share.credit.terms_id,
                "model": self.decision.model,
                "weight_parts": share.credit.weight_parts,
            }

    @property
    def accruals(self) -> Iterator[Accrual]:
        for share in self.shares:
            credit, terms = share.credit, share.credit.terms
            if share.commission_id is not None and terms is not None:
                yield Accrual(
                    id=share.commission_id,
                    credit_id=share.attribution_id,
                    event_id=self.event.id,
                    partner_id=credit.partner_id,
                    campaign_id=credit.campaign_id,
                    terms_id=terms.id,
                    user_id=self.user_id,
                    amount_minor=credit.amount_minor,
                    currency=credit.currency,
                    holdback_days=terms.holdback_days,
                    event_at=self.event.ts,
                )

    @property
    def news(self) -> Iterator[News]:
        for share in self.shares:
            yield self._attributed(share)
            if share.commission_id is not None:
                yield self._accrued(share, share.commission_id)

    def _attributed(self, share: Share) -> AttributionCreated:
        credit, earned = share.credit, share.commission_id is not None
        return AttributionCreated(
            **self._facts(share),
            model=self.decision.model or "",
            weight=weight_text(credit.weight_parts),
            commission_id=share.commission_id,
            commission_amount=to_major(credit.amount_minor, credit.currency) if earned else None,
            commission_currency=credit.currency if earned else None,
        )

    def _accrued(self, share: Share, commission_id: UUID) -> CommissionAccrued:
        return CommissionAccrued(
            **self._facts(share),
            commission_id=commission_id,
            amount=to_major(share.credit.amount_minor, share.credit.currency),
            currency=share.credit.currency,
        )

    def _facts(self, share: Share) -> dict[str, Any]:
        value = self.event.value_minor
        return {
            "attribution_id": share.attribution_id,
            "partner_id": share.credit.partner_id,
            "campaign_id": share.credit.campaign_id,
            "click_id": share.credit.click_id,
            "event_id": self.event.id,
            "event_type": self.event.type,
            "event_value": None if value is None else to_major(value, self.event.currency),
        }

    @property
    def shown(self) -> AttributionOut:
        return AttributionOut(
            status=self.decision.status,
            model=self.decision.model,
            touches=[
                touch(
                    share.attribution_id,
                    share.credit.click_id,
                    share.credit.partner_id,
                    share.credit.weight_parts,
                    share.commission_id,
                )
                for share in self.shares
            ],
        )


def record(event: Event, user_id: str, decision: Decision) -> Record:
    """Ids grow from the earliest click on, so that reading in their order gives that order back."""
    shares = [
        Share(credit, new_id(), new_id() if credit.commission_reason == "accrued" else None)
        for credit in decision.credits
    ]
    return Record(event, user_id, decision, tuple(shares))


def touch(
    attribution_id: UUID,
    click_id: UUID,
    partner_id: UUID,
    weight_parts: int,
    commission_id: UUID | None,
) -> AttributedTouch:
    """A credit on the wire; its weight has four decimals."""
    return AttributedTouch(
        click_id=click_id,
        partner_id=partner_id,
        weight=weight_parts / WHOLE,
        attribution_id=attribution_id,
        commission_id=commission_id,
    )
