"""Simulations: what a campaign's past would have paid by other terms, and booking the difference."""
