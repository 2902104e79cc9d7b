"""Every commission worked out anew: its price, what was taken back and held, and what was posted."""

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from api.features.attribution.for_others import (
    Owed,
    PricedEvent,
    PricedTerms,
    owed,
    stated_terms,
    weighs_right,
)
from api.features.commissions.for_others import Withheld
from api.features.corrections.for_others import parts_of
from api.features.proofs.finding import Finding
from shared.models.terms import Terms
from shared.money import half_up

ROWS = 500
MOST_TERMS = 10_000

# Event by event, so that it takes no memory however many there are.
CREDITED = text(
    """
    select e.id, e.type, e.ts, e.created_at, e.value_minor, e.currency, d.model,
        (d.explanation -> 'credits')::text as credits,
        (select coalesce(array_agg(r.weight_parts order by r.id), '{}') from credits r
            where r.tenant_id = d.tenant_id and r.event_id = d.event_id) as weights,
        (select coalesce(json_agg(json_build_object('id', c.id, 'credit', c.credit_id,
                'rule', c.rule, 'amount', c.amount_minor, 'currency', c.currency,
                'status', c.status, 'approved', c.approved_at is not null, 'by', c.reversed_by,
                'clawed', c.clawed_minor, 'held', c.held_minor, 'astray', (
                    select coalesce(bool_or(p.currency <> c.currency
                        or p.partner_id <> c.partner_id), false) from ledger_postings p
                    where p.tenant_id = c.tenant_id and p.commission_id = c.id),
                'posted', (select coalesce(json_object_agg(account, amount), '{}') from (
                    select p.account, sum(p.amount_minor)::bigint as amount from ledger_postings p
                    where p.tenant_id = c.tenant_id and p.commission_id = c.id group by 1) sums)
            )), '[]') from commissions c
            where c.tenant_id = d.tenant_id and c.event_id = d.event_id)::text as commissions,
        exists (select from correction_references x where x.tenant_id = e.tenant_id
                and x.source = e.source and x.reference = e.external_id)
            or exists (select from payment_references y where y.tenant_id = e.tenant_id
                and y.event_id = e.id) as is_corrected
    from decisions d join events e on e.tenant_id = d.tenant_id and e.id = d.event_id
    where d.status = 'attributed' order by d.event_id
    """
)


@dataclass(slots=True)
class Tally:
    """How much was worked out anew."""

    events: int = 0
    commissions: int = 0
    terms: dict[UUID, PricedTerms] = field(default_factory=dict)


async def recompute(session: AsyncSession, tally: Tally) -> AsyncIterator[Finding]:
    """Every credited event, from the facts and the terms that it was priced by."""
    rows = await session.stream(CREDITED, execution_options={"yield_per": ROWS})
    async for row in rows:
        tally.events += 1
        touches = json.loads(row.credits)
        await _load(session, tally, touches)
        part = Withheld(Fraction(0))
        if row.is_corrected:
            part = (await parts_of(session, [row.id]))[row.id]
        for finding in _event(row, touches, part, tally):
            yield finding


def _event(
    row: Any, touches: list[Mapping[str, Any]], part: Withheld, tally: Tally
) -> Iterator[Finding]:
    event = PricedEvent(row.id, row.type, row.ts, row.created_at, row.value_minor, row.currency)
    if not weighs_right(row.model, touches, row.weights):
        yield Finding("weights", f"event {row.id}", f"its credits are not those of {row.model}")
    expected = owed(event, touches, tally.terms)
    for one in json.loads(row.commissions):
        tally.commissions += 1
        line = expected.pop((UUID(one["credit"]), one["rule"]), None)
        yield from _priced(one, line)
        yield from _withheld(one, part)
        yield from _posted(one)
    for (credit, _), line in expected.items():
        if line.accrued:
            yield Finding("price", f"credit {credit}", "has earned a commission that is gone")


async def _load(session: AsyncSession, tally: Tally, touches: list[Mapping[str, Any]]) -> None:
    wanted = {UUID(credit["termsId"]) for credit in touches if credit["termsId"]}
    if unknown := wanted - tally.terms.keys():
        if len(tally.terms) > MOST_TERMS:
            tally.terms.clear()
            unknown = wanted
        found = await session.scalars(select(Terms).where(Terms.id.in_(unknown)))
        tally.terms.update({one.id: stated_terms(one) for one in found})


def _priced(one: Mapping[str, Any], line: Owed | None) -> Iterator[Finding]:
    subject = f"commission {one['id']}"
    if line is None or not line.accrued:
        yield Finding("price", subject, "is of a credit that has earned none")
        return
    too_much = one["amount"] > line.amount_minor
    if too_much or (one["amount"] != line.amount_minor and not line.capped):
        wanted = f"is {one['amount']}, and its terms pay {line.amount_minor} {line.currency}"
        yield Finding("price", subject, wanted)
    if one["currency"] != line.currency:
        yield Finding(
            "price", subject, f"is in {one['currency']}, and was earned in {line.currency}"
        )


def _withheld(one: Mapping[str, Any], part: Withheld) -> Iterator[Finding]:
    amount, clawed, held = one["amount"], half_up(one["amount"] * part.returned), 0
    if one["by"] not in {None, "correction"}:
        clawed = amount
    else:
        held = half_up(amount * min(part.returned + part.disputed, Fraction(1))) - clawed
    if (one["clawed"], one["held"]) != (clawed, held):
        told = f"{one['clawed']} taken back and {one['held']} held"
        sentence = f"has {told}, where refunds and disputes say {clawed} and {held}"
        yield Finding("corrections", f"commission {one['id']}", sentence)


def _posted(one: Mapping[str, Any]) -> Iterator[Finding]:
    """A payout takes its sum as a whole, so a commission itself stays where it became available."""
    free = one["amount"] - one["clawed"] - one["held"]
    wanted = {
        "available" if one["approved"] else "pending": free,
        "held": one["held"],
        "expense": one["clawed"] - one["amount"],
    }
    wanted = {account: amount for account, amount in wanted.items() if amount}
    posted = {account: amount for account, amount in one["posted"].items() if amount}
    if posted != wanted:
        sentence = f"the ledger says {posted or 'nothing'}, and its row {wanted or 'nothing'}"
        yield Finding("postings", f"commission {one['id']}", sentence)
    if one["astray"]:
        sentence = "is posted to somebody else, or in another currency"
        yield Finding("postings", f"commission {one['id']}", sentence)
