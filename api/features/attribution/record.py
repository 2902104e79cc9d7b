"""A decision as it is stored and shown: one place gives credits and commissions their ids."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from api.features.attribution.engine import Decision
from api.features.attribution.explanation import explain, weight_text
from api.features.attribution.models import WHOLE
from api.features.attribution.pricing import Credit, Line
from api.features.attribution.schemas import AttributedTouch, AttributionOut
from api.features.attribution.touches import Event, Terms
from api.features.commissions.for_others import Accrual
from api.features.notices.for_others import AttributionCreated, CommissionAccrued, News
from shared.ids import new_id
from shared.money import to_major


@dataclass(frozen=True, slots=True)
class Share:
    """A credit with its id, and those of the commissions that it earns, by the rule that pays each."""

    credit: Credit
    attribution_id: UUID
    commission_ids: dict[int, UUID]

    @property
    def earned(self) -> list[tuple[UUID, Line]]:
        """Each commission's id and what it is for."""
        return [(self.commission_ids[line.rule], line) for line in self.credit.earned]


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
            ids = {rule: str(commission) for rule, commission in share.commission_ids.items()}
            shown["attributionId"] = str(share.attribution_id)
            shown["commissionId"] = ids.get(share.credit.main.rule)
            for line in shown["lines"]:
                line["commissionId"] = ids.get(line["rule"])
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
            if share.credit.terms is not None:
                for commission_id, line in share.earned:
                    yield self._accrual(share, share.credit.terms, commission_id, line)

    def _accrual(self, share: Share, terms: Terms, commission_id: UUID, line: Line) -> Accrual:
        alone = None
        if terms.approval is not None:
            alone = terms.approval.by_itself(line.amount_minor, line.currency)
        return Accrual(
            id=commission_id,
            credit_id=share.attribution_id,
            event_id=self.event.id,
            partner_id=share.credit.partner_id,
            campaign_id=share.credit.campaign_id,
            terms_id=terms.id,
            user_id=self.user_id,
            amount_minor=line.amount_minor,
            currency=line.currency,
            holdback_days=terms.holdback_days,
            event_at=self.event.ts,
            rule=line.rule,
            auto_approve=alone,
        )

    @property
    def news(self) -> Iterator[News]:
        for share in self.shares:
            yield self._attributed(share)
            for commission_id, line in share.earned:
                yield self._accrued(share, commission_id, line)

    def _attributed(self, share: Share) -> AttributionCreated:
        """Of several commissions it tells the first; each has news of its own."""
        credit = share.credit
        commission_id, line = share.earned[0] if share.earned else (None, None)
        return AttributionCreated(
            **self._facts(share),
            model=self.decision.model or "",
            weight=weight_text(credit.weight_parts),
            commission_id=commission_id,
            commission_amount=to_major(line.amount_minor, line.currency) if line else None,
            commission_currency=line.currency if line else None,
        )

    def _accrued(self, share: Share, commission_id: UUID, line: Line) -> CommissionAccrued:
        return CommissionAccrued(
            **self._facts(share),
            commission_id=commission_id,
            amount=to_major(line.amount_minor, line.currency),
            currency=line.currency,
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
                    [commission_id for commission_id, _ in share.earned],
                )
                for share in self.shares
            ],
        )


def record(event: Event, user_id: str, decision: Decision) -> Record:
    """Ids grow from the earliest click on, so that reading in their order gives that order back."""
    shares = [
        Share(credit, new_id(), {line.rule: new_id() for line in credit.earned})
        for credit in decision.credits
    ]
    return Record(event, user_id, decision, tuple(shares))


def touch(
    attribution_id: UUID,
    click_id: UUID,
    partner_id: UUID,
    weight_parts: int,
    commission_ids: list[UUID],
) -> AttributedTouch:
    """A credit on the wire; its weight has four decimals."""
    return AttributedTouch(
        click_id=click_id,
        partner_id=partner_id,
        weight=weight_parts / WHOLE,
        attribution_id=attribution_id,
        commission_id=commission_ids[0] if commission_ids else None,
        commission_ids=commission_ids,
    )
