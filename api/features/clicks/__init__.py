"""Clicks as a table to be looked after; the router writes them, and analytics reads them."""
