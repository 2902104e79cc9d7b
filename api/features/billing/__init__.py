"""Billing: what a hosted brand sees of its plan, and its ways to Stripe's own pages."""
