"""Stripe's events: kept as they arrive, understood by a job, and made into events and corrections."""
