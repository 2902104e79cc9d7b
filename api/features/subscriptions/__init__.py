"""Subscriptions: a hosted brand's evaluation and plan, and its subscription as Stripe last showed it."""
