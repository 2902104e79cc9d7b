"""What can go wrong with a simulation."""

from api.errors import Conflict, NotFound


class CampaignNotFound(NotFound, code="not_found"):
    """There is no such campaign."""


class SimulationNotFound(NotFound, code="simulation_not_found"):
    """There is no such simulation of this campaign."""


class SimulationApplied(Conflict, code="simulation_applied"):
    """This simulation was applied before; its differences are booked once."""


class SimulationOutdated(Conflict, code="simulation_outdated"):
    """What it looked at has changed since, so it would book something else than it showed: run it anew."""


class TooManyEvents(Conflict, code="too_many_events"):
    """These days hold `events` events, more than `most`: simulate fewer days."""
