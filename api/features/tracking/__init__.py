"""Tracking: what routers make of the visits to a campaign's links."""
