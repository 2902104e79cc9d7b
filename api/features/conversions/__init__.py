"""Conversions: clicks become customers, and customers do what partners are paid for."""
