"""Telling the network, for the features in which things happen that it should hear of."""

from api.features.network_pushes.parcels import REPORTED_UNTIL, reported_until
from api.features.network_pushes.service import (
    add,
    tell_of_departure,
    tell_of_partner,
    tell_of_partners,
)

__all__ = [
    "REPORTED_UNTIL",
    "add",
    "reported_until",
    "tell_of_departure",
    "tell_of_partner",
    "tell_of_partners",
]
