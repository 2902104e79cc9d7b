"""Figures for Prometheus; labels never name a tenant, a partner or an address."""

from prometheus_client import Counter, Gauge, Histogram

REQUEST_SECONDS = Histogram(
    "openpartner_api_request_seconds", "Time to answer", ["method", "route", "status"]
)
DELIVERIES = Counter(
    "openpartner_deliveries_total", "Attempts to tell others, by outcome", ["kind", "outcome"]
)
JOBS = Counter("openpartner_jobs_total", "Jobs by name and outcome", ["name", "outcome"])
PAYOUT_DIFFERENCES = Gauge(
    "openpartner_payout_differences", "Payouts and Stripe's transfers that don't agree", ["kind"]
)
CLOCK_SKEW = Counter(
    "openpartner_clock_skew_total",
    "Signatures whose moment is over five minutes off, by where our clock would be",
    ["direction"],
)
STRIPE_EVENTS = Counter(
    "openpartner_stripe_events_total", "Events of Stripe's, by what became of them", ["outcome"]
)
