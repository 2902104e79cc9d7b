"""Corrections: refunds, disputes and adjustments, and what they take back or give."""
