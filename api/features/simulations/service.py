"""The rules of simulations: reckon in a transaction that can't write, book once what was shown."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.features.attribution.for_others import (
    Change,
    Run,
    WhatIf,
    count_concerned,
    write_repricings,
)
from api.features.corrections.for_others import Adjustment, adjust, rescale
from api.features.simulations.errors import (
    CampaignNotFound,
    SimulationApplied,
    SimulationNotFound,
    SimulationOutdated,
    TooManyEvents,
)
from api.features.simulations.schemas import Applied, Booked, Simulate, Simulated
from api.features.simulations.tally import Tally
from api.features.terms.for_others import Change as TermsChange
from api.features.terms.for_others import following
from shared.ids import new_id, read_id
from shared.models.campaign import Campaign
from shared.models.decision import Decision
from shared.models.partner import Partner
from shared.models.simulation import Simulation
from shared.models.terms import Terms
from shared.money import to_major

MOST_EVENTS = 50_000
BATCH = 500


async def simulate(session: AsyncSession, campaign_id: UUID, wanted: Simulate) -> Simulation:
    """What would have been; the session is read-only, and the answer is yet to be kept."""
    until: datetime = (await session.scalars(select(func.now()))).one()
    since = until - timedelta(days=wanted.days)
    what = await _what_if(session, campaign_id, wanted, since, until)
    events = await count_concerned(session, what)
    if events > MOST_EVENTS:
        raise TooManyEvents(events=events, most=MOST_EVENTS)
    tally = Tally()
    async for outcome in Run(session, what).outcomes():
        tally.add(outcome)
    return Simulation(
        id=new_id(),
        campaign_id=campaign_id,
        parameters=wanted.model_dump(mode="json", by_alias=True, exclude_unset=True),
        since=since,
        until=until,
        result=await _result(session, tally),
    )


async def _what_if(
    session: AsyncSession, campaign_id: UUID, wanted: Simulate, since: datetime, until: datetime
) -> WhatIf:
    query = select(Terms).join(Campaign, Campaign.terms_id == Terms.id)
    current = await session.scalar(query.where(Campaign.id == campaign_id))
    if current is None:
        raise CampaignNotFound
    terms = None
    if wanted.commission_rule is not None or wanted.commission_caps is not None:
        named = frozenset() if wanted.commission_caps is None else frozenset(("commission_caps",))
        caps = wanted.commission_caps or ()
        terms = following(current, TermsChange(named, wanted.commission_rule, None, caps, None))
    return WhatIf(campaign_id, since, until, terms, wanted.model, wanted.window_days)


async def _result(session: AsyncSession, tally: Tally) -> dict[str, Any]:
    ids = {whose.partner_id for whose in tally.sums}
    names = dict(
        (await session.execute(select(Partner.id, Partner.name).where(Partner.id.in_(ids)))).all()
    )
    events = [UUID(one["eventId"]) for one in tally.sample]
    sentence = Decision.explanation["sentence"].astext.label("said")
    query = select(Decision.event_id, sentence).where(Decision.event_id.in_(events))
    told = {row.event_id: row.said for row in await session.execute(query)}
    return {
        "events": tally.events,
        "changedEvents": tally.changed,
        "totals": tally.totals(),
        "partners": tally.partners(names),
        "sample": [{**one, "sentence": told.get(UUID(one["eventId"]), "")} for one in tally.sample],
    }


def show(simulation: Simulation) -> Simulated:
    """A simulation as the wire shows it."""
    return Simulated.model_validate(
        {
            "simulationId": simulation.id,
            "campaignId": simulation.campaign_id,
            "since": simulation.since,
            "until": simulation.until,
            "appliedAt": simulation.applied_at,
            **simulation.result,
        }
    )


async def find(
    session: AsyncSession, campaign_id: UUID, simulation_id: str, *, lock: bool = False
) -> Simulation:
    """A simulation of this campaign; raises where there is none."""
    query = select(Simulation).where(
        Simulation.id == (read_id(simulation_id) or new_id()),
        Simulation.campaign_id == campaign_id,
    )
    found = await session.scalar(query.with_for_update() if lock else query)
    if found is None:
        raise SimulationNotFound
    return found


async def apply(session: AsyncSession, campaign_id: UUID, simulation_id: str) -> Applied:
    """Books what a simulation showed, once: an adjustment for each partner and currency.

    It is reckoned again meanwhile; if it came to anything else, nothing is booked.
    """
    simulation = await find(session, campaign_id, simulation_id, lock=True)
    if simulation.applied_at is not None:
        raise SimulationApplied
    wanted = Simulate.model_validate(simulation.parameters)
    what = await _what_if(session, campaign_id, wanted, simulation.since, simulation.until)
    tally = await _write(session, what, simulation.id)
    if (await _result(session, tally))["partners"] != simulation.result["partners"]:
        raise SimulationOutdated
    booked = _adjustments(simulation, tally)
    await adjust(session, booked)
    simulation.applied_at = (await session.scalars(select(func.now()))).one()
    await session.flush()
    return Applied(
        ok=True,
        simulation_id=simulation.id,
        applied_at=simulation.applied_at,
        changed_events=tally.changed,
        adjustments=[
            Booked(
                partner_id=one.partner_id,
                amount=to_major(one.amount_minor, one.currency),
                currency=one.currency,
            )
            for one in booked
        ],
    )


def _adjustments(simulation: Simulation, tally: Tally) -> list[Adjustment]:
    """One for each partner and currency; its key makes it one however often it is written."""
    return [
        Adjustment(
            partner_id=whose.partner_id,
            currency=whose.currency,
            amount_minor=one.difference,
            kind="repricing",
            key=f"simulation:{simulation.id}:{whose.partner_id}:{whose.currency}",
            reason="Other terms were applied to the past.",
            details={
                "simulationId": str(simulation.id),
                "campaignId": str(simulation.campaign_id),
            },
        )
        for whose, one in sorted(tally.sums.items())
        if one.difference
    ]


async def _write(session: AsyncSession, what: WhatIf, source_id: UUID) -> Tally:
    """Event by event, what differs; refunds of these sales shrink it at once."""
    tally, waiting = Tally(), list[Change]()
    async for outcome in Run(session, what, locking=True).outcomes():
        tally.add(outcome)
        waiting += outcome.changes
        if len(waiting) >= BATCH:
            await _flush(session, waiting, source_id)
            waiting = []
    await _flush(session, waiting, source_id)
    return tally


async def _flush(session: AsyncSession, changes: list[Change], source_id: UUID) -> None:
    await write_repricings(session, changes, source_id, "simulation")
    await rescale(session, sorted({change.event_id for change in changes}))
