"""Usage: attributed sales become lines of a bill that is written once, and reports to Stripe's meter."""
