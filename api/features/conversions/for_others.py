"""Conversions, for the features through which other systems say what customers did."""

from api.features.conversions.errors import ClickNotFound
from api.features.conversions.schemas import EventCurrency, EventType, Happened, Identify
from api.features.conversions.service import identify, record, write

__all__ = [
    "ClickNotFound",
    "EventCurrency",
    "EventType",
    "Happened",
    "Identify",
    "identify",
    "record",
    "write",
]
